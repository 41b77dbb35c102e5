"""How far what is known may lie from what was reckoned."""

from __future__ import annotations

import random
from statistics import NormalDist, mean, pvariance

import pytest

from flashcards.domain.plan.spread import Deviations, missed_days, quantile, together


@pytest.mark.parametrize(
    ("days", "kept", "known_from"), [(0, 0.9, 10), (1, 0.5, 2), (14, 0.93, 14), (365, 0.8, 60), (365, 0.17, 74)]
)
def test_the_chances_of_missed_days_are_those_of_a_share_that_is_not_known(
    days: int, kept: float, known_from: float
) -> None:
    chances = missed_days(days, kept, known_from)
    assert len(chances) == days + 1
    assert sum(chances) == pytest.approx(1)
    assert sum(missed * chance for missed, chance in enumerate(chances)) == pytest.approx(days * (1 - kept))


def test_missed_days_are_as_drawn() -> None:
    chance = random.Random(5)
    drawn = []
    for _ in range(4000):
        share = chance.betavariate(9, 1)
        drawn.append(sum(chance.random() > share for _ in range(11)))
    chances = missed_days(11, 0.9, 10)
    assert mean(drawn) == pytest.approx(1.1, abs=0.1)
    variance = sum(chance * (missed - 1.1) ** 2 for missed, chance in enumerate(chances))
    assert variance == pytest.approx(pvariance(drawn), rel=0.1)
    assert chances[0] == pytest.approx(drawn.count(0) / len(drawn), abs=0.03)


def test_who_surely_keeps_every_day_misses_none() -> None:
    assert missed_days(14, 1.0, 14) == pytest.approx([1.0] + [0.0] * 14, abs=1e-6)


def test_the_quantiles_of_one_outcome_are_those_of_its_two_halves() -> None:
    low, middle, high = (quantile(it, [(1.0, 0.3)], Deviations(0.2, 0.05)) for it in (0.1, 0.5, 0.9))
    assert (low, middle, high) == pytest.approx((0.3 - 1.2816 * 0.2, 0.3, 0.3 + 1.2816 * 0.05), abs=1e-4)


def test_the_quantiles_of_a_mixture_leave_as_much_below_them() -> None:
    outcomes, around = [(0.5, 0.0), (0.3, -0.1), (0.2, -0.4)], Deviations(0.05, 0.05)
    for share in (0.1, 0.5, 0.9):
        place = quantile(share, outcomes, around)
        below = sum(chance * NormalDist(at, 0.05).cdf(place) for chance, at in outcomes)
        assert below == pytest.approx(share, abs=1e-4)


def test_without_anything_unsure_a_quantile_is_an_outcome() -> None:
    outcomes = [(0.5, 0.0), (0.3, -0.1), (0.2, -0.4)]
    found = [quantile(it, outcomes, Deviations(0, 0)) for it in (0.1, 0.4, 0.9)]
    assert found == pytest.approx([-0.4, -0.1, 0.0], abs=1e-6)


def test_independent_parts_add_like_standard_deviations() -> None:
    assert together([Deviations(0.3, 0.0), Deviations(0.4, 0.1)]) == pytest.approx((0.5, 0.1))
