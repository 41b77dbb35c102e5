"""Numbers of the deck on preprocessing: scaling by hand."""

from __future__ import annotations

import numpy as np

from tests.decks.numbers.on_cards import said

DECK = "code-preprocess-split"


def test_scaling_by_hand() -> None:
    column = np.array([2.0, 4.0, 6.0])
    assert (6 - column.min()) / (column.max() - column.min()) == 1
    assert round(float(column.std()), 2) == 1.63
    assert round(float((6 - column.mean()) / column.std()), 2) == 1.22
    assert said(DECK, "scaling-example", "about 1.22", "1.63")
