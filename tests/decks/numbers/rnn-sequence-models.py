"""The numbers of the deck rnn-sequence-models: weights, products over time, parameters, Shapley values, importances."""

import itertools
import math

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.inspection import permutation_importance


def test_inverse_document_frequency():
    docs = ["the cat sat", "the dog sat", "the cat ran", "the bird"]
    v = TfidfVectorizer().fit(docs)
    assert round(v.idf_[v.vocabulary_["the"]], 3) == 1.0
    assert round(v.idf_[v.vocabulary_["bird"]], 3) == 1.916
    assert math.isclose(v.idf_[v.vocabulary_["bird"]], math.log((1 + 4) / (1 + 1)) + 1)
    assert np.allclose(np.linalg.norm(v.transform(docs).toarray(), axis=1), 1)
    assert math.log(4 / 4) == 0


def test_word2vec():
    shares = np.array([0.90, 0.09, 0.01]) ** 0.75
    assert (shares / shares.sum()).round(3).tolist() == [0.825, 0.147, 0.028]
    assert 2 * 100_000 * 300 == 60_000_000
    assert 1 + 5 == 6


def test_products_over_time():
    assert round(0.9**100, 5) == 3e-5
    assert round(1.1**100, -3) == 14_000
    assert round(0.95**100, 3) == 0.006
    assert round(0.99**100, 2) == 0.37
    assert round(1 / (1 + math.exp(-1)), 2) == 0.73


def test_parameter_counts():
    block = 128 * (100 + 128) + 128
    assert 4 * block == 117_248
    assert 4 * (block + 128) == 117_760
    assert 3 / 4 == 1 - 0.25


def test_memory_and_perplexity():
    assert round(1_000_000 * 128 * 1024 / 1e9) == 131
    assert round(math.exp(3.0), 1) == 20.1
    assert 512 - 1 == 511


def shapley(value, players):
    """Exact Shapley values: average marginal contribution over all orders."""
    totals = dict.fromkeys(players, 0.0)
    orders = list(itertools.permutations(players))
    for order in orders:
        for place, player in enumerate(order):
            before = frozenset(order[:place])
            totals[player] += (value(before | {player}) - value(before)) / len(orders)
    return totals


def test_shapley_values():
    table = {frozenset(): 0, frozenset({1}): 10, frozenset({2}): 20, frozenset({1, 2}): 50}
    assert shapley(table.__getitem__, (1, 2)) == {1: 20, 2: 30}


def test_shapley_values_of_a_linear_model():
    rng = np.random.default_rng(0)
    data, beta, x = rng.normal((1, 2, 3), size=(500, 3)), np.array([1.0, -2.0, 0.5]), np.array([2.0, 0.0, 3.0])

    def value(known):
        filled = data.copy()
        for j in known:
            filled[:, j] = x[j]
        return float((filled @ beta).mean())

    values = shapley(value, (0, 1, 2))
    assert np.allclose(list(values.values()), beta * (x - data.mean(0)))
    assert math.isclose(sum(values.values()), float(x @ beta - (data @ beta).mean()))


def importances(model, x, y):
    model.fit(x[:1000], y[:1000])
    return permutation_importance(model, x[1000:], y[1000:], n_repeats=5, random_state=0).importances_mean


def test_a_copy_halves_and_more_the_permutation_importance():
    rng = np.random.default_rng(0)
    a, noise = rng.normal(size=(2, 1500))
    copy, y = a + 0.01 * rng.normal(size=1500), a + 0.1 * rng.normal(size=1500)
    alone = importances(RandomForestRegressor(50, random_state=0), np.c_[a, noise], y)[0]
    beside = importances(RandomForestRegressor(50, random_state=0, max_features=1), np.c_[a, copy, noise], y)[0]
    assert abs(alone - 2.0) < 0.15
    assert abs(beside - 0.5) < 0.15


def test_impurity_importance_favours_many_values():
    rng = np.random.default_rng(1)
    x = np.c_[rng.integers(0, 2, 1500), rng.random(1500)]
    y = (x[:, 0].astype(int) + (rng.random(1500) < 0.3)) % 2
    forest = RandomForestClassifier(50, random_state=0)
    binary, continuous = importances(forest, x, y)
    assert forest.feature_importances_[1] > 0.8
    assert binary > 0.05
    assert continuous < 0.02


def lstm_cell_gradient(forget_bias, steps=30, hidden=4):
    """Norm of the gradient that reaches the first cell along the whole recurrence of a random LSTM."""
    rng = np.random.default_rng(0)
    w = rng.normal(0, 0.4, (4 * hidden, 3 + hidden))
    bias = np.r_[np.zeros(hidden), np.full(hidden, forget_bias), np.zeros(2 * hidden)]
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    h, c, trace = np.zeros(hidden), np.zeros(hidden), []
    for x in rng.normal(size=(steps, 3)):
        i, f, o, g = np.split(w @ np.r_[x, h] + bias, 4)
        i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
        before, c = c, f * c + i * g
        trace.append((i, f, o, g, before, c))
        h = o * np.tanh(c)
    dh, dc = np.ones(hidden), np.zeros(hidden)
    for i, f, o, g, before, c in reversed(trace):
        dc = dc + dh * o * (1 - np.tanh(c) ** 2)
        gates = [dc * g * i * (1 - i), dc * before * f * (1 - f), dh * np.tanh(c) * o * (1 - o), dc * i * (1 - g**2)]
        dh, dc = (w.T @ np.concatenate(gates))[3:], dc * f
    return float(np.linalg.norm(dc))


def test_a_forget_bias_lets_gradients_reach_further():
    small, one, three = (lstm_cell_gradient(b) for b in (0, 1, 3))
    assert small < 0.01 * one
    assert one < three
