"""Numbers of the deck on linear and logistic regression: odds and probabilities."""

from __future__ import annotations

from tests.decks.numbers.on_cards import said

DECK = "faang-linear-vs-logistic"


def after(p: float, ratio: float) -> float:
    """The probability after its odds were multiplied."""
    odds = ratio * p / (1 - p)
    return odds / (1 + odds)


def test_odds() -> None:
    assert round(0.8 / 0.2) == 4
    assert said(DECK, "odds-example", "4")
    assert round(after(0.1, 2), 2) == 0.18
    assert abs(after(0.1, 2) - 2 / 11) < 1e-12
    assert said(DECK, "odds-ratio-example", "About 18%", "2/11")
    assert [round(100 * after(p, 2)) for p in (0.01, 0.5, 0.9)] == [2, 67, 95]
    assert said(DECK, "odds-ratio-baseline", "2%", "67%", "95%")


def test_largest_slope() -> None:
    assert max(p / 100 * (1 - p / 100) for p in range(101)) == 0.25
