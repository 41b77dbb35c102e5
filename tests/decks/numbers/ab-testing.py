"""The numbers on the cards of `ab-testing`: sample sizes, mismatches, early looks, ratio metrics and triggering."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

NORMAL = NormalDist()


def users_per_arm(base: float, effect: float, power: float = 0.8) -> float:
    z = NORMAL.inv_cdf(0.975) + NORMAL.inv_cdf(power)
    new = base + effect
    return z**2 * (base * (1 - base) + new * (1 - new)) / effect**2


def ever_rejected(z: np.ndarray, limits: np.ndarray) -> float:
    return float((np.abs(z) > limits).any(axis=1).mean())


def z_at_looks(looks: int, runs: int = 200_000) -> np.ndarray:
    """The statistic at evenly spaced looks when nothing is going on."""
    steps = np.random.default_rng(0).standard_normal((runs, looks))
    z: np.ndarray = steps.cumsum(axis=1) / np.sqrt(np.arange(1, looks + 1))
    return z


def test_sample_sizes() -> None:
    assert round(16 * 0.05 * 0.95 / 0.005**2) == 30_400
    assert math.ceil(users_per_arm(0.05, 0.005)) == 31_231
    assert round(16 * 0.0475 / 0.0025**2, -3) == round(users_per_arm(0.05, 0.0025), -3) == 122_000
    assert 2 < 2 * 122_000 / 100_000 <= 3
    assert round(2 * (NORMAL.inv_cdf(0.975) + NORMAL.inv_cdf(0.8)) ** 2) == 16
    assert round(2 * (NORMAL.inv_cdf(0.975) + NORMAL.inv_cdf(0.9)) ** 2) == 21


def test_the_sample_ratio() -> None:
    a, b = 821_588, 815_482
    chi2 = (a - b) ** 2 / (a + b)

    assert round(chi2, 1) == 22.8
    assert round(math.erfc(math.sqrt(chi2 / 2)), 6) == 2e-6
    assert a / b < 1.01


def test_cuped_keeps_the_mean_and_removes_rho_squared() -> None:
    rng = np.random.default_rng(0)
    for rho, left in ((0.5, 0.75), (0.7, 0.51)):
        x = rng.standard_normal(50_000)
        y = rho * x + math.sqrt(1 - rho**2) * rng.standard_normal(50_000) + 5
        adjusted = y - np.cov(x, y)[0, 1] / x.var(ddof=1) * (x - x.mean())

        assert math.isclose(adjusted.mean(), y.mean())
        assert abs(adjusted.var() / y.var() - left) < 0.01


def test_views_of_users_are_not_independent_and_the_delta_method_mends_it() -> None:
    rng = np.random.default_rng(0)
    users, runs, naive, delta = 1000, 800, 0, 0
    for _ in range(runs):
        views = rng.geometric(0.1, (2, users))
        clicks = rng.binomial(views, rng.beta(0.5, 4.5, (2, users)))
        rates = clicks.sum(axis=1) / views.sum(axis=1)
        linear = (clicks - rates[:, None] * views) / views.mean(axis=1, keepdims=True)
        gap = abs(rates[0] - rates[1])
        naive += bool(gap > 1.96 * math.sqrt((rates * (1 - rates) / views.sum(axis=1)).sum()))
        delta += bool(gap > 1.96 * math.sqrt((linear.var(axis=1, ddof=1) / users).sum()))

    assert abs(naive / runs - 0.32) < 0.03
    assert abs(delta / runs - 0.05) < 0.02


def test_the_variance_of_the_linearised_values_is_the_delta_methods() -> None:
    rng = np.random.default_rng(0)
    n = rng.geometric(0.1, 500)
    y = rng.binomial(n, 0.3)
    r, cov = y.sum() / n.sum(), np.cov(y, n)
    delta = (cov[0, 0] - 2 * r * cov[0, 1] + r**2 * cov[1, 1]) / (500 * n.mean() ** 2)

    assert math.isclose(((y - r * n) / n.mean()).var(ddof=1) / 500, delta)


def test_early_looks() -> None:
    assert round(ever_rejected(z_at_looks(20, 60_000), np.full(20, 1.96)), 2) == 0.25
    assert round(1 - 0.95**20, 2) == 0.64
    fleming = 2.04 * np.sqrt(5 / np.arange(1, 6))
    assert round(fleming[0], 2) == 4.56
    assert abs(ever_rejected(z_at_looks(5), fleming) - 0.05) < 0.002
    assert abs(ever_rejected(z_at_looks(5), np.full(5, 2.413)) - 0.05) < 0.002


def test_the_price_of_an_always_valid_interval() -> None:
    n, mixing = 1000, 0.01
    grown = 1 + n * mixing
    half = math.sqrt(2 * grown / (n**2 * mixing) * math.log(math.sqrt(grown) / 0.05))

    assert round(half / (1.96 / math.sqrt(n)), 2) == 1.55


def test_splits_segments_clusters_and_triggers() -> None:
    assert round(1 / 0.9 + 1 / 0.1, 1) == 11.1
    assert round((1 / 0.9 + 1 / 0.1) / 4, 1) == 2.8
    assert round(1 - 0.95**12, 2) == 0.46
    assert 1 + 49 * 0.02 == 1.98
    triggered = 1.0  # users needed among those affected
    assert math.isclose((triggered / 0.1**2) / (triggered / 0.1), 10)


def test_skewed_metrics_and_false_wins() -> None:
    assert round(355 * 5**2, -2) == 8900
    assert round(0.9 * 0.025 / (0.9 * 0.025 + 0.1 * 0.8), 2) == 0.22
