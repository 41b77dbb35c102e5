"""Holidays and backlogs."""

from __future__ import annotations

from collections import Counter

import pytest

from flashcards.domain.memory import fsrs
from flashcards.domain.plan.breaks import Waiting, backlog, spread_break
from flashcards.domain.plan.model import Learner

TODAY = 20_000


def waiting(card: int, stability: float, ago: int, due: int) -> Waiting:
    return Waiting(card, fsrs.kept(stability, 5), TODAY - ago, TODAY + due)


def test_a_backlog_comes_by_gain_a_minute() -> None:
    # Just slipping cards gain most; those long forgotten take long, those still known gain little.
    cards = [waiting(1, 400, 20, -1), waiting(2, 10, 40, -30), waiting(3, 0.01, 300, -299), waiting(4, 10, 2, 3)]
    found = backlog(cards, TODAY, Learner(), 1800, 0, 2)
    assert found.order[0] == 2
    assert set(found.order) == {1, 2, 3}
    assert found.hold_new
    assert found.days == 1


def test_how_long_a_backlog_takes() -> None:
    cards = [waiting(number, 10, 30, -20) for number in range(600)]
    few, many = (backlog(cards, TODAY, Learner(), 1800, coming, 50).days for coming in (0, 60))
    assert few is not None
    assert many is not None
    assert 4 <= few < many
    assert backlog(cards, TODAY, Learner(), 1800, 500, 50).days is None
    nothing = backlog([], TODAY, Learner(), 1800, 10, 50)
    assert (nothing.order, nothing.days, nothing.hold_new) == ((), 0, False)


def test_a_holiday_is_spread_before_and_after_by_risk() -> None:
    cards = [waiting(number, 2 + number, 5, 5 + number % 10) for number in range(70)]
    placed = spread_break(cards, TODAY, TODAY + 5, TODAY + 14)
    assert set(placed) == set(range(70))
    days = Counter(day - TODAY for day in placed.values())
    assert set(days) == {*range(5), *range(15, 22)}
    assert max(days.values()) - min(days.values()) <= 2
    early = [card for card, day in placed.items() if day < TODAY + 5]
    assert max(early) < min(card for card in placed if card not in early)
    assert placed[0] == TODAY + 4


def test_only_what_falls_into_the_break_moves() -> None:
    cards = [waiting(1, 5, 5, 4), waiting(2, 5, 5, 5), waiting(3, 5, 5, 7), waiting(4, 5, 5, 8)]
    assert set(spread_break(cards, TODAY, TODAY + 5, TODAY + 7)) == {2, 3}


def test_a_break_that_has_begun_has_only_days_after() -> None:
    placed = spread_break([waiting(1, 5, 5, 2), waiting(2, 5, 5, 3)], TODAY, TODAY - 1, TODAY + 4)
    assert all(day > TODAY + 4 for day in placed.values())


def test_a_break_must_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        spread_break([], TODAY, TODAY + 5, TODAY + 4)
