"""A backup without the decks, or without some of them, is none: it is said, and older ones stay. At night, and before
an upgrade, the database alone is saved then."""

from __future__ import annotations

import logging
import os
import random
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flashcards.cli.commands import run
from flashcards.errors import Unavailable
from flashcards.jobs.all import all_jobs
from flashcards.services.upkeep.archive import copy_name, is_database_alone
from tests.databases import settings_for
from tests.integration.full_disk import full_disk
from tests.integration.plain_user import plain_user
from tests.integration.study_world import SetClock
from tests.integration.test_export_commands import Shell
from tests.integration.test_jobs import wait_for
from tests.site import Site, open_site


def fill(folder: Path) -> Path:
    (folder / "data").mkdir()
    decks = folder / "decks"
    (decks / "ml" / "images").mkdir(parents=True)
    (decks / "a.md").write_text("## A?\n\nB\n")
    (decks / "ml" / "b.md").write_text("## C?\n\nD\n")
    (decks / "ml" / "images" / "c.png").write_bytes(b"\x89PNG")
    return folder


@pytest.fixture
def bound() -> Iterator[Path]:
    """Of a user whom rights bind."""
    with plain_user() as folder:
        yield fill(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return fill(tmp_path)


@pytest.fixture
def site(bound: Path) -> Iterator[Site]:
    with open_site(bound / "data", bound / "decks") as site:
        site.services.sync.sync()
        site.learner("Ann")
        yield site


def gone(decks: Path) -> Path:
    shutil.move(decks, decks.with_name("elsewhere"))
    return decks


def emptied(decks: Path) -> Path:
    """As a mount point is, or a new disk."""
    gone(decks)
    decks.mkdir()
    (decks / "lost+found").mkdir()
    (decks / ".hidden").touch()
    return decks


def closed(name: str, mode: int = 0) -> Callable[[Path], Path]:
    def close(decks: Path) -> Path:
        (decks / name).chmod(mode)
        return decks / name

    return close


def listed_only(decks: Path) -> Path:
    """Its names can be read, and nothing more."""
    (decks / "ml").chmod(0o400)
    return decks / "ml"


@pytest.mark.parametrize(
    "harm",
    [gone, emptied, listed_only, closed("."), closed("ml"), closed("ml", 0o300), closed("ml/images"), closed("a.md"),
     closed("ml/images/c.png")],
)  # fmt: skip
def test_no_backup_is_made_without_some_of_the_decks_and_a_nights_is_of_the_database_alone(
    site: Site, harm: Callable[[Path], Path]
) -> None:
    backup = site.services.backup
    older = backup.folder / "nightly-20200101.zip"
    shutil.move(backup.backup(), older)
    for day in range(1, 30):
        shutil.copy(older, backup.folder / f"nightly-202002{day:02}.zip")
    before = sorted(backup.folder.iterdir())
    wrong = harm(site.config.decks)
    with pytest.raises(Unavailable) as told:
        backup.backup()
    assert str(wrong) in str(told.value)
    assert ".zip" not in str(told.value)
    assert sorted(backup.folder.iterdir()) == before
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"^Only the database was saved, in nightly-\d+-database-alone\.zip, and"):
            backup.nightly()
        assert str(wrong) in (backup.state().trouble or "")
    (alone,) = set(backup.folder.iterdir()) - set(before)
    # An upgrade changes no decks: it has to go on, with the database saved.
    for file in (alone, backup.before_upgrade("1.2")):
        assert file.stem.endswith("-database-alone")
        assert is_database_alone(file)
        with zipfile.ZipFile(file) as archive:
            assert {copy_name(site.config.database), "secret.key"} <= set(archive.namelist())
            assert not [name for name in archive.namelist() if name.startswith("decks/")]


def names(folder: Path, beginning: str) -> list[str]:
    return sorted(path.stem.removeprefix(beginning) for path in folder.glob(f"{beginning}*"))


def test_backups_of_the_database_alone_push_out_no_whole_ones(folder: Path) -> None:
    clock = SetClock()
    with open_site(folder / "data", folder / "decks", clock=clock) as site:
        site.services.sync.sync()
        site.learner("Ann")
        backup, decks = site.services.backup, site.config.decks
        for _ in range(3):
            made = backup.nightly()
            assert made
            os.utime(made, (clock.now / 1000, clock.now / 1000))
            assert backup.before_upgrade("1")
            clock.days(1)
        decks.rename(folder / "elsewhere")
        for _ in range(20):
            with pytest.raises(Unavailable):
                backup.nightly()
            backup.before_upgrade("1")
            clock.days(1)
        nights = names(backup.folder, "nightly-")
        assert [night for night in nights if "alone" not in night] == ["20260527", "20260528", "20260529"]
        alone = [night.removesuffix("-database-alone") for night in nights if "alone" in night]
        assert alone[-7:] == [f"202606{day}" for day in range(12, 19)]
        assert len(alone) == 9, "the end of two more weeks is kept"
        before = names(backup.folder, "before-upgrade-1-")
        assert len([name for name in before if "alone" in name]) == len(before) - 3 == 3
        assert (backup.state().made_at, backup.state().late) == (clock.now - 21 * 86_400_000, True)

        clock.days(-1)
        (folder / "elsewhere").rename(decks)
        assert backup.nightly(), "the day has one of the database alone: a whole one takes its place"
        assert "20260618-database-alone" not in names(backup.folder, "nightly-")
        assert backup.state().trouble is None
        for _ in range(400):
            clock.days(1)
            assert backup.nightly()
        assert not list(backup.folder.glob("nightly-*alone*"))


