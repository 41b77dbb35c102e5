"""Cards that a note has here and cannot have in Anki, and the reverse: no package of ours damages a collection."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flashcards.exchange.anki.package_values import Template
from flashcards.exchange.anki.possible_cards import possible_cards
from flashcards.services.anki.importing import import_decks
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.export.facade import ExportService
from flashcards.services.export.results import AnkiExported
from flashcards.services.progress import no_progress
from flashcards.services.review.facade import ReviewService
from tests.integration.anki_packages import add, answer_some, collection, export, import_into
from tests.integration.test_anki_import import ImportWorld

LINE = "{{FrontSide}}<hr id=answer>"
TYPES = {
    "Second of its own": (("Word", "Meaning", "Sound"), ("{{Word}}", f"{LINE}{{{{Meaning}}}}"), ("{{Sound}}", "x")),
    "Second on demand": (
        ("Word", "Meaning", "Sound"),
        ("{{Word}}", f"{LINE}{{{{Meaning}}}}"),
        ("{{#Sound}}{{Sound}}{{/Sound}}", f"{LINE}{{{{Word}}}}"),
    ),
    "As it came": (("Word", "Meaning", "Sound"), ("{{Word}}", f"{LINE}{{{{Meaning}}}}: {{{{Sound}}}}")),
}
CLOZE = "Cloze as it came"


def make_types(opened: Any) -> None:
    """Note types whose cards are not those of a note of ours."""
    for name, (fields, *templates) in TYPES.items():
        make_type(opened.models, opened.models.new(name), fields, templates)
    model = opened.models.new(CLOZE)
    model["type"] = 1
    make_type(opened.models, model, ("A", "B", "C"), [("{{cloze:A}} {{cloze:B}}", "{{cloze:A}} {{cloze:B}} {{C}}")])


def make_type(models: Any, model: Any, fields: tuple[str, ...], templates: list[tuple[str, str]]) -> None:
    for field in fields:
        models.add_field(model, models.new_field(field))
    for number, (front, back) in enumerate(templates):
        template = models.new_template(f"Card {number}")
        template["qfmt"], template["afmt"] = front, back
        models.add_template(model, template)
    models.add(model)


NOTES: dict[str, tuple[str, ...]] = {
    "basic": ("Basic", "front basic", "back basic"),
    "typed": ("Basic (type in the answer)", "front typed", "back typed"),
    "both": ("Basic (and reversed card)", "front both", "back both"),
    "optional": ("Basic (optional reversed card)", "front optional", "back optional", ""),
    "blank": ("Basic (optional reversed card)", "front blank", "back blank", "<p>&nbsp;</p>"),
    "empty answer": ("Basic (and reversed card)", "front empty answer", ""),
    "own second": ("Second of its own", "front own second", "back own second", "la"),
    "silent second": ("Second of its own", "front silent second", "back silent second", ""),
    "on demand": ("Second on demand", "front on demand", "back on demand", "la"),
    "not on demand": ("Second on demand", "front not on demand", "back not on demand", ""),
    "as it came": ("As it came", "front as it came", "back as it came", "la"),
    "cloze": ("Cloze", "front cloze {{c1::one}} {{c2::two}}", "below"),
    "cloze as it came": (CLOZE, "front cloze as it came {{c1::one}}", "and {{c3::three}}", "below"),
    "no gap stays": (CLOZE, "front no gap stays {{c1::one}}", "", ""),
    "basic to cloze": ("Basic", "front basic to cloze", "back basic to cloze"),
    "cloze to basic": ("Cloze", "front cloze to basic {{c1::one}}", ""),
    "whole to cloze": ("As it came", "front whole to cloze", "back whole to cloze", "la"),
}


def _reversed(note: str) -> str:
    return note.replace("}\n", " .reversed}\n", 1)


EDITS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(NOTES, _reversed),
    "both": lambda note: note.replace(" .reversed", "", 1),
    "cloze": lambda note: note.replace("{{c2::two}}", "{{c4::four}}"),
    "cloze as it came": lambda note: note.replace("{{c1::one}}", "{{c1::one}} {{c7::seven}}"),
    "no gap stays": lambda note: note.replace("{{c1::one}}", "{{c5::one}}"),
    "basic to cloze": lambda note: note.replace("\nback", "\n{{c1::back}} and {{c2::more}}"),
    "whole to cloze": lambda note: note.replace("\nback", "\n{{c1::back}} and {{c2::more}}"),
    "cloze to basic": lambda note: note.replace("## {", "## Basic now? {").replace("{{c1::one}}", "one"),
}
EXPECTED = {
    "basic": {0}, "typed": {0}, "both": {0}, "optional": {0, 1}, "blank": {0, 1}, "empty answer": {0},
    "own second": {0}, "silent second": {0}, "on demand": {0}, "not on demand": {0}, "as it came": {0}, "cloze": {0, 3},
    "cloze as it came": {0, 2}, "no gap stays": {0},
}  # fmt: skip
"""The ordinals of the cards that a package holds of notes that have stayed what they were."""


def filled(opened: Any, folder: Path) -> Path:
    """A package with all these notes, some of them answered."""
    make_types(opened)
    for kind, *fields in NOTES.values():
        add(opened, kind, "D", *fields)
    opened.decks.select(opened.decks.id("D"))
    answer_some(opened, 12)
    return export(opened, folder / "theirs.apkg", legacy=False)


def edit(root: Path, edits: dict[str, Callable[[str], str]]) -> None:
    """Changes notes, each known by what stands in it."""
    (deck,) = root.rglob("d.md")
    notes = re.split(r"(?m)^(?=## )", deck.read_text())
    for name, change in edits.items():
        (place,) = (i for i, note in enumerate(notes) if re.search(rf"front {name}(?= {{|\n)", note))
        assert change(notes[place]) != notes[place], name
        notes[place] = change(notes[place])
    deck.write_text("".join(notes))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ImportWorld]:
    made = ImportWorld(tmp_path)
    yield made
    made.close()


def exported(world: ImportWorld, target: Path, **options: Any) -> AnkiExported:
    world.clock.now += 3_600_000  # later than all that was done in Anki meanwhile
    world.sync.sync()
    service = ExportService(world.db, world.root, ReviewService(world.db, world.clock).study_day)
    return service.anki(target, learner=world.learner, **options)


def cards(opened: Any) -> dict[str, set[int]]:
    """By the first words of its first field, the ordinals of each note's cards."""
    found = {}
    for note in map(opened.get_note, opened.find_notes("")):
        found[re.sub(r"\{\{.*", "", note.fields[0]).removeprefix("front ").strip()] = {c.ord for c in note.cards()}
    return found


