"""Numbers of the deck on data quality: Cohen's kappa."""

from __future__ import annotations

from tests.decks.numbers.on_cards import said

DECK = "data-quality"


def test_kappa() -> None:
    assert round((0.8 - 0.6) / (1 - 0.6), 2) == 0.5
    assert said(DECK, "kappa-example", "0.5")
