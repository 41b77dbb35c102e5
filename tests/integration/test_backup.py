"""Backups under load, and the way back."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.errors import Conflict, Invalid, Unavailable
from flashcards.services.upkeep.archive import accounts_of, is_of_server, unpack
from flashcards.services.upkeep.backup import BackupService
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.services.upkeep.restore import restore
from flashcards.services.upkeep.secret_key import load_secret_key
from flashcards.storage.database import Database, migrate
from tests.integration.study_world import StudyWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    data = tmp_path / "data"
    load_secret_key(data)
    world = StudyWorld(data)
    yield world
    world.close()


@pytest.fixture
def backups(world: StudyWorld) -> BackupService:
    return BackupService(world.db, world.path.parent, world.clock)


def log_of(path: Path) -> list[str]:
    database = Database.open(path)
    rows = [uid for (uid,) in database.all("SELECT uid FROM review ORDER BY seq")]
    database.close()
    return rows


def test_a_backup_comes_back(world: StudyWorld, backups: BackupService, tmp_path: Path) -> None:
    world.deck("d", 2)
    ada = world.learner()
    first = world.answer(ada, "d#n1", 4)
    file = backups.backup(tmp_path / "there" / "mine.zip")
    assert file.stat().st_mode & 0o777 == 0o600
    second = world.answer(ada, "d#n2", 4)
    data, key = world.path.parent, (world.path.parent / "secret.key").read_bytes()
    with pytest.raises(Conflict, match="in use"):
        restore(file, data, world.path)
    assert log_of(world.path) == [first.id, second.id]
    world.close()

    (data / "secret.key").write_text("ab" * 32)
    kept = restore(file, data, world.path).kept
    assert kept is not None
    assert log_of(world.path) == [first.id]
    assert (data / "secret.key").read_bytes() == key
    assert log_of(kept / world.path.name) == [first.id, second.id]
    assert (kept / "secret.key").read_text() == "ab" * 32
    assert not list(data.glob(".restore-*"))
    migrate(world.path)
    again = Database.open(world.path)
    assert DoctorService(again).examine().ok
    again.close()


def test_what_a_killed_server_left_in_its_log_is_kept_and_not_mixed_in(
    world: StudyWorld, backups: BackupService, tmp_path: Path
) -> None:
    world.deck("d", 3)
    ada = world.learner()
    first = world.answer(ada, "d#n1", 4)
    file = backups.backup(tmp_path / "mine.zip")
    world.answer(ada, "d#n2", 4)
    # As kill -9 leaves it: a database with a log beside it that is not written back.
    data = tmp_path / "killed"
    data.mkdir()
    for path in (world.path, world.path.with_name(world.path.name + "-wal"), world.path.parent / "secret.key"):
        shutil.copy(path, data / path.name)
    kept = restore(file, data, data / world.path.name).kept
    assert kept is not None
    assert log_of(data / world.path.name) == [first.id]
    assert len(log_of(kept / world.path.name)) == 2


def test_into_an_empty_folder(world: StudyWorld, backups: BackupService, tmp_path: Path) -> None:
    file = backups.backup()
    assert file.parent == world.path.parent / "backups"
    with pytest.raises(Conflict, match="already"):
        backups.backup(file)
    new = tmp_path / "new"
    assert restore(file, new, new / "other-name.sqlite3").kept is None
    assert log_of(new / "other-name.sqlite3") == []
    assert (new / "secret.key").stat().st_mode & 0o777 == 0o600


def test_two_within_a_second_have_names_of_their_own(world: StudyWorld, backups: BackupService) -> None:
    """Nobody gave a name: a server that is started again at once makes its backup before an upgrade again."""
    for make in (backups.backup, lambda: backups.before_upgrade("1.2")):
        first, second, third = make(), make(), make()
        assert second.name == f"{first.stem}-2.zip"
        assert third.name == f"{first.stem}-3.zip"
        assert len({path.stat().st_ino for path in (first, second, third)}) == 3


def test_seven_nights_are_kept(world: StudyWorld, backups: BackupService) -> None:
    assert backups.nightly() is None  # nobody's: it would only push out somebody's, seven nights later
    world.learner()
    mine = backups.backup()
    for _ in range(10):
        assert backups.nightly() is not None
        assert backups.nightly() is None
        world.clock.days(1)
    nights = sorted(path.name for path in backups.folder.glob("nightly-*"))
    assert nights == [f"nightly-202605{day}.zip" for day in (30, 31)] + [
        f"nightly-2026060{day}.zip" for day in range(1, 6)
    ]
    assert mine.exists()


def test_nights_of_a_clock_that_was_ahead_push_out_none(world: StudyWorld, backups: BackupService) -> None:
    world.learner()
    world.clock.days(500)
    for _ in range(20):
        assert backups.nightly()
        world.clock.days(1)
    world.clock.days(-520)
    made = []
    for _ in range(7):
        made.append(backups.nightly())
        world.clock.days(1)
    assert all(path and path.exists() for path in made)


def test_two_that_make_the_same_night_make_it_once(
    world: StudyWorld, backups: BackupService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One led before and is still at it when the other takes over."""
    world.learner()
    other = BackupService(world.db, world.path.parent, world.clock)
    copy, made = world.db.backup, list[Path | None]()

    def meanwhile(target: Path, told: Path) -> None:
        copy(target, told)
        monkeypatch.undo()
        made.append(other.nightly())

    monkeypatch.setattr(world.db, "backup", meanwhile)
    made.append(backups.nightly())
    assert [path and path.name for path in made] == ["nightly-20260527.zip", None]
    assert backups.state().trouble is None


