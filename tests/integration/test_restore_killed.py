"""`restore` is killed at every point of its road: what was there is whole, or what came is; never a mixture."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flashcards.services.upkeep.backup import BackupService
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.services.upkeep.restore import finish_restore, restore
from flashcards.services.upkeep.secret_key import load_secret_key
from flashcards.storage.database import Database, migrate
from tests.integration.study_world import StudyWorld

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate", "os.chmod", "os.symlink",
           "shutil.rmtree", "shutil.copyfile", "os.utime"}  # fmt: skip
CALLS = ("fsync", "replace", "rename", "unlink", "mkdir", "rmdir", "write", "ftruncate", "open", "close")


class Road:
    """A data folder as kill -9 leaves it, answers still in the log of SQLite, and a backup of another state."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "backup.zip"
        self.origin = folder / "origin"
        world = StudyWorld(folder / "world")
        load_secret_key(world.path.parent)
        decks = folder / "their-decks"
        (decks / "sub").mkdir(parents=True)
        (decks / "a.md").write_text("## A?\n\nB\n")
        (decks / "sub" / "b.md").write_text("## C?\n\nD\n")
        world.deck("d", 40)
        ada = world.learner()
        self.new = [world.answer(ada, f"d#n{number}", 4).id for number in range(1, 4)]
        BackupService(world.db, world.path.parent, world.clock, decks).backup(self.file)
        self.new_key = (world.path.parent / "secret.key").read_text()
        self.old = self.new + [world.answer(ada, f"d#n{number}", 4).id for number in range(4, 31)]
        self.origin.mkdir()
        for end in ("", "-wal"):
            shutil.copy(f"{world.path}{end}", self.origin / f"{world.path.name}{end}")
        assert (self.origin / f"{world.path.name}-wal").stat().st_size > 0
        self.old_key = "ab" * 32 + "\n"
        (self.origin / "secret.key").write_text(self.old_key)
        self.decks = {path.relative_to(decks): path.read_text() for path in decks.rglob("*.md")}
        world.close()

    def fresh(self) -> Path:
        data = self.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.origin, data)
        return data

    def database(self, data: Path) -> Path:
        return data / "flashcards.sqlite3"


