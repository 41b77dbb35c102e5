"""Numbers of the deck on judging a model: errors, log loss, ranks."""

from __future__ import annotations

from math import log, sqrt

from tests.decks.numbers.on_cards import said

DECK = "evaluate-model-performance"


def test_errors() -> None:
    assert (0 + 0 + 6) / 3 == 2
    assert round(sqrt(36 / 3), 1) == 3.5
    assert said(DECK, "mae-rmse-example", "MAE = 2", "3.5")
    assert 10**2 == 100 * 1**2


def test_log_loss() -> None:
    assert round(-log(0.01), 1) == 4.6
    assert round(-log(0.5), 1) == 0.7
    assert said(DECK, "log-loss-confident", "4.6", "0.7")


def test_ranks() -> None:
    assert (6 / 8, 6 / 10) == (0.75, 0.6)
    assert said(DECK, "recall-at-k", "0.75", "0.6")