def assert_sound(opened: Any) -> None:
    """Anki finds nothing to mend, no card is empty, and each can be shown."""
    opened.fix_integrity()  # notes when cards were answered last, as it does for every package
    said, is_sound = opened.fix_integrity()
    assert is_sound, said
    assert opened.get_empty_cards().report == ""
    assert all(opened.get_card(card).render_output().question_text for card in opened.find_cards(""))


@pytest.mark.parametrize("way", ["files", "database", "history"])
def test_no_card_goes_out_that_anki_cannot_have(way: str, world: ImportWorld, tmp_path: Path) -> None:
    with collection(tmp_path, "theirs") as opened:
        package = filled(opened, tmp_path)
        before = cards(opened)
    target = tmp_path / "ours.apkg"
    if way == "files":
        import_decks(package, world.root / "anki", world.root)
    else:
        world.bring(package)
    edit(world.root, EDITS)
    if way == "files":
        done = FileExport(world.root).anki(target, [], no_progress)
    else:
        done = exported(world, target, history=way == "history")
    with collection(tmp_path, "fresh") as opened:
        import_into(opened, target)
        first = cards(opened)
        assert {name: first[name] for name in EXPECTED} == EXPECTED
        assert done.cards == opened.card_count()
        assert_sound(opened)
    with collection(tmp_path, "theirs") as opened:
        log = import_into(opened, target)
        assert log["conflicting"] == 0
        after = cards(opened)
        added = {name: after[name] - before[name] for name in EXPECTED if after[name] - before[name]}
        assert added == {"optional": {1}, "cloze": {3}}
        assert opened.db.scalar("SELECT flds FROM notes WHERE flds LIKE 'front not on demand%'").endswith("\x1f")
        opened.remove_cards_and_orphaned_notes([  # of the gap that was taken away, as the page about Anki says
            card for note in opened.get_empty_cards().notes for card in note.card_ids
        ])  # fmt: skip
        assert_sound(opened)
    said = "\n".join(done.notices)
    assert said.count("its reversed card can only be here") == 8
    assert "its card for c7 can only be here" in said
    assert "its card for c5 can only be here" in said
    assert said.count("its second card stays there") == 1


