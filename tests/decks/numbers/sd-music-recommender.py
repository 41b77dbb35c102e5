"""Numbers of the deck on music recommendations: traffic, memory, machines, listeners per arm."""

from __future__ import annotations

from tests.decks.numbers.on_cards import said

DECK = "sd-music-recommender"
USERS, SONGS = 50 * 10**6, 100 * 10**6


def test_traffic_and_events() -> None:
    assert round(2 * USERS / 86_400) == 1157
    assert 40 * USERS == 2 * 10**9
    assert 40 * USERS * 200 / 1e9 == 400
    assert said(DECK, DECK, "1 157 a second", "two billion rows, 400 GB")


def test_memory_of_vectors_and_lists() -> None:
    assert round(SONGS * 128 * 4 / 1e9) == 51
    assert round(SONGS * 128 / 1e9) == 13
    assert USERS * 30 * 8 / 1e9 == 12
    assert said(DECK, DECK, "51 GB in float32 and 13 GB in int8", "12 GB in a cache")


def test_candidates_scores_and_cores() -> None:
    assert 300 + 100 + 60 + 40 == 500
    assert 500 * 3500 == 1_750_000
    assert 500 * 3500 / 50_000 == 35
    assert round(100 / 30, 1) == 3.3
    assert 20 + 10 + 40 + 5 <= 150
    assert said(DECK, DECK, "1.75 million scores", "35 cores", "3.3% of impressions")


def test_listeners_per_arm() -> None:
    assert round(16 * 12**2 / 0.1**2) == 230_400
    assert 230_400 / USERS < 0.01
    assert said(DECK, DECK, "230 400 listeners")


def test_sparse_row() -> None:
    assert 1000 / SONGS * 100 == 0.001
    assert said(DECK, "user-item-sparse", "0.001%")
