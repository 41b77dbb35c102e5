"""The numbers of the deck preference-tuning: Bradley–Terry, DPO, GRPO, tilted policies, KL gradients, ceilings."""

import math

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(z):
    return np.exp(z) / np.exp(z).sum()


def kl(p, q):
    return float((p * np.log(p / q)).sum())


def test_bradley_terry():
    assert round(float(sigmoid(1)), 3) == 0.731
    assert round(float(sigmoid(2)), 3) == 0.881


def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, beta):
    margin = beta * ((chosen - ref_chosen) - (rejected - ref_rejected))
    return float(np.logaddexp(0, -margin).mean())


def test_dpo():
    assert math.isclose(dpo_loss(-4.0, -5.0, -4.0, -5.0, 0.1), math.log(2))
    assert round(dpo_loss(2.0, -3.0, 0.0, 0.0, 0.1), 3) == 0.474
    a = np.random.default_rng(0).normal(size=(4, 6))
    assert math.isclose(dpo_loss(*a, 0.1), dpo_loss(a[0] - 5, a[1] - 5, a[2], a[3], 0.1))
    h = 1e-6
    difference = (dpo_loss(2 + h, -3.0, 0.0, 0.0, 0.1) - dpo_loss(2 - h, -3.0, 0.0, 0.0, 0.1)) / (2 * h)
    assert math.isclose(difference, -0.1 * sigmoid(-0.5), rel_tol=1e-6)


def test_tilted_reference_is_optimal():
    ref, reward = np.array([0.5, 0.3, 0.2]), np.array([0.0, 1.0, 2.0])
    for beta, shown in ((1, [0.18, 0.29, 0.53]), (0.5, [0.04, 0.16, 0.80])):
        best = softmax(np.log(ref) + reward / beta)
        assert best.round(2).tolist() == shown
        value = lambda p, beta=beta: (p * reward).sum() - beta * kl(p, ref)  # noqa: E731
        others = np.random.default_rng(0).dirichlet(np.ones(3), 2000)
        assert value(best) > max(value(p) for p in others)


def test_ppo_clip():
    objective = lambda ratio, a: min(ratio * a, float(np.clip(ratio, 0.8, 1.2)) * a)  # noqa: E731
    assert objective(1.5, 1) == 1.2
    assert objective(1.5, -1) == -1.5


def test_grpo_advantages():
    r = np.array([1, 1, 0, 0, 0, 0, 0, 0.0])
    assert r.mean() == 0.25
    assert round(r.std(), 3) == 0.433
    population, sample = (r - r.mean()) / r.std(), (r - r.mean()) / r.std(ddof=1)
    assert [round(population[0], 2), round(population[2], 2)] == [1.73, -0.58]
    assert [round(sample[0], 2), round(sample[2], 2)] == [1.62, -0.54]
    equal = np.ones(8)
    assert not ((equal - equal.mean()) / (equal.std() + 1e-4)).any()


def test_memory():
    assert 7 * (16 + 16 + 2 + 2) == 252
    assert 7 * (16 + 2) == 126


def test_best_of_n_and_pass_at_k():
    assert round(math.log(16) - 15 / 16, 2) == 1.84
    assert round(1 - math.comb(7, 5) / math.comb(10, 5), 3) == 0.917


def test_label_agreement():
    p = (1 + math.sqrt(2 * 0.70 - 1)) / 2
    assert math.isclose(p**2 + (1 - p) ** 2, 0.70)
    assert round(p, 2) == 0.82


def test_k3_estimates_reverse_kl_but_follows_the_forward_one():
    theta, ref = np.log([0.5, 0.3, 0.2]), np.array([0.4, 0.4, 0.2])
    p = softmax(theta)
    r = ref / p
    assert math.isclose(float((p * (r - 1 - np.log(r))).sum()), kl(p, ref))
    score = np.eye(3) - p
    k3_gradient = (p[:, None] * (1 - r)[:, None] * score).sum(0)
    h = 1e-6
    numeric = lambda f: np.array([(f(theta + h * e) - f(theta - h * e)) / (2 * h) for e in np.eye(3)])  # noqa: E731
    assert np.allclose(k3_gradient, numeric(lambda t: kl(ref, softmax(t))), atol=1e-8)
    assert not np.allclose(k3_gradient, numeric(lambda t: kl(softmax(t), ref)), atol=1e-3)
