"""Today's minutes: what the rest of the day takes, told in the morning, against what it took."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.services.accounts.facade import Learner
from flashcards.services.review.facade import Answer, QueueCard
from flashcards.web.shared.dates import seconds_words
from tests.integration.study_world import StudyWorld

DAYS = 39


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    yield world
    world.close()


class Simulated:
    """Answers as somebody does who needs so many seconds, and knows so large a share, of each kind of card."""

    def __init__(self, world: StudyWorld, learner: Learner, seconds: dict[str, float], known: dict[str, float]) -> None:
        self.world, self.learner, self.seconds, self.known = world, learner, seconds, known
        self.random = random.Random(7)

    def study(self) -> float:
        """One day to its end; the seconds it took, a card left open counted as ten minutes."""
        took = 0.0
        while cards := self.world.review.queue(self.learner).cards:
            took += sum(map(self._answer, cards))
        return took

    def _answer(self, card: QueueCard) -> float:
        seconds = self.seconds[card.kind] * self.random.lognormvariate(-0.125, 0.5)
        if self.random.random() < 0.002:
            seconds = 3600
        grade = 4 if self.random.random() < self.known[card.kind] else self.random.choice([1, 3])
        self.world.clock.seconds(seconds)
        self.world.review.answer(self.learner, Answer(str(uuid.uuid4()), card.id, grade, took_ms=round(seconds * 1000)))
        return min(seconds, 600)


SPOKEN = {"new": 150.0, "due": 110.0, "drill": 45.0}, {"new": 0.45, "due": 0.75, "drill": 0.7}
QUICK = {"new": 14.0, "due": 6.0, "drill": 4.0}, {"new": 0.6, "due": 0.85, "drill": 0.9}


@pytest.mark.parametrize(("seconds", "known"), [SPOKEN, QUICK])
def test_the_minutes_are_those_that_it_takes(
    world: StudyWorld, seconds: dict[str, float], known: dict[str, float]
) -> None:
    world.deck("a", 8 * DAYS)
    ada = world.learner(new_per_day=8)
    simulated = Simulated(world, ada, seconds, known)
    morning = world.clock()
    told, took = [], []
    for day in range(DAYS):
        world.clock.now = morning
        world.clock.days(day)
        told.append(world.review.today(ada).seconds_left)
        took.append(simulated.study())
    assert sum(told) == pytest.approx(sum(took), rel=0.15)
    assert sum(told[-7:]) == pytest.approx(sum(took[-7:]), rel=0.15)


def test_without_drill_no_drills_are_counted(world: StudyWorld) -> None:
    world.deck("a", 5)
    ada, ben = world.learner("ada"), world.learner("ben", drill=False)
    assert world.review.today(ada).seconds_left == 5 * 20 + 5 * 0.4 / 0.8 * 8
    assert world.review.today(ben).seconds_left == 5 * 20


def test_the_hour_of_a_card_left_open_counts_as_ten_minutes_everywhere(world: StudyWorld) -> None:
    world.deck("a", 1)
    ada = world.learner()
    world.answer(ada, "a#n1", 4, took_ms=7_200_000)
    assert world.review.log(ada)[0].took_ms == 3_600_000
    assert world.review.summary(ada).ms == 600_000


def test_the_words() -> None:
    words = ["Less than a minute", "About 1 minute", "About 9 minutes", "About 1 h 20 min"]
    assert [seconds_words(seconds) for seconds in (29, 60, 540, 4800)] == words
