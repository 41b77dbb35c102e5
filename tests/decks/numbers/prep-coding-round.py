"""Numbers of the deck on the coding round: a gradient check, the scale of attention scores."""

from __future__ import annotations

import numpy as np

from tests.decks.numbers.on_cards import said

DECK = "prep-coding-round"


def test_central_differences() -> None:
    w, h = 0.7, 1e-5
    assert abs((np.sin(w + h) - np.sin(w - h)) / (2 * h) - np.cos(w)) < 1e-9


def test_variance_of_scores() -> None:
    rng = np.random.default_rng(0)
    scores = (rng.normal(size=(50_000, 64)) * rng.normal(size=(50_000, 64))).sum(axis=1)
    assert abs(scores.var() / 64 - 1) < 0.05
    assert said(DECK, "attention-scaling", "variance $d_k$")
