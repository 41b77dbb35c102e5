"""Numbers of the deck on trees and forests."""

from __future__ import annotations

from math import e

from tests.decks.numbers.on_cards import said

DECK = "trees-vs-random-forests"


def test_gini() -> None:
    assert 1 - 0.5**2 - 0.5**2 == 0.5
    assert said(DECK, "gini-example", "0.5")


def test_rows_left_out_of_a_bootstrap_sample() -> None:
    assert round(100 / e) == 37
    assert abs((1 - 1 / 10_000) ** 10_000 - 1 / e) < 1e-4
    assert said(DECK, "bootstrap-left-out", "37%")