def test_under_load_a_backup_is_a_whole_state(world: StudyWorld, backups: BackupService, tmp_path: Path) -> None:
    world.deck("d", 400)
    ada = world.learner()
    stop = threading.Event()

    def answers() -> None:
        for number in range(1, 401):
            world.answer(ada, f"d#n{number}", 1)
            if stop.is_set():
                break
        world.db.close_thread()

    thread = threading.Thread(target=answers)
    thread.start()
    files = [backups.backup(tmp_path / f"{number}.zip") for number in range(5)]
    stop.set()
    thread.join()
    for number, file in enumerate(files):
        data = tmp_path / str(number)
        restore(file, data, data / "db.sqlite3")
        database = Database.open(data / "db.sqlite3")
        report = DoctorService(database).examine()
        database.close()
        assert report.ok, report.findings


def test_what_is_no_backup_changes_nothing(world: StudyWorld, backups: BackupService, tmp_path: Path) -> None:
    good = backups.backup(tmp_path / "good.zip")
    world.close()
    before = sorted((path.name, path.stat().st_mtime_ns) for path in world.path.parent.iterdir())
    with zipfile.ZipFile(good) as archive:
        database, key = archive.read("flashcards.sqlite3"), archive.read("secret.key")

    def packed(**members: bytes) -> bytes:
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            for name, content in members.items():
                archive.writestr(name.replace("__", "."), content)
        return (tmp_path / "x.zip").read_bytes()

    broken = bytearray(database)
    broken[4096 * 3 : 4096 * 6] = os.urandom(4096 * 3)
    cases = {
        "empty": b"",
        "text": b"hello",
        "cut": good.read_bytes()[:-500],
        "no key": packed(flashcards__sqlite3=database),
        "wrong key": packed(flashcards__sqlite3=database, secret__key=b"short"),
        "no database": packed(flashcards__sqlite3=b"x" * 5000, secret__key=key),
        "damaged database": packed(flashcards__sqlite3=bytes(broken), secret__key=key),
        "more": packed(flashcards__sqlite3=database, secret__key=key, evil=b""),
    }
    for name, content in cases.items():
        file = tmp_path / f"{name}.zip"
        file.write_bytes(content)
        with pytest.raises(Invalid):
            restore(file, world.path.parent, world.path)
    with pytest.raises(Invalid, match="cannot be read"):
        restore(tmp_path / "missing.zip", world.path.parent, world.path)
    after = sorted((path.name, path.stat().st_mtime_ns) for path in world.path.parent.iterdir())
    assert after == before


