"""Numbers of the deck on ROC and AUC."""

from __future__ import annotations

from sklearn.metrics import roc_auc_score

from tests.decks.numbers.on_cards import said

DECK = "faang-roc-auc"


def test_four_examples() -> None:
    assert roc_auc_score([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.3]) == 0.75
    assert said(DECK, "auc-four-examples", "0.75")


def test_a_high_area_and_a_low_precision() -> None:
    true, false = 0.005 * 0.82, 0.995 * 0.08
    assert round(1000 * true) == 4
    assert round(1000 * false) == 80
    assert round(true / (true + false), 2) == 0.05
    assert said(DECK, "auc-high-precision-low", "4 true and 80 false")


def test_a_point_and_a_mirror() -> None:
    assert round(1 - 0.8, 1) == 0.2
    assert said(DECK, "roc-sensitivity-names", "(0.2, 0.9)")
    assert roc_auc_score([1, 1, 0, 0], [0.1, 0.4, 0.3, 0.9]) == 1 - roc_auc_score(
        [1, 1, 0, 0], [-0.1, -0.4, -0.3, -0.9]
    )
