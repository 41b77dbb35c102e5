"""Substantive edits: cards come back tomorrow, once, with their history, and every learner's log replays."""

from __future__ import annotations

import json
import random
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.errors import Conflict, Invalid
from flashcards.services.authoring.substantive_edits import MarkedNote
from flashcards.services.export.facade import ExportService
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.web.shared.dates import iso_date
from flashcards.wiring import open_services
from tests.integration.edit_world import EditWorld
from tests.site import config_for

RIDGE = "ridge/forward"
NOTHING = (MarkedNote("ml#ridge", 0, 0),)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[EditWorld]:
    world = EditWorld(tmp_path)
    yield world
    report = DoctorService(world.services.database).examine()
    world.close()
    assert report.ok, report.findings


def edit(world: EditWorld) -> None:
    world.edit("sum of squared", "mean of squared")


def mark(world: EditWorld, *notes: str) -> tuple[MarkedNote, ...]:
    return world.services.edits.mark(notes or ("ml#ridge",))


def put_on(world: EditWorld, days: int) -> None:
    """Sets the card's due date by hand."""
    review = world.services.review
    review.act(world.ada, world.card(RIDGE), "due", due_on=review.study_day(world.ada) + days)


def test_the_card_of_every_learner_comes_back_tomorrow_with_its_history(world: EditWorld) -> None:
    bob = world.learner("Bob", timezone="Pacific/Auckland")
    cara = world.learner("Cara")
    for who, days in ((world.ada, 30), (bob, 400)):
        world.put_off(RIDGE, days, who)
    world.answer(RIDGE, 1, cara)
    before = world.services.review.card(world.ada, world.card(RIDGE))
    edit(world)
    assert mark(world) == (MarkedNote("ml#ridge", 2, 2),)
    assert [world.due_in(RIDGE, who) for who in (world.ada, bob, cara)] == [1, 1, 1]
    after = world.services.review.card(world.ada, world.card(RIDGE))
    for name in ("repetition", "ease", "interval", "lapses", "reviews", "state"):
        assert getattr(after, name) == getattr(before, name)
    row = world.services.review.card_history(world.ada, world.card(RIDGE))[-1]
    assert (row.kind, row.verb, row.grade, row.seq) == ("manual", "edited", None, 3)
    assert (row.before.due_on, row.after.due_on) == (before.due_on, after.due_on)


def test_marking_again_does_nothing(world: EditWorld) -> None:
    world.put_off(RIDGE)
    edit(world)
    mark(world)
    log = world.services.review.log(world.ada)
    assert mark(world) == NOTHING
    put_on(world, 9)
    assert mark(world) == NOTHING
    assert world.due_in(RIDGE) == 9
    assert len(world.services.review.log(world.ada)) == len(log) + 1


def test_the_next_edit_brings_it_back_again(world: EditWorld) -> None:
    world.put_off(RIDGE)
    edit(world)
    mark(world)
    world.clock.days(1)
    world.put_off(RIDGE)
    assert mark(world) == NOTHING
    world.edit("mean of", "total of")
    assert mark(world) == (MarkedNote("ml#ridge", 1, 1),)
    assert world.due_in(RIDGE) == 1


def test_who_has_answered_the_new_text_is_left_alone(world: EditWorld) -> None:
    edit(world)
    world.put_off(RIDGE)
    assert mark(world) == NOTHING
    assert world.due_in(RIDGE) == 30


@pytest.mark.parametrize("verb", ["suspend", "bury", "reset"])
def test_cards_that_are_not_asked_are_left_alone(world: EditWorld, verb: str) -> None:
    world.put_off(RIDGE)
    world.services.review.act(world.ada, world.card(RIDGE), verb)
    edit(world)
    before = world.services.review.card(world.ada, world.card(RIDGE))
    assert mark(world) == NOTHING
    after = world.services.review.card(world.ada, world.card(RIDGE))
    assert (after.due_on, after.suspended, after.buried_until) == (
        before.due_on, before.suspended, before.buried_until,
    )  # fmt: skip


