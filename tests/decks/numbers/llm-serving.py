"""The numbers on the cards of `llm-serving`: caches, decode steps, prefill, speculation, and loads."""

import math

import numpy as np

BANDWIDTH, PEAK, WEIGHTS = 3.35e12, 989e12, 8.03e9 * 2
SEQUENCE = 4_096 * 2 * 32 * 8 * 128 * 2


def expected_tokens(acceptance: float, drafted: int) -> float:
    return (1 - acceptance ** (drafted + 1)) / (1 - acceptance)


def test_caches() -> None:
    assert 2 * 32 * 8 * 128 * 2 == 128 * 2**10
    large = 2 * 80 * 8 * 128 * 2
    assert large == 320 * 2**10
    assert large * 8_192 == 2.5 * 2**30
    assert large * 131_072 == 40 * 2**30


def test_decode_steps() -> None:
    floor, step = WEIGHTS / BANDWIDTH, (WEIGHTS + 100 * SEQUENCE) / BANDWIDTH

    assert round(1_000 * floor, 1) == 4.8
    assert round(1 / floor) == 209
    assert round(100 * SEQUENCE / 1e9, 1) == 53.7
    assert round(WEIGHTS / 1e9, 1) == 16.1
    assert round(1_000 * step, 1) == 20.8
    assert round(100 / step, -2) == 4_800
    assert round(1 / step) == 48


def test_capacity() -> None:
    assert 0.9 * 80 == 72
    assert int((72e9 - 16e9) / SEQUENCE) == 104
    assert round(SEQUENCE / 1e9, 2) == 0.54


def test_prefill_and_ridge() -> None:
    flops = 2 * 8.03e9 * 2_048

    assert round(flops / 1e13, 1) == 3.3
    assert round(1_000 * flops / PEAK) == 33
    assert round(2 * 1_000 * flops / PEAK) == 67
    assert round(PEAK / BANDWIDTH) == 295


def test_speculation() -> None:
    assert round(expected_tokens(0.8, 4), 2) == 3.36
    assert round(expected_tokens(0.8, 4) / (1 + 4 * 0.05), 1) == 2.8
    assert round(expected_tokens(0.6, 4) / (1 + 4 * 0.05), 1) == 1.9


def test_speculative_sampling_is_exact() -> None:
    p, q = np.array([0.6, 0.3, 0.1]), np.array([0.3, 0.5, 0.2])
    accepted, rest = np.minimum(p, q), np.maximum(p - q, 0)

    assert math.isclose(accepted.sum(), 0.7)
    assert np.allclose(accepted + (1 - accepted.sum()) * rest / rest.sum(), p)


def test_an_outlier_in_int8() -> None:
    x = np.array([0.1, -0.2, 0.3, 40])
    scale = np.abs(x).max() / 127

    assert [round(float(value), 2) for value in np.round(x / scale) * scale] == [0, -0.31, 0.31, 40]


def test_loads() -> None:
    assert 20 * 6 == 120
    assert math.isclose(0.4 + 250 * 0.03, 7.9)
    assert round(4_800 * 3_600 / 1e6, 1) == 17.3
    assert round(0.1 * 4_800 * 3_600 / 1e6, 1) == 1.7


def test_70_billion() -> None:
    assert round(70.6 * 2) == 141
    assert round(70.6 * 4.5 / 8) == 40
