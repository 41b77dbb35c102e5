"""Built-in decks in the data folder: upgrades arrive, edits stay, deletions stay."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flashcards.services.sync.bundled_decks import install


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_an_upgrade_replaces_what_is_as_shipped_and_keeps_what_was_edited(tmp_path: Path) -> None:
    shipped, decks, data = tmp_path / "shipped", tmp_path / "decks", tmp_path / "data"
    for name in ("ml/a.md", "ml/b.md", "ml/c.md", "ml/images/d.svg"):
        write(shipped, name, "first")
    first = install(shipped, decks, data)
    write(decks, "ml/b.md", "mine")
    (decks / "ml/c.md").unlink()
    write(decks, "own.md", "own")
    for name in ("ml/a.md", "ml/b.md", "ml/c.md", "ml/new.md"):
        write(shipped, name, "second")

    second = install(shipped, decks, data)

    assert len(first.added) == 4
    assert second.added == ("ml/new.md",)
    assert second.replaced == ("ml/a.md",)
    assert second.kept == ("ml/b.md",)
    assert any("ml/b.md" in line and "edited" in line for line in second.lines)
    assert (decks / "ml/a.md").read_text() == "second"
    assert (decks / "ml/b.md").read_text() == "mine"
    assert not (decks / "ml/c.md").exists()
    assert (decks / "own.md").read_text() == "own"


def test_the_second_start_touches_nothing(tmp_path: Path) -> None:
    shipped, decks, data = tmp_path / "shipped", tmp_path / "decks", tmp_path / "data"
    write(shipped, "a.md", "text")
    install(shipped, decks, data)
    before = (decks / "a.md").stat().st_mtime_ns

    again = install(shipped, decks, data)

    assert (again.added, again.replaced, again.kept, again.lines) == ((), (), (), ())
    assert (decks / "a.md").stat().st_mtime_ns == before


def test_an_edited_file_is_named_once_for_each_new_version(tmp_path: Path) -> None:
    shipped, decks, data = tmp_path / "shipped", tmp_path / "decks", tmp_path / "data"
    write(shipped, "a.md", "first")
    install(shipped, decks, data)
    write(decks, "a.md", "mine")
    write(shipped, "a.md", "second")

    assert install(shipped, decks, data).kept == ("a.md",)
    assert install(shipped, decks, data).kept == ()


@pytest.mark.parametrize("left", ["nothing", "an empty folder"])
def test_an_upgrade_waits_where_the_decks_folder_is_away(tmp_path: Path, left: str) -> None:
    shipped, decks, data, away = (tmp_path / name for name in ("shipped", "decks", "data", "away"))
    write(shipped, "a.md", "first")
    install(shipped, decks, data)
    shutil.move(decks, away)
    if left == "an empty folder":
        decks.mkdir()
    write(shipped, "a.md", "second")
    write(shipped, "new.md", "second")

    install(shipped, decks, data)
    came_meanwhile = list(decks.glob("*"))
    shutil.rmtree(decks, ignore_errors=True)
    shutil.move(away, decks)
    back = install(shipped, decks, data)

    assert not came_meanwhile
    assert (back.added, back.replaced, back.kept) == (("new.md",), ("a.md",), ())
