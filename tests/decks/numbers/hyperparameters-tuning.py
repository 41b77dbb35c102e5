"""Numbers of the deck on tuning: grids, random trials, scales."""

from __future__ import annotations

from math import log10

from tests.decks.numbers.on_cards import said

DECK = "hyperparameters-tuning"


def test_grids() -> None:
    assert 4**3 * 5 == 320
    assert said(DECK, "grid-cost", "320")
    assert 2**8 == 256
    assert said(DECK, "twenty-runs", "256 runs")


def test_sixty_trials() -> None:
    assert round(1 - 0.95**60, 2) == 0.95
    assert said(DECK, "sixty-trials", "95%")


def test_uniform_sampling_wastes_nine_tenths() -> None:
    assert (0.1 - 0.01) / 0.1 == 0.9
    assert log10(0.01 / 0.001) == log10(0.1 / 0.01)
    assert said(DECK, "log-scale", "90% of the trials above 0.01")
