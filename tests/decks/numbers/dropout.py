"""Numbers of the deck on dropout: scaling, and the penalty that it is like."""

from __future__ import annotations

import numpy as np

from tests.decks.numbers.on_cards import said

DECK = "dropout"


def test_scaling() -> None:
    assert 4 / (1 - 0.2) == 5
    assert said(DECK, "dropout-scaling-example", "5")


def test_dropout_on_inputs_is_a_ridge_penalty_on_average() -> None:
    rng = np.random.default_rng(0)
    X, w, p = rng.normal(size=(5, 3)), np.array([1.0, -2.0, 0.5]), 0.3
    y = X @ w + rng.normal(size=5)
    masks = (rng.random((200_000, 5, 3)) > p) / (1 - p)
    loss = ((y - ((X * masks) @ w)) ** 2).sum(axis=1).mean()
    expected = ((y - X @ w) ** 2).sum() + p / (1 - p) * (w**2 * (X**2).sum(axis=0)).sum()
    assert abs(loss / expected - 1) < 0.02
    assert said(DECK, "dropout-ridge", "frac{p}{1 - p}")