def test_removed_siblings_and_cards_due_sooner_are_left_alone(world: EditWorld) -> None:
    world.put_off("penalties/c2")
    world.put_off("penalties/c1", 1)
    gap = world.card("penalties/c2")
    world.edit("{{c2::absolute values}}", "absolute values")
    assert mark(world, "ml#penalties") == (MarkedNote("ml#penalties", 0, 0),)
    assert world.services.review.card(world.ada, gap).state == "removed"


def test_unknown_notes_and_other_texts_mark_nothing(world: EditWorld) -> None:
    world.put_off(RIDGE)
    edit(world)
    with pytest.raises(Invalid, match="no note ml#none"):
        mark(world, "ml#ridge", "ml#none")
    with pytest.raises(Conflict, match="flashcards sync"):
        world.services.edits.mark(["ml#ridge"], {"ml#ridge": ("## other", "")})
    assert world.due_in(RIDGE) == 30


def test_the_review_says_why_it_came_back(world: EditWorld) -> None:
    world.put_off(RIDGE)
    edit(world)
    mark(world)
    world.clock.days(1)
    card = world.queue()[RIDGE]
    assert card.kind == "due"
    assert iso_date(card.news.returned_on) == "2026-05-27"
    assert card.news.changed is not None
    world.answer(RIDGE)
    assert world.news(RIDGE).returned_on is None


def test_a_card_moved_by_hand_since_is_not_here_for_that(world: EditWorld) -> None:
    world.put_off(RIDGE)
    edit(world)
    mark(world)
    assert world.news(RIDGE).returned_on is not None
    put_on(world, 2)
    assert world.news(RIDGE).returned_on is None


# --- undo


def test_undo_passes_over_it_to_the_learners_own_last_action(world: EditWorld) -> None:
    world.put_off(RIDGE)
    world.answer("penalties/c1")
    edit(world)
    mark(world)
    last = world.services.review.last_action(world.ada)
    assert last is not None
    assert last.verb == "answer"
    undone = world.services.review.undo(world.ada, last.review_id)
    assert undone.card.key == "ml#penalties/c1"
    assert world.due_in(RIDGE) == 1


def test_undoing_what_was_before_it_on_the_same_card_takes_both_back(world: EditWorld) -> None:
    world.put_off(RIDGE)
    edit(world)
    mark(world)
    assert world.services.review.undo(world.ada).verb == "due"
    assert world.due_in(RIDGE) == 1  # what the answer had set
    assert world.services.review.undo(world.ada).verb == "answer"
    assert world.services.review.card(world.ada, world.card(RIDGE)).state == "new"
    assert all(row.undone for row in world.services.review.log(world.ada))
    assert mark(world) == NOTHING


def test_undoing_it_by_its_id_is_refused(world: EditWorld) -> None:
    world.put_off(RIDGE)
    edit(world)
    mark(world)
    row = world.services.review.card_history(world.ada, world.card(RIDGE))[-1]
    with pytest.raises(Conflict, match="set another due date"):
        world.services.review.undo(world.ada, row.id)
    assert world.due_in(RIDGE) == 1


def test_undoing_the_answer_that_followed_keeps_it(world: EditWorld) -> None:
    world.put_off(RIDGE)
    edit(world)
    mark(world)
    world.clock.days(1)
    given = world.answer(RIDGE)
    world.services.review.undo(world.ada, given)
    assert world.due_in(RIDGE) == 0
    assert world.news(RIDGE).returned_on is not None


