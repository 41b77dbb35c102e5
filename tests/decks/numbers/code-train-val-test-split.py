"""Numbers of the deck on splits: standard errors and intervals by the number of rows."""

from __future__ import annotations

from math import sqrt

from tests.decks.numbers.on_cards import said

DECK = "code-train-val-test-split"


def half_width(p: float, rows: int) -> float:
    """Half of the 95% interval of a share, in points."""
    return 196 * sqrt(p * (1 - p) / rows)


def test_accuracy() -> None:
    assert round(sqrt(0.09 / 1000), 4) == 0.0095
    assert said(DECK, "accuracy-standard-error", "0.0095")
    assert [round(half_width(0.9, n), 1) for n in (1000, 10_000)] == [1.9, 0.6]
    assert round(half_width(0.9, 100)) == 6
    assert said(DECK, "interval-two-sizes", "±6 points", "±0.6 points")
    assert said(DECK, DECK, "±1.9 points", "±0.6")


def test_recall_of_a_rare_class() -> None:
    assert [round(half_width(0.8, n)) for n in (20, 40)] == [18, 12]
    assert said(DECK, DECK, "±18 points", "±12 points")


def test_second_fractions() -> None:
    assert 0.2 / (1 - 0.2) == 0.25
    assert said(DECK, "split-60-20-20", "0.25")
    assert said(DECK, "split-80-10-10", "0.2", "0.5")
