"""The numbers on the cards of `knn-naive-bayes-lda`: posteriors, boundaries, parameter counts and memory."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np


def test_spam_and_duplicates() -> None:
    spam, rest = 0.4 * 0.30, 0.6 * 0.02

    assert (round(spam, 3), round(rest, 3), round(spam / (spam + rest), 2)) == (0.12, 0.012, 0.91)
    assert (3 / (1 + 3), 9 / (1 + 9)) == (0.75, 0.9)


def test_underflow_and_smoothing() -> None:
    assert float(np.prod(np.full(400, 0.1))) == 0
    assert round(400 * math.log(0.1)) == -921
    assert 50_000 + 1 * 10_000 == 60_000
    assert round((0 + 1) / 60_000, 6) == 1.7e-5


def test_copies_of_one_signal_make_naive_bayes_extreme_but_keep_its_ranking() -> None:
    rng = np.random.default_rng(0)
    n, copies = 20_000, 20
    y = rng.integers(0, 2, n)
    signal = rng.standard_normal(n) + y
    x = signal[:, None] + 0.1 * rng.standard_normal((n, copies))
    train, test = slice(0, n // 2), slice(n // 2, n)
    log_odds = np.zeros(n // 2)
    for label, sign in ((1, 1), (0, -1)):
        own = x[train][y[train] == label]
        mean, var = own.mean(axis=0), own.var(axis=0)
        log_odds += sign * (-0.5 * np.log(var) - (x[test] - mean) ** 2 / (2 * var)).sum(axis=1)
    p = 1 / (1 + np.exp(-log_odds))
    ranks = log_odds.argsort().argsort() + 1
    positive = y[test] == 1
    m = int(positive.sum())
    auc = (ranks[positive].sum() - m * (m + 1) / 2) / (m * (n // 2 - m))

    assert round(float(auc), 2) == 0.76
    assert round(float(((p > 0.99) | (p < 0.01)).mean()), 2) == 0.83


def test_boundaries() -> None:
    boundary = 1 + math.log(0.8 / 0.2) / 2

    assert round(boundary, 2) == 1.69
    first, second = NormalDist(0, 1), NormalDist(2, 1)
    assert math.isclose(0.8 * first.pdf(boundary), 0.2 * second.pdf(boundary))
    assert round(1 - first.cdf(1), 3) == 0.159
    crossing = math.sqrt(math.log(3) * 9 / 4)
    assert round(crossing, 2) == 1.57
    assert math.isclose(NormalDist(0, 1).pdf(crossing), NormalDist(0, 3).pdf(crossing))


def test_parameter_counts() -> None:
    d, k = 20, 3
    covariance = d * (d + 1) // 2

    assert covariance == 210
    assert k * d + covariance + k - 1 == 272
    assert k * (d + covariance) + k - 1 == 692
    assert 2 * k * d + k - 1 == 122


def test_memory_and_cost_of_search() -> None:
    assert 1_000_000 * 128 * 4 == 512_000_000
    assert round(1_000_000 * 128 * 2 / 1e9, 2) == 0.26
    assert round(100_000_000 * 128 * 4 / 1e9) == 51
    assert 100_000_000 * 16 / 1e9 == 1.6


def test_the_bound_of_cover_and_hart() -> None:
    assert round(2 * 0.1 * (1 - 0.1), 2) == 0.18


def test_lda_is_invariant_to_scaling_and_shrinkage_is_not() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 40)
    x = rng.standard_normal((80, 3)) + y[:, None] * np.array([1.0, 0.5, 0.0])

    def scores(x: np.ndarray, shrinkage: float) -> np.ndarray:
        means = np.array([x[y == k].mean(axis=0) for k in (0, 1)])
        pooled = (x - means[y]).T @ (x - means[y]) / len(x)
        pooled = (1 - shrinkage) * pooled + shrinkage * np.trace(pooled) / 3 * np.eye(3)
        weights = np.linalg.solve(pooled, means[1] - means[0])
        return np.asarray((x - means.mean(axis=0)) @ weights)

    scaled = x * np.array([1000.0, 1.0, 1.0])
    assert np.allclose(scores(x, 0), scores(scaled, 0))
    assert not np.allclose(scores(x, 0.1), scores(scaled, 0.1))