def test_the_hook_takes_the_database_alone(folder: Path) -> None:
    with open_site(
        folder / "data", folder / "decks", backup_hook=f"sh -c 'echo \"$0\" >> {folder}/taken; exit 3'"
    ) as site:
        site.services.sync.sync()
        site.learner("Ann")
        gone(site.config.decks)
        with pytest.raises(Unavailable, match=r"^Only the database was saved, .* not there.*_HOOK ended with 3"):
            site.services.backup.nightly()
        (made,) = site.services.backup.folder.iterdir()
    assert (folder / "taken").read_text() == f"{made}\n"


def test_a_full_disk_is_no_reason_to_save_the_database_alone(folder: Path) -> None:
    """The room that is left is for answers."""
    (folder / "decks" / "large.mp3").write_bytes(random.Random(1).randbytes(12 << 20))
    with open_site(folder / "data", folder / "decks") as site:
        site.services.sync.sync()
        site.learner("Ann")
        with full_disk(folder, free=8 << 20) as disk:
            (site.config.data / "backups").symlink_to(disk.path)
            with pytest.raises(Unavailable, match=r"^The disk is full: "):
                site.services.backup.nightly()
            assert list(disk.path.iterdir()) == []


def test_the_pages_say_that_decks_were_not_saved(folder: Path) -> None:
    with open_site(folder / "data", folder / "decks") as site:
        site.services.sync.sync()
        client = site.client(site.learner("Ann"))
        gone(site.config.decks)
        jobs = all_jobs(site.services)
        jobs.start()
        try:
            assert wait_for(lambda: bool(site.services.job_log.runs("backup")))
        finally:
            jobs.stop()
        (run,) = site.services.job_log.runs("backup")
        assert not run.ok
        for page in ("/admin/jobs", "/admin/people"):
            assert "Only the database was saved, in nightly-" in client.get(page).text
        assert "There is no whole nightly backup yet." in client.get("/admin/people").text


def test_such_a_backup_comes_back_and_leaves_the_decks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell.run("sync")
    with open_site(shell.data, shell.decks) as site:
        site.learner("Ann")
        moved = gone(shell.decks).with_name("elsewhere")
        with pytest.raises(Unavailable):
            site.services.backup.nightly()
        (alone,) = site.services.backup.folder.iterdir()
        site.learner("Bea")
    moved.rename(shell.decks)
    (shell.decks / "new.md").write_text("## New?\n\nYes\n")
    before = sorted((path, path.stat().st_mtime_ns) for path in shell.decks.rglob("*"))
    manifest = (shell.data / "bundled-decks.json").is_file()
    out, _ = shell.run("restore", str(alone))
    assert f"The backup is of the database alone: the decks in {shell.decks} are as they were\n" in out
    assert sorted((path, path.stat().st_mtime_ns) for path in shell.decks.rglob("*")) == before
    assert (shell.data / "bundled-decks.json").is_file() == manifest
    with open_site(shell.data, shell.decks) as site:
        assert [learner.name for learner in site.services.accounts.learners()] == ["Ann"]
    (shell.data / "flashcards.sqlite3").unlink()
    _, err = shell.run("serve", code=1)
    assert f"`flashcards restore {alone}`. It is of the database alone: the decks stay as they are. To begin" in err


def test_a_service_that_never_had_decks_has_backups(folder: Path) -> None:
    with open_site(folder / "data", folder / "none") as site:
        site.learner("Ann")
        assert site.services.backup.nightly()
        (folder / "none").mkdir()
        assert site.services.backup.backup()


def test_the_file_systems_own_folder_is_no_deck(site: Site) -> None:
    (site.config.decks / "lost+found").mkdir(mode=0)
    assert site.services.backup.backup()


def test_decks_that_are_known_and_not_in_it_are_named(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    (site.config.decks / "ml" / "b.md").unlink()
    with caplog.at_level(logging.WARNING):
        assert site.services.backup.backup()
    assert "the database knows decks that are not in the backup (1): ml/b.md" in caplog.text


def test_a_key_that_is_not_there_is_named(site: Site) -> None:
    key = site.config.data / "secret.key"
    key.unlink()
    with pytest.raises(Unavailable, match=f"^{key} cannot be read: No such file"):
        site.services.backup.backup()


def test_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell.run("sync")
    shutil.rmtree(shell.decks)
    out, err = shell.run("backup", code=1)
    assert out == ""
    assert err == (
        f"flashcards: No backup was made, as not all decks would be in it. {shell.decks}: the decks folder is not"
        " there; make it, or name another one. Without them, `flashcards backup --database-alone` saves everything"
        " else.\n"
    )
    assert not list(shell.data.glob("backups/*"))


def test_a_hidden_folder_that_cannot_be_read_holds_no_decks(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    (site.config.decks / ".snapshots").mkdir(mode=0)
    with caplog.at_level(logging.WARNING):
        assert site.services.backup.backup().is_file()
    assert ".snapshots is not in the backup: Permission denied" in caplog.text


def test_by_hand_the_database_alone_is_saved_where_that_is_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_site(folder / "data", folder / "decks") as site:
        site.services.sync.sync()
        site.learner("Ann")
    for name, value in settings_for(folder / "data", folder / "decks").items():
        monkeypatch.setenv(name, value)
    gone(folder / "decks")
    assert run(["backup"]) == 1
    assert "`flashcards backup --database-alone`" in capsys.readouterr().err
    assert run(["backup", "--database-alone"]) == 0
    made = Path(capsys.readouterr().out.strip())
    assert made.stem.endswith("-database-alone")
    assert is_database_alone(made)
    named = folder / "mine.zip"
    assert run(["backup", "--database-alone", "-o", str(named)]) == 0
    assert is_database_alone(named)
