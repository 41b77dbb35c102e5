"""Numbers of the design answer worked through on late food orders."""

from __future__ import annotations

from tests.decks.numbers.on_cards import said

DECK = "sd-answer-formula"


def test_orders_and_threshold() -> None:
    assert round(10**6 / 86_400, 1) == 11.6
    assert round(6 * 10**6 / 86_400, -1) == 70
    assert round(0.2 / 1.2 * 100) == 17
    assert said(DECK, DECK, "11.6 a second", "70 a second", "0.2/(0.2 + 1) = 17%")


def test_probability_after_sampling_negatives() -> None:
    assert round(0.25 * 0.3 / (0.25 * 0.3 + 0.7), 3) == 0.097
    assert said(DECK, DECK, "= 0.097")


def test_orders_per_arm() -> None:
    assert round(16 * 0.05 * 0.95 / 0.002**2) == 190_000
    assert said(DECK, DECK, "190 000 orders an arm")


def test_minutes() -> None:
    assert 8 + 8 + 7 + 6 + 8 + 5 <= 45
    assert 10 + 20 + 5 + 15 == 50
