"""What was edited in Anki and does not show here is what an export gives back, after a merge and a second import."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from flashcards.services.anki import merge as anki_merge
from flashcards.services.anki.importing import import_decks
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.progress import no_progress
from tests.integration.anki_packages import add, collection, export, import_into, png
from tests.integration.anki_world import AnkiWorld

RED = '<span style="color:red">{}</span>'
NAMES = ("extra", "colour", "both", "mended", "gap", "untouched")


def fields(opened: Any) -> dict[str, list[str]]:
    """The fields of all notes, by the words of their first one."""
    notes = map(opened.get_note, opened.find_notes(""))
    return {next(name for name in NAMES if name in note.fields[0]): note.fields for note in notes}


class Journey:
    """A collection of notes with a field more than a deck holds, imported once, then edited in Anki."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "decks"
        self.first, self.second = folder / "first.apkg", folder / "second.apkg"
        with collection(folder, "theirs") as opened:
            for kind in ("Basic", "Cloze"):
                model = opened.models.by_name(kind)
                opened.models.add_field(model, opened.models.new_field("Notes"))
                opened.models.update_dict(model)
            for name in NAMES:
                kind, text = ("Cloze", "{{c1::gap}} here") if name == "gap" else ("Basic", name)
                add(opened, kind, "D", text, f"answer {name}", f"old {name}")
            export(opened, self.first, legacy=False)
        import_decks(self.first, self.root / "in", self.root)
        with collection(folder, "theirs") as opened:
            self.edit(opened)
            opened.db.execute("UPDATE notes SET mod = mod + 10")
            export(opened, self.second, legacy=False)
            self.before = fields(opened)

    def edit(self, opened: Any) -> None:
        (self.folder / "a cat.png").write_bytes(png())
        picture = opened.media.add_file(str(self.folder / "a cat.png"))
        notes = {name: opened.get_note(opened.find_notes(f"Notes:old*{name}")[0]) for name in NAMES}
        notes["extra"]["Notes"] = f'new <img src="{picture}">'
        notes["colour"]["Front"] = RED.format("colour")
        notes["both"].fields = [RED.format("both"), f"answer both, {RED.format('reworded')}", ""]
        notes["mended"]["Back"] = "answer mended in Anki"
        notes["mended"]["Notes"] = "new"
        notes["gap"]["Text"] = f"{{{{c1::gap}}}} {RED.format('here')}"
        for note in notes.values():
            opened.update_note(note)

    def edit_here(self, old: str, new: str) -> None:
        (deck,) = (self.root / "in").glob("*.md")
        text = deck.read_text()
        assert old in text
        deck.write_text(text.replace(old, new))

    def back(self) -> dict[str, list[str]]:
        """What Anki has after an export from here, whatever the clocks say."""
        FileExport(self.root).anki(self.folder / "ours.apkg", [], no_progress)
        with collection(self.folder, "theirs") as opened:
            opened.db.execute("UPDATE notes SET mod = mod - 1000000")
            import_into(opened, self.folder / "ours.apkg")
            return fields(opened)


@pytest.fixture
def journey(tmp_path: Path) -> Journey:
    return Journey(tmp_path)


def test_after_a_merge(journey: Journey) -> None:
    report = anki_merge.merge(journey.second, journey.root, base=journey.first)
    assert (report.conflicts, report.same) == ([], 4)
    (kept,) = report.kept
    assert len(kept.notes) == 5
    anki_merge.apply(report)
    again = anki_merge.merge(journey.second, journey.root, base=journey.second)
    assert (again.changes, again.kept, again.media) == ([], [], {})
    assert journey.back() == journey.before


def test_an_edit_here_after_a_merge_changes_that_field_alone(journey: Journey) -> None:
    anki_merge.apply(anki_merge.merge(journey.second, journey.root, base=journey.first))
    for name in ("extra", "colour", "gap"):
        journey.edit_here(f"answer {name}", f"answer {name} edited here")
    after = journey.back()
    expected = {
        name: [text.replace(f"answer {name}", f"answer {name} edited here") for text in texts]
        if name in ("extra", "colour", "gap")
        else texts
        for name, texts in journey.before.items()
    }
    assert after == expected


def test_nothing_is_renewed_unasked(journey: Journey) -> None:
    (file,) = (journey.root / "in").glob("_anki*.json")
    before = file.read_bytes()
    anki_merge.merge(journey.second, journey.root, base=journey.first)
    assert file.read_bytes() == before
    assert not (journey.root / "in" / "media").exists()


