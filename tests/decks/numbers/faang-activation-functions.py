"""Numbers of the deck on activation functions."""

from __future__ import annotations

from math import erf, exp, sqrt

import numpy as np

from tests.decks.numbers.on_cards import said

DECK = "faang-activation-functions"


def test_softmax_and_slopes() -> None:
    assert (1 / (1 + 3), 3 / (1 + 3)) == (0.25, 0.75)
    assert said(DECK, "softmax-example", "0.25 and 0.75")
    assert 1 / (1 + exp(0)) * (1 - 1 / (1 + exp(0))) == 0.25
    assert said(DECK, "derivative-maxima", "0.25", "1")


def test_the_dip_of_gelu() -> None:
    x = np.linspace(-5, 0, 5001)
    lowest = min(float(v) * 0.5 * (1 + erf(float(v) / sqrt(2))) for v in x)
    assert round(lowest, 2) == -0.17
    assert said(DECK, "gelu-shape", "−0.17")


def test_half_of_the_mean_square_passes_a_relu() -> None:
    z = np.random.default_rng(0).normal(size=10**6)
    assert round(float((np.maximum(z, 0) ** 2).mean() / (z**2).mean()), 2) == 0.5
