"""Numbers of the deck on batch normalisation: one activation, parameters of a layer."""

from __future__ import annotations

from tests.decks.numbers.on_cards import said

DECK = "batch-normalization"


def test_one_activation() -> None:
    assert 2 * (9 - 5) / 4**0.5 + 1 == 5
    assert said(DECK, "bn-example", "5")


def test_parameters() -> None:
    assert 2 * 64 == 128
    assert said(DECK, "bn-gamma-beta", "128")
