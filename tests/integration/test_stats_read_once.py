"""Statistics read a learner's log once for as long as it stays as it is, and anew when it changed in any way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.services.memory.known import KnownCards
from flashcards.services.review.statistics import StatsService
from flashcards.storage.statistics import StatisticsRows
from tests.integration.study_world import StudyWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("d", 6)
    yield world
    world.close()


def test_the_same_answer_comes_without_reading_the_log(world: StudyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, ben = world.learner("ada"), world.learner("ben")
    stats = StatsService(world.db, world.clock, KnownCards(world.db))
    fresh = StatsService(world.db, world.clock, KnownCards(world.db))
    reads = 0
    original = StatisticsRows.day_sums

    def counted(self: StatisticsRows, *given: object) -> object:
        nonlocal reads
        reads += 1
        return original(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(StatisticsRows, "day_sums", counted)
    world.answer(ada, "d#n1", 4)
    first = stats.statistics(ada)
    assert stats.statistics(ada) == first
    assert reads == 1
    world.answer(ben, "d#n1", 4)
    assert stats.statistics(ada) == first
    assert reads == 1
    world.answer(ada, "d#n2", 1)
    assert stats.statistics(ada).today.answers == 2
    world.review.undo(ada)
    assert stats.statistics(ada) == fresh.statistics(ada)
    assert stats.statistics(ada).today.answers == 1
    assert stats.statistics(ben).today.answers == 1
    stats.statistics(ada, days="30")
    assert stats.statistics(ada, days="all") == fresh.statistics(ada, days="all")
    assert stats.statistics(ada, deck="d") == fresh.statistics(ada, deck="d")
