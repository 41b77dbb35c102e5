"""Logs as they should not be: two devices, clocks that are wrong, a scheduler that changes its mind twice a day.

Grades that are all alike and a time zone changed in the middle: `test_memory_fit`. Numbers out of range in an imported
preset: `test_anki_memory`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.evidence import Evidence, replay
from flashcards.domain.memory.fsrs import Memory
from flashcards.errors import Invalid
from flashcards.services.accounts.people import Learner
from flashcards.services.memory.measure import MemoryMeasure
from flashcards.services.memory.scheduling import SchedulerService
from flashcards.services.memory.state import CardState, MemoryState
from flashcards.services.upkeep.doctor import DoctorService
from tests.integration.study_world import DAY_MS, NOON, TODAY, StudyWorld
from tests.integration.test_two_schedulers import stand

CARDS = 8
HOUR_MS = 3_600_000


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("a", CARDS)
    yield world
    world.close()


def states(world: StudyWorld, learner: Learner) -> list[CardState]:
    return MemoryState(world.db).states(learner.id)


def assert_whole(world: StudyWorld, learner: Learner) -> None:
    """Every stored memory is what a replay of the log gives, the doctor is content, and every figure is a number."""
    rows = world.db.all(
        "SELECT card_id, study_day, at, seq, quality FROM review"
        " WHERE learner_id = ? AND undone = 0 AND quality IS NOT NULL",
        (learner.id,),
    )
    for state in states(world, learner):
        found = replay(Evidence(*row[1:]) for row in rows if row[0] == state.card)
        assert found is not None
        assert Memory(state.stability, state.difficulty) == found.memory
        assert (state.last_on, state.answers) == (found.last_on, found.answers)
    assert {state.card for state in states(world, learner)} == {row[0] for row in rows}
    assert DoctorService(world.db).examine().findings == ()
    measured = MemoryMeasure(world.db).evaluate(learner.id)
    assert measured.log_loss is None or math.isfinite(measured.log_loss)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("scheduler", ["sm2", "fsrs-6"])
def test_two_devices_of_which_one_was_offline_for_a_week(world: StudyWorld, scheduler: str, seed: int) -> None:
    """Its answers come when it is back. What is remembered is as if all had come in their order."""
    chance = random.Random(seed)
    ada, ben = world.learner("ada", drill=True), world.learner("ben", drill=True)
    for learner in (ada, ben):
        SchedulerService(world.db, world.clock).choose(learner, scheduler, 0.9)
    kept: list[tuple[str, int, int]] = []
    for day in range(21):
        for hour in range(6):
            at = NOON + day * DAY_MS + hour * HOUR_MS + chance.randrange(1000)
            key, grade = f"a#n{chance.randint(1, CARDS)}", chance.choice((0, 1, 2, 3, 4, 4, 4, 5))
            world.clock.now = at
            world.answer(ben, key, grade, at=at)
            if chance.random() < 0.5:
                world.answer(ada, key, grade, at=at)
            else:
                kept.append((key, grade, at))
        if day % 7 == 6:
            chance.shuffle(kept)
            for key, grade, at in kept:
                world.answer(ada, key, grade, at=at)
            kept.clear()
    assert [it[1:] for it in states(world, ada)] == [it[1:] for it in states(world, ben)]
    assert_whole(world, ada)
    assert_whole(world, ben)


def test_a_scheduler_changed_twice_a_day_with_answers_between(world: StudyWorld) -> None:
    chance = random.Random(1)
    ada, ben = world.learner("ada"), world.learner("ben")
    service = SchedulerService(world.db, world.clock)
    for _ in range(12):
        for chosen in ("fsrs-6", "sm2"):
            service.choose(ada, chosen, chance.choice((0.8, 0.9)), at_once=chance.random() < 0.5)
            for _ in range(5):
                key, grade = f"a#n{chance.randint(1, CARDS)}", chance.choice((1, 3, 4, 5))
                world.clock.seconds(60)
                for learner in (ada, ben):
                    world.answer(learner, key, grade)
        world.clock.days(1)
    service.choose(ada, "sm2", 0.9, at_once=True)
    assert stand(world, ada) == stand(world, ben)
    assert_whole(world, ada)


@pytest.mark.parametrize("at", [0, 1, NOON - 30_000 * DAY_MS // 2, NOON + 400 * DAY_MS])
def test_an_answer_of_another_age(world: StudyWorld, at: int) -> None:
    """A clock that stood at 1970 is believed; one that runs ahead is not: the answer was given now."""
    ada = world.learner()
    world.answer(ada, "a#n1", 4)
    world.clock.days(3)
    world.answer(ada, "a#n1", 4, at=at)
    world.clock.days(3)
    world.answer(ada, "a#n1", 1)
    (state,) = states(world, ada)
    assert state.last_on == TODAY + 6
    assert state.answers == 3
    assert 0 < MemoryState(world.db).predictor(ada.id).recall(state, TODAY + 20) < 1
    assert_whole(world, ada)


@pytest.mark.parametrize("at", [-1, 1.5, "noon", True])
def test_an_instant_that_is_none_is_refused(world: StudyWorld, at: object) -> None:
    ada = world.learner()
    with pytest.raises(Invalid) as refused:
        world.answer(ada, "a#n1", 4, at=at)
    assert refused.value.field == "at"
    assert states(world, ada) == []


def test_every_card_failed_every_day(world: StudyWorld) -> None:
    ada = world.learner(drill=True)
    SchedulerService(world.db, world.clock).choose(ada, "fsrs-6", 0.97)
    for _ in range(30):
        for number in range(1, CARDS + 1):
            world.answer(ada, f"a#n{number}", 0)
        world.clock.days(1)
    assert all(fsrs.MINIMUM_STABILITY <= it.stability < fsrs.UNIT for it in states(world, ada))
    assert all(it.difficulty <= fsrs.HARDEST for it in states(world, ada))
    assert_whole(world, ada)
