"""Every number printed in the deck on a support assistant, computed and compared with its card."""

from math import sqrt

from tests.decks.test_facts import note_source

DECK = "sd-llm-assistant"
INPUT, CACHED, OUTPUT = 1.0, 0.10, 4.0  # dollars per million tokens


def turn(fresh: int, cached: int, written: int) -> float:
    return (fresh * INPUT + cached * CACHED + written * OUTPUT) / 1e6


def test_resolution_and_its_value() -> None:
    assert round(0.40 * 0.90, 2) == 0.36
    assert "36%" in note_source(DECK, DECK)
    point = 100_000 * 0.01 * 6
    daily_bill = 100_000 * 6 * turn(3_500, 0, 250)
    assert point == 6_000
    assert round(daily_bill) == 2_700
    assert 2 < point / daily_bill < 2.5
    assert "6 000" in note_source(DECK, "ast-value")


def test_ceiling() -> None:
    assert round(0.90 * 0.95, 3) == 0.855
    assert "0.855" in note_source(DECK, "ast-ceiling")
    assert "0.855" in note_source(DECK, DECK)


def test_cost_of_a_turn() -> None:
    full, with_prefix = turn(1_200 + 1_800 + 500, 0, 250), turn(1_800 + 500, 1_200, 250)
    assert round(full, 6) == 0.0045
    assert round(6 * full, 6) == 0.027
    assert round(with_prefix, 4) == 0.0034
    assert round(1 - with_prefix / full, 2) == 0.24
    card = note_source(DECK, "ast-turn-cost")
    assert "0.0045" in card
    assert "0.027" in card
    saving = note_source(DECK, "ast-prefix-saving")
    assert "0.0034" in saving
    assert "24%" in saving


def test_routing() -> None:
    mean = 0.7 * 0.003 + 0.3 * 0.03
    assert round(mean, 4) == 0.0111
    assert round(1 - mean / 0.03, 2) == 0.63
    card = note_source(DECK, "ast-routing-cost")
    assert "0.0111" in card
    assert "63%" in card


def test_load_and_time() -> None:
    mean = 600_000 / 86_400
    assert round(mean, 1) == 6.9
    assert round(5 * mean) == 35
    assert round(5 * mean * 6) == 208
    card = note_source(DECK, "ast-load")
    assert "6.9" in card
    assert "208" in card
    assert 250 / 50 == 5
    assert "{{c1::5 s}}" in note_source(DECK, "ast-stream-time")


def test_sizes_of_evaluations() -> None:
    assert round(100 * 1.96 * sqrt(0.9 * 0.1 / 300), 1) == 3.4
    assert "3.4" in note_source(DECK, "ast-golden-margin")
    assert round(16 * 0.9 * 0.1 / 0.02**2) == 3_600
    assert r"3\,600" in note_source(DECK, "ast-test-size")
