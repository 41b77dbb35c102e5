"""The numbers on the cards of `losses-likelihood`: values, minimisers and floors of losses."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

GRID = np.linspace(0.0001, 0.9999, 9999)


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def best(expected: np.ndarray, at: np.ndarray = GRID) -> float:
    return float(at[expected.argmin()])


def expected(loss: Callable[[np.ndarray], np.ndarray], p: float, w: float = 1) -> np.ndarray:
    """The expected loss at each probability on the grid, positives weighted by `w`."""
    return w * p * loss(GRID) + (1 - p) * loss(1 - GRID)


def test_start_units_and_kl() -> None:
    p, q = np.array([0.9, 0.1]), np.array([0.5, 0.5])
    entropy, cross = -(p * np.log(p)).sum(), -(p * np.log(q)).sum()

    assert round(math.log(10), 2) == 2.30
    assert (round(2 / math.log(2), 2), round(math.exp(2), 2)) == (2.89, 7.39)
    assert [round(float(x), 3) for x in (cross, entropy, cross - entropy)] == [0.693, 0.325, 0.368]
    assert round(float((q * np.log(q / p)).sum()), 3) == 0.511


def test_regression_losses() -> None:
    assert (0.5 * 0.5**2, 1 * (3 - 0.5)) == (0.125, 2.5)
    assert math.isclose(0.9 * 10, 9)
    assert math.isclose((1 - 0.9) * 10, 1)
    sample = np.random.default_rng(0).standard_normal(1001)
    at = np.linspace(-3, 3, 1201)
    gap = sample[:, None] - at
    assert abs(best(np.maximum(0.9 * gap, -0.1 * gap).mean(axis=0), at) - np.quantile(sample, 0.9)) < 0.01
    mu = np.linspace(0.1, 10, 991)
    assert round(best(mu - 3 * np.log(mu), mu), 2) == 3


def test_proper_weighted_and_focal_minimisers() -> None:
    assert round(best(expected(lambda t: -np.log(t), 0.9)), 3) == 0.9
    assert round(best(expected(lambda t: (1 - t) ** 2, 0.9)), 3) == 0.9
    assert round(best(expected(lambda t: -np.log(t), 0.1, w=9)), 2) == 0.5
    assert round(best(expected(lambda t: -((1 - t) ** 2) * np.log(t), 0.9)), 2) == 0.69
    assert (round(1 / (1 - 0.9) ** 2), round(1 / (1 - 0.5) ** 2)) == (100, 4)


def test_margin_losses() -> None:
    scores = np.linspace(-3, 3, 601)
    for p in (0.6, 0.9):
        hinge = p * np.maximum(0, 1 - scores) + (1 - p) * np.maximum(0, 1 + scores)
        assert round(best(hinge, scores), 2) == 1
    assert (max(0, 1 - 0.5), max(0, 1 - 2)) == (0.5, 0)
    assert round(math.log(2), 2) == 0.69


def test_gradient_of_softmax_cross_entropy() -> None:
    z, y, h = np.array([2.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]), 1e-6

    def loss(z: np.ndarray) -> float:
        return float(np.log(np.exp(z).sum()) - z[0])

    numeric = [(loss(z + h * e) - loss(z - h * e)) / (2 * h) for e in np.eye(3)]
    assert np.allclose(numeric, np.exp(z) / np.exp(z).sum() - y)


def test_gaussian_fits_to_two_modes() -> None:
    """A Gaussian fitted by moments minimises the forward divergence; the reverse one is searched on a grid."""
    x = np.linspace(-15, 15, 6001)
    dx = x[1] - x[0]

    def normal(mean: float, sd: float) -> np.ndarray:
        return np.asarray(np.exp(-((x - mean) ** 2) / (2 * sd**2)) / (sd * math.sqrt(2 * math.pi)))

    p = (normal(-3, 1) + normal(3, 1)) / 2
    reverse = {
        (mean, sd): float((normal(mean, sd) * np.log((normal(mean, sd) + 1e-300) / (p + 1e-300))).sum() * dx)
        for mean in np.arange(0, 4.01, 0.25).tolist()
        for sd in np.arange(0.7, 3.51, 0.1).round(2).tolist()
    }

    assert round(math.sqrt(float((p * x**2).sum() * dx)), 2) == 3.16
    assert min(reverse, key=lambda key: reverse[key]) == (3.0, 1.0)


def test_contrastive_pairs_and_triplets() -> None:
    def infonce(tau: float) -> float:
        return -math.log(math.exp(0.8 / tau) / (math.exp(0.8 / tau) + 7 * math.exp(0.2 / tau)))

    assert [round(infonce(tau), 3) for tau in (0.1, 1)] == [0.017, 1.577]
    assert round(math.log(8), 2) == 2.08
    assert round(max(0, 0.5 - 0.6 + 0.2), 2) == 0.1
    assert (round(sigmoid(1), 2), round(-math.log(sigmoid(1)), 2)) == (0.73, 0.31)


def test_double_softmax_and_label_smoothing() -> None:
    assert round(math.log(1 + 9 / math.e), 2) == 1.46
    targets = np.full(10, 0.01)
    targets[0] = 0.91
    assert math.isclose(targets.sum(), 1)
    assert round(-float((targets * np.log(targets)).sum()), 2) == 0.50
    assert round(math.log(91), 2) == 4.51


def test_the_stable_form() -> None:
    for z in (-3.0, -0.1, 2.5):
        for y in (0, 1):
            plain = -y * math.log(sigmoid(z)) - (1 - y) * math.log(1 - sigmoid(z))
            assert math.isclose(max(z, 0) - z * y + math.log1p(math.exp(-abs(z))), plain)
