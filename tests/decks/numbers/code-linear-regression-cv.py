"""Numbers on the cards of code-linear-regression-cv: a fit by hand, and how stable the lasso's choice is."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import Lasso


def test_fit_through_three_points() -> None:
    slope, intercept = np.polyfit([0, 1, 2], [1, 3, 4], 1)

    assert abs(slope - 1.5) < 1e-9
    assert round(float(intercept), 2) == 1.17


def test_two_lasso_runs_share_a_quarter_of_the_near_copies_that_they_keep() -> None:
    rng = np.random.default_rng(0)
    rows, signals, copies = 60, 10, 10
    signal = rng.normal(size=(rows, signals))
    features = np.repeat(signal, copies, axis=1) + 0.1 * rng.normal(size=(rows, signals * copies))
    target = signal[:, :3].sum(axis=1) + 0.5 * rng.normal(size=rows)
    kept = []
    for _ in range(100):
        drawn = rng.integers(rows, size=rows)
        fitted = Lasso(alpha=0.1, max_iter=20_000).fit(features[drawn], target[drawn])
        kept.append(set(np.flatnonzero(fitted.coef_)))
    overlaps = [len(a & b) / len(a | b) for place, a in enumerate(kept) for b in kept[:place]]

    assert round(float(np.mean(overlaps)), 2) == 0.23
