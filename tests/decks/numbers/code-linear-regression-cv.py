"""Numbers on the cards of code-linear-regression-cv: a fit by hand, and how stable the lasso's choice is."""

from __future__ import annotations

from math import sqrt

import numpy as np
from sklearn.datasets import make_regression
from sklearn.linear_model import Lasso, LinearRegression
from sklearn.model_selection import KFold, cross_val_score, train_test_split

from tests.decks.numbers.on_cards import said

DECK = "code-linear-regression-cv"


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


def test_folds_and_errors_of_the_program() -> None:
    X, y = make_regression(n_samples=300, n_features=5, noise=10, random_state=0)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    rmse = -cross_val_score(
        LinearRegression(),
        X_train,
        y_train,
        cv=KFold(5, shuffle=True, random_state=0),
        scoring="neg_root_mean_squared_error",
    )
    assert rmse.round(1).tolist() == [9.5, 11.4, 10.8, 9.8, 10.5]
    assert round(float(rmse.mean()), 1) == 10.4
    assert round(float(rmse.std(ddof=1)), 1) == 0.8
    assert round(float(y_train.std())) == 122
    error = y_test - LinearRegression().fit(X_train, y_train).predict(X_test)
    assert round(float(np.sqrt(np.mean(error**2))), 1) == 10.8
    assert round(0.78 / sqrt(5), 2) == 0.35
    assert round(10.8 / sqrt(120), 1) == 1.0
    assert said(DECK, DECK, "9.5, 11.4, 10.8, 9.8, 10.5", "0.8/√5 = 0.35", "10.8/√120 = 1.0")


def test_the_condition_number_is_squared() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    X = np.column_stack([np.ones(200), x, x + 1e-7 * rng.normal(size=200)])
    assert f"{np.linalg.cond(X):.0e}" == "2e+07"
    assert 1e14 < np.linalg.cond(X.T @ X) < 1e15
    assert said(DECK, DECK, "2·10⁷", "4·10¹⁴")
