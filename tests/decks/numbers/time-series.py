"""The numbers of the deck time-series: errors, weights, intervals, splits, leaks and the simulations behind them."""

import math

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import KFold, TimeSeriesSplit, cross_val_score
from sklearn.neighbors import KNeighborsRegressor


def test_mase():
    naive = np.abs(np.diff([10, 12, 14, 13, 15, 16])).mean()
    assert math.isclose(naive, 1.6)
    assert math.isclose(1.2 / naive, 0.75)


def test_exponential_weights():
    assert round(sum(0.3 * 0.7**k for k in range(4)), 2) == 0.76


def test_pinball_and_mape():
    pinball = lambda y, f, q: max(q * (y - f), (q - 1) * (y - f))  # noqa: E731
    assert math.isclose(pinball(100, 90, 0.9), 9)
    assert math.isclose(pinball(100, 110, 0.9), 1)
    assert abs(150 - 100) / 100 == 0.5
    assert round(abs(100 - 150) / 150, 2) == 0.33


def test_best_point_forecasts_of_a_log_normal():
    z = (np.arange(20_000) + 0.5) / 20_000
    grid = np.linspace(-7, 7, 200_001)
    density = np.exp(-0.5 * grid**2)
    y = np.exp(np.interp(z, density.cumsum() / density.sum(), grid))
    candidates = np.linspace(0.2, 2, 361)
    mape = [(np.abs(y - c) / y).mean() for c in candidates]
    mae = [np.abs(y - c).mean() for c in candidates]
    assert round(float(candidates[np.argmin(mape)]), 2) in (0.36, 0.37)
    assert round(math.exp(-1), 2) == 0.37
    assert abs(candidates[np.argmin(mae)] - 1) < 0.01
    assert round(math.exp(0.5), 2) == 1.65
    assert abs(y.mean() - math.exp(0.5)) < 0.01


def test_forecast_variances():
    variance = lambda h: sum(0.8 ** (2 * k) for k in range(h))  # noqa: E731
    assert [round(variance(h), 2) for h in (1, 2, 5)] == [1, 1.64, 2.48]
    assert round(1 / (1 - 0.64), 2) == 2.78
    assert math.sqrt(4) == 2


def test_time_series_split():
    train, test = next(iter(TimeSeriesSplit(n_splits=3, test_size=7, gap=7).split(np.zeros(60))))
    assert (train[-1], test[0]) == (31, 39)


def interval_covers(rng, phi=0.9, n=30, h=10):
    noise, y = rng.normal(size=130), np.zeros(131)
    for t in range(1, 131):
        y[t] = phi * y[t - 1] + noise[t - 1]
    past, actual = y[80 : 80 + n], y[80 + n + h - 1]
    x, z = past[:-1] - past.mean(), past[1:] - past.mean()
    fitted = (x @ z) / (x @ x)
    s = math.sqrt(((z - fitted * x) ** 2).sum() / (n - 3))
    forecast = past.mean() + fitted**h * (past[-1] - past.mean())
    return abs(actual - forecast) < 1.96 * s * math.sqrt(sum(fitted ** (2 * k) for k in range(h)))


def test_textbook_intervals_are_too_narrow():
    rng = np.random.default_rng(0)
    assert abs(np.mean([interval_covers(rng) for _ in range(3000)]) - 0.79) < 0.015


def test_spurious_correlation():
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(3000, 200)).cumsum(1) for _ in range(2))
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    r = (a * b).sum(1) / np.sqrt((a**2).sum(1) * (b**2).sum(1))
    t = r * np.sqrt(198 / (1 - r**2))
    assert abs((np.abs(t) > 1.972).mean() - 0.84) < 0.015


def test_shuffled_and_forward_folds():
    y, index = np.random.default_rng(0).normal(size=2000).cumsum(), np.arange(2000)[:, None]
    folds = (KFold(5, shuffle=True, random_state=0), TimeSeriesSplit(5))
    shuffled, forward = (cross_val_score(KNeighborsRegressor(5), index, y, cv=f, scoring="r2").mean() for f in folds)
    assert round(shuffled, 3) == 0.997
    assert forward < -2


def test_forest_does_not_extrapolate():
    t = np.arange(100)[:, None]
    forest = RandomForestRegressor(50, random_state=0).fit(t, t.ravel().astype(float))
    assert round(forest.predict([[150]])[0]) == 98


def test_conformal_coverage():
    rank = math.ceil(101 * 0.9)
    assert rank == 91
    assert round(rank / 101, 3) == 0.901


def test_changed_future_leaves_good_features_alone():
    s, origin, h = pd.Series(np.arange(50.0)), 30, 7
    changed = s.where(s.index <= origin, s + 100)
    good, bad = (lambda x: x.shift(h).rolling(3).mean()), (lambda x: x.rolling(3, center=True).mean())
    rows = slice(0, origin + h + 1)
    assert good(s)[rows].equals(good(changed)[rows])
    assert not bad(s)[rows].equals(bad(changed)[rows])
    assert not good(s)[: origin + h + 2].equals(good(changed)[: origin + h + 2])
