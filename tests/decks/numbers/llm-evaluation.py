"""The numbers on the cards of `llm-evaluation`: intervals, agreement, corrected rates, ranking metrics, pass@k."""

import math
from math import comb


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The Wilson interval of a rate."""
    rate, centre = hits / n, (hits / n + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return centre - half, centre + half


def dcg(gains: list[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def true_rate(judged: float, tpr: float, tnr: float) -> float:
    return (judged + tnr - 1) / (tpr + tnr - 1)


def test_intervals() -> None:
    assert [round(end, 2) for end in wilson(85, 100)] == [0.77, 0.91]
    assert [round(end, 2) for end in wilson(850, 1_000)] == [0.83, 0.87]


def test_sample_size() -> None:
    assert round(1.96**2 * 0.8 * 0.2 / 0.03**2) == 683


def test_kappa() -> None:
    assert round((0.85 - 0.5) / (1 - 0.5), 2) == 0.70
    chance = 0.9 * 1 + 0.1 * 0  # the judge says "good" to everything
    assert (0.9 - chance) / (1 - chance) == 0


def test_the_corrected_rate_and_its_interval() -> None:
    q, tpr, tnr, judged, labels = 0.8, 0.9, 0.8, 1_000, 100
    p = true_rate(q, tpr, tnr)
    variance = (q * (1 - q) / judged + p**2 * tpr * (1 - tpr) / labels + (1 - p) ** 2 * tnr * (1 - tnr) / labels) / (
        tpr + tnr - 1
    ) ** 2

    assert round(p, 2) == 0.86
    assert round(100 * 1.96 * math.sqrt(q * (1 - q) / judged), 1) == 2.5
    assert round(100 * 1.96 * math.sqrt(variance)) == 8


def test_the_two_gains_of_ndcg() -> None:
    grades = [3, 0, 2, 1]
    linear, exponential = [float(g) for g in grades], [2.0**g - 1 for g in grades]

    assert round(dcg(linear) / dcg(sorted(linear, reverse=True)), 3) == 0.930
    assert round(dcg(exponential) / dcg(sorted(exponential, reverse=True)), 3) == 0.951


def test_mean_reciprocal_rank() -> None:
    assert round((1 + 1 / 3 + 0 + 1 / 2) / 4, 3) == 0.458


def test_mcnemar() -> None:
    assert 18 + 7 == 25
    assert round(2 * sum(comb(25, i) for i in range(8)) / 2**25, 2) == 0.04


def test_pass_at_k() -> None:
    assert round(1 - comb(10 - 3, 5) / comb(10, 5), 2) == 0.92
    assert round(1 - (1 - 3 / 10) ** 5, 2) == 0.83


def test_rule_of_three() -> None:
    assert 3 / 200 == 0.015
    assert abs(1 - 0.05 ** (1 / 200) - 0.015) < 0.0002
