"""Numbers of the deck on vanishing gradients."""

from __future__ import annotations

from tests.decks.numbers.on_cards import said

DECK = "faang-vanishing-gradient"


def test_ten_sigmoids() -> None:
    assert 0.9e-6 < 0.25**10 < 1e-6
    assert said(DECK, "ten-sigmoids", "10^{-6}")
