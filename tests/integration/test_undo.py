"""Undo takes back the last action, whole and exactly, again and again."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flashcards.domain.ids import CardId
from flashcards.errors import Conflict, Invalid, NotFound
from flashcards.services.accounts.facade import Learner
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.counters import count_anew
from tests.integration.study_world import TODAY, StudyWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    yield world
    world.close()


def snapshot(world: StudyWorld, learner: Learner) -> tuple[Any, ...]:
    counters = world.db.all("SELECT deck_id, seen FROM learner_deck WHERE seen > 0 ORDER BY deck_id")
    days = world.db.all("SELECT * FROM learner_day WHERE answers > 0 ORDER BY study_day")
    return world.stored_state(learner), counters, days


def test_undo_of_a_first_answer_makes_the_card_unseen_again(world: StudyWorld) -> None:
    world.deck("d", 2)
    ada = world.learner()
    before = world.queue_keys(ada)
    given = world.answer(ada, "d#n1", 1)
    undone = world.review.undo(ada)
    assert (undone.review_id, undone.verb, undone.card.state) == (given.id, "answer", "new")
    assert world.schedule(ada, "d#n1") is None
    assert world.queue_keys(ada) == before
    assert world.review.deck_counts(ada)[0].unseen == 2
    assert world.log(ada) == [(1, "scheduled", None, 1, 1)]
    assert world.review.calendar(ada) == {}


def test_undo_of_an_action_that_changed_nothing_makes_the_card_unseen_again(world: StudyWorld) -> None:
    world.deck("d", 2)
    ada = world.learner()
    world.review.act(ada, world.card("d#n1"), "unsuspend")
    world.review.undo(ada)
    assert world.schedule(ada, "d#n1") is None
    assert world.review.deck_counts(ada)[0].unseen == 2


def test_undo_of_a_first_answer_leaves_what_was_done_by_hand_before(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    world.review.act(ada, world.card("d#n1"), "suspend")
    before = snapshot(world, ada)
    world.answer(ada, "d#n1", 4)
    world.review.undo(ada)
    assert snapshot(world, ada) == before
    assert world.review.card(ada, world.card("d#n1")).suspended


def test_undo_goes_back_through_everything(world: StudyWorld) -> None:
    world.deck("d", {"a": ("c1", "c2"), "b": ("forward", "backward"), "c": ("forward",)})
    ada = world.learner(suspend_leeches=True)
    rng = random.Random(4)
    cards = ["d#a/c1", "d#a/c2", "d#b/forward", "d#b/backward", "d#c/forward"]
    states = [snapshot(world, ada)]
    for step in range(200):
        key = rng.choice(cards)
        if rng.random() < 0.85:
            world.answer(ada, key, rng.choice((0, 0, 0, 1, 3, 4, 5)), mode=rng.choice(("review",) * 5 + ("cram",)))
        else:
            verb = rng.choice(("suspend", "unsuspend", "bury", "unbury", "reset", "due"))
            due = TODAY + step if verb == "due" else None
            world.review.act(ada, world.card(key), verb, whole_note=rng.random() < 0.5, due_on=due)
        states.append(snapshot(world, ada))
        world.clock.days(rng.choice((0, 0.1, 1, 1)))
    assert any(verb == "leech" for _, _, verb, _, _ in world.log(ada))
    while len(states) > 1:
        assert snapshot(world, ada) == states.pop()
        world.review.undo(ada)
    assert snapshot(world, ada) == states[0] == ([], [], [])
    assert all(undone for *_, undone in world.log(ada))
    assert world.review.last_action(ada) is None
    with pytest.raises(NotFound):
        world.review.undo(ada)
    assert DoctorService(world.db).examine().ok


def test_an_undone_answer_that_is_sent_again_stays_undone(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    answer = world.an_answer("d#n1", 5)
    first = world.review.answer(ada, answer)
    world.review.undo(ada)
    again = world.review.answer(ada, answer)
    assert (again.created, again.due_on, again.ease) == (False, first.due_on, first.ease)
    assert world.schedule(ada, "d#n1") is None
    with pytest.raises(Conflict):
        world.review.answer(ada, world.an_answer("d#n1", 4, id=answer.id))


def test_undo_by_id_is_repeatable_and_only_of_the_last(world: StudyWorld) -> None:
    world.deck("d", 2)
    ada = world.learner()
    one, two = world.answer(ada, "d#n1", 4), world.answer(ada, "d#n2", 4)
    with pytest.raises(Conflict):
        world.review.undo(ada, one.id)
    first = world.review.undo(ada, two.id)
    assert world.review.undo(ada, two.id) == first
    assert world.schedule(ada, "d#n1") is not None
    assert world.review.undo(ada, one.id).card.state == "new"
    with pytest.raises(NotFound):
        world.review.undo(ada, str(uuid.uuid4()))
    with pytest.raises(Invalid):
        world.review.undo(ada, "nonsense")


def test_a_whole_note_is_one_action(world: StudyWorld) -> None:
    world.deck("d", {"a": ("c1", "c2", "c3")})
    ada = world.learner()
    world.answer(ada, "d#a/c3", 4)
    acted = world.review.act(ada, world.card("d#a/c2"), "bury", whole_note=True)
    last = world.review.last_action(ada)
    assert last is not None
    assert (last.review_id, last.verb, last.cards) == (acted.review_id, "bury", 3)
    assert world.review.undo(ada, acted.review_id).verb == "bury"
    assert world.schedule(ada, "d#a/c1") is None
    stays = world.schedule(ada, "d#a/c3")
    assert stays is not None
    assert stays.buried_until is None
    assert world.review.undo(ada).verb == "answer"


def test_after_an_undo_the_card_can_be_answered_anew(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    world.answer(ada, "d#n1", 1)
    world.review.undo(ada)
    given = world.answer(ada, "d#n1", 5)
    assert (given.kind, given.ease) == ("scheduled", 260)
    assert [seq for seq, *_ in world.log(ada)] == [1, 2]


def test_undo_of_a_lapse_takes_the_lapse_back(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    world.answer(ada, "d#n1", 4)
    world.clock.days(1)
    world.answer(ada, "d#n1", 0)
    assert world.review.card(ada, world.card("d#n1")).lapses == 1
    world.review.undo(ada)
    assert world.review.card(ada, world.card("d#n1")).lapses == 0


def test_imported_rows_are_passed_over(world: StudyWorld) -> None:
    world.deck("d", 2)
    ada = world.learner()
    given, imported = world.answer(ada, "d#n1", 4), str(uuid.uuid4())
    with world.db.write():
        world.db.execute(
            "INSERT INTO review SELECT learner_id, 2, ?, ?, card_id, note_id, at, study_day - 9, 3,"
            " 'imported', NULL, revision, 'anki', 0, 250, 0, NULL, 0, NULL, 1, 250, 1, 5, 0, NULL, 1, 0, 0, NULL,"
            " NULL, NULL, NULL FROM review WHERE seq = 1",
            (imported, str(uuid.uuid4())),
        )
        count_anew(world.db)
    stands = world.stored_state(ada)
    world.clock.days(2)
    world.answer(ada, "d#n1", 4)
    world.review.undo(ada)
    assert world.stored_state(ada) == stands  # and so with who set the date, which was not the other program
    assert world.review.undo(ada).review_id == given.id
    with pytest.raises(Conflict):  # though the learner has done nothing since
        world.review.undo(ada, imported)
    assert world.log(ada)[1] == (2, "imported", None, 3, 0)
    assert DoctorService(world.db).examine().ok


def test_undo_is_of_the_learners_own_log_whoever_else_answered_the_card(world: StudyWorld) -> None:
    world.deck("a", 1)
    ada, ben = world.learner("ada"), world.learner("ben")
    world.answer(ada, "a#n1", 4)
    world.answer(ben, "a#n1", 4)
    world.review.undo(ben)
    assert world.schedule(ben, "a#n1") is None  # never seen: no row, though Ada's log has one
    assert world.schedule(ada, "a#n1") is not None


def test_what_is_done_by_hand_never_marks_a_leech(world: StudyWorld) -> None:
    world.deck("a", 1)
    ada = world.learner(suspend_leeches=True)
    for verb in ("bury", "unbury", "suspend", "unsuspend", "reset"):
        world.review.act(ada, world.card("a#n1"), verb)
    world.review.flag(ada, world.card("a#n1"), 3)
    for day in range(9):
        world.answer(ada, "a#n1", 1 if day else 4)
        world.clock.days(1)
    world.review.act(ada, world.card("a#n1"), "unsuspend")
    assert world.review.set_dates(ada, {CardId(int(world.card("a#n1"))): TODAY + 30}) == 1
    rows = world.db.all("SELECT verb, leech FROM review WHERE kind IN ('manual', 'flag') ORDER BY seq")
    assert [verb for verb, _ in rows][-4:] == ["flag:3", "leech", "unsuspend", "due"]
    assert {leech for _, leech in rows} == {0}
