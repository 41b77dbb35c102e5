"""The numbers of the deck prompting-context: sampling rules, votes, chains, caches and masks."""

import math

import numpy as np


def softmax(z):
    powers = np.exp(np.asarray(z, float) - max(z))
    return powers / powers.sum()


def test_temperature():
    assert softmax([2, 1, 0]).round(2).tolist() == [0.67, 0.24, 0.09]
    assert softmax(np.array([2, 1, 0]) / 0.5).round(2).tolist() == [0.87, 0.12, 0.02]


def top_p(probabilities, p):
    order = np.argsort(-probabilities)
    before = np.cumsum(probabilities[order]) - probabilities[order]
    kept = order[(before < p) | (before == 0)]
    out = np.zeros_like(probabilities)
    out[kept] = probabilities[kept]
    return out / out.sum()


def test_truncation():
    p = np.array([0.45, 0.25, 0.15, 0.10, 0.05])
    assert top_p(p, 0.8).round(2).tolist() == [0.53, 0.29, 0.18, 0, 0]
    assert math.isclose(p[:3].sum(), 0.85)
    assert math.isclose(p[:2].sum(), 0.70)
    assert top_p(p, 0.0).tolist() == [1, 0, 0, 0, 0]
    assert math.isclose(0.3 * 0.45, 0.135)


def majority(n, right):
    return sum(math.comb(n, k) * right**k * (1 - right) ** (n - k) for k in range(n // 2 + 1, n + 1))


def test_votes():
    assert round(majority(5, 0.6), 2) == 0.68
    assert round(majority(15, 0.6), 2) == 0.79
    assert round(majority(5, 0.4), 2) == 0.32


def test_chain_of_steps():
    assert round(0.98**10, 2) == 0.82


def test_prefix_cache():
    calls, prefix, new = 1000, 10_000, 500
    plain = calls * (prefix + new)
    cached = 1.25 * prefix + (calls - 1) * 0.1 * prefix + calls * new
    assert plain == 10_500_000
    assert round(cached / 1e6, 2) == 1.51
    assert round(100 * cached / plain, 1) == 14.4
    assert 1.25 > 1
    assert 1.25 + 0.1 < 2


def test_masking_is_not_conditioning():
    a, b = 0.9 * 0.01, 0.1 * 1
    assert round(100 * a / (a + b), 1) == 8.3


def test_greedy_is_not_optimal():
    assert round(0.6 * 0.35, 2) == 0.21
    assert round(0.4 * 0.9, 2) == 0.36