def killed_at(point: int, run: Callable[[], object]) -> bool:
    """Runs in a child that kills itself before the change numbered `point`; whether it came that far."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads are pytest's, and hold nothing of ours
        child = os.fork()
    if child == 0:
        try:
            _count_down(point)
            run()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _count_down(point: int) -> None:
    left = point

    def step() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in CHANGES:
            step()

    def wrapped(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            step()
            return call(*arguments, **named)

        return counted

    for name in CALLS:
        setattr(os, name, wrapped(getattr(os, name)))
    sys.addaudithook(hook)


def log_of(path: Path) -> list[str]:
    database = Database.open(path)
    try:
        assert DoctorService(database).examine().ok
        return [uid for (uid,) in database.all("SELECT uid FROM review ORDER BY seq")]
    finally:
        database.close()


# Each change takes a data folder and a process; at night there is one before each, and before each system call.
STEPS = pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.nightly)])


@STEPS
def test_killed_anywhere_it_is_the_old_state_or_the_new_one(tmp_path: Path, step: int) -> None:
    road = Road(tmp_path)
    states, point = [], 0
    while True:
        data = road.fresh()
        database, decks = road.database(data), data / "decks"
        went_on = killed_at(point, lambda: restore(road.file, data, database, decks))  # noqa: B023
        finish_restore(data, database, decks)  # as every start does
        migrate(database)
        found, key = log_of(database), (data / "secret.key").read_text()
        assert (found, key) in [(road.old, road.old_key), (road.new, road.new_key)], point
        states.append(found == road.new)
        there = {path.relative_to(decks): path.read_text() for path in decks.rglob("*.md")} if decks.exists() else {}
        assert there == (road.decks if found == road.new else {}), point
        for kept in data.glob("replaced-*"):
            assert log_of(kept / database.name) == road.old, point
            assert (kept / "secret.key").read_text() == road.old_key
            assert (kept / database.name).stat().st_nlink == 1
        if found == road.new:
            assert list(data.glob("replaced-*")), point
            assert not list(data.glob(".*restor*")), point
        # Whatever was left behind, the next restore works, and removes it.
        if point % (10 * step) == 0:
            restore(road.file, data, database, data / "decks")
            assert log_of(database) == road.new
            assert not list(data.glob(".restore-*"))
        if not went_on:
            break
        point += step
    assert point > 30
    assert states == sorted(states), "there is one step at which the new state begins to count"
    assert states[0] is False
    assert states[-1] is True


@STEPS
def test_the_finish_may_be_killed_as_well(tmp_path: Path, step: int) -> None:
    road = Road(tmp_path)
    commit = 0
    while True:
        data = road.fresh()
        killed_at(commit, lambda: restore(road.file, data, road.database(data), data / "decks"))  # noqa: B023
        if list(data.glob(".*restoring")):
            break
        commit += 1
    staged = tmp_path / "staged"
    shutil.copytree(data, staged)
    point = 0
    while True:
        shutil.rmtree(data)
        shutil.copytree(staged, data)
        went_on = killed_at(point, lambda: finish_restore(data, road.database(data), data / "decks"))
        finish_restore(data, road.database(data), data / "decks")
        assert log_of(road.database(data)) == road.new
        assert (data / "secret.key").read_text() == road.new_key
        assert len(list((data / "decks").rglob("*.md"))) == 2
        if not went_on:
            break
        point += step
    assert point > 5


def test_the_database_that_was_put_aside_is_whole_without_its_log(tmp_path: Path) -> None:
    """Who brings it back takes the one file that they know."""
    road = Road(tmp_path)
    data = road.fresh()
    kept = restore(road.file, data, road.database(data)).kept
    assert kept
    alone = tmp_path / "alone.sqlite3"
    shutil.copy(kept / "flashcards.sqlite3", alone)
    assert log_of(alone) == road.old


@pytest.mark.parametrize("damage", ["the database", "the log"])
def test_what_is_damaged_is_put_aside_as_it_is(tmp_path: Path, damage: str) -> None:
    road = Road(tmp_path)
    data = road.fresh()
    broken = road.database(data) if damage == "the database" else data / "flashcards.sqlite3-wal"
    if damage == "the database":
        (data / "flashcards.sqlite3-wal").unlink()  # all of it could be made whole again from its log
    broken.write_bytes(b"not a database" * 1000)
    kept = restore(road.file, data, road.database(data), data / "decks").kept
    assert kept
    assert log_of(road.database(data)) == road.new
    if damage == "the database":
        assert (kept / broken.name).read_bytes() == b"not a database" * 1000


def test_of_several_that_start_after_a_cut_off_restore_one_finishes_it(tmp_path: Path) -> None:
    road = Road(tmp_path)
    data = road.fresh()
    point = 0
    while not list(data.glob(".*restoring")):
        data = road.fresh()
        killed_at(point, lambda: restore(road.file, data, road.database(data), data / "decks"))  # noqa: B023
        point += 1
    done: list[bool] = []
    starters = [
        threading.Thread(target=lambda: done.append(finish_restore(data, road.database(data), data / "decks")))
        for _ in range(4)
    ]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert sorted(done) == [False, False, False, True]
    assert log_of(road.database(data)) == road.new


READS = """
import sys
from flashcards.storage.sqlite_driver import driver
held = driver.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN")
held.execute("SELECT count(*) FROM review").fetchall()
print("open", flush=True)
sys.stdin.readline()
"""


def test_a_database_that_another_program_reads_is_put_aside_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell of SQLite in a transaction, say: what is in the log cannot be written into the file then."""
    monkeypatch.setattr("flashcards.storage.sqlite_driver.BUSY_SECONDS", 0.2)
    road = Road(tmp_path)
    data = road.fresh()
    database = road.database(data)
    command = [sys.executable, "-c", READS, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "open\n"
        kept = restore(road.file, data, database).kept
        other.communicate("")
    assert kept
    assert log_of(kept / database.name) == road.old
    assert log_of(database) == road.new