def test_after_a_second_import_with_the_texts_that_are_here(journey: Journey) -> None:
    """Texts that were edited in Anki do not come so: theirs is not what ours is made of."""
    for turn in (1, 2):
        report = import_decks(journey.second, journey.root / "in", journey.root)
        assert (report.known, report.files) == (6, ())
        assert [notice.partition(" with")[0] for notice in report.notices] == ["in/_anki.json: 5 notes"][: 2 - turn]
    after = journey.back()
    same = ("extra", "colour", "gap", "untouched")
    assert {name: after[name] for name in same} == {name: journey.before[name] for name in same}
    assert after["mended"] == ["mended", "answer mended", "new"]
    assert after["both"] == [RED.format("both"), "answer both", ""]


def test_after_a_second_import_elsewhere_below_the_decks(journey: Journey) -> None:
    import_decks(journey.second, journey.root, journey.root)
    assert [path.name for path in journey.root.rglob("_anki*.json")] == ["_anki.json"]
    assert (journey.root / "in" / "media" / "a-cat.png").exists()
    assert journey.back()["extra"] == journey.before["extra"]


def test_a_conflict_leaves_its_part_and_renews_the_rest(journey: Journey) -> None:
    journey.edit_here("answer both", "answer both edited here")
    report = anki_merge.merge(journey.second, journey.root, base=journey.first)
    assert [conflict.part for conflict in report.conflicts] == ["answer"]
    anki_merge.apply(report)
    assert journey.back()["both"] == [RED.format("both"), "answer both edited here", ""]


def test_a_note_that_was_edited_here_and_not_in_anki_goes_out_edited(journey: Journey) -> None:
    journey.edit_here("answer extra", "edited here")
    anki_merge.apply(anki_merge.merge(journey.second, journey.root, base=journey.first))
    assert journey.back()["extra"] == ["extra", "edited here", journey.before["extra"][2]]


def test_with_a_database(tmp_path: Path) -> None:
    world = AnkiWorld(tmp_path)
    (tmp_path / "anki").mkdir()
    journey = Journey(tmp_path / "anki")
    (journey.root / "in").rename(world.root / "in")
    journey.root = world.root
    world.sync()
    report = anki_merge.merge(journey.second, world.root, database=world.db)
    anki_merge.apply(report)
    assert journey.back() == journey.before
    world.close()


def test_a_note_type_takes_its_new_layout_along_and_an_older_one_is_named(journey: Journey) -> None:
    import_decks(journey.second, journey.root / "in", journey.root)
    with collection(journey.folder, "theirs") as opened:
        model = opened.models.by_name("Basic")
        opened.models.add_field(model, opened.models.new_field("More"))
        opened.models.update_dict(model)
        note = opened.get_note(opened.find_notes("untouched")[0])
        note["More"] = "written after the first import"
        opened.update_note(note)
        opened.db.execute("UPDATE notetypes SET mtime_secs = mtime_secs + 10")
        export(opened, journey.folder / "third.apkg", legacy=False)
        before = fields(opened)["untouched"]
    merged = anki_merge.merge(journey.folder / "third.apkg", journey.root, base=journey.second)
    assert not any("layout" in notice for notice in merged.notices)
    import_decks(journey.folder / "third.apkg", journey.root / "in", journey.root)
    journey.edit_here("answer untouched", "answer untouched, edited here")
    edited = [text.replace("answer untouched", "answer untouched, edited here") for text in before]
    assert journey.back()["untouched"] == edited
    older = anki_merge.merge(journey.second, journey.root, base=journey.first)
    assert sum("note type 'Basic' has another layout" in notice for notice in older.notices) == 1