def test_whatever_happens_the_log_replays(world: EditWorld) -> None:
    """The doctor of the fixture proves it at the end."""
    dice, review = random.Random(5), world.services.review
    keys = (RIDGE, "penalties/c1", "penalties/c2")
    for step in range(12):
        if step % 3 == 0:
            world.edit("weights", f"weights {step}")
            world.edit("lasso", f"lasso {step}")
        for _ in range(8):
            match dice.randrange(5):
                case 0:
                    world.answer(dice.choice(keys), dice.choice((1, 4, 5)))
                case 1:
                    day = review.study_day(world.ada) + dice.randrange(60)
                    review.act(world.ada, world.card(dice.choice(keys)), "due", due_on=day, whole_note=True)
                case 2:
                    mark(world, "ml#ridge", "ml#penalties")
                case 3:
                    verb = dice.choice(("suspend", "unsuspend", "bury", "reset"))
                    review.act(world.ada, world.card(dice.choice(keys)), verb)
                case _ if review.last_action(world.ada):
                    review.undo(world.ada)
        world.clock.days(dice.choice((0.1, 1)))
    assert sum(row.verb == "edited" for row in review.log(world.ada, limit=500)) > 3
    while review.last_action(world.ada):
        review.undo(world.ada)
    assert all(row.undone or row.verb == "edited" for row in review.log(world.ada, limit=500))


# --- out and in


def test_everything_as_json_and_back(world: EditWorld, tmp_path: Path) -> None:
    world.put_off(RIDGE)
    edit(world)
    mark(world)
    exports: ExportService = world.services.export
    exports.json(tmp_path / "all.json")
    document = json.loads((tmp_path / "all.json").read_text())
    assert [row["verb"] for row in document["reviews"]] == [None, "due", "edited"]
    (tmp_path / "other").mkdir()
    other = open_services(config_for(tmp_path / "other" / "data", tmp_path / "other" / "decks"), world.clock)
    try:
        other.export.load_json(tmp_path / "all.json")
        other.sync.sync()
        assert DoctorService(other.database).examine().ok
        ada = other.accounts.find("Ada")
        assert other.edits.mark(["ml#ridge"]) == NOTHING
        card = other.review.cards(ada, q="id:ridge").items[0]
        assert other.review.news(ada, card.id) == world.news(RIDGE)
    finally:
        other.close()


def test_the_history_for_anki_has_a_manual_row(world: EditWorld, tmp_path: Path) -> None:
    world.put_off(RIDGE)
    edit(world)
    mark(world)
    world.services.export.anki(tmp_path / "all.apkg", learner=world.ada, history=True)
    with zipfile.ZipFile(tmp_path / "all.apkg") as package:
        package.extract("collection.anki2", tmp_path)
    connection = sqlite3.connect(tmp_path / "collection.anki2")
    try:
        # Of a manual row a factor above 0: Anki reads 0 as "forget this card".
        assert connection.execute("SELECT type, ease, factor > 0 FROM revlog ORDER BY id").fetchall() == [
            (0, 3, 1), (4, 0, 1), (4, 0, 1),
        ]  # fmt: skip
    finally:
        connection.close()


def test_an_undo_leaves_what_came_back_for_others(world: EditWorld) -> None:
    bob = world.learner("Bob")
    for who in (world.ada, bob):
        world.put_off(RIDGE, 30, who)
    edit(world)
    mark(world)
    world.services.review.undo(world.ada)
    assert [row.undone for row in world.services.review.log(bob)] == [False, False, False]
    assert world.due_in(RIDGE, bob) == 1


def test_an_undo_leaves_what_came_back_on_another_card_whatever_others_had_at_that_place(world: EditWorld) -> None:
    """Ada's fifth row is an edit of one card, Bob's fifth an edit of the card whose action Ada takes back."""
    bob = world.learner("Bob")
    world.put_off("l1/forward")
    world.put_off(RIDGE)
    world.put_off(RIDGE, learner=bob)
    world.put_off(RIDGE, learner=bob)
    world.edit("the absolute weights", "the sum of the absolute weights")
    mark(world, "ml#l1")
    edit(world)
    mark(world)
    rows = {row.seq: (row.card, row.verb) for row in world.services.review.log(bob)}
    assert rows[5] == (world.card(RIDGE), "edited")
    world.services.review.undo(world.ada)
    undone = {row.seq: (row.verb, row.undone) for row in world.services.review.log(world.ada)}
    assert undone == {
        1: (None, False), 2: ("due", False), 3: (None, False), 4: ("due", True), 5: ("edited", False),
        6: ("edited", True),
    }  # fmt: skip
