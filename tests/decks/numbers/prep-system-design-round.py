"""Numbers of the deck on the design round."""

from __future__ import annotations

from tests.decks.numbers.on_cards import said

DECK = "prep-system-design-round"


def test_requests_per_second() -> None:
    assert round(10**7 * 20 / 86_400, -2) == 2300
    assert said(DECK, "requests-per-second", "2 300")