class Pair:
    """Two notes of a type with a hint, imported; then the first is edited in Anki."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "decks"
        with collection(folder, "theirs") as opened:
            model = opened.models.by_name("Basic")
            opened.models.add_field(model, opened.models.new_field("Hint"))
            opened.models.update_dict(model)
            for name in ("one", "two"):
                add(opened, "Basic", "D", name, f"answer {name}", f"hint {name}")
            self.exported(opened, "a", 5000)
        import_decks(folder / "a.apkg", self.root / "in", self.root)

    def exported(self, opened: Any, name: str, ago: int) -> None:
        """A package with the first note, or all, changed so many seconds ago."""
        opened.db.execute("UPDATE notes SET mod = mod - ? WHERE mod > ?", ago, time.time() - 10)
        export(opened, self.folder / f"{name}.apkg", legacy=False)

    def edit_there(self, name: str, ago: int, **fields: str) -> None:
        with collection(self.folder, "theirs") as opened:
            note = opened.get_note(opened.find_notes("one")[0])
            for field, text in fields.items():
                note[field.replace("_", " ")] = text
            opened.update_note(note)
            self.exported(opened, name, ago)

    def edit_here(self, old: str, new: str) -> None:
        (deck,) = (self.root / "in").glob("*.md")
        assert old in deck.read_text()
        deck.write_text(deck.read_text().replace(old, new))

    def back(self) -> tuple[int, list[list[str]]]:
        """How many notes an export updates in Anki, and what both hold then, with their tags."""
        FileExport(self.root).anki(self.folder / "ours.apkg", [], no_progress)
        with collection(self.folder, "theirs") as opened:
            updated = import_into(opened, self.folder / "ours.apkg")["updated"]
            notes = [opened.get_note(id_) for id_ in opened.find_notes("")]
            return updated, [[*note.fields, *note.tags] for note in notes]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_an_edit_here_still_goes_out_after_a_second_import(pair: Pair) -> None:
    (deck,) = (pair.root / "in").glob("*.md")
    deck.write_text(re.sub(r"(## one \{#\S+)\}", r"\1 .mine}", deck.read_text()))
    pair.edit_there("b", 1000, Hint="new hint")
    import_decks(pair.folder / "b.apkg", pair.root / "in", pair.root)
    assert pair.back() == (1, [["one", "answer one", "new hint", "mine"], ["two", "answer two", "hint two"]])


def test_a_note_that_a_merge_took_from_anki_is_as_unedited_as_before(pair: Pair) -> None:
    pair.edit_there("b", 3000, Back="reworded")
    anki_merge.apply(anki_merge.merge(pair.folder / "b.apkg", pair.root, base=pair.folder / "a.apkg"))
    pair.edit_there("c", 5, Back="reworded again")
    pair.edit_here("answer two", "answer two, edited here")
    assert pair.back() == (1, [["one", "reworded again", "hint one"], ["two", "answer two, edited here", "hint two"]])


def test_a_field_that_came_to_ask_the_other_way_round_is_not_ours(pair: Pair) -> None:
    with collection(pair.folder, "theirs") as opened:
        model = opened.models.by_name("Basic")
        opened.models.add_field(model, opened.models.new_field("Add Reverse"))
        template = opened.models.new_template("Card 2")
        template["qfmt"] = "{{#Add Reverse}}{{Back}}{{/Add Reverse}}"
        template["afmt"] = "{{FrontSide}}<hr id=answer>{{Front}}"
        opened.models.add_template(model, template)
        opened.models.update_dict(model)
        opened.db.execute("UPDATE notetypes SET mtime_secs = mtime_secs + 5")
    pair.edit_there("b", 1000, Add_Reverse="y")
    import_decks(pair.folder / "b.apkg", pair.root / "in", pair.root)
    pair.edit_here("answer one", "answer one, mended")
    assert pair.back()[1][0] == ["one", "answer one, mended", "hint one", "y"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"tags": {', '"tags": null, "x": {'), ('"dates": {', '"dates": [], "x": {'), ("}}\n", '}, "extra": 5}\n'),
        ('"hint one"', '"\\ud800"'), ('{"2": "hint one"}', "[]"), ('"{{Front}}"', "7"),
        ("0, 1, null]", "0, 9, null]"), ("0, 1, null]", "0, -1, null]"),
    ],
)  # fmt: skip
def test_a_damaged_file_stops_nothing(pair: Pair, old: str, new: str) -> None:
    (file,) = (pair.root / "in").glob("_anki*.json")
    file.write_text(file.read_text().replace(old, new))
    pair.edit_there("b", 1000, Hint="new hint", Back="reworded")
    import_decks(pair.folder / "b.apkg", pair.root / "in", pair.root)
    anki_merge.merge(pair.folder / "b.apkg", pair.root, base=pair.folder / "a.apkg")
    FileExport(pair.root).anki(pair.folder / "ours.apkg", [], no_progress)


def test_a_number_without_end_stops_no_export(tmp_path: Path) -> None:
    with collection(tmp_path, "theirs") as opened:
        add(opened, "Cloze", "D", "{{c1::gap}} here", f"{{{{c{'9' * 5000}::x}}}}")
        export(opened, tmp_path / "a.apkg", legacy=False)
    import_decks(tmp_path / "a.apkg", tmp_path / "decks/in", tmp_path / "decks")
    assert FileExport(tmp_path / "decks").anki(tmp_path / "ours.apkg", [], no_progress).notes == 1
