"""Numbers of the deck on reducing dimensions: LDA, and a choice made on all labels."""

from __future__ import annotations

import numpy as np

from tests.decks.numbers.on_cards import said

DECK = "faang-dimensionality-reduction-methods"


def test_a_choice_made_on_all_labels() -> None:
    rng = np.random.default_rng(1)
    wrong = []
    for _ in range(10):
        X, y = rng.normal(size=(50, 5000)), np.repeat([-1, 1], 25)
        columns = np.argsort(-np.abs(X.T @ y))[:100]
        for fold in rng.permutation(50).reshape(5, 10):
            fit = np.setdiff1d(np.arange(50), fold)
            distances = ((X[fold][:, None, columns] - X[fit][None][..., columns]) ** 2).sum(axis=2)
            wrong.append((y[fit][distances.argmin(axis=1)] != y[fold]).mean())
    assert np.mean(wrong) < 0.06
    assert said(DECK, "select-inside-example", "about 3% error", "50%")
