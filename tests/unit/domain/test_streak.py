"""Days in a row."""

from __future__ import annotations

from flashcards.domain.streak import streak


def test_streaks() -> None:
    cases = {(): 0, (10,): 1, (9,): 1, (8,): 0, (10, 9, 8, 6): 3, (9, 8): 2, (10, 8): 1, (11, 10): 0}
    assert {days: streak(days, 10) for days in cases} == cases
