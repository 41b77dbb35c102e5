"""Numbers of the deck on the curse of dimensionality: edges, densities, distances that concentrate."""

from __future__ import annotations

import numpy as np

from tests.decks.numbers.on_cards import said

DECK = "curse-of-dimensionality"


def test_edge_of_a_tenth_of_the_volume() -> None:
    assert round(0.1 ** (1 / 10), 2) == 0.79
    assert said(DECK, "cube-edge", "0.79")


def test_distances_concentrate() -> None:
    rng = np.random.default_rng(0)

    def ratio(dimensions: int, queries: int) -> float:
        ratios = []
        for _ in range(queries):
            points, query = rng.random((1000, dimensions)), rng.random(dimensions)
            distances = np.sqrt(((points - query) ** 2).sum(axis=1))
            ratios.append(distances.max() / distances.min())
        return float(np.median(ratios))

    assert 60 < ratio(2, 400) < 100
    assert round(ratio(1000, 20), 1) == 1.1
    assert said(DECK, "distance-concentration", "about 80 in 2 dimensions", "about 1.1 in 1 000")
