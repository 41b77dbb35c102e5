"""Note types whose fields or templates changed in Anki after notes of them came: Anki takes them in their present
layout alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flashcards.services.anki.importing import import_decks
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.progress import no_progress
from tests.integration.anki_packages import add, collection, export, import_into
from tests.integration.anki_world import AnkiWorld

Change = Callable[[Any, dict[str, Any]], object]


def field(model: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [field for field in model["flds"] if field["name"] == name]
    return found


def add_template(models: Any, model: dict[str, Any]) -> None:
    template = models.new_template("Other")
    template["qfmt"], template["afmt"] = "{{Hint}}", "{{Front}}"
    models.add_template(model, template)


def swap(models: Any, model: dict[str, Any]) -> None:
    models.reposition_field(model, field(model, "Hint"), 0)
    models.rename_field(model, field(model, "Back"), "Answer")
    models.add_field(model, models.new_field("New"))


CHANGES: dict[str, Change] = {
    "added": lambda models, model: models.add_field(model, models.new_field("New")),
    "moved": lambda models, model: models.reposition_field(model, field(model, "Hint"), 0),
    "an asking one moved": lambda models, model: models.reposition_field(model, field(model, "Front"), 2),
    "renamed": lambda models, model: models.rename_field(model, field(model, "Hint"), "Clue"),
    "an answering one renamed": lambda models, model: models.rename_field(model, field(model, "Back"), "Answer"),
    "removed": lambda models, model: models.remove_field(model, field(model, "Other")),
    "several": swap,
    "a template": add_template,
    "a template renamed": lambda models, model: model["tmpls"][0].update(name="First"),
}


def contents(opened: Any) -> dict[str, dict[str, str]]:
    """What the fields of all notes hold that hold anything, by the word that is asked for."""
    notes = map(opened.get_note, opened.find_notes(""))
    return {note["Front"]: {name: text for name, text in note.items() if text} for note in notes}


class Journey:
    """Notes of a type of somebody's own are here; then the type changes in Anki."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "decks"
        with collection(folder, "theirs") as opened:
            models = opened.models
            model = models.by_name("Basic")
            for name in ("Hint", "Other"):
                models.add_field(model, models.new_field(name))
            models.update_dict(model)
            for word in ("one", "two"):
                add(opened, "Basic", "D", word, f"answer {word}", f"<u>hint {word}</u>")
            opened.db.execute("UPDATE notes SET mod = mod - 500")
            self.bring(opened)

    def bring(self, opened: Any) -> None:
        import_decks(export(opened, self.folder / "theirs.apkg", legacy=False), self.root / "in", self.root)

    def change(self, change: Change, *, new: bool = True) -> None:
        """Changes the type, and imports again; with a `new` note or without."""
        with collection(self.folder, "theirs") as opened:
            model = opened.models.by_name("Basic")
            change(opened.models, model)
            opened.models.update_dict(model)
            if new:
                note = opened.new_note(opened.models.by_name("Basic"))
                note["Front"] = "three"
                note[next(name for name in ("Back", "Answer") if name in note)] = "answer three"
                for name in {"New", "Clue", "Hint"}.intersection(note.keys()):
                    note[name] = "<i>new three</i>"
                opened.add_note(note, opened.decks.id("D"))
            # Anki dates all notes anew where fields came or went. Edits here are later than that.
            opened.db.execute("UPDATE notes SET mod = mod - 200 WHERE mod > ?", int(time.time()) - 300)
            opened.db.execute("UPDATE notetypes SET mtime_secs = mtime_secs + 1")
            self.bring(opened)

    def edit(self) -> None:
        for path in (self.root / "in").glob("*.md"):
            text = path.read_text()
            path.write_text(text.replace("answer one", "edited one").replace("answer three", "edited three"))

    def exported(self) -> Path:
        FileExport(self.root).anki(self.folder / "ours.apkg", [], no_progress)
        return self.folder / "ours.apkg"


