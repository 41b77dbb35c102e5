"""What a plan takes of its learner from their log."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from flashcards.domain.ids import CardId
from flashcards.domain.plan.model import PRIOR_ANSWERS, PRIOR_DAYS, Learner
from flashcards.domain.study_day import Day
from flashcards.services.plan.learners import material
from flashcards.storage.plans import AnswerRow

FIRST = 20_000


def log(days: Collection[Day], a_day: int = 10, took_ms: int = 33_000) -> list[AnswerRow]:
    """So many new cards on each of the days, known at once."""
    return [
        AnswerRow(
            day, day * 100 + number, day * 100 + number, CardId(day * 100 + number), 4, 0, "scheduled", True, took_ms
        )
        for day in days
        for number in range(a_day)
    ]


def learner(days: Collection[Day], today: Day, off: frozenset[Day] = frozenset()) -> Learner:
    rows = log(days)
    return material(rows, today, off, {}, len(rows), {}).learner


@pytest.mark.parametrize(
    ("studied", "off", "kept", "missed"),
    [
        ([], [], 0, 0),
        ([0], [], 0, 9),  # the first day is kept whatever one is like: it says nothing
        ([0, 1, 2, 4, 5, 6, 7, 8, 9], [], 8, 1),
        ([0, 1, 2, 4, 5, 6, 7, 8, 9], [3], 8, 0),
        ([0, 1, 3], [3, 4, 5, 6, 7, 8, 9], 2, 1),  # studied on a day off: kept
    ],
)
def test_the_days_kept_are_counted_from_the_day_after_the_first(
    studied: list[int], off: list[int], kept: int, missed: int
) -> None:
    found = learner([FIRST + it for it in studied], FIRST + 10, frozenset(FIRST + it for it in off))
    assert found.kept_known_from == kept + missed + PRIOR_DAYS
    assert found.kept == pytest.approx((kept + Learner().kept * PRIOR_DAYS) / (kept + missed + PRIOR_DAYS))


def test_speed_and_first_grades_are_of_the_log() -> None:
    found = learner(range(FIRST, FIRST + 30), FIRST + 30)
    assert found.speeds.new == pytest.approx(33, abs=0.2)
    assert found.speeds.right == pytest.approx(9 * 1.5, abs=0.3)
    assert found.grades_known_from == 300 + PRIOR_ANSWERS
    assert found.first_grades[2] > 0.95
    assert found.speed_sd < 0.02
