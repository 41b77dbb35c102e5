"""The listing of `code-attention-sampling` under its own tests, and the numbers on its cards."""

import re
from pathlib import Path
from typing import Any

import numpy as np

DECK = Path(__file__).parents[3] / "decks/ml/coding/code-attention-sampling.md"
P = np.array([0.5, 0.25, 0.15, 0.07, 0.03])


def listing() -> dict[str, Any]:
    """What the listing of the core note defines."""
    code = re.search(r"```python\n(.*?)```", DECK.read_text("utf-8"), re.DOTALL)
    assert code
    names: dict[str, Any] = {}
    exec(code.group(1), names)
    return names


CODE = listing()
WEIGHTS = np.random.default_rng(1).normal(size=(4, 16, 16)) / 4
X = np.random.default_rng(2).normal(size=(2, 5, 16))


def multi_head(x: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    out: np.ndarray = CODE["multi_head"](x, *WEIGHTS, heads=4, mask=mask)
    return out


def shares(**settings: Any) -> np.ndarray:
    """How often each token of P is drawn."""
    rng = np.random.default_rng(0)
    drawn = [CODE["sample"](np.log(P), rng, **settings) for _ in range(20_000)]
    return np.bincount(drawn, minlength=len(P)) / 20_000


def tempered(temperature: float) -> np.ndarray:
    power = P ** (1 / temperature)
    p: np.ndarray = power / power.sum()
    return p


def test_multi_head_attention_equals_a_slow_loop() -> None:
    wq, wk, wv, wo = WEIGHTS
    expected = np.zeros_like(X)
    for b in range(2):
        for i in range(5):
            heads = []
            for s in (slice(4 * h, 4 * h + 4) for h in range(4)):
                scores = np.array([(X[b, i] @ wq)[s] @ (X[b, j] @ wk)[s] / 2 for j in range(i + 1)])
                w = np.exp(scores) / np.exp(scores).sum()
                heads.append(sum(w[j] * (X[b, j] @ wv)[s] for j in range(i + 1)))
            expected[b, i] = np.concatenate(heads) @ wo

    assert np.allclose(multi_head(X, CODE["causal_mask"](5, 5)), expected)


def test_a_wrong_split_has_the_right_shape_and_other_content() -> None:
    y = X @ WEIGHTS[0]
    right, wrong = y.reshape(2, 5, 4, 4).transpose(0, 2, 1, 3), y.reshape(2, 4, 5, 4)

    assert right.shape == wrong.shape
    assert not np.allclose(right, wrong)


def test_padding_equals_the_shorter_input() -> None:
    padding = np.array([True, True, True, False, False])[None, None, None]

    padded = multi_head(X, CODE["causal_mask"](5, 5) & padding)
    assert np.allclose(padded[:, :3], multi_head(X[:, :3], CODE["causal_mask"](3, 3)))


def test_the_last_cached_query_equals_the_full_pass() -> None:
    q, k, v = np.random.default_rng(3).normal(size=(3, 5, 8))

    full = CODE["attention"](q, k, v, CODE["causal_mask"](5, 5))
    assert np.allclose(CODE["attention"](q[-1:], k, v, CODE["causal_mask"](1, 5)), full[-1:])
    assert CODE["causal_mask"](2, 5).astype(int).tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    assert np.tril(np.ones((1, 5)))[0].tolist() == [1, 0, 0, 0, 0]


def test_a_fully_masked_row_gives_zeros() -> None:
    assert (CODE["attention"](np.ones((1, 2)), np.ones((3, 2)), np.ones((3, 2)), np.zeros((1, 3), bool)) == 0).all()
    assert (CODE["softmax"](np.full(4, -1e9)) == 0.25).all()
    with np.errstate(over="ignore"):
        assert np.isneginf(np.array(-1e9).astype(np.float16))


def test_masking_after_the_softmax() -> None:
    rows = (CODE["softmax"](np.zeros((4, 4))) * CODE["causal_mask"](4, 4)).sum(axis=1)

    assert rows.tolist() == [0.25, 0.5, 0.75, 1]


def test_large_scores_do_not_overflow() -> None:
    assert np.allclose(CODE["softmax"](np.array([1000.0, 1001.0])), CODE["softmax"](np.array([0.0, 1.0])))


def test_the_sampler_draws_what_the_cards_say() -> None:
    for settings, expected in [
        ({}, P),
        ({"temperature": 0.5}, tempered(0.5)),
        ({"temperature": 2}, tempered(2)),
        ({"top_k": 2}, [2 / 3, 1 / 3, 0, 0, 0]),
        ({"top_p": 0.8}, [0.556, 0.278, 0.167, 0, 0]),
        ({"top_p": 0.0}, [1, 0, 0, 0, 0]),
        ({"temperature": 0}, [1, 0, 0, 0, 0]),
        ({"top_k": 9}, P),
    ]:
        assert np.allclose(shares(**settings), expected, atol=0.012), settings


def test_temperature_and_candidates() -> None:
    assert [round(float(tempered(t)[0]), 2) for t in (0.5, 2)] == [0.73, 0.35]
    assert [int((shares(temperature=t, top_p=0.8) > 0).sum()) for t in (0.5, 1, 2)] == [2, 3, 4]
    assert [int((shares(temperature=t, top_k=3) > 0).sum()) for t in (0.5, 1, 2)] == [3, 3, 3]
    assert [round(float(p), 2) for p in P[:3] / P[:3].sum()] == [0.56, 0.28, 0.17]
    assert int((0.2 * P[0] <= P).sum()) == 3


def test_repeat_and_tile() -> None:
    assert np.repeat([0, 1], 2).tolist() == [0, 0, 1, 1]
    assert np.tile([0, 1], 2).tolist() == [0, 1, 0, 1]


def test_scores_of_100_000_tokens() -> None:
    assert 100_000**2 * 4 == 40e9
