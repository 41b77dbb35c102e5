"""Numbers of the deck on training and test data: sizes, and selection on noise."""

from __future__ import annotations

import numpy as np

from tests.decks.numbers.on_cards import said

DECK = "train-vs-test-set"


def test_size_for_a_precision() -> None:
    assert round(1.96**2 * 0.9 * 0.1 / 0.01**2) == 3457
    assert said(DECK, "test-size-example", "3457", "3 460")


def test_selecting_before_the_folds_makes_noise_predictable() -> None:
    rng = np.random.default_rng(0)
    right, honest = [], []
    for _ in range(5):
        X, y = rng.normal(size=(50, 5000)), np.repeat([-1, 1], 25)
        folds = rng.permutation(50).reshape(5, 10)
        chosen = np.argsort(-np.abs(X.T @ y))[:100]
        for held_out in folds:
            fit = np.setdiff1d(np.arange(50), held_out)
            inside = np.argsort(-np.abs(X[fit].T @ y[fit]))[:100]
            for columns, scores in ((chosen, right), (inside, honest)):
                distances = ((X[held_out][:, None, columns] - X[fit][None][..., columns]) ** 2).sum(axis=2)
                scores.append((y[fit][distances.argmin(axis=1)] == y[held_out]).mean())
    assert np.mean(right) > 0.93
    assert abs(np.mean(honest) - 0.5) < 0.12
    assert said(DECK, "noise-selection", "Nearly 100%", "97%", "about 50%")
