"""Numbers of the deck on the two errors: base rates and thresholds."""

from __future__ import annotations

from tests.decks.numbers.on_cards import said

DECK = "false-positives-negatives"


def test_base_rate() -> None:
    true, false = 0.01 * 0.9, 0.99 * 0.05
    assert round(100 * true, 2) == 0.9
    assert round(100 * false, 2) == 4.95
    assert round(true / (true + false), 2) == 0.15
    assert said(DECK, "base-rate-example", "About 15%", "4.95\\%")
    assert said(DECK, DECK, "only 15% are real")


def test_threshold() -> None:
    assert round(1 / (1 + 10), 2) == 0.09
    assert said(DECK, "cost-threshold-example", "0.09")
