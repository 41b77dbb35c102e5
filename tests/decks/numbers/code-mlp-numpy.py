"""The numbers on the cards of `code-mlp-numpy`: sizes, limits of floats, and what a gradient check sees."""

from __future__ import annotations

import math

import numpy as np

Arrays = list[np.ndarray]


def loss_and_gradient(logits: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    s = logits - logits.max(axis=1, keepdims=True)
    log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    rows = np.arange(len(y))
    gradient = np.exp(log_p)
    gradient[rows, y] -= 1
    return float(-log_p[rows, y].mean()), gradient / len(y)


def forward(params: Arrays, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The logits of a network with one hidden layer, and its hidden activations."""
    w1, b1, w2, b2 = params
    hidden = np.maximum(x @ w1 + b1, 0)
    return hidden @ w2 + b2, hidden


def backward(params: Arrays, x: np.ndarray, y: np.ndarray, mask: bool = True, bias: float = 1) -> Arrays:
    logits, hidden = forward(params, x)
    delta = loss_and_gradient(logits, y)[1]
    below = delta @ params[2].T * (hidden > 0 if mask else 1)
    return [x.T @ below, bias * below.sum(axis=0), hidden.T @ delta, bias * delta.sum(axis=0)]


def worst_error(params: Arrays, x: np.ndarray, y: np.ndarray, gradients: Arrays, h: float = 1e-5) -> float:
    """The largest relative error over all entries."""
    worst = 0.0
    for array, gradient in zip(params, gradients, strict=True):
        for i in np.ndindex(*array.shape):
            old = array[i]
            array[i] = old + h
            up = loss_and_gradient(forward(params, x)[0], y)[0]
            array[i] = old - h
            numeric = (up - loss_and_gradient(forward(params, x)[0], y)[0]) / (2 * h)
            array[i] = old
            scale = max(abs(numeric) + abs(float(gradient[i])), 1e-6)
            worst = max(worst, abs(numeric - float(gradient[i])) / scale)
    return worst


def example(kind: type[np.floating] = np.float64) -> tuple[Arrays, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    sizes = ((6, 8), (8,), (8, 3), (3,))
    params: Arrays = [(rng.standard_normal(size) * (0.5 if len(size) > 1 else 0.1)).astype(kind) for size in sizes]
    return params, rng.standard_normal((20, 6)).astype(kind), rng.integers(3, size=20)


def test_sizes() -> None:
    assert 64 * 64 + 64 + 64 * 10 + 10 == 4810
    assert 2 * 4810 == 9620
    assert math.isclose(math.sqrt(2 / 200), 0.1)
    assert round(math.log(10), 2) == 2.30


def test_overflow_of_the_exponential() -> None:
    assert round(float(np.log(np.finfo(np.float32).max)), 1) == 88.7
    assert round(float(np.log(np.float64(np.finfo(np.float16).max))), 1) == 11.1
    loss, gradient = loss_and_gradient(np.array([[1000.0, 1001.0]]), np.array([0]))
    assert math.isfinite(loss)
    assert np.isfinite(gradient).all()


def test_errors_of_differences_for_the_sine_at_1() -> None:
    def central(h: float) -> float:
        return abs((math.sin(1 + h) - math.sin(1 - h)) / (2 * h) - math.cos(1))

    forward_error = abs((math.sin(1 + 1e-5) - math.sin(1)) / 1e-5 - math.cos(1))

    assert 0.5e-11 < central(1e-5) < 2e-11
    assert 4e-6 < forward_error < 4.5e-6
    assert 0.5e-6 < central(1e-11) < 2e-6
    assert round(float(np.finfo(np.float64).eps) ** (1 / 3), 7) == 6.1e-6


def test_the_check_passes_right_gradients_and_catches_two_bugs() -> None:
    params, x, y = example()

    assert worst_error(params, x, y, backward(params, x, y)) < 1e-6
    assert worst_error(params, x, y, backward(params, x, y, mask=False)) > 0.9
    assert 0.9 < worst_error(params, x, y, backward(params, x, y, bias=1 / 20)) < 0.91


def test_a_check_in_float32_blames_right_code() -> None:
    params, x, y = example(np.float32)

    assert worst_error(params, x, y, backward(params, x, y)) > 0.1


def test_zero_and_constant_weights() -> None:
    params, x, y = example()
    for array in params:
        array[...] = 0
    moved = [bool(np.abs(gradient).max() > 1e-12) for gradient in backward(params, x, y)]
    assert moved == [False, False, False, True]

    for array in params:
        array[...] = 0.01
    first = backward(params, x, y)[0]
    assert np.allclose(first, first[:, :1])


def test_shapes_that_broadcast_silently() -> None:
    assert (np.zeros((4, 1)) - np.zeros(4)).shape == (4, 4)
