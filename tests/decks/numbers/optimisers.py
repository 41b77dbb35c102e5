"""The numbers on the cards of `optimisers`: first steps, decay, spikes, schedules, and a quadratic."""

from __future__ import annotations

import math

import numpy as np


def adam_update(gradients: list[float], b1: float = 0.9, b2: float = 0.999, eps: float = 0.0) -> float:
    """The size of the last update in units of the learning rate, with bias correction."""
    m = v = 0.0
    for g in gradients:
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
    t = len(gradients)
    return (m / (1 - b1**t)) / (math.sqrt(v / (1 - b2**t)) + eps)


def test_momentum_on_a_constant_gradient() -> None:
    v = w = 0.0
    for _ in range(500):
        v, w = 0.9 * v + 1, 0.9 * w + (1 - 0.9) * 1

    assert math.isclose(v, 1 / (1 - 0.9))
    assert math.isclose(v, 10 * w)


def test_first_steps_of_adam() -> None:
    for g in (1e-4, 1.0, 100.0):
        assert math.isclose(adam_update([g]), 1)
    assert round(0.1 / math.sqrt(0.001), 1) == 3.2
    assert round(adam_update([1e-9], eps=1e-8), 2) == 0.09


def test_the_printed_adamw_step() -> None:
    assert math.isclose(1.0 - 1e-3 * (1 + 0.1 * 1.0), 0.9989)


def test_a_spike_after_2000_steps() -> None:
    gradients = [1.0] * 2000 + [100.0]

    assert round(adam_update(gradients, b2=0.999), 1) == 3.1
    assert round(adam_update(gradients, b2=0.95), 2) == 0.49
    assert round(math.log(0.5) / math.log(0.999)) == 693
    assert round(math.log(0.5) / math.log(0.95), 1) == 13.5


def test_decay_inside_and_outside_the_division() -> None:
    rng = np.random.default_rng(0)
    noise, lr, decay, steps = np.array([[0.1], [10.0]]), 1e-3, 0.1, 5000
    for inside, expected in ((True, (0.01, 0.95)), (False, (0.61, 0.61))):
        w, m, v = np.ones((2, 400)), np.zeros((2, 400)), np.zeros((2, 400))
        for t in range(1, steps + 1):
            g = rng.standard_normal(w.shape) * noise + (decay * w if inside else 0)
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
            w = w - lr * (step + (0 if inside else decay * w))
        assert np.abs(w.mean(axis=1) - expected).max() < 0.015
    assert round((1 - lr * decay) ** steps, 2) == 0.61
    assert round(1 / (3e-4 * 0.1), -3) == 33_000


def test_adam_drifts_to_the_worst_point() -> None:
    x = y = v = 0.0
    for t in range(1, 20_001):
        g = 3 if t % 3 == 1 else -1
        v = 0.1 * v + 0.9 * g * g
        x = min(1, max(-1, x - 0.1 / math.sqrt(t) * g / math.sqrt(v)))
        y = min(1, max(-1, y - 0.1 / math.sqrt(t) * g))

    assert x > 0.98
    assert y < -0.95


def test_clipping_schedule_memory_and_batches() -> None:
    g = np.array([3.0, 4.0])
    clipped = g * min(1, 1 / float(np.linalg.norm(g)))

    assert np.allclose(clipped, [0.6, 0.8])
    assert math.isclose(3e-4 * 0.5 * (1 + math.cos(math.pi / 2)), 1.5e-4)
    assert round(3e-4 * 0.5 * (1 + math.cos(0.75 * math.pi)), 6) == 0.44e-4
    assert 7 * (2 + 2 + 4 + 4 + 4) == 112
    assert 8 * 4 * 16 == 512
    assert (10 * 1 + 90 * 2) / 100 == 1.9
    assert (1 + 2) / 2 == 1.5
    assert (1 / 10) / (1 / 90) == 9


def test_momentum_on_a_quadratic_of_condition_100() -> None:
    def steps(rate: float, mu: float) -> int:
        x, v, count = np.ones(2), np.zeros(2), 0
        while np.linalg.norm(x) >= 1e-6:
            v = mu * v - rate * np.array([1.0, 100.0]) * x
            x, count = x + v, count + 1
        return count

    assert steps(2 / 101, 0) == 709
    assert steps(4 / (1 + 10) ** 2, (9 / 11) ** 2) == 95
