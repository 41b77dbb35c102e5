"""The numbers on the cards of `attention`: saturation, costs, cache sizes, and the online softmax."""

import math

import numpy as np


def softmax(scores: np.ndarray) -> np.ndarray:
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights: np.ndarray = e / e.sum(axis=-1, keepdims=True)
    return weights


def cache_bytes(layers: int, key_value_heads: int, head_width: int, number_bytes: int) -> int:
    """Keys and values of one token."""
    return 2 * layers * key_value_heads * head_width * number_bytes


def test_the_variance_of_a_dot_product_is_the_width() -> None:
    rng = np.random.default_rng(0)
    products = (rng.standard_normal((40_000, 64)) * rng.standard_normal((40_000, 64))).sum(axis=1)

    assert abs(products.std() - math.sqrt(64)) < 0.1


def test_the_largest_of_16_weights_with_and_without_scaling() -> None:
    rng = np.random.default_rng(0)
    scores = np.einsum("rd,rkd->rk", rng.standard_normal((8_000, 64)), rng.standard_normal((8_000, 16, 64)))

    assert abs(softmax(scores).max(axis=1).mean() - 0.84) < 0.01
    assert abs(softmax(scores / 8).max(axis=1).mean() - 0.25) < 0.01


def test_the_scale_of_heads_of_128() -> None:
    assert round(math.sqrt(4_096 / 32), 1) == 11.3


def test_the_causal_row_of_three_tokens() -> None:
    keys = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    scores = keys @ keys[1] / math.sqrt(2)

    assert [round(float(score), 2) for score in scores] == [0, 0.71, 0.71]
    assert [round(float(w), 2) for w in softmax(np.where([True, True, False], scores, -np.inf))] == [0.33, 0.67, 0]


def test_pairs_and_projections() -> None:
    n = d = 4_096

    assert round(8 * n * d**2 / 1e11, 1) == 5.5
    assert round(4 * n**2 * d / 1e11, 1) == 2.7
    assert 4 * (2 * d) ** 2 * d == 8 * (2 * d) * d**2


def test_the_memory_of_the_scores() -> None:
    assert 32 * 8_192**2 * 2 == 4 * 2**30


def test_cache_per_token() -> None:
    sizes = [cache_bytes(32, heads, 128, 2) for heads in (32, 8, 1)]

    assert [size // 2**10 for size in sizes] == [512, 128, 16]
    assert [size * 8_192 / 2**30 for size in sizes[:2]] == [4, 1]


def test_the_latent_of_deepseek_v3() -> None:
    assert 512 + 64 == 576
    assert round(61 * 576 * 2 / 2**10, 1) == 68.6


def test_a_fully_masked_row() -> None:
    with np.errstate(invalid="ignore"):
        assert np.isnan(softmax(np.full(4, -np.inf))).all()
    assert (softmax(np.full(4, -1e9)) == 0.25).all()


def test_the_online_softmax_equals_the_plain_one() -> None:
    rng = np.random.default_rng(0)
    q, keys, values = rng.normal(size=8), rng.normal(size=(10, 8)), rng.normal(size=(10, 3))
    top, total, out = -np.inf, 0.0, np.zeros(3)
    for i in range(0, 10, 4):
        scores = keys[i : i + 4] @ q / math.sqrt(8)
        new = max(top, float(scores.max()))
        e, shrink = np.exp(scores - new), math.exp(top - new)
        total, out, top = total * shrink + float(e.sum()), out * shrink + e @ values[i : i + 4], new

    assert np.allclose(out / total, softmax(keys @ q / math.sqrt(8)) @ values)
