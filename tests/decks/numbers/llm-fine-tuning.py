"""The numbers on the cards of `llm-fine-tuning`: adapters, memory, steps, and the DPO loss."""

import math

import numpy as np

D, KV, MLP, LAYERS, VOCABULARY, N = 4_096, 1_024, 14_336, 32, 128_256, 8_030_261_248


def adapter_parameters(rank: int) -> int:
    """LoRA on all seven linear maps of every block of Llama-3-8B."""
    shapes = [(D, D), (D, KV), (D, KV), (D, D), (D, MLP), (D, MLP), (MLP, D)]
    return LAYERS * rank * sum(d + k for d, k in shapes)


def test_the_model_has_as_many_parameters_as_published() -> None:
    block = 2 * D * D + 2 * D * KV + 3 * D * MLP + 2 * D

    assert LAYERS * block + D + 2 * VOCABULARY * D == N


def test_one_matrix() -> None:
    assert 8 * (D + D) == 65_536
    assert round(D * D / 1e6, 1) == 16.8
    assert round(100 * 65_536 / (D * D), 2) == 0.39


def test_adapters_of_the_whole_model() -> None:
    adapters = adapter_parameters(16)

    assert round(adapters / 1e6, 1) == 41.9
    assert round(100 * adapters / N, 2) == 0.52
    assert round(adapters * 16 / 1e9, 2) == 0.67


def test_memory() -> None:
    states, bits = adapter_parameters(16) * 16 / 1e9, 4 + 8 / 64 + 32 / (64 * 256)
    tables = 2 * VOCABULARY * D
    quantised = (N - tables) * bits / 8 / 1e9

    assert 2 + 2 + 4 + 4 + 4 == 16
    assert int(N * 16 / 1e9) == 128
    assert 2 + 2 + 4 + 1 + 1 == 10
    assert round(N * 2 / 1e9) == 16
    assert round(N * 2 / 1e9 + states) == 17
    assert round(bits, 3) == 4.127
    assert round(bits - 4, 3) == 0.127
    assert 32 / 64 == 0.5
    assert round(quantised, 1) == 3.6
    assert round(tables * 2 / 1e9, 1) == 2.1
    assert round(quantised + tables * 2 / 1e9 + states, 1) == 6.4


def test_logits_of_a_long_sequence() -> None:
    assert round(32_768 * VOCABULARY * 4 / 1e9, 1) == 16.8
    assert 32_768 * VOCABULARY * 4 > N * 2


def test_steps() -> None:
    assert math.ceil(50_000 / 64) == 782
    assert 3 * 782 == 2_346


def test_dpo() -> None:
    def loss(margin: float) -> float:
        return math.log(1 + math.exp(-margin))

    assert round(loss(0.1 * (5 + 3)), 2) == 0.37
    assert round(loss(0), 2) == 0.69
    assert math.isclose(loss(0), math.log(2))


def test_gradients_at_the_start_of_lora() -> None:
    rng = np.random.default_rng(0)
    gradient, a, b = rng.normal(size=(8, 6)), rng.normal(size=(2, 6)), np.zeros((8, 2))

    assert (b.T @ gradient == 0).all()  # of A
    assert (gradient @ a.T != 0).any()  # of B
    assert (gradient @ np.zeros_like(a).T == 0).all()  # of B if A were zero too
