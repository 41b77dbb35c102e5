"""Numbers of the deck on k-means: memory, cancellation, a clustering by hand, silhouettes, starts that fail."""

from __future__ import annotations

from math import log

import numpy as np

from tests.decks.numbers.on_cards import said

DECK = "code-kmeans"


def test_memory_of_the_broadcast() -> None:
    assert 50_000 * 20 * 10 * 8 / 1e6 == 80
    assert 10**6 * 20 * 10 * 8 / 1e9 == 1.6
    assert 50_000 * 20 * 8 / 1e6 == 8
    assert said(DECK, DECK, "80 MB in float64", "1.6 GB", "8 MB for the example")


def test_squares_far_from_the_origin_lose_the_distance() -> None:
    assert np.spacing(1e16) == 2
    assert said(DECK, DECK, "10¹⁶, where neighbouring doubles lie 2 apart")


def test_by_hand() -> None:
    clusters = [np.array([1.0, 3.0]), np.array([10.0])]
    assert [group.mean() for group in clusters] == [2, 10]
    assert sum(float(((group - group.mean()) ** 2).sum()) for group in clusters) == 2
    assert said(DECK, "kmeans-inertia-example", "2 and 10", "{{c2::2")
    assert (5 - 2) / max(2, 5) == 0.6
    assert said(DECK, "kmeans-silhouette-formula", "0.6")


def test_bound_of_the_seeding() -> None:
    assert round(8 * (log(20) + 2)) == 40
    assert said(DECK, DECK, "8(ln K + 2)", "a factor of 40")
