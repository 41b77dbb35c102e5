"""The numbers on the cards of `hypothesis-testing`: error rates, corrections, intervals, and tests that misbehave."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

NORMAL = NormalDist()
Z = NORMAL.inv_cdf(0.975)
T_48 = 2.0106  # the 97.5% quantile of Student's t with 48 degrees of freedom


def two_sided(z: float) -> float:
    return 2 * (1 - NORMAL.cdf(abs(z)))


def test_twenty_true_nulls() -> None:
    assert round(1 - 0.95**20, 2) == 0.64


def test_two_proportions() -> None:
    a, b, n = 200 / 4000, 250 / 4000, 4000
    pooled = (a + b) / 2
    z = (b - a) / math.sqrt(pooled * (1 - pooled) * 2 / n)
    half = Z * math.sqrt(a * (1 - a) / n + b * (1 - b) / n)

    assert (a, b) == (0.05, 0.0625)
    assert (round(z, 2), round(two_sided(z), 3)) == (2.43, 0.015)
    assert [round(100 * end, 2) for end in (b - a - half, b - a + half)] == [0.24, 2.26]


def test_overlapping_intervals_with_a_significant_difference() -> None:
    z = 3 / math.sqrt(2)

    assert 0 + Z > 3 - Z
    assert (round(z, 2), round(two_sided(z), 3)) == (2.12, 0.034)


def test_the_three_corrections() -> None:
    p, m = [0.001, 0.008, 0.012, 0.03, 0.2], 5
    bonferroni = sum(value <= 0.05 / m for value in p)
    holm = next((i for i, value in enumerate(p) if value > 0.05 / (m - i)), m)
    limits = [round(k * 0.05 / m, 2) for k in range(1, m + 1)]
    hochberg = max(k for k in range(1, m + 1) if p[k - 1] <= k * 0.05 / m)

    assert limits == [0.01, 0.02, 0.03, 0.04, 0.05]
    assert (bonferroni, holm, hochberg) == (2, 3, 4)


def test_wilson_for_0_of_20() -> None:
    upper = (Z**2 / 20) / (1 + Z**2 / 20)

    assert round(upper, 2) == 0.16


def test_rows_of_users() -> None:
    assert round(1000 / (1 + 19 * 0.05)) == 513


def test_the_share_of_false_discoveries() -> None:
    assert (1000 * 0.1 * 0.8, 900 * 0.05) == (80, 45)
    assert 45 / 125 == 0.36
    assert round(45 / (45 + 1000 * 0.1 * 0.2), 2) == 0.69


def test_student_with_the_larger_variance_in_the_smaller_group() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 3, (20_000, 10)), rng.normal(0, 1, (20_000, 40))
    pooled = (9 * x.var(axis=1, ddof=1) + 39 * y.var(axis=1, ddof=1)) / 48
    t = (x.mean(axis=1) - y.mean(axis=1)) / np.sqrt(pooled * (1 / 10 + 1 / 40))

    assert abs((np.abs(t) > T_48).mean() - 0.257) < 0.007


def test_mann_whitney_on_equal_medians_of_different_shapes() -> None:
    rng = np.random.default_rng(0)
    runs, n = 4000, 100
    x = rng.standard_normal((runs, n))
    y = rng.exponential(size=(runs, n)) - math.log(2)
    ranks = np.concatenate([x, y], axis=1).argsort(axis=1).argsort(axis=1) + 1
    u = ranks[:, :n].sum(axis=1) - n * (n + 1) / 2
    z = (u - n * n / 2) / math.sqrt(n * n * (2 * n + 1) / 12)

    assert abs((np.abs(z) > Z).mean() - 0.29) < 0.015


def test_observed_power_at_the_limit() -> None:
    assert abs((1 - NORMAL.cdf(Z - Z)) + NORMAL.cdf(-2 * Z) - 0.5) < 0.001


def test_exaggeration_at_low_power() -> None:
    z = np.linspace(-10, 12, 220_001)
    true = next(effect for effect in np.arange(0.5, 2, 0.001) if 1 - NORMAL.cdf(Z - effect) >= 0.1685)
    density = np.exp(-((z - true) ** 2) / 2)
    significant = np.abs(z) > Z
    power = density[significant].sum() / density.sum()
    mean = (np.abs(z) * density)[significant].sum() / density[significant].sum()

    assert round(power, 2) == 0.17
    assert round(mean / true, 1) == 2.5
