"""A backup holds all that the service needs to live again: decks and their media too."""

from __future__ import annotations

import os
import random
import shutil
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flashcards.errors import Invalid, Unavailable
from flashcards.services.upkeep.restore import restore
from flashcards.wiring import open_services
from tests.integration.full_disk import full_disk
from tests.site import Site, config_for, copy_data, open_site

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636000000002000148afa4710000000049454e44ae426082"
)
TEXT = "## Why?\n\nBecause.\n\n![a](images/a.png)\n"


@pytest.fixture
def decks(tmp_path: Path) -> Path:
    decks = tmp_path / "decks"
    (decks / "sub" / "images").mkdir(parents=True)
    (decks / "sub" / "why.md").write_text(TEXT)
    (decks / "sub" / "_folder.yml").write_text("title: Why\n")
    (decks / "sub" / "images" / "a.png").write_bytes(PNG)
    (decks / "naïve ✓.md").write_text("## A?\n\nB\n")
    (decks / ".flashcards.toml").write_text("")
    return decks


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@contextmanager
def opened(folder: Path, decks: Path) -> Iterator[Site]:
    folder.mkdir(exist_ok=True)
    with open_site(folder, decks) as site:
        site.services.sync.sync()
        yield site


def test_a_machine_that_has_nothing_lives_again(decks: Path, tmp_path: Path) -> None:
    with opened(tmp_path / "data", decks) as site:
        ann = site.learner("Ann")
        token = site.services.accounts.create_token(ann, "t")
        file = site.services.backup.backup(tmp_path / "b.zip")
    before = contents(decks)
    new = tmp_path / "new"
    done = restore(file, new / "data", new / "data" / "flashcards.sqlite3", new / "decks")
    assert (done.kept, done.decks) == (None, len(before))
    assert contents(new / "decks") == before
    with opened(new / "data", new / "decks") as site:
        assert site.services.accounts.by_token(token) == ann
        assert not site.services.sync.sync().errors
        assert site.services.doctor.examine().ok


