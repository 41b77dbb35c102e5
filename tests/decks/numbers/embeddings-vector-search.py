"""The numbers on the cards of `embeddings-vector-search`: costs, memory, filters, and IVF on two kinds of data."""

import math

import numpy as np


def unit(x: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def recall_of_ivf(stored: np.ndarray, queries: np.ndarray, cells: int, probed: int) -> float:
    """Recall@10 of an IVF index whose cells come from eight rounds of k-means."""
    centroids = stored[np.random.default_rng(0).choice(len(stored), cells, replace=False)]
    for _ in range(8):
        cell = (stored @ centroids.T - (centroids**2).sum(axis=1) / 2).argmax(axis=1)
        centroids = np.stack([stored[cell == j].mean(axis=0) for j in range(cells)])
    cell = (stored @ centroids.T - (centroids**2).sum(axis=1) / 2).argmax(axis=1)
    near = np.argsort(-(queries @ centroids.T - (centroids**2).sum(axis=1) / 2), axis=1)[:, :probed]
    similarity = queries @ stored.T
    seen = np.zeros((len(queries), cells), bool)
    np.put_along_axis(seen, near, True, axis=1)
    hits = np.where(seen[:, cell], similarity, -np.inf)
    true, found = (np.argpartition(-s, 10, axis=1)[:, :10] for s in (similarity, hits))
    return float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(true, found, strict=True)]))


def test_ivf_on_random_and_on_clustered_vectors() -> None:
    rng = np.random.default_rng(0)
    random = [unit(rng.standard_normal((count, 32))) for count in (20_000, 100)]
    centres = rng.standard_normal((200, 64))
    clustered = [
        unit(centres[rng.integers(0, 200, count)] + 0.6 * rng.standard_normal((count, 64))) for count in (20_000, 100)
    ]

    assert abs(recall_of_ivf(random[0], random[1], cells=128, probed=32) - 0.87) < 0.02
    assert recall_of_ivf(random[0], random[1], cells=128, probed=128) == 1
    assert recall_of_ivf(clustered[0], clustered[1], cells=128, probed=1) > 0.97


def test_unit_vectors() -> None:
    a, b = unit(np.random.default_rng(0).standard_normal((2, 16)))

    assert math.isclose(((a - b) ** 2).sum(), 2 - 2 * float(a @ b), rel_tol=1e-5)
    assert round(math.sqrt(2 - 2 * 0.8), 2) == 0.63


def test_costs_and_memory() -> None:
    assert round(10e6 * 768 / 1e9, 1) == 7.7
    assert round(10e6 * 768 * 4 / 1e9, 1) == 30.7
    assert 10e6 * 96 / 1e9 == 0.96
    assert 768 * 4 / 96 == 32
    assert round(10e6 * 8 * 16 / 1e9, 1) == 1.3  # 2M links of four bytes in the bottom layer
    assert round(10e6 * 16 / 4_096, -3) == 39_000
    assert round(100 * 16 / 4_096, 1) == 0.4


def test_levels_of_hnsw() -> None:
    levels = np.floor(-np.log(np.random.default_rng(0).random(1_000_000)) / math.log(16))

    assert abs((levels >= 1).mean() - 1 / 16) < 0.001
    assert round(math.log(10e6) / math.log(16), 1) == 5.8


def test_a_filter_after_the_search() -> None:
    assert 100 * 0.01 == 1
    assert round(0.99**100, 2) == 0.37


def test_random_directions() -> None:
    x, y = (unit(np.random.default_rng(seed).standard_normal((5_000, 768))) for seed in (0, 1))

    assert round(1 / math.sqrt(768), 3) == 0.036
    assert abs((x * y).sum(axis=1).std() - 0.036) < 0.002


def test_product_quantisation_by_table() -> None:
    rng = np.random.default_rng(0)
    parts, books = rng.normal(size=(50, 4, 8)), rng.normal(size=(4, 16, 8))
    code = ((parts[:, :, None] - books) ** 2).sum(axis=3).argmin(axis=2)
    query = rng.normal(size=32)
    table = ((query.reshape(4, 1, 8) - books) ** 2).sum(axis=2)

    decoded = books[np.arange(4), code].reshape(50, -1)
    assert np.allclose(table[np.arange(4), code].sum(axis=1), ((query - decoded) ** 2).sum(axis=1))
