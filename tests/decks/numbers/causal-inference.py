"""The numbers of the deck causal-inference: tables, weights and the simulations with a known effect."""

import math

import numpy as np

N = 200_000


def regress(y, *columns):
    """Ordinary least squares with an intercept; returns the coefficients of the columns."""
    x = np.column_stack([np.ones(len(y)), *columns])
    return np.linalg.lstsq(x, y, rcond=None)[0][1:]


def test_kidney_stones():
    a, b = {"small": (81, 87), "large": (192, 263)}, {"small": (234, 270), "large": (55, 80)}
    sizes = {s: a[s][1] + b[s][1] for s in a}
    assert sum(sizes.values()) == 700
    pooled = lambda t: 100 * sum(c for c, _ in t.values()) / sum(n for _, n in t.values())  # noqa: E731
    standardised = lambda t: sum(100 * t[s][0] / t[s][1] * sizes[s] / 700 for s in t)  # noqa: E731
    assert [round(pooled(a), 1), round(pooled(b), 1)] == [78.0, 82.6]
    assert round(pooled(b) - pooled(a), 1) == 4.6
    assert [round(standardised(a), 1), round(standardised(b), 1)] == [83.3, 77.9]
    assert round(standardised(a) - standardised(b), 1) == 5.4


def test_small_sums():
    assert (30 - 20) - (18 - 14) == 6
    assert math.isclose(0.06 / (0.40 - 0.10), 0.20)
    assert [1 / 0.2, 1 / 0.8, 1 / 0.02] == [5, 1.25, 50]
    assert round(2 + math.sqrt(2 * 1), 2) == 3.41


def test_selection_on_a_collider():
    a, b = np.random.default_rng(0).normal(size=(2, N))
    kept = a + b > 1.5
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.01
    cut = 1.5 / math.sqrt(2)
    hazard = math.exp(-(cut**2) / 2) / math.sqrt(2 * math.pi) / (0.5 * math.erfc(cut / math.sqrt(2)))
    variance_of_sum = 2 * (1 + cut * hazard - hazard**2)
    exact = (variance_of_sum - 2) / (variance_of_sum + 2)
    assert round(exact, 2) == -0.68
    assert abs(np.corrcoef(a[kept], b[kept])[0, 1] - exact) < 0.01


def test_adjusting_for_a_mediator():
    rng = np.random.default_rng(0)
    t = rng.integers(0, 2, N).astype(float)
    mediator = t + rng.normal(size=N)
    y = 0.5 * t + mediator + rng.normal(size=N)
    assert abs(regress(y, t)[0] - 1.5) < 0.02
    assert abs(regress(y, t, mediator)[0] - 0.5) < 0.02


def confounded(n=N, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    e = 1 / (1 + np.exp(-x))
    t = rng.random(n) < e
    return x, e, t, t + 2 * x + rng.normal(size=n)


def aipw(y, t, e, m1, m0):
    return float((m1 - m0 + t * (y - m1) / e - (1 - t) * (y - m0) / (1 - e)).mean())


def test_doubly_robust():
    x, e, t, y = confounded()
    design = np.column_stack([np.ones(len(y)), x])
    right = [design @ np.linalg.lstsq(design[g], y[g], rcond=None)[0] for g in (t, ~t)]
    wrong = [y[t].mean(), y[~t].mean()]
    assert abs(aipw(y, t, e, *wrong) - 1) < 0.05
    assert abs(aipw(y, t, t.mean(), *right) - 1) < 0.05
    assert abs(aipw(y, t, t.mean(), *wrong) - 2.7) < 0.05


def test_shifted_outcomes():
    _, e, t, y = confounded(n=2000)
    ht = lambda y: (t * y / e - ~t * y / (1 - e)).mean()  # noqa: E731
    hajek = lambda y: (t * y / e).sum() / (t / e).sum() - (~t * y / (1 - e)).sum() / (~t / (1 - e)).sum()  # noqa: E731
    assert abs(ht(y + 100) - ht(y)) > 0.1
    assert math.isclose(hajek(y + 100), hajek(y), rel_tol=1e-9)


def test_two_way_fixed_effects_under_staggered_adoption():
    cells = [(start, t) for start in (2, 4) for t in range(6)]
    treated = np.array([t >= start for start, t in cells], float)
    effect = np.array([max(0, t - start + 1) for start, t in cells], float)
    group = np.array([start == 2 for start, _ in cells], float)
    periods = [np.array([t == k for _, t in cells], float) for k in range(1, 6)]
    assert math.isclose(regress(effect, treated, group, *periods)[0], 0.5)
    assert round(effect[treated == 1].mean(), 2) == 2.17
    assert effect[treated == 1].min() == 1


def test_instrument_estimates_compliers():
    rng = np.random.default_rng(0)
    z = rng.random(N) < 0.5
    kind = rng.choice(["complier", "always", "never"], N, p=[0.3, 0.1, 0.6])
    d = (kind == "always") | ((kind == "complier") & z)
    effect = 2 * (kind == "complier") + 5 * (kind == "always")
    y = d * effect + 3 * (kind == "always") + rng.normal(size=N)
    wald = (y[z].mean() - y[~z].mean()) / (d[z].mean() - d[~z].mean())
    assert abs(wald - 2) < 0.1
    assert math.isclose(0.3 * 2 + 0.1 * 5 + 0.6 * 0, 1.1)
    assert y[d].mean() - y[~d].mean() > 4


def test_uplift_targeting():
    x = (np.arange(100_000) + 0.5) / 100_000
    uplift = 0.2 * (1 - x)
    fifth = len(x) // 5
    assert round(uplift[:fifth].mean(), 2) == 0.18
    assert round(uplift[-fifth:].mean(), 2) == 0.02
    assert round(uplift.mean(), 2) == 0.10
