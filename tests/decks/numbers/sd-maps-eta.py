"""Numbers of the deck on arrival times: the store, shrinkage, quantiles along a route, sizes of tests."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from tests.decks.numbers.on_cards import said

DECK = "sd-maps-eta"
SEGMENTS, INTERVALS = 10**6, 7 * 24 * 4


def test_size_of_the_store() -> None:
    assert INTERVALS == 672
    assert said(DECK, "eta-buckets", "672")
    assert round(SEGMENTS * INTERVALS * 16 / 1e9, 1) == 10.8
    assert said(DECK, "eta-store-size", "672 million keys", "10.8 GB")
    assert said(DECK, DECK, "672 million means for a million segments", "16 bytes are 10.8 GB")


def test_traversals_and_observations_per_cell() -> None:
    a_day = 5 * 10**6 * 120
    in_all = a_day * 84
    cells = SEGMENTS * INTERVALS
    assert a_day == 600 * 10**6
    assert round(in_all / 1e9) == 50
    assert round(in_all * 24 / 1e12, 1) == 1.2
    assert round(in_all / cells) == 75
    assert round(0.2 * in_all / (0.9 * cells)) == 17
    assert said(DECK, DECK, "600 million traversals", "50 billion rows, 1.2 TB", "75 observations", "about 17 a cell")


def test_shrinkage() -> None:
    assert (3 * 90 + 12 * 60) / 15 == 66
    assert said(DECK, "eta-shrinkage-example", "66 s")
    assert said(DECK, DECK, "(3 · 90 + 12 · 60)/15 = 66 s")


def test_quantiles_of_segments_do_not_add_up() -> None:
    z = NormalDist().inv_cdf(0.9)
    assert round(25 * (60 + z * 20)) == 2141
    assert round(25 * 60 + z * 20 * sqrt(25)) == 1628
    assert said(DECK, DECK, "2 141 s", "1 628 s", "1 500 s")
    assert 4 / (4 + 1) == 0.8


def test_look_ups_budget_and_trips() -> None:
    assert 150 * 2000 == 300_000
    assert 20 + 40 + 15 + 10 + 15 == 100
    assert round(16 * 0.2 * 0.8 / 0.01**2) == 25_600
    assert said(DECK, DECK, "300 000 look-ups", "25 600 trips")
