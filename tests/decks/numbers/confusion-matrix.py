"""Numbers of the deck on the confusion matrix."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import f1_score, matthews_corrcoef, precision_score, recall_score

from tests.decks.numbers.on_cards import said

DECK = "confusion-matrix"


def test_worked_example() -> None:
    tp, fp, fn, tn = 40, 10, 20, 930
    y = np.repeat([1, 0, 1, 0], [tp, fp, fn, tn])
    pred = np.repeat([1, 1, 0, 0], [tp, fp, fn, tn])
    assert precision_score(y, pred) == 0.8
    assert round(recall_score(y, pred), 2) == 0.67
    assert abs(f1_score(y, pred) - 2 * tp / (2 * tp + fp + fn)) < 1e-12
    assert said(DECK, "worked-example", "0.80", "0.67")


def test_means_of_precision_and_recall() -> None:
    assert round((1 + 0.01) / 2, 1) == 0.5
    assert round(2 * 1 * 0.01 / 1.01, 2) == 0.02
    assert said(DECK, "f1-harmonic", "about 0.5", "0.02")


def test_everything_called_honest() -> None:
    assert 9_900 / 10_000 == 0.99
    assert said(DECK, "fraud-matrix", "FN 100", "9 900")


def test_precision_from_rates() -> None:
    for share, expected in ((0.5, 0.95), (0.01, 0.15)):
        assert round(0.9 * share / (0.9 * share + 0.05 * (1 - share)), 2) == expected
    assert said(DECK, "precision-from-prevalence", "0.95", "0.15")


def test_chance_has_a_correlation_of_zero() -> None:
    assert matthews_corrcoef([1, 1, 0, 0], [1, 0, 1, 0]) == 0
    assert said(DECK, "mcc-scale", "−1 and 1", "{{c2::0}}")