@pytest.mark.parametrize("history", [False, True])
def test_a_note_of_another_kind_is_named_and_its_old_one_tagged(
    history: bool, world: ImportWorld, tmp_path: Path
) -> None:
    """Though it was never exported: Anki has it, since it came from there."""
    changed = ("basic to cloze", "cloze to basic")
    with collection(tmp_path, "theirs") as opened:
        before = {}
        for name in changed:
            kind, *fields = NOTES[name]
            note = add(opened, kind, "D", *fields)
            before[note.id] = note.guid, note.fields
        world.bring(export(opened, tmp_path / "theirs.apkg", legacy=False))
    edit(world.root, {name: EDITS[name] for name in changed})
    world.clock.now += 3_600_000
    world.sync.sync()
    service = ExportService(world.db, world.root, ReviewService(world.db, world.clock).study_day)
    told = service.removed(world.learner)
    done = exported(world, tmp_path / "ours.apkg", history=history)
    assert done.removed == told
    assert {note.guid for note in done.removed} == {guid for guid, _ in before.values()}
    assert all(note.changed_kind for note in done.removed)
    with collection(tmp_path, "theirs") as opened:
        assert import_into(opened, done.path) == {"new": 2, "updated": 2, "duplicate": 0, "conflicting": 0}
        for id_, (guid, fields) in before.items():
            note = opened.get_note(id_)
            assert (note.guid, note.fields, note.tags) == (guid, fields, ["flashcards::removed"])
        assert_sound(opened)
    later = exported(world, tmp_path / "later.apkg", history=history)
    assert (later.removed, later.notes) == ((), 2), "it was said once"
    edit(world.root, {"basic to cloze": lambda note: note.replace("{{c1::back}} and {{c2::more}}", "back")})
    back = exported(world, tmp_path / "back.apkg", history=history)
    with collection(tmp_path, "theirs") as opened:
        import_into(opened, back.path)
        (note,) = (opened.get_note(id_) for id_ in before if opened.get_note(id_).note_type()["name"] == "Basic")
        assert note.tags == [], "its old note is its note again"


def test_without_a_database_a_note_of_another_kind_is_named(tmp_path: Path) -> None:
    with collection(tmp_path, "theirs") as opened:
        for name in ("basic to cloze", "whole to cloze"):
            if name not in ("basic to cloze",):
                make_types(opened)
            kind, *fields = NOTES[name]
            add(opened, kind, "D", *fields)
        import_decks(export(opened, tmp_path / "theirs.apkg", legacy=False), tmp_path / "decks")
    edit(tmp_path / "decks", {name: EDITS[name] for name in ("basic to cloze", "whole to cloze")})
    done = FileExport(tmp_path / "decks").anki(tmp_path / "ours.apkg", [], no_progress)
    assert [notice.partition(": ")[2][:48] for notice in done.notices] == [
        "another kind of note now, and so a new one in An"
    ] * 2


