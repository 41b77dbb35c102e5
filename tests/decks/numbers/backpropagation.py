"""The numbers on the cards of `backpropagation`: gradients by hand, costs, and a chain with many paths."""

from __future__ import annotations

import math

import numpy as np


def network(w1: float) -> float:
    """The loss of the two-layer example as a function of its first weight."""
    logit = -1 * max(0.0, w1 * 2) + 0.5
    return math.log1p(math.exp(-logit))


def test_the_two_layer_network_by_hand() -> None:
    hidden = max(0.0, 0.5 * 2)
    logit = -1 * hidden + 0.5
    p = 1 / (1 + math.exp(-logit))
    at_logit = p - 1
    gradient = at_logit * -1 * 2

    assert (hidden, logit, round(p, 3)) == (1, -0.5, 0.378)
    assert (round(at_logit, 3), round(at_logit * hidden, 2), round(-at_logit, 2)) == (-0.622, -0.62, 0.62)
    assert round(gradient, 3) == 1.245
    assert round(gradient, 2) == 1.24
    assert math.isclose(gradient, (network(0.5 + 1e-6) - network(0.5 - 1e-6)) / 2e-6, rel_tol=1e-6)


def test_two_paths() -> None:
    a, b = 2.0, 1.0
    u, v = a + b, b + 1

    assert (u * v, v, v + u) == (6, 2, 5)


def test_softmax_gradient() -> None:
    e = np.exp([2.0, 1.0, 0.0])
    p = e / e.sum()
    gradient = p - np.array([1, 0, 0])

    assert p.round(3).tolist() == [0.665, 0.245, 0.090]
    assert gradient.round(3).tolist() == [-0.335, 0.245, 0.090]
    assert abs(gradient.sum()) < 1e-12


def test_flops_and_memory() -> None:
    forward = 2 * 64 * 1024 * 4096

    assert round(forward / 1e9, 2) == 0.54
    assert round(2 * forward / 1e9, 2) == 1.07
    assert 8 * 2048 * 4096 * 2 == 128 * 2**20
    assert 32 * 128 * 2**20 == 4 * 2**30


def test_checkpoints() -> None:
    alive = {segment: 64 // segment + segment for segment in (1, 2, 4, 8, 16, 32, 64)}

    assert alive[8] == 16 == min(alive.values())
    assert round((1 + 2 + 1) / (1 + 2) - 1, 2) == 0.33


def test_thirty_doublings() -> None:
    gradient, steps = 1.0, 0
    for _ in range(30):
        gradient, steps = gradient + gradient, steps + 2

    assert (gradient, steps) == (2**30, 60)


def test_a_node_used_twice_and_the_gradient_at_the_kink() -> None:
    a = 3.0
    uses = [a, a]  # the local derivative for each of the two uses in a · a

    assert (sum(uses), uses[-1]) == (6, 3)

    def step(z: float) -> float:
        return float(z > 0)  # the derivative that frameworks use for ReLU

    assert step(0.0) + step(-0.0) == 0
    assert step(1.0) + step(-1.0) == 1


def test_matrix_rules_by_differences() -> None:
    rng = np.random.default_rng(0)
    x, w, weight = rng.standard_normal((4, 3)), rng.standard_normal((3, 2)), rng.standard_normal((4, 2))
    h = 1e-6
    dw, dx = np.zeros_like(w), np.zeros_like(x)
    for gradient, array in ((dw, w), (dx, x)):
        for i in np.ndindex(*array.shape):
            array[i] += h
            up = (weight * (x @ w)).sum()
            array[i] -= 2 * h
            gradient[i] = (up - (weight * (x @ w)).sum()) / (2 * h)
            array[i] += h

    assert np.allclose(dw, x.T @ weight)
    assert np.allclose(dx, weight @ w.T)
