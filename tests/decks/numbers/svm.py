"""Numbers of the deck on support vector machines: the width of a margin."""

from __future__ import annotations

import numpy as np
from sklearn.svm import SVC

from tests.decks.numbers.on_cards import said

DECK = "svm"


def test_width_of_the_margin() -> None:
    assert 2 / np.hypot(3, 4) == 0.4
    assert said(DECK, "svm-margin-example", "0.4")


def test_a_large_price_narrows_the_margin() -> None:
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(-1, 1, (100, 2)), rng.normal(1, 1, (100, 2))])
    y = np.repeat([0, 1], 100)
    wide, narrow = (2 / np.linalg.norm(SVC(kernel="linear", C=c).fit(X, y).coef_) for c in (0.01, 100))
    assert narrow < wide