def test_a_note_that_has_gone_takes_no_card_of_its_former_kind_along(world: ImportWorld, tmp_path: Path) -> None:
    deck = world.root / "d.md"
    deck.write_text("## front a {#a .reversed}\n\nback\n\n## front stays {#b}\n\nback\n")
    exported(world, tmp_path / "1.apkg", history=True)
    deck.write_text("## front a {#a}\n\n{{c1::back}}\n\n## front stays {#b}\n\nback\n")
    exported(world, tmp_path / "2.apkg", history=True)
    deck.write_text("## front stays {#b}\n\nback\n")
    done = exported(world, tmp_path / "3.apkg", history=True)
    assert (done.notes, done.cards) == (2, 2)
    with collection(tmp_path, "fresh") as opened:
        import_into(opened, done.path)
        assert_sound(opened)


def test_a_field_that_somebody_added_to_our_note_type_spoils_no_package(tmp_path: Path) -> None:
    """A package that held our note type in two forms was refused as a whole."""
    first = tmp_path / "first"
    first.mkdir()
    (first / "a.md").write_text("## One? {#one}\n\nYes.\n")
    FileExport(first).anki(tmp_path / "first.apkg", [], no_progress)
    with collection(tmp_path, "theirs") as opened:
        import_into(opened, tmp_path / "first.apkg")
        model = opened.models.by_name("Flashcards Basic")
        opened.models.add_field(model, opened.models.new_field("Mine"))
        opened.models.update_dict(model)
        (note,) = map(opened.get_note, opened.find_notes(""))
        note["Mine"] = "my own words"
        opened.update_note(note)
        package = export(opened, tmp_path / "theirs.apkg", legacy=False)
    import_decks(package, tmp_path / "decks")
    (tmp_path / "decks" / "b.md").write_text("## Two? {#two}\n\nNo.\n")
    done = FileExport(tmp_path / "decks").anki(tmp_path / "ours.apkg", [], no_progress)
    assert [notice.partition(": ")[2] for notice in done.notices] == [
        "what it holds in Mine is not in the package: Flashcards Basic has no such field"
    ]
    for name, merge in (("fresh", False), ("theirs", False), ("theirs", True)):
        with collection(tmp_path, name) as opened:
            import_into(opened, done.path, merge=merge)
            assert_sound(opened)
            if name == "theirs":
                assert opened.get_note(note.id)["Mine"] == "my own words"


FRONTS = (
    "{{A}}", "static <!-- {{A}} --> {{B}}", "{{#A}}{{Tags}}{{/A}}{{B}}", "{{^B}}{{A}}{{/B}}", "{{hint:B}}{{text:B}}",
    "{{type:A}}{{#Tags}}{{A}}{{/Tags}}", "{{#B}}{{#A}}{{A}}{{/A}}{{/B}}", "{{^A}}{{B}}{{/A}}", "words {{ B }}",
)  # fmt: skip
VALUES = ("", "<br><div></div>", "&nbsp;", "<p></p>", "<div class=x></div>", " ", "<BR />\n</Div>", "x", "<img src=a>")
GAPS = (
    "{{c1::a}} {{c2::b}}", "{{c3::c {{c4::d}} }}", "{{c5::}}", "{{c0::z}}", "{{c6,7::k}}", "{{C8::x}}", "{{c9::never",
    "{{c1::a::hint}} }} {{c12::\\(x^{{2}}\\)}}", "{{c600::far}}", "none", "{{c1::a}", "{{c10::a {{c11::b}}",
)  # fmt: skip


def test_cards_are_those_that_anki_makes(tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        make_type(opened.models, opened.models.new("T"), ("A", "B"), [(front, "back") for front in FRONTS])
        templates = [Template("", front, "back") for front in FRONTS]
        for value in VALUES:
            note = add(opened, "T", "D", "a", value)
            assert possible_cards(False, templates, {"A": "a", "B": value}) == {c.ord for c in note.cards()}, value
        cloze = [Template("Cloze", "{{cloze:Text}}", "{{cloze:Text}} {{Back Extra}}")]
        for text in GAPS:
            note = add(opened, "Cloze", "D", text, "{{c40::there}}")
            made = possible_cards(True, cloze, {"Text": text, "Back Extra": "{{c40::there}}"})
            assert made == {card.ord for card in note.cards()}, text
