"""What is remembered of each card is what its log gives: after answers in any order, undo, resets and imports."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import DEFAULTS, Memory
from flashcards.errors import Invalid
from flashcards.services.accounts.people import Learner
from flashcards.services.memory.state import CardState, MemoryState
from flashcards.services.upkeep.doctor import DoctorService
from tests.integration.study_world import DAY_MS, NOON, TODAY, StudyWorld

HOUR_MS = 3_600_000


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("a", 4)
    yield world
    world.close()


def state(world: StudyWorld, learner: Learner, key: str = "a#n1") -> CardState | None:
    (found,) = MemoryState(world.db).states(learner.id, [int(world.card(key))]) or [None]
    return found


def memory(world: StudyWorld, learner: Learner, key: str = "a#n1") -> Memory | None:
    found = state(world, learner, key)
    return found and Memory(found.stability, found.difficulty)


def is_clean(world: StudyWorld) -> bool:
    report = DoctorService(world.db).examine()
    assert report.findings == ()
    return report.ok


def test_a_card_that_was_never_answered_has_none(world: StudyWorld) -> None:
    assert state(world, world.learner()) is None
    assert is_clean(world)


def test_every_answer_says_something_whatever_its_mode(world: StudyWorld) -> None:
    ada = world.learner()
    expected = None
    for days, mode, grade in ((0, "cram", 1), (0, "review", 4), (2, "ahead", 5), (3, "mock", 2), (0, "review", 3)):
        world.clock.days(days)
        world.answer(ada, "a#n1", grade, mode=mode)
        expected = fsrs.review(expected, grade, days)
        assert memory(world, ada) == expected
    found = state(world, ada)
    assert found is not None
    assert (found.last_on, found.answers) == (TODAY + 5, 5)
    assert is_clean(world)


def test_an_answer_that_comes_late_takes_its_place(world: StudyWorld) -> None:
    ada = world.learner()
    world.clock.days(10)
    world.answer(ada, "a#n1", 4, at=NOON)
    world.answer(ada, "a#n1", 4, at=NOON + 9 * DAY_MS)
    world.answer(ada, "a#n1", 1, at=NOON + 3 * DAY_MS)  # from a telephone that was offline
    expected = fsrs.review(fsrs.review(fsrs.first(4), 1, 3), 4, 6)
    assert memory(world, ada) == expected
    assert is_clean(world)


def test_the_order_in_which_answers_come_does_not_count(world: StudyWorld) -> None:
    chance = random.Random(7)
    answers = [(NOON + day * DAY_MS + hour * HOUR_MS, chance.randint(0, 5)) for day in range(6) for hour in (0, 1)]
    world.clock.days(7)
    found = set()
    for name in ("ada", "ben", "cy"):
        learner = world.learner(name)
        for at, grade in answers:
            world.answer(learner, "a#n1", grade, at=at)
        found.add(memory(world, learner))
        chance.shuffle(answers)
    assert len(found) == 1
    assert is_clean(world)


def test_undo_restores_what_was_remembered(world: StudyWorld) -> None:
    ada = world.learner()
    world.answer(ada, "a#n1", 4)
    before = state(world, ada)
    world.clock.days(4)
    world.answer(ada, "a#n1", 1)
    assert state(world, ada) != before
    world.review.undo(ada)
    assert state(world, ada) == before
    world.review.undo(ada)
    assert state(world, ada) is None
    assert is_clean(world)


def test_a_reset_forgets_and_its_undo_remembers(world: StudyWorld) -> None:
    ada = world.learner()
    world.answer(ada, "a#n1", 4)
    before = state(world, ada)
    world.clock.days(3)
    world.review.act(ada, world.card("a#n1"), "reset")
    assert state(world, ada) is None
    world.review.undo(ada)
    assert state(world, ada) == before
    world.review.act(ada, world.card("a#n1"), "reset")
    world.answer(ada, "a#n1", 3)
    assert memory(world, ada) == fsrs.first(3)
    world.answer(ada, "a#n1", 1, at=NOON + DAY_MS)  # given before the reset
    assert memory(world, ada) == fsrs.first(3)
    assert is_clean(world)


def test_suspending_burying_and_dates_by_hand_say_nothing(world: StudyWorld) -> None:
    ada = world.learner()
    world.answer(ada, "a#n1", 4)
    before = state(world, ada)
    card = world.card("a#n1")
    world.review.act(ada, card, "suspend")
    world.review.act(ada, card, "unsuspend")
    world.review.act(ada, card, "bury")
    world.review.act(ada, card, "due", due_on=TODAY + 40)
    assert state(world, ada) == before
    assert is_clean(world)


def test_what_was_not_computed_yet_is_computed_when_asked_and_by_a_job(world: StudyWorld) -> None:
    ada, ben = world.learner(), world.learner("ben")
    for learner in (ada, ben):
        world.answer(learner, "a#n1", 4)
        world.answer(learner, "a#n2", 1)
    expected = MemoryState(world.db).states(ada.id)
    with world.db.write():  # as a database that is older than memories comes out of its migration
        world.db.execute("UPDATE memory SET parameters = '', stability = 0, difficulty = 0")
    service = MemoryState(world.db)
    assert service.states(ada.id) == expected
    assert is_clean(world)
    world.clock.days(5)
    world.answer(ada, "a#n1", 4)
    assert memory(world, ada) == fsrs.review(fsrs.first(4), 4, 5)
    assert service.catch_up_all() == 3
    assert service.catch_up_all() == 0
    rows = world.db.all("SELECT DISTINCT parameters FROM memory")
    assert rows == [(DEFAULTS.name,)]
    assert is_clean(world)


def test_states_come_by_deck(world: StudyWorld) -> None:
    ada = world.learner()
    deck = world.deck("b", 2)
    world.answer(ada, "b#n1", 4)
    world.answer(ada, "b#n2", 4)
    world.answer(ada, "a#n1", 4)
    world.remove("b#n2")
    found = MemoryState(world.db).states_of_decks(ada.id, [deck])
    assert {key: [it.card for it in states] for key, states in found.items()} == {deck: [int(world.card("b#n1"))]}


def test_the_log_says_what_was_remembered_after_each_answer(world: StudyWorld) -> None:
    ada = world.learner()
    world.clock.days(9)
    for day, grade in ((0, 4), (8, 4), (3, 1)):
        world.answer(ada, "a#n1", grade, at=NOON + day * DAY_MS)
    world.review.act(ada, world.card("a#n1"), "suspend")
    first = fsrs.first(4)
    says = [first, fsrs.review(first, 4, 8), fsrs.review(first, 1, 3), None]
    rows = world.db.all("SELECT stability, difficulty, parameters FROM review ORDER BY seq")
    assert [None if row[0] is None else Memory(*row[:2]) for row in rows] == says
    assert [row[2] for row in rows] == [DEFAULTS.name] * 3 + [None]


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE review SET stability = 2 * stability WHERE seq = 1", "card 1: row 1 of the log says"),
        ("UPDATE review SET difficulty = 1 WHERE seq = 1", "card 1: row 1 of the log says"),
        ("UPDATE review SET parameters = 'fsrs-6/gone'", "of which the numbers are not here"),
        ("UPDATE memory SET stability = stability + 100", "card 1: the log gives"),
        ("UPDATE memory SET answers = 9", "card 1: the log gives"),
        ("DELETE FROM memory", "stored is None"),
        ("UPDATE memory SET card_id = 2", "there is a memory, but nothing in the log"),
        ("UPDATE memory SET parameters = 'fsrs-6/gone'", "of which the numbers are not here"),
    ],
)
def test_the_doctor_sees_a_memory_that_does_not_follow(world: StudyWorld, damage: str, found: str) -> None:
    ada = world.learner()
    world.answer(ada, "a#n1", 4)
    with world.db.write():
        world.db.execute(damage)
    assert any(found in line for line in DoctorService(world.db).examine().findings)


def test_the_last_bits_of_another_machines_arithmetic_are_no_fault(world: StudyWorld) -> None:
    ada = world.learner()
    world.answer(ada, "a#n1", 5)
    with world.db.write():
        world.db.execute("UPDATE memory SET stability = stability + 5, difficulty = difficulty - 1")
    assert is_clean(world)


def test_a_learner_who_leaves_takes_it_along(world: StudyWorld) -> None:
    ada = world.learner()
    world.answer(ada, "a#n1", 5)
    with world.db.write():
        world.db.execute("DELETE FROM learner WHERE id = ?", (ada.id,))
    assert world.db.all("SELECT * FROM memory") == []


# --- what is served of it


def test_a_card_says_how_likely_it_is_remembered_today(world: StudyWorld) -> None:
    ada = world.learner()
    card = world.card("a#n1")
    assert world.review.card(ada, card).recall is None
    world.answer(ada, "a#n1", 4)
    world.clock.days(3)
    first = fsrs.first(4)
    found = world.review.card(ada, card)
    assert found.recall == fsrs.recall(first, 3)
    assert (found.stability, found.difficulty) == (first.days, first.difficulty / fsrs.UNIT)
    (listed,) = (it for it in world.review.cards(ada).items if it.id == card)
    assert listed == found
    acted = world.review.act(ada, card, "suspend")
    assert acted.card.recall == found.recall
    assert world.review.undo(ada).card.recall == found.recall


@pytest.mark.parametrize("stale", [False, True])
def test_cards_are_found_by_their_recall(world: StudyWorld, stale: bool) -> None:
    ada = world.learner()
    for number, grade in enumerate((1, 3, 5), start=1):
        world.answer(ada, f"a#n{number}", grade)
    if stale:
        with world.db.write():
            world.db.execute("UPDATE memory SET parameters = ''")
    for days in (0, 1, 6, 40):
        world.clock.days(days)
        recalls = {it.id: it.recall for it in world.review.cards(ada).items}
        for wanted in (0.0, 0.5, 0.7, 0.9, 0.9999, 1.0):
            for operator, holds in (
                ("<", float.__lt__),
                ("<=", float.__le__),
                (">", float.__gt__),
                (">=", float.__ge__),
            ):
                expected = {id_ for id_, it in recalls.items() if it is not None and holds(it, wanted)}
                found = world.review.cards(ada, q=f"prop:recall{operator}{wanted}").items
                assert {it.id for it in found} == expected, (days, operator, wanted)


@pytest.mark.parametrize("q", ["prop:recall=0.8", "prop:recall!=0.8", "prop:recall<80%"])
def test_what_cannot_be_asked_of_a_recall_is_said(world: StudyWorld, q: str) -> None:
    with pytest.raises(Invalid, match="prop:recall"):
        world.review.cards(world.learner(), q=q)
