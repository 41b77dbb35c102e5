"""Packages of ours, imported with every combination of the options that Anki's import window shows."""

from __future__ import annotations

import uuid
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from anki.collection import ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.import_export_pb2 import ImportAnkiPackageUpdateCondition as Update

from flashcards.services.review.facade import Answer
from tests.integration.anki_packages import collection
from tests.integration.anki_world import AnkiWorld

WHEN = (
    Update.IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_IF_NEWER,
    Update.IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_ALWAYS,
    Update.IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_NEVER,
)
DECK = "## One? {#one}\n\nYes.\n\n## Two {#two}\n\nThe {{c1::gap}}.\n"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A note of either type, with a learner's history."""
    world = AnkiWorld(tmp_path)
    world.write("a.md", DECK)
    world.sync()
    card = str(world.card("a#one/forward"))
    world.review.answer(world.learner, Answer(id=str(uuid.uuid4()), card=card, grade=4))
    return world.package(history=True).path


def taken(opened: Any, package: Path, **options: Any) -> Any:
    wanted = ImportAnkiPackageOptions(**options)
    return opened.import_anki_package(ImportAnkiPackageRequest(package_path=str(package), options=wanted)).log


@pytest.mark.parametrize("presets", [False, True], ids=["without presets", "with deck presets"])
def test_every_combination_of_options_takes(package: Path, tmp_path: Path, presets: bool) -> None:
    """The first import adds both notes, whatever is ticked; a second one refuses nothing."""
    switches = product((False, True), (False, True), WHEN, WHEN)
    for number, (scheduling, merge, notes, types) in enumerate(switches):
        with collection(tmp_path, f"collection-{number}") as opened:
            options = {
                "with_scheduling": scheduling, "with_deck_configs": presets, "merge_notetypes": merge,
                "update_notes": notes, "update_notetypes": types,
            }  # fmt: skip
            first, second = taken(opened, package, **options), taken(opened, package, **options)
            assert len(first.new) == 2, options
            assert (len(second.new), len(second.conflicting)) == (0, 0), options
            assert opened.card_count() == 2
            opened.fix_integrity()  # notes when cards were answered last, as it does for every package
            assert opened.fix_integrity()[1], options


def test_presets_of_the_learners_own_stay(package: Path, tmp_path: Path) -> None:
    with collection(tmp_path, "own") as opened:
        preset = opened.decks.get_config(1)
        preset["new"]["perDay"], preset["new"]["delays"], preset["name"] = 33, [2.0, 20.0], "Mine"
        opened.decks.update_config(preset)
        before = opened.decks.get_config(1)
        taken(opened, package, with_scheduling=True, with_deck_configs=True)
        assert opened.decks.get_config(1) == before
        assert len(opened.decks.all_config()) == 1


@pytest.mark.parametrize("what", ["field", "template"])
def test_what_a_learner_added_to_our_note_type_needs_merge_note_types(tmp_path: Path, what: str) -> None:
    """As the page about Anki says: every update is a conflict, but with that option, which keeps what was added."""
    world = AnkiWorld(tmp_path)
    world.write("a.md", DECK)
    first = world.package("first.apkg").path
    world.now = 1_900_000_000_000  # a field that is added counts as an edit of each note, now
    world.edit("a.md", lambda text: text.replace("Yes.", "Yes indeed."))
    second = world.package("second.apkg").path
    with collection(tmp_path, "own") as opened:
        taken(opened, first)
        models = opened.models
        model = models.by_name("Flashcards Basic")
        if what == "field":
            models.add_field(model, models.new_field("Mine"))
        else:
            template = models.new_template("Mine")
            template["qfmt"], template["afmt"] = "{{Question}} {{Id}}", "{{Answer}}"
            models.add_template(model, template)
        models.update_dict(model)
        (note,) = (opened.get_note(id_) for id_ in opened.find_notes("Id:*#one"))
        cards = note.card_ids()
        assert len(taken(opened, second).conflicting) == 1
        assert len(taken(opened, second, merge_notetypes=True).updated) >= 1
        note.load()
        assert note["Answer"] == "Yes indeed."
        assert note.card_ids() == cards
        assert ("Mine" in note) == (what == "field")
        assert note.note_type()["name"] == "Flashcards Basic"
