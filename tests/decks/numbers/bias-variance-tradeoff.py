"""Numbers of the deck on bias and variance: three trainings by hand, and the decomposition in a simulation."""

from __future__ import annotations

import numpy as np

from tests.decks.numbers.on_cards import said

DECK = "bias-variance-tradeoff"


def test_three_trainings() -> None:
    predictions = np.array([4.0, 6.0, 8.0])
    assert predictions.mean() - 5 == 1
    assert round(float(predictions.var()), 1) == 2.7
    assert predictions.var(ddof=1) == 4
    assert said(DECK, "decomposition-example", "2.7", "gives 4")


def test_gap_and_avoidable_bias() -> None:
    assert 15 - 2 == 13
    assert said(DECK, "bias-variance-first", "13 points")


def test_the_parts_add_up() -> None:
    rng = np.random.default_rng(0)
    x, at = np.linspace(0, 1, 20), 0.3
    noise = 0.3
    fits = np.array(
        [np.polyval(np.polyfit(x, np.sin(6 * x) + noise * rng.normal(size=20), 1), at) for _ in range(20_000)]
    )
    new = np.sin(6 * at) + noise * rng.normal(size=fits.size)
    error = float(np.mean((new - fits) ** 2))
    parts = (fits.mean() - np.sin(6 * at)) ** 2 + fits.var() + noise**2
    assert abs(error - parts) < 0.01
