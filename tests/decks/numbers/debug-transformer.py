"""The numbers of the deck debug-transformer: first losses, floors, scales, and what each seeded bug breaks."""

import math

import numpy as np

VOCABULARY, LENGTH, WIDTH, HEADS = 11, 8, 16, 2


def softmax(scores, axis=-1):
    powers = np.exp(scores - scores.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def norm(x):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)


def weights(std=0.3, seed=0, blocks=1):
    rng = np.random.default_rng(seed)
    shapes = {"E": (VOCABULARY, WIDTH), "P": (LENGTH, WIDTH), "U": (WIDTH, VOCABULARY)}
    for b in range(blocks):
        shapes |= {f"QKV{b}": (WIDTH, 3 * WIDTH), f"O{b}": (WIDTH, WIDTH)}
        shapes |= {f"A{b}": (WIDTH, 4 * WIDTH), f"B{b}": (4 * WIDTH, WIDTH)}
    return {name: rng.normal(0, std, shape) for name, shape in shapes.items()}


def split_heads(x, bug):
    b, t, _ = x.shape
    if bug == "reshape":
        return x.reshape(b, HEADS, t, WIDTH // HEADS)
    return x.reshape(b, t, HEADS, WIDTH // HEADS).transpose(0, 2, 1, 3)


def allowed(t, bug):
    offsets = {"one too far": 1, "no diagonal": -1, "no mask": t}
    return np.tril(np.ones((t, t), bool), offsets.get(bug, 0))


def attention_weights(scores, bug):
    seen = allowed(scores.shape[-1], bug)
    if bug == "mask after softmax":
        return softmax(scores) * seen
    return softmax(np.where(seen, scores, -np.inf), -2 if bug == "query axis" else -1)


def forward(p, tokens, bug=None, blocks=1):
    """Logits (B, T, V) and the last block's attention weights, with one seeded bug."""
    b, t = tokens.shape
    x = p["E"][tokens] + (0 if bug == "no positions" else p["P"][:t])
    for block in range(blocks):
        q, k, v = (split_heads(z, bug) for z in np.split(norm(x) @ p[f"QKV{block}"], 3, axis=-1))
        scores = q @ k.swapaxes(-1, -2) / (1 if bug == "no scale" else math.sqrt(WIDTH // HEADS))
        a = attention_weights(scores, bug)
        mixed = (a @ v).transpose(0, 2, 1, 3).reshape(b, t, WIDTH) @ p[f"O{block}"]
        x = mixed if bug == "no residual" else x + mixed
        x = x + np.maximum(norm(x) @ p[f"A{block}"], 0) @ p[f"B{block}"]
    return norm(x) @ p["U"], a


def batch(rows=4):
    return np.random.default_rng(1).integers(0, VOCABULARY, (rows, LENGTH))


def moved_positions(bug, position=5):
    p, tokens = weights(), batch()
    changed = tokens.copy()
    changed[:, position] = (changed[:, position] + 1) % VOCABULARY
    before, after = forward(p, tokens, bug)[0], forward(p, changed, bug)[0]
    return np.flatnonzero(~np.isclose(before, after).all(axis=(0, 2))).tolist()


def rows_sum_to_one(bug):
    return np.allclose(forward(weights(), batch(), bug)[1].sum(-1), 1)


def order_counts(bug, blocks=1):
    p, tokens = weights(blocks=blocks), np.array([[1, 2, 3, 4, 5, 6, 7, 8]])
    swapped = tokens[:, [1, 0, 2, 3, 4, 5, 6, 7]]
    return not np.allclose(forward(p, tokens, bug, blocks)[0][:, -1], forward(p, swapped, bug, blocks)[0][:, -1])


def test_first_losses():
    assert round(math.log(VOCABULARY), 2) == 2.40
    assert round(math.log(50_257), 1) == 10.8
    assert round(math.log(65), 2) == 4.17
    assert round(math.log(10), 2) == 2.30
    p, tokens = weights(std=0.02), batch(64)
    probabilities = softmax(forward(p, tokens)[0])
    targets = np.random.default_rng(2).integers(0, VOCABULARY, tokens.shape)
    loss = -np.log(np.take_along_axis(probabilities, targets[..., None], -1)).mean()
    assert round(float(loss), 2) == 2.40


def first_loss(sigma, classes=1000, rows=4000):
    z = np.random.default_rng(0).normal(0, sigma, (rows, classes))
    return float((np.log(np.exp(z - z.max(1, keepdims=True)).sum(1)) + z.max(1) - z[:, 0]).mean())


def test_large_logits_raise_the_first_loss():
    assert round(math.log(1000), 1) == 6.9
    assert round(math.sqrt(512), 1) == 22.6
    assert abs(first_loss(math.sqrt(512)) - 73) < 1
    assert round(first_loss(1), 1) == 7.4
    assert abs(first_loss(1) - math.log(1000) - 0.5) < 0.03


def test_double_softmax_floor():
    certain = np.eye(10)[:1]
    floor = -np.log(softmax(certain))[0, 0]
    assert math.isclose(floor, math.log(10 - 1 + math.e) - 1)
    assert round(floor, 2) == 1.46


def test_scaling_of_scores():
    rng = np.random.default_rng(0)
    q, k = rng.normal(size=(1000, 64)), rng.normal(size=(1000, 64, 64))
    scores = np.einsum("nd,ntd->nt", q, k)
    assert round(float(softmax(scores).max(-1).mean()), 2) == 0.79
    assert round(float(softmax(scores / 8).max(-1).mean()), 2) == 0.11
    assert abs(scores.std() - 8) < 0.1
    assert round(math.sqrt(64) / math.sqrt(512), 2) == 0.35


def test_micro_batches():
    assert (900 * 2.0 + 100 * 4.0) / 1000 == 2.2
    assert (2.0 + 4.0) / 2 == 3.0


def test_float16_limits():
    assert np.finfo(np.float16).max == 65_504
    with np.errstate(over="ignore"):
        assert np.isneginf(np.array(-1e9).astype(np.float16))


def test_which_bug_fails_which_property():
    assert moved_positions(None) == [5, 6, 7]
    assert moved_positions("reshape") == [2, 3, 4, 5, 6, 7]
    for bug in ("no mask", "one too far", "mask after softmax", "query axis"):
        assert min(moved_positions(bug)) < 5, bug
    assert rows_sum_to_one(None)
    assert not rows_sum_to_one("mask after softmax")
    assert not rows_sum_to_one("query axis")
    for silent in ("no residual", "no scale"):
        assert moved_positions(silent) == [5, 6, 7], silent
        assert rows_sum_to_one(silent), silent
        assert order_counts(silent), silent


def test_a_mask_without_diagonal_is_nan_at_once():
    with np.errstate(invalid="ignore"):
        logits = forward(weights(), batch(), "no diagonal")[0]
    assert np.isnan(logits[:, 0]).all()


def test_lost_positions_show_only_in_one_block():
    assert order_counts(None)
    assert not order_counts("no positions")
    assert order_counts("no positions", blocks=2)


def test_repeated_indices():
    ids, d = np.array([2, 2, 3]), np.ones(3)
    lost, right = np.zeros(4), np.zeros(4)
    lost[ids] += d
    np.add.at(right, ids, d)
    assert lost.tolist() == [0, 0, 1, 1]
    assert right.tolist() == [0, 0, 2, 1]
