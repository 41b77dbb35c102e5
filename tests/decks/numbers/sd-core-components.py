"""Numbers of the deck on components: tables, scores, logs, and the memory of a quantised model."""

from __future__ import annotations

from tests.decks.numbers.on_cards import said

DECK = "sd-core-components"
CUSTOMERS = 2 * 10**6


def test_sizes_of_features_scores_and_logs() -> None:
    a_day = CUSTOMERS * 300 * 4 / 1e9
    assert a_day == 2.4
    assert round(12 * a_day, 1) == 28.8
    assert round(12 * a_day / 5, 1) == 5.8
    assert CUSTOMERS * 16 / 1e6 == 32
    assert CUSTOMERS * 500 / 1e9 == 1
    assert said(DECK, DECK, "2.4 GB a day", "28.8 GB", "5.8 GB", "32 MB at 16 bytes", "500 bytes are 1 GB a day")


def test_memory_of_a_quantised_model() -> None:
    assert 7e9 * 16 / 8 / 1e9 == 14
    assert 7e9 * 4 / 8 / 1e9 == 3.5
    assert said(DECK, "quantisation-size", "14 GB", "3.5 GB")
