"""Notes that came from Anki are as old as they are there, until they are edited here: an export updates no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flashcards.services.anki.importing import import_decks
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.progress import no_progress
from tests.integration.anki_packages import add, collection, export, import_into, png
from tests.integration.anki_world import AnkiWorld, rows_of

PAST = 1_600_000_000
"""When the notes changed in Anki, in epoch seconds: before all that happens here."""
CORRECTED = "corrected in Anki since"
Export = Callable[[], Path]


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A package; in the collection that it came from, one note was corrected since."""
    (tmp_path / "cat.png").write_bytes(png())
    with collection(tmp_path, "theirs") as opened:
        opened.media.add_file(str(tmp_path / "cat.png"))
        add(opened, "Basic", "D", "plain", "two words", tags=("C#", "hard"))
        add(opened, "Basic", "D", "wrong", "a mistake")
        add(opened, "Basic", "E::F", '<font color="red">html</font>', '<img src="cat.png"><br><ul><li>x</li></ul>')
        add(opened, "Basic (optional reversed card)", "D", "back and forth", "<i>b</i>", "y")
        add(opened, "Basic (type in the answer)", "D", "typed", "word")
        add(opened, "Cloze", "D", "The {{c1::gap}} of <code>[^x]</code>", "more")
        opened.db.execute("UPDATE notes SET mod = ?", PAST)
        package = export(opened, tmp_path / "theirs.apkg", legacy=False)
        sql = "UPDATE notes SET flds = replace(flds, 'a mistake', ?), mod = mod + 9 WHERE flds LIKE 'wrong%'"
        opened.db.execute(sql, CORRECTED)
    return package


@pytest.fixture(params=["files", "sync", "a database that was there"])
def exported(request: pytest.FixtureRequest, theirs: Path, tmp_path: Path) -> Export:
    """Imports without a learner; the export from files alone, or from a database that sees them by a later sync."""
    if request.param == "files":
        import_decks(theirs, tmp_path / "decks" / "in", tmp_path / "decks")

        def from_files() -> Path:
            FileExport(tmp_path / "decks").anki(tmp_path / "ours.apkg", [], no_progress)
            return tmp_path / "ours.apkg"

        return from_files
    world = AnkiWorld(tmp_path)
    if request.param != "sync":
        world.write("own.md", "## A? {#a}\n\nB.\n")
        world.sync()
        (world.root / "own.md").unlink()
    import_decks(theirs, world.root / "in", world.root)
    return lambda: world.package("ours.apkg").path


def deck(folder: Path) -> Path:
    (path,) = (folder / "decks" / "in").glob("d.md")
    return path


def state(opened: Any) -> Any:
    return opened.db.all("SELECT guid, mod, tags, flds FROM notes ORDER BY id")


def test_what_was_not_edited_updates_nothing(exported: Export, tmp_path: Path) -> None:
    package = exported()
    with collection(tmp_path, "theirs") as opened:
        before = state(opened)
        assert import_into(opened, package) == {"new": 0, "updated": 0, "duplicate": 6, "conflicting": 0}
        assert state(opened) == before


@pytest.mark.parametrize(
    ("was", "is_now"), [("two words", "three words"), (".hard", ".harder"), (".typed", ""), ("- more", "- less")]
)
def test_what_was_edited_before_anything_was_exported_is_updated(
    exported: Export, tmp_path: Path, was: str, is_now: str
) -> None:
    path = deck(tmp_path)
    text = path.read_text()
    assert text.count(was) == 1, text
    path.write_text(text.replace(was, is_now))
    package = exported()
    with collection(tmp_path, "theirs") as opened:
        assert import_into(opened, package)["updated"] == 1
        assert any(CORRECTED in row[3] for row in state(opened))


def test_an_edit_that_anki_was_told_can_be_taken_back(theirs: Path, tmp_path: Path) -> None:
    world = AnkiWorld(tmp_path)
    import_decks(theirs, world.root / "in", world.root)
    text = deck(tmp_path).read_text()
    with collection(tmp_path, "theirs") as opened:
        for number, words in enumerate(("three words", "two words")):
            world.now += 60_000
            deck(tmp_path).write_text(text.replace("two words", words))
            assert import_into(opened, world.package(f"{number}.apkg").path)["updated"] == 1
            assert any(row[3].endswith(f"\x1f{words}") for row in state(opened))


def test_an_edit_here_is_newer_than_the_note_was_there_whatever_the_clocks_say(theirs: Path, tmp_path: Path) -> None:
    """Anki's clock, or that of the file, was set wrong."""
    with collection(tmp_path, "theirs") as opened:
        opened.db.execute("UPDATE notes SET mod = 2000000000")
        package = export(opened, tmp_path / "later.apkg", legacy=False)
        import_decks(package, tmp_path / "decks" / "in", tmp_path / "decks")
        deck(tmp_path).write_text(deck(tmp_path).read_text().replace("two words", "three words"))
        FileExport(tmp_path / "decks").anki(tmp_path / "ours.apkg", [], no_progress)
        assert import_into(opened, tmp_path / "ours.apkg") == {"new": 0, "updated": 1, "duplicate": 5, "conflicting": 0}


def change(path: Path, **members: Any) -> None:
    """Changes members of a file; one that is None goes."""
    value = {**json.loads(path.read_text()), **members}
    path.write_text(json.dumps({name: member for name, member in value.items() if member is not None}))


@pytest.mark.parametrize("dates", [None, {}, {"x": [0, ""]}])
def test_a_file_without_dates_still_tells_the_rest(theirs: Path, tmp_path: Path, dates: object) -> None:
    """As earlier versions wrote them: then notes are as old as their file."""
    import_decks(theirs, tmp_path / "decks")
    change(tmp_path / "decks" / "_anki.json", dates=dates)
    FileExport(tmp_path / "decks").anki(tmp_path / "ours.apkg", [], no_progress)
    with collection(tmp_path, "theirs") as opened:
        assert import_into(opened, tmp_path / "ours.apkg")["updated"] == 6
        assert any("red" in row[3] for row in state(opened))


@pytest.mark.parametrize("at", [-1, 0, 1 << 63, 1 << 200])
def test_a_date_that_is_none_counts_for_nothing(theirs: Path, tmp_path: Path, at: int) -> None:
    import_decks(theirs, tmp_path / "decks")
    path = tmp_path / "decks" / "_anki.json"
    dates = json.loads(path.read_text())["dates"]
    change(path, dates={guid: [at, digest] for guid, (_, digest) in dates.items()})
    FileExport(tmp_path / "decks").anki(tmp_path / "ours.apkg", [], no_progress)
    ((oldest, newest),) = rows_of(tmp_path / "ours.apkg", "SELECT min(mod), max(mod) FROM notes")
    assert PAST < oldest <= newest < 1 << 40
