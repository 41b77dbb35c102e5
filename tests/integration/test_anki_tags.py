"""Tags that a deck cannot hold as they are in Anki: they go back there as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flashcards.services.anki.importing import import_decks
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.progress import no_progress
from tests.integration.anki_packages import add, collection, export, import_into
from tests.integration.anki_world import AnkiWorld

TAGS = ("#x", "2020", "C#", "C++", "a::b", "plain", "reversed", "x'y", "ünïcode&", "[1]", "-", "grün::2021")
Export = Callable[[], Path]


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    with collection(tmp_path, "theirs") as opened:
        add(opened, "Basic", "D", "edited", "answer", tags=TAGS)
        add(opened, "Basic", "D", "not edited", "a", tags=TAGS)
        add(opened, "Cloze", "D", "The {{c1::gap}} answer", tags=("C#",))
        opened.db.execute("UPDATE notes SET mod = mod - 100")
        return export(opened, tmp_path / "theirs.apkg", legacy=False)


@pytest.fixture(params=["files", "database"])
def exported(request: pytest.FixtureRequest, theirs: Path, tmp_path: Path) -> Export:
    if request.param == "files":
        import_decks(theirs, tmp_path / "decks" / "in", tmp_path / "decks")

        def from_files() -> Path:
            FileExport(tmp_path / "decks").anki(tmp_path / "ours.apkg", [], no_progress)
            return tmp_path / "ours.apkg"

        return from_files
    world = AnkiWorld(tmp_path)
    import_decks(theirs, world.root / "in", world.root)
    world.sync()
    return lambda: world.package("ours.apkg").path


def edit(folder: Path, *pairs: tuple[str, str]) -> None:
    path = folder / "decks" / "in" / "d.md"
    text = path.read_text()
    for old, new in pairs:
        assert old in text, text
        text = text.replace(old, new)
    path.write_text(text)


def tags(opened: Any) -> dict[str, set[str]]:
    notes = map(opened.get_note, opened.find_notes(""))
    return {note.fields[0]: set(note.tags) for note in notes}


def test_an_edit_of_the_text_leaves_them(exported: Export, tmp_path: Path) -> None:
    edit(tmp_path, ("answer", "other answer"))
    with collection(tmp_path, "theirs") as opened:
        before = tags(opened)
        assert import_into(opened, exported())["updated"] == 2
        after = tags(opened)
        assert after["edited"] == before["edited"] == set(TAGS)
        assert after["The {{c1::gap}} other answer"] == {"C#"}
    with collection(tmp_path, "fresh") as opened:
        import_into(opened, exported())
        assert tags(opened) == after


def test_those_that_were_edited_here_are_as_they_are_here(exported: Export, tmp_path: Path) -> None:
    edit(tmp_path, (".tag-2020", ".year-2020 .more"), (".reversed-tag ", ""), (".plain", ".plainer"))
    with collection(tmp_path, "theirs") as opened:
        assert import_into(opened, exported())["updated"] == 2
        expected = (set(TAGS) - {"2020", "reversed", "plain"}) | {"year-2020", "more", "plainer"}
        assert tags(opened)["edited"] == expected


def test_as_text(theirs: Path, tmp_path: Path) -> None:
    world = AnkiWorld(tmp_path)
    import_decks(theirs, world.root / "in", world.root)
    world.sync()
    files, stored = tmp_path / "files.csv", tmp_path / "stored.csv"
    FileExport(world.root).csv(files, [], no_progress)
    world.export.csv(stored)
    for path in (files, stored):
        lines = [line for line in path.read_text().splitlines() if "C# C++" in line]
        assert len(lines) == 2
        assert all(" 2020 " in line and "tag-2020" not in line for line in lines)


@pytest.mark.parametrize("value", [None, {}, [], {"x": []}, {"x": {"C": 1}}])
def test_a_file_without_them_is_read(theirs: Path, tmp_path: Path, value: Any) -> None:
    """As earlier versions wrote it, or damaged."""
    import_decks(theirs, tmp_path / "decks" / "in", tmp_path / "decks")
    path = tmp_path / "decks" / "in" / "_anki.json"
    kept = json.loads(path.read_text())
    kept.pop("tags")
    path.write_text(json.dumps(kept if value is None else {**kept, "tags": value}))
    FileExport(tmp_path / "decks").anki(tmp_path / "ours.apkg", [], no_progress)
    with collection(tmp_path, "fresh") as opened:
        assert import_into(opened, tmp_path / "ours.apkg")["new"] == 3
