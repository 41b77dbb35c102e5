"""The numbers on the cards of `gradient-boosting`: steps by hand, leaf weights, gains, and encodings."""

from __future__ import annotations

import math

import numpy as np


def term(g: float, h: float, penalty: float) -> float:
    return g**2 / (h + penalty)


def test_one_step_by_hand() -> None:
    y = np.array([1.0, 2.0, 6.0])
    residuals = y - y.mean()
    tree = np.array([residuals[:2].mean()] * 2 + [residuals[2]])

    assert residuals.tolist() == [-2, -1, 3]
    assert tree.tolist() == [-1.5, -1.5, 3]
    assert np.allclose(y.mean() + 0.1 * tree, [2.85, 2.85, 3.30])


def test_start_of_the_log_loss() -> None:
    assert round(math.log(0.2 / 0.8), 2) == -1.39


def test_leaves_and_gain_for_squared_error() -> None:
    left, right = -np.array([-4.0, -2.0]), -np.array([3.0, 5.0])  # g = F − y, the negative residual; h = 1

    assert -left.sum() / (2 + 1) == -2
    assert round(-right.sum() / (2 + 1), 2) == 2.67
    assert (left.sum() ** 2, right.sum() ** 2, (left.sum() + right.sum()) ** 2) == (36, 64, 4)
    gain = (term(left.sum(), 2, 1) + term(right.sum(), 2, 1) - term(left.sum() + right.sum(), 4, 1)) / 2
    assert round(gain, 1) == 16.3
    assert round(2 * gain, 1) == 32.5
    assert gain < 20 < 2 * gain


def test_leaf_of_four_positives() -> None:
    g, h = 4 * (0.5 - 1), 4 * 0.5 * (1 - 0.5)

    assert (g, h) == (-2, 1)
    assert (-g / (h + 0), -g / (h + 1)) == (2, 1)


def test_rows_that_a_hessian_of_one_asks_for() -> None:
    assert round(1 / (0.01 * 0.99)) == 101


def test_sampling_encoding_and_latency() -> None:
    assert math.isclose((1 - 0.2) / 0.1, 8)
    assert math.isclose((2 + 0.3) / (3 + 1), 0.575)
    assert 2000 * 8 * 1000 == 16_000_000


def test_a_sibling_histogram_is_a_difference() -> None:
    rng = np.random.default_rng(0)
    bins, g, left = rng.integers(8, size=200), rng.standard_normal(200), rng.random(200) < 0.4
    parent = np.bincount(bins, weights=g, minlength=8)
    child = np.bincount(bins[left], weights=g[left], minlength=8)

    assert np.allclose(parent - child, np.bincount(bins[~left], weights=g[~left], minlength=8))


def test_the_median_minimises_absolute_error_in_a_leaf() -> None:
    residuals = np.array([-3.0, -1.0, 0.5, 4.0, 10.0])
    values = np.linspace(-5, 12, 1701)
    errors = np.abs(residuals[:, None] - values).sum(axis=0)

    assert math.isclose(values[errors.argmin()], np.median(residuals))
