"""Numbers of the deck on video recommendations: traffic, memory, exploration, samples, checks of a test."""

from __future__ import annotations

from math import sqrt

import numpy as np

from tests.decks.numbers.on_cards import said

DECK = "faang-video-recommender"


def test_traffic() -> None:
    requests = 100 * 10**6 * 15
    assert round(requests / 86_400, -2) == 17_400
    assert round(2.5 * requests / 86_400, -2) == 43_400
    assert round(500 * 43_400 / 1e6, 1) == 21.7
    assert round(requests * 10 / 10_000) == 1_500_000
    assert round(200 * 500_000 / (requests * 10) * 100, 2) == 0.67
    assert said(DECK, DECK, "17 400 a second", "43 400", "21.7 million scores", "1.5 million answers", "0.67% of all")


def test_memory_and_latency() -> None:
    assert round(10**7 * 256 * 2 / 1e9, 1) == 5.1
    assert 30 + 20 + 40 + 70 + 20 + 20 == 200
    assert said(DECK, DECK, "5.1 GB")
    assert said(
        DECK,
        "latency-budget",
        "30 ms network and gateway, 20 features, 40 retrieval",
        "70 ranking, 20 re-ranking, 20 reserve",
    )


def test_samples() -> None:
    assert round(16 * 40**2 / 0.4**2) == 160_000
    assert 16 * 10**2 / 0.5**2 == 6400
    assert said(DECK, DECK, "160 000 users")
    assert said(DECK, "sample-size-example", "6400")
    assert 1 / 0.5**2 == 4


def test_clicks_and_completion() -> None:
    assert round(9 * 0.2, 1) == 1.8
    assert 5 * 0.6 == 3
    assert said(DECK, "ctr-danger", "1.8 whole views, the second of 3")


def test_days_of_use() -> None:
    assert 20 / 50 * 30 == 12


def test_sample_ratio() -> None:
    deviation = sqrt(100_000 * 0.25)
    assert round(deviation) == 158
    assert round(800 / deviation) == 5
    assert said(DECK, "sample-ratio-example", "158", "five of those")


def test_ten_looks_raise_false_alarms_to_19_per_cent() -> None:
    rng = np.random.default_rng(0)
    looks = rng.normal(size=(200_000, 10)).cumsum(axis=1) / np.sqrt(np.arange(1, 11))
    assert round(float((np.abs(looks) > 1.96).any(axis=1).mean()), 2) == 0.19
    assert said(DECK, "peeking", "about 19%")
