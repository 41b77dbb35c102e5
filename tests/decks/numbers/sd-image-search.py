"""Every number printed in the deck on image search, computed and compared with its card."""

from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from tests.decks.test_facts import note_source

DECK = "sd-image-search"
N, D = 10**9, 512
Floats = NDArray[np.float64]


def test_memory() -> None:
    assert round(N * D * 4 / 1e12) == 2
    assert N * (64 + 8) / 1e9 == 72
    card = note_source(DECK, "image-memory")
    assert "2 TB" in card
    assert "72 GB" in card
    assert D * 4 / 64 == 32
    assert "= 32$" in note_source(DECK, "image-pq-factor")
    assert 2 * 32 * 4 == 256
    assert N * 256 / 1e9 == 256
    assert "256 bytes, or 256 GB" in note_source(DECK, "image-hnsw-cost")
    assert round(10e6 * D * 2 / 1e9) == 10
    assert "10 GB" in note_source(DECK, "image-fresh")


def test_unit_vectors() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 8))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    assert np.allclose(((x[0] - x) ** 2).sum(axis=1), 2 - 2 * x @ x[0])
    assert "2 - 2" in note_source(DECK, "image-cosine-or-l2")


def test_contrastive_softmax() -> None:
    for temperature, expected in ((0.07, 0.93), (1.0, 0.31)):
        weights = [exp(s / temperature) for s in (0.9, 0.7, 0.6, 0.5)]
        assert round(weights[0] / sum(weights), 2) == expected
    card = note_source(DECK, "image-temperature")
    assert "0.93 at temperature 0.07" in card
    assert "0.31 at 1" in card
    assert round(log(256), 1) == 5.5
    assert "5.5" in note_source(DECK, "image-infonce-start")


def test_shares_and_times() -> None:
    assert round(100 * 64 / 65_536, 1) == 0.1
    assert "0.1%" in note_source(DECK, "image-ivf-share")
    assert round(N / 1000 / 86_400, 1) == 11.6
    assert "11.6" in note_source(DECK, "image-reembed")
    assert 10 / 0.01 == 1000
    assert "1 000" in note_source(DECK, "image-post-filter")


def top(scores: Floats, k: int) -> NDArray[np.intp]:
    return np.argsort(-scores, axis=1)[:, :k]


def test_codes_alone_are_coarse_and_re_scoring_mends_it() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(100, 64))
    x = centres[rng.integers(0, 100, 5_000)] + 0.7 * rng.normal(size=(5_000, 64))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    queries = x[rng.choice(5_000, 100, replace=False)] + 0.3 / 8 * rng.normal(size=(100, 64))
    approximate = np.zeros((100, 5_000))
    for part in (slice(start, start + 8) for start in range(0, 64, 8)):
        book = KMeans(64, n_init=1, max_iter=10, random_state=0).fit(x[:, part])
        approximate += (queries[:, part] @ book.cluster_centers_.T)[:, book.labels_]
    truth, coarse, short = top(queries @ x.T, 10), top(approximate, 10), top(approximate, 100)
    re_scored = [ids[np.argsort(-(x[ids] @ query))[:10]] for ids, query in zip(short, queries, strict=True)]

    def recall(found: Any) -> float:
        return float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, truth, strict=True)]))

    assert 0.35 < recall(coarse) < 0.5
    assert recall(re_scored) > 0.99
    card = note_source(DECK, "image-rescore")
    assert "about 0.4 by codes and 1.0 after re-scoring 100" in card
