"""Numbers of the deck on how to prepare: Bayes' rule."""

from __future__ import annotations

from tests.decks.numbers.on_cards import said

DECK = "faq-how-to-prepare"


def test_bayes() -> None:
    assert round(0.01 * 0.9 / (0.01 * 0.9 + 0.99 * 0.09), 3) == 0.092
    assert said(DECK, "bayes-example", "0.092")
