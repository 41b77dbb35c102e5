"""A backup without the decks, or without some of them, is none: it is said, and older ones stay."""

from __future__ import annotations

import logging
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flashcards.errors import Unavailable
from tests.integration.plain_user import plain_user
from tests.integration.test_export_commands import Shell
from tests.site import Site, open_site


@pytest.fixture
def folder() -> Iterator[Path]:
    with plain_user() as folder:
        (folder / "data").mkdir()
        decks = folder / "decks"
        (decks / "ml" / "images").mkdir(parents=True)
        (decks / "a.md").write_text("## A?\n\nB\n")
        (decks / "ml" / "b.md").write_text("## C?\n\nD\n")
        (decks / "ml" / "images" / "c.png").write_bytes(b"\x89PNG")
        yield folder


@pytest.fixture
def site(folder: Path) -> Iterator[Site]:
    with open_site(folder / "data", folder / "decks") as site:
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
def test_no_backup_is_made_without_some_of_the_decks(site: Site, harm: Callable[[Path], Path]) -> None:
    backup = site.services.backup
    older = backup.folder / "nightly-20200101.zip"
    shutil.move(backup.backup(), older)
    for day in range(1, 30):
        shutil.copy(older, backup.folder / f"nightly-202002{day:02}.zip")
    before = sorted(backup.folder.iterdir())
    wrong = harm(site.config.decks)
    for make in (backup.backup, backup.nightly):
        with pytest.raises(Unavailable) as told:
            make()
        assert str(wrong) in str(told.value)
        assert ".zip" not in str(told.value)
    assert sorted(backup.folder.iterdir()) == before
    assert str(wrong) in (backup.state().trouble or "")
    # An upgrade changes no decks: it has to go on, with the database saved.
    with zipfile.ZipFile(backup.before_upgrade("1.2")) as archive:
        assert {"flashcards.sqlite3", "secret.key"} <= set(archive.namelist())


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
        f"flashcards: No backup was made, as no deck would be in it. {shell.decks}: the decks folder is not there;"
        " make it, or name another one.\n"
    )
    assert not list(shell.data.glob("backups/*"))


def test_a_hidden_folder_that_cannot_be_read_holds_no_decks(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    (site.config.decks / ".snapshots").mkdir(mode=0)
    with caplog.at_level(logging.WARNING):
        assert site.services.backup.backup().is_file()
    assert ".snapshots is not in the backup: Permission denied" in caplog.text
