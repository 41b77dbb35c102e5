"""A restore whose decks cannot come to their folder changes nothing, and says which folder it is."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flashcards.errors import FlashcardsError, Unavailable
from flashcards.services.upkeep.restore import finish_restore, restore
from flashcards.wiring import examine, open_services
from tests.integration.full_disk import full_disk
from tests.integration.plain_user import plain_user
from tests.site import config_for, open_site

FILES = {"a.md": b"## A?\n\nB\n", "ml/b.md": b"## C?\n\nD\n", "ml/c.mp3": random.Random(1).randbytes(300_000)}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Of a service that has an account more than its backup, and an empty decks folder."""
    with plain_user() as folder:
        decks = folder / "decks"
        for name, content in FILES.items():
            (decks / name).parent.mkdir(parents=True, exist_ok=True)
            (decks / name).write_bytes(content)
        (folder / "data").mkdir()
        with open_site(folder / "data", decks) as site:
            site.services.sync.sync()
            site.learner("Ann")
            site.services.backup.backup(folder / "b.zip")
            site.learner("Bea")
        shutil.rmtree(decks)
        decks.mkdir()
        yield folder


def people(folder: Path) -> list[str]:
    services = open_services(config_for(folder / "data", folder / "decks"))
    try:
        return [learner.name for learner in services.accounts.learners()]
    finally:
        services.close()


def bring_back(folder: Path, decks: Path) -> None:
    restore(folder / "b.zip", folder / "data", folder / "data" / "flashcards.sqlite3", decks)


def contents(decks: Path) -> dict[str, bytes]:
    return {path.relative_to(decks).as_posix(): path.read_bytes() for path in decks.rglob("*") if path.is_file()}


def read_only(folder: Path) -> Path:
    (folder / "decks").chmod(0o500)
    return folder / "decks"


def closed(folder: Path) -> Path:
    (folder / "decks").chmod(0)
    return folder / "decks"


def not_to_be_made(folder: Path) -> Path:
    (folder / "up").mkdir()
    (folder / "up").chmod(0o500)
    return folder / "up" / "decks"


def below_a_file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "decks"


@pytest.mark.parametrize("harm", [read_only, closed, not_to_be_made, below_a_file])
def test_decks_that_cannot_come_change_nothing(folder: Path, harm: Callable[[Path], Path]) -> None:
    decks = harm(folder)
    before = sorted((folder / "data").rglob("*"))
    with pytest.raises(Unavailable, match=rf"^{decks} cannot be (written|read): "):
        bring_back(folder, decks)
    assert sorted((folder / "data").rglob("*")) == before
    assert people(folder) == ["Ann", "Bea"]
    (folder / "decks").chmod(0o700)
    bring_back(folder, folder / "decks")
    assert people(folder) == ["Ann"]
    assert contents(folder / "decks") == FILES


def test_a_new_disk_for_the_decks_is_empty(folder: Path) -> None:
    """Its file system's own folder, which no backup has, is nobody's deck."""
    (folder / "decks" / "lost+found").mkdir(mode=0)
    bring_back(folder, folder / "decks")
    assert people(folder) == ["Ann"]
    assert contents(folder / "decks") == FILES
    (folder / "decks" / "ml" / "b.md").unlink()
    bring_back(folder, folder / "decks")
    assert "ml/b.md" not in contents(folder / "decks")


@contextmanager
def as_root() -> Iterator[None]:
    user = os.geteuid()
    os.seteuid(os.getuid())
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_disk_without_room_for_the_decks_is_named_and_none_of_them_stays(folder: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("a small disk has to be mounted")
    with as_root(), full_disk(folder, free=200_000) as disk:
        with pytest.raises(Unavailable, match=f"^The disk is full: {disk.path} cannot be written"):
            bring_back(folder, disk.path)
        assert list(disk.path.iterdir()) == []
        assert people(folder) == ["Ann", "Bea"]


def test_one_that_was_cut_off_names_the_decks_folder_and_what_to_do(folder: Path) -> None:
    data, decks = folder / "data", folder / "decks"
    bring_back(folder, decks)
    staged = data / ".flashcards.sqlite3.restoring"
    (staged / "decks").mkdir(parents=True)
    for name in ("flashcards.sqlite3", "secret.key"):
        shutil.copy(data / name, staged)
    shutil.copy(decks / "a.md", staged / "decks")
    (decks / "a.md").unlink()
    decks.chmod(0o500)
    with pytest.raises(
        FlashcardsError, match=rf"its decks cannot come\. {decks} cannot be written: .*FLASHCARDS_DECKS"
    ):
        people(folder)
    assert "told what is in its way" in examine(config_for(data, decks)).lines[-1]
    other = folder / "other"
    assert finish_restore(data, data / "flashcards.sqlite3", other)
    assert (other / "a.md").is_file()
    assert people(folder) == ["Ann"]
