"""Numbers of the deck on overfitting: the lasso keeps no more features than rows."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import Lasso

from tests.decks.numbers.on_cards import said

DECK = "overfitting"


def test_the_lasso_keeps_at_most_one_feature_per_row() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 300)), rng.normal(size=30)
    kept = [(Lasso(alpha=a, max_iter=50_000).fit(X, y).coef_ != 0).sum() for a in (0.3, 0.1, 0.03)]
    assert max(kept) <= 30
    assert said(DECK, "sparse-which-penalty", "500 of them at most, one per row")
