"""Fields that were not edited here go back to Anki byte for byte, whatever HTML they hold."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from flashcards.services.anki.importing import import_decks
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.progress import no_progress
from tests.integration.anki_packages import add, collection, export, import_into, png
from tests.integration.anki_world import AnkiWorld, anki

FRONT = '<span style="color: red">a <u>word</u></span> of __main__<br><br>'
BACK = '<div>first <font color="#00f">line</font></div><div>&nbsp;second</div>'
PICTURE = 'look <img src="a cat.png" width="20">'


def fields(opened: Any) -> dict[str, list[str]]:
    """The fields of all notes, by guid."""
    notes = map(opened.get_note, opened.find_notes(""))
    return {note.guid: note.fields for note in notes}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A package of notes with HTML in every field, and the collection it came from beside it."""
    (tmp_path / "a cat.png").write_bytes(png())
    with collection(tmp_path, "theirs") as opened:
        opened.media.add_file(str(tmp_path / "a cat.png"))
        add(opened, "Basic", "D", FRONT, BACK)
        add(opened, "Basic", "D", "<u>no answer</u>", "")
        add(opened, "Basic", "D", PICTURE, "<ul><li>one</li></ul>")
        add(opened, "Basic (optional reversed card)", "D", "<u>f</u>", "<i>b</i>&nbsp;", "<b>y</b>")
        add(opened, "Basic (optional reversed card)", "D", "<u>g</u>", "", "x")
        add(opened, "Cloze", "D", "<u>The</u> {{c1::<u>gap</u>}}", "<ul><li><u>more</u></li></ul>")
        return export(opened, tmp_path / "theirs.apkg", legacy=False)


def mend(folder: Path) -> None:
    """Edits one word of the first note's back."""
    (deck,) = folder.glob("*.md")
    text = deck.read_text()
    assert text.count("first line") == 1
    deck.write_text(text.replace("first line", "first mended line"))


def check(before: dict[str, list[str]], after: dict[str, list[str]]) -> None:
    changed = {(guid, place) for guid, old in before.items() for place, text in enumerate(old)
               if after[guid][place] != text}  # fmt: skip
    (edited,) = [guid for guid, old in before.items() if old[0] == FRONT]
    assert changed == {(edited, 1)}
    assert "mended" in after[edited][1]
    assert before.keys() == after.keys()


def test_from_files(made: Path, tmp_path: Path) -> None:
    import_decks(made, tmp_path / "decks")
    mend(tmp_path / "decks")
    FileExport(tmp_path / "decks").anki(tmp_path / "ours.apkg", [], no_progress)
    with collection(tmp_path, "theirs") as opened:
        before = fields(opened)
        opened.db.execute("UPDATE notes SET mod = mod - 1000")  # so that every note of ours is newer
        assert import_into(opened, tmp_path / "ours.apkg")["updated"] == 6
        check(before, fields(opened))


def test_from_the_database_after_a_move(made: Path, tmp_path: Path) -> None:
    """The deck moves to another folder, and so the addresses of its pictures change: that is no edit."""
    world = AnkiWorld(tmp_path)
    import_decks(made, world.root / "in", world.root)
    world.sync()
    (world.root / "other" / "place").mkdir(parents=True)
    (deck,) = (world.root / "in").glob("*.md")
    text = re.sub(r"\]\(media/", "](../../in/media/", deck.read_text())
    deck.unlink()
    world.write("other/place/d.md", text)
    mend(world.root / "other" / "place")
    world.sync()
    package = world.package().path
    with collection(tmp_path, "theirs") as opened:
        before = fields(opened)
        opened.db.execute("UPDATE notes SET mod = 1")
        assert import_into(opened, package)["updated"] == 6
        check(before, fields(opened))


def test_notes_of_our_own_types(tmp_path: Path) -> None:
    """A note that we exported, coloured in Anki, brought to another place, mended there, and sent back."""
    world = AnkiWorld(tmp_path)
    world.write(
        "a.md",
        "## Which **word**? {#which}\n\nThis one.\n\n### Rubric\n- says why\n\n## T {#t}\n\nA {{c1::gap}}.\n",
    )
    package = world.package().path
    with anki(tmp_path) as opened:
        opened.take(package)
        note = opened.note("a#which")
        note["Question"], note["Rubric"] = "<u>Which</u> word?", "<ul><li>says <u>why</u></li></ul>"
        opened.col.update_note(note)
        cloze = opened.note("a#t")
        cloze["Context"] = "<u>T</u>"
        opened.col.update_note(cloze)
        edited = export(opened.col, tmp_path / "edited.apkg", legacy=False)
        shutil.rmtree(world.root)
        import_decks(edited, world.root)
        (deck,) = world.root.glob("**/*.md")
        deck.write_text(deck.read_text().replace("This one.", "That one."))
        FileExport(world.root).anki(tmp_path / "ours.apkg", [], no_progress)
        opened.rows("UPDATE notes SET mod = 1")
        assert opened.take(tmp_path / "ours.apkg").updated == 2
        note, cloze = opened.note("a#which"), opened.note("a#t")
        assert note["Question"] == "<u>Which</u> word?"
        assert note["Rubric"] == "<ul><li>says <u>why</u></li></ul>"
        assert note["Answer"] == "That one."
        assert cloze["Context"] == "<u>T</u>"


def test_another_person_gets_the_pictures_too(made: Path, tmp_path: Path) -> None:
    import_decks(made, tmp_path / "decks")
    FileExport(tmp_path / "decks").anki(tmp_path / "ours.apkg", [], no_progress)
    with collection(tmp_path, "new") as opened:
        import_into(opened, tmp_path / "ours.apkg")
        assert (tmp_path / "new.media" / "a cat.png").read_bytes() == png()
        assert [PICTURE, "<ul><li>one</li></ul>"] in fields(opened).values()
