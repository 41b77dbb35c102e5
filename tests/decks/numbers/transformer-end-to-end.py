"""The numbers on the cards of `transformer-end-to-end`: parameter counts, costs, first losses, and what RoPE keeps."""

import math

import numpy as np


def block_weights(d: int) -> int:
    """Weights of a classic block of width d: four projections, and an MLP of width 4d; no biases, no norms."""
    return 4 * d**2 + 2 * d * (4 * d)


def test_a_classic_block_has_12_d_squared_weights_two_thirds_of_them_in_the_mlp() -> None:
    assert block_weights(768) == 12 * 768**2
    assert 8 * 768**2 / block_weights(768) == 2 / 3


def test_gpt2_small() -> None:
    d, layers, vocabulary, positions = 768, 12, 50_257, 1_024
    in_blocks = layers * (block_weights(d) + 4 * d + 5 * d + 4 * d)

    assert round(layers * block_weights(d) / 1e6) == 85
    assert round(vocabulary * d / 1e6, 1) == 38.6
    assert round(positions * d / 1e6, 1) == 0.8
    assert round((vocabulary + positions) * d / 1e6) == 39
    assert vocabulary * d + positions * d + in_blocks + 2 * d == 124_439_808


def test_the_mlp_of_llama_3_8b_holds_81_percent_of_a_block() -> None:
    d, key_value_width, mlp_width = 4_096, 8 * 128, 14_336
    attention = 2 * d * d + 2 * d * key_value_width
    mlp = 3 * d * mlp_width

    assert round(100 * mlp / (attention + mlp)) == 81


def test_where_attention_reaches_the_matrices() -> None:
    d = 4_096
    matrices = 2 * block_weights(d)  # FLOPs per token: a multiplication and an addition for each weight

    assert 4 * (6 * d) * d == matrices
    assert 2 * (12 * d) * d == matrices  # half the pairs
    assert 6 * d == 24_576
    assert round(100 * 4 * 2_048 * d / matrices) == 8
    assert round(100 * 2 * 2_048 * d / matrices) == 4


def test_the_loss_of_an_untrained_model() -> None:
    vocabulary = 50_257

    assert round(math.log(vocabulary), 1) == 10.8
    assert round(math.sqrt(2 * (14 - math.log(vocabulary))), 1) == 2.5


def test_random_logits_of_standard_deviation_2_and_a_half_give_a_loss_near_14() -> None:
    logits = 2.5 * np.random.default_rng(0).standard_normal((40, 50_257))
    targets = logits[:, 0]  # any token: the logits know nothing of it

    assert abs((np.log(np.exp(logits).sum(axis=1)) - targets.mean()).mean() - 14) < 1
    assert abs(np.log(np.exp(logits).sum(axis=1)).mean() - (math.log(50_257) + 2.5**2 / 2)) < 0.1


def test_rmsnorm_of_three_and_four() -> None:
    x = np.array([3.0, 4.0])
    rms = np.sqrt((x**2).mean())

    assert round(float(rms), 2) == 3.54
    assert [round(float(value), 2) for value in x / rms] == [0.85, 1.13]


def test_rope_keeps_the_product_of_a_query_and_a_key_three_apart() -> None:
    def rotated(x: np.ndarray, position: int) -> np.ndarray:
        angle = 0.3 * position
        return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]) @ x

    query, key = np.array([1.0, 2.0]), np.array([0.5, -1.0])

    near, far = rotated(query, 7) @ rotated(key, 4), rotated(query, 103) @ rotated(key, 100)
    assert math.isclose(near, far)
    assert not math.isclose(near, rotated(query, 7) @ rotated(key, 5))
