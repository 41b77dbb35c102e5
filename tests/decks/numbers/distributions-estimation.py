"""The numbers on the cards of `distributions-estimation`: moments, posteriors, coverage of intervals, the bootstrap."""

from __future__ import annotations

import math

import numpy as np

T_29 = 2.0452  # the 97.5% quantile of Student's t with 29 degrees of freedom


def test_over_dispersed_counts_and_the_compound_sum() -> None:
    assert 4 + 4**2 / 2 == 12
    assert 10 * (20**2 + 5**2) == 4250
    assert round(math.sqrt(4250)) == 65


def test_the_mean_of_a_log_normal() -> None:
    assert round(math.exp(0.5), 2) == 1.65


def test_skewness_of_the_log_normal_and_of_its_mean() -> None:
    skewness = (math.e + 2) * math.sqrt(math.e - 1)

    assert round(skewness, 1) == 6.2
    assert round(skewness / math.sqrt(30), 1) == 1.1


def test_a_95_percent_t_interval_covers_88_percent_for_30_log_normal_values() -> None:
    rng = np.random.default_rng(0)
    samples = rng.lognormal(size=(20_000, 30))
    half = T_29 * samples.std(axis=1, ddof=1) / math.sqrt(30)
    covered = np.abs(samples.mean(axis=1) - math.exp(0.5)) <= half

    assert round(covered.mean(), 2) == 0.88


def test_posteriors_of_the_beta_prior() -> None:
    a, b = 2 + 3, 2 + 0

    assert ((a - 1) / (a + b - 2), round(a / (a + b), 2)) == (0.8, 0.71)
    p = np.linspace(0.001, 0.999, 99_801)
    density = p ** (a - 1) * (1 - p) ** (b - 1)
    assert round(p[density.argmax()], 2) == 0.80
    assert round(p[(density * p * (1 - p)).argmax()], 2) == 0.71  # the logit's Jacobian is p(1 - p)
    assert (2 + 7) / (2 + 8 + 10) == 0.45


def test_the_normal_posterior() -> None:
    prior, data = 1 / 1**2, 4 / 2**2

    assert (prior, data) == (1, 1)
    assert (prior * 0 + data * 3) / (prior + data) == 1.5


def test_mean_squared_error_of_the_variance_by_divisor() -> None:
    n = 10

    def error(divisor: int) -> float:
        """The sum of squares about the mean has mean n − 1 and variance 2(n − 1) for σ = 1."""
        return 2 * (n - 1) / divisor**2 + ((n - 1) / divisor - 1) ** 2

    assert [round(error(divisor), 3) for divisor in (9, 10, 11)] == [0.222, 0.190, 0.182]
    assert min(range(5, 20), key=error) == n + 1


def test_the_rule_of_three_and_censored_lifetimes() -> None:
    assert round(1 - 0.05 ** (1 / 300), 3) == 0.010
    assert abs((1 - 0.01) ** 300 - 0.05) < 0.002
    assert 5 / 100 == 0.05


def test_a_percentile_interval_of_ten_normal_values_covers_90_percent() -> None:
    rng = np.random.default_rng(0)
    runs, replicates = 4000, 500
    samples = rng.standard_normal((runs, 10))
    covered = 0
    for sample in samples:
        means = sample[rng.integers(10, size=(replicates, 10))].mean(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        covered += bool(low <= 0 <= high)

    assert round(covered / runs, 2) == 0.90


def test_how_often_a_resample_holds_the_maximum() -> None:
    assert round(1 - (1 - 1 / 10_000) ** 10_000, 2) == 0.63