def test_whatever_byte_is_damaged_it_is_said(world: StudyWorld, backups: BackupService, tmp_path: Path) -> None:
    good = backups.backup(tmp_path / "good.zip").read_bytes()
    file, said = tmp_path / "bad.zip", set[str]()
    chosen = random.Random(1)
    everywhere = [chosen.randrange(len(good)) for _ in range(200)]
    for place in [*everywhere, *range(len(good) - 250, len(good))]:
        bad = bytearray(good)
        bad[place] ^= 1 << chosen.randrange(8)
        file.write_bytes(bad)
        accounts_of(file)
        is_of_server(file)
        folder = tmp_path / "unpacked"
        folder.mkdir()
        try:
            unpack(file, folder)  # some bytes are a date, say
        except Invalid as error:
            said.add(str(error))
        shutil.rmtree(folder)
    assert any("is not a backup, or it is damaged: Error -3 while decompressing" in line for line in said)
    assert len(said) > 5


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_packed_in_another_way_is_not_ours(
    world: StudyWorld, backups: BackupService, tmp_path: Path, kind: int
) -> None:
    good, bad = backups.backup(tmp_path / "good.zip"), tmp_path / "bad.zip"
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(bad, "w", kind) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(Invalid, match=r"is not a backup, or it is damaged: .* is packed in a way that is not ours"):
        restore(bad, tmp_path / "there", tmp_path / "there" / "db.sqlite3")


def test_files_that_are_in_each_others_way_are_no_backup(
    world: StudyWorld, backups: BackupService, tmp_path: Path
) -> None:
    file = backups.backup(tmp_path / "b.zip")
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("decks/a", "")
        archive.writestr("decks/a/b", "")
    with pytest.raises(Invalid, match="decks/a/b in the backup lies where another of its files is"):
        restore(file, tmp_path / "there", tmp_path / "there" / "db.sqlite3")


def test_no_backup_is_made_of_a_damaged_database(world: StudyWorld, backups: BackupService) -> None:
    world.deck("a", 500)
    world.learner()
    world.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    world.db.close()
    with world.path.open("r+b") as file:
        file.seek(-60_000, 2)  # the cards; in the middle lie tables that are looked at when the database is opened
        file.write(b"\xff" * 40_000)
    with pytest.raises(Unavailable, match="is damaged"):
        backups.nightly()
    assert "is damaged" in (backups.state().trouble or "")
    with pytest.raises(Unavailable) as told:
        backups.backup()
    assert str(told.value).startswith(f"The database {world.path} is damaged, so no backup was made: run")
    assert list(backups.folder.iterdir()) == []


def test_a_backup_that_cannot_be_written_leaves_nothing(
    world: StudyWorld, backups: BackupService, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        backups.backup(tmp_path / "file" / "x.zip")
    (world.path.parent / "secret.key").unlink()
    with pytest.raises(Unavailable):
        backups.backup(tmp_path / "b" / "x.zip")
    assert list((tmp_path / "b").iterdir()) == []


KILLED_WHILE_PACKING = """
import sys, time
from pathlib import Path
from flashcards.clock import system_clock
from flashcards.services.upkeep import backup
from flashcards.storage.database import Database

def pack(*_):
    print("packing", flush=True)
    time.sleep(600)

backup.pack = pack
data = Path(sys.argv[1])
backup.BackupService(Database.open(data / "flashcards.sqlite3"), data, system_clock).backup()
"""


def test_what_a_killed_backup_left_behind_goes_with_the_next(
    world: StudyWorld, backups: BackupService, tmp_path: Path
) -> None:
    """A copy of the whole database: it would fill the disk, and nobody would know what it is."""
    world.learner()
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED_WHILE_PACKING, str(world.path.parent)], stdout=subprocess.PIPE
    )
    assert process.stdout
    assert process.stdout.readline() == b"packing\n"
    (left,) = backups.folder.iterdir()
    os.utime(left, (1, 1))
    backups.backup()
    assert left.exists(), "it is being worked in"
    process.kill()
    process.communicate()
    os.utime(left, (1, 1))
    made = backups.backup(backups.folder / "next.zip")
    assert made.exists()
    assert not left.exists()
    assert {path.suffix for path in backups.folder.iterdir()} == {".zip"}