def test_whatever_a_file_is_called_it_comes_back_or_is_named_as_left_out(
    decks: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = [
        "notes\\old.txt", "\\", "a\\b.md", "C:\\x.md", "..x", "x..", "...", " ", "a\nb.txt", "~", "-", "con", "a:b",
        "flashcards.sqlite3", "secret.key", "decks", ".a.md.restoring", "x" * 255, "é" * 127, "e\u0301", "\u202e.txt",
    ]  # fmt: skip
    for name in names:
        (decks / name).write_text(name)
    (decks / "sub\\folder").mkdir()
    (decks / "sub\\folder" / "..\\x").write_text("leads elsewhere, to some")
    (decks / "sub\\folder" / "a.md").write_text("## A?\n\nB\n")
    before = contents(decks)
    before.pop("sub\\folder/..\\x")
    (decks / os.fsdecode(b"\xff.txt")).write_text("no text")
    with opened(tmp_path / "data", decks) as site:
        site.learner("Ann")
        caplog.clear()
        file = site.services.backup.backup(tmp_path / "b.zip")
    assert len([record for record in caplog.records if "is not in the backup: its name" in record.message]) == 2
    new = tmp_path / "new"
    restore(file, new / "data", new / "data" / "flashcards.sqlite3", new / "decks")
    assert contents(new / "decks") == before


def test_a_file_that_is_too_large_to_come_back_is_not_packed(decks: Path, tmp_path: Path) -> None:
    with (decks / "film.mp4").open("wb") as film:
        film.truncate((64 << 30) + 1)
    with opened(tmp_path / "data", decks) as site:
        with pytest.raises(Unavailable, match=r" /.*/decks/film\.mp4 is too large for a backup"):
            site.services.backup.backup(tmp_path / "b.zip")
        assert not (tmp_path / "b.zip").exists()


def test_decks_that_are_there_stay_as_they_are(decks: Path, tmp_path: Path) -> None:
    with opened(tmp_path / "data", decks) as site:
        site.learner("Ann")
        file = site.services.backup.backup(tmp_path / "b.zip")
        config = site.config
    (decks / "sub" / "why.md").write_text("## Mine?\n\nYes\n")
    (decks / "naïve ✓.md").unlink()
    before = contents(decks)
    done = restore(file, config.data, config.database, decks)
    assert done.decks is None
    assert contents(decks) == before


def test_what_is_not_the_decks_is_left_out(decks: Path, tmp_path: Path) -> None:
    """Git's own folder, links to elsewhere, and a data folder that lies among the decks."""
    (decks / ".git").mkdir()
    (decks / ".git" / "config").write_text("x")
    (tmp_path / "secret").write_text("secret")
    (decks / "link.md").symlink_to(tmp_path / "secret")
    (decks / "folder").symlink_to(tmp_path)
    with opened(decks / "data", decks) as site:
        site.learner("Ann")
        file = site.services.backup.backup(decks / "b.zip")
    with zipfile.ZipFile(file) as archive:
        names = {name for name in archive.namelist() if name.startswith("decks/")}
    kept = ("sub/why.md", "sub/_folder.yml", "sub/images/a.png", "naïve ✓.md", ".flashcards.toml")
    assert names == {f"decks/{name}" for name in kept}


@pytest.mark.parametrize(
    "name", ["decks/../evil.md", "decks//evil.md", "/decks/x.md", "decks/a/../../evil", "decks/a\\..\\b", "other/x.md",
             "decks/x\0y.md", "decks/./x.md", "decks/"]
)  # fmt: skip
def test_a_backup_that_reaches_out_is_refused(decks: Path, tmp_path: Path, name: str) -> None:
    with opened(tmp_path / "data", decks) as site:
        site.learner("Ann")
        file = site.services.backup.backup(tmp_path / "b.zip")
    info = zipfile.ZipInfo("x")
    info.filename = name
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(info, "evil")
    new = tmp_path / "new"
    with pytest.raises(Invalid):
        restore(file, new / "data", new / "data" / "flashcards.sqlite3", new / "decks")
    assert not (new / "decks").exists()
    assert not (new / "data" / "flashcards.sqlite3").exists()


def test_an_older_backup_without_decks_still_comes_back(decks: Path, tmp_path: Path) -> None:
    with opened(tmp_path / "data", decks) as site:
        site.learner("Ann")
        file = site.services.backup.backup(tmp_path / "b.zip")
    old = tmp_path / "old.zip"
    with zipfile.ZipFile(file) as new, zipfile.ZipFile(old, "w") as archive:
        for name in ("flashcards.sqlite3", "secret.key"):
            archive.writestr(name, new.read(name))
    there = tmp_path / "there"
    done = restore(old, there, there / "flashcards.sqlite3", there / "decks")
    assert done.decks is None
    assert not (there / "decks").exists()


# --- a full disk


def test_a_full_disk_is_said_and_nothing_is_left(prepared: Path, tmp_path: Path) -> None:
    with open_site(copy_data(prepared, tmp_path)) as site:
        site.learner("Ann")
        with full_disk(tmp_path, free=100_000) as disk:
            with pytest.raises(Unavailable) as told:
                site.services.backup.backup(disk.path / "b.zip")
            assert str(told.value).startswith(disk.says)
            assert str(disk.path / "b.zip") in str(told.value)
            assert not [path for path in disk.path.iterdir() if "backup" in path.name or path.suffix == ".zip"]


def test_a_disk_that_holds_the_database_but_not_the_decks_is_said_to_be_full(prepared: Path, tmp_path: Path) -> None:
    decks = tmp_path / "decks"
    decks.mkdir()
    (decks / "a.md").write_text("## A?\n\nB\n")
    (decks / "large.mp3").write_bytes(random.Random(1).randbytes(12 << 20))
    with open_site(copy_data(prepared, tmp_path), decks) as site:
        site.learner("Ann")
        with full_disk(tmp_path, free=8 << 20) as disk:
            with pytest.raises(Unavailable, match=r"The disk is full: .*/b\.zip cannot be written\. Free some space"):
                site.services.backup.backup(disk.path / "b.zip")
            assert list(disk.path.iterdir()) == []


def test_the_administrators_page_says_that_there_was_no_backup_last_night(prepared: Path, tmp_path: Path) -> None:
    with open_site(copy_data(prepared, tmp_path)) as site:
        client = site.client(site.learner("Ann"))
        with full_disk(tmp_path, free=100_000) as disk:
            (site.config.data / "backups").symlink_to(disk.path)
            with pytest.raises(Unavailable, match=disk.says):
                site.services.backup.nightly()
        page = client.get("/admin/people").text
        assert "The last nightly backup failed" in page
        assert disk.says in page
        (site.config.data / "backups").unlink()
        assert site.services.backup.nightly()
        page = client.get("/admin/people").text
        assert "failed" not in page
        assert "The last nightly backup was made on" in page


def test_another_process_reads_what_the_nightly_job_met(prepared: Path, tmp_path: Path) -> None:
    """Jobs may run in a worker, beside the web."""
    with open_site(copy_data(prepared, tmp_path)) as site:
        ann = site.learner("Ann")
        (site.config.data / "backups").write_text("a file in the way")
        with pytest.raises(Unavailable):
            site.services.backup.nightly()
        other = open_services(site.config)
        try:
            assert "cannot be written" in (other.backup.state().trouble or "")
        finally:
            other.close()
        assert site.client(ann).get("/admin/people").text.count("The last nightly backup failed") == 1


def test_a_night_without_a_backup_is_noticed_also_where_no_job_runs(prepared: Path, tmp_path: Path) -> None:
    with open_site(copy_data(prepared, tmp_path)) as site:
        ann = site.learner("Ann")
        made = site.services.backup.nightly()
        assert made
        long_ago = made.stat().st_mtime - 3 * 86_400
        os.utime(made, (long_ago, long_ago))
        assert "no backup since" in site.client(ann).get("/admin/people").text


def test_a_backup_of_a_clock_that_was_ahead_hides_no_night_without_one(prepared: Path, tmp_path: Path) -> None:
    with open_site(copy_data(prepared, tmp_path)) as site:
        site.learner("Ann")
        made = site.services.backup.nightly()
        assert made
        today, days = made.stat().st_mtime, 86_400
        ahead = made.with_name("nightly-20990101.zip")
        shutil.copy(made, ahead)
        os.utime(ahead, (today + 300 * days, today + 300 * days))
        assert site.services.backup.state().made_at == made.stat().st_mtime_ns // 1_000_000
        os.utime(made, (today - 3 * days, today - 3 * days))
        assert site.services.backup.state().late


# --- who may read it


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_may_read_the_data_whoever_made_it(prepared: Path, tmp_path: Path) -> None:
    data = copy_data(prepared, tmp_path)
    data.chmod(0o755)
    for path in data.iterdir():
        path.chmod(0o644)
    with open_site(data) as site:
        site.learner("Ann")
        assert mode(data) == 0o700
        for end in ("", "-wal", "-shm"):
            assert mode(data / f"flashcards.sqlite3{end}") == 0o600
        assert mode(data / "secret.key") == 0o600
        assert mode(site.services.backup.backup()) == 0o600


def test_nobody_else_may_look_into_a_folder_that_a_backup_came_into(prepared: Path, tmp_path: Path) -> None:
    with open_site(copy_data(prepared, tmp_path)) as site:
        site.learner("Ann")
        file = site.services.backup.backup()
    new = tmp_path / "new"
    new.mkdir()
    new.chmod(0o755)
    restore(file, new, new / "flashcards.sqlite3", None)
    assert mode(new) == 0o700


def test_a_new_database_is_private_from_its_first_moment(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        data = tmp_path / "data"
        services = open_services(config_for(data))
        assert {mode(path) for path in data.glob("flashcards.sqlite3*")} == {0o600}
        assert mode(data) == 0o700
        services.close()
    finally:
        os.umask(before)


def test_a_database_in_a_folder_of_others_does_not_close_that_folder(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777 | stat.S_ISVTX)
    config = config_for(tmp_path / "data")
    services = open_services(config.__class__(**(
        {name: getattr(config, name) for name in config.__slots__} | {"database": shared / "db.sqlite3"}
    )))  # fmt: skip
    services.close()
    assert mode(shared) == 0o1777
    assert mode(shared / "db.sqlite3") == 0o600
