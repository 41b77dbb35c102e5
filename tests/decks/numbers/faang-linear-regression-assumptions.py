"""Numbers of the deck on linear regression: residuals, inflation factors, attenuation, tries of RANSAC."""

from __future__ import annotations

from math import log, sqrt

import numpy as np

from tests.decks.numbers.on_cards import said

DECK = "faang-linear-regression-assumptions"


def test_residual_and_inflation() -> None:
    assert 12 - 15 == -3
    assert said(DECK, "residual-example", "−3")
    assert round(1 / (1 - 0.9)) == 10
    assert said(DECK, "vif-example", "10")
    assert sqrt(9) == 3
    assert said(DECK, "vif-meaning", "three times")


def test_attenuation_by_half() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=200_000)
    measured = x + rng.normal(size=x.size)
    slope = np.polyfit(measured, 2 * x, 1)[0]
    assert round(float(slope) / 2, 2) == 0.5
    assert said(DECK, "attenuation", "about half the true one")


def test_tries_of_ransac() -> None:
    assert round(log(0.01) / log(1 - 0.7**3), 2) == 10.96
    assert said(DECK, "ransac", "10.96", "Eleven tries")