@pytest.fixture
def journey(tmp_path: Path) -> Journey:
    return Journey(tmp_path)


def check(journey: Journey, package: Path, edited: int) -> None:
    """In the collection that the notes came from, and in a fresh one."""
    with collection(journey.folder, "theirs") as opened:
        before = contents(opened)
        log = import_into(opened, package)
        assert log == {"new": 0, "updated": edited, "duplicate": len(before) - edited, "conflicting": 0}
        expected = {
            word: {name: text.replace("answer", "edited") if word != "two" else text for name, text in fields.items()}
            for word, fields in before.items()
        }
        assert contents(opened) == expected
        model = opened.models.by_name("Basic")
        id_, names = model["id"], opened.models.field_names(model)
    with collection(journey.folder, "fresh") as opened:
        assert import_into(opened, package)["new"] == len(before)
        assert contents(opened) == expected
        model = opened.models.get(id_)
        assert opened.models.field_names(model) == names


@pytest.mark.parametrize("new", [True, False], ids=["with a new note", "nothing new"])
@pytest.mark.parametrize("change", CHANGES)
def test_they_go_back_in_the_layout_of_today(journey: Journey, change: str, new: bool) -> None:
    journey.change(CHANGES[change], new=new)
    journey.edit()
    check(journey, journey.exported(), 2 if new else 1)


@pytest.mark.parametrize("change", CHANGES)
def test_folders_that_earlier_versions_wrote(journey: Journey, change: str) -> None:
    """They hold the former layout, too, and do not say when it was made; the later file has the later one."""
    first = journey.root / "in" / "_anki.json"
    former = json.loads(first.read_text())
    journey.change(CHANGES[change])
    second = first.with_name("_anki-2.json")
    for path, value in ((first, former), (second, json.loads(second.read_text()))):
        path.write_text(json.dumps({name: of for name, of in value.items() if name not in ("changed", "dates")}))
    journey.edit()
    package = journey.exported()
    with collection(journey.folder, "theirs") as opened:
        opened.db.execute("UPDATE notes SET mod = mod - 1000")
        before = contents(opened)
        assert import_into(opened, package) == {"new": 0, "updated": 3, "duplicate": 0, "conflicting": 0}
        after = contents(opened)
        assert after["one"].keys() == before["one"].keys()
        assert after["two"] == before["two"]


def test_the_newest_layout_holds_wherever_its_file_lies(journey: Journey) -> None:
    journey.change(CHANGES["moved"])
    for number, path in enumerate(sorted((journey.root / "in").glob("_anki*.json"))):
        path.rename(path.with_name(f"_anki-{9 - number}.json"))
    journey.edit()
    check(journey, journey.exported(), 2)


def test_an_older_package_takes_no_layout_back(journey: Journey) -> None:
    older = (journey.folder / "theirs.apkg").read_bytes()
    journey.change(CHANGES["moved"])
    (journey.folder / "older.apkg").write_bytes(older)
    import_decks(journey.folder / "older.apkg", journey.root / "in", journey.root)
    import_decks(journey.folder / "older.apkg", journey.folder / "elsewhere")
    journey.edit()
    check(journey, journey.exported(), 2)


def test_from_a_database(tmp_path: Path) -> None:
    world = AnkiWorld(tmp_path)
    journey = Journey(tmp_path)
    world.sync()
    journey.change(CHANGES["several"])
    world.sync()
    world.now = time.time_ns() // 1_000_000
    journey.edit()
    check(journey, world.package().path, 2)


@pytest.mark.parametrize("places", [[9, 1, None], [0, -1, None], ["x", None, None], [True, [], {}]])
def test_places_that_are_none_are_no_fault_of_the_program(journey: Journey, places: list[Any]) -> None:
    path = journey.root / "in" / "_anki.json"
    value = json.loads(path.read_text())
    value["note_types"][0][5:] = places
    path.write_text(json.dumps(value))
    journey.exported()
    journey.change(CHANGES["added"], new=False)
    journey.exported()
