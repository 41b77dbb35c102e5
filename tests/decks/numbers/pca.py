"""Numbers of the deck on PCA: shares of variance, units, ranks, and the SVD."""

from __future__ import annotations

import numpy as np

from tests.decks.numbers.on_cards import said

DECK = "pca"


def test_share_of_variance() -> None:
    assert (6 + 3) / (6 + 3 + 1) == 0.9
    assert said(DECK, "pca-explained-example", "0.9")


def test_millimetres() -> None:
    assert 1000**2 == 10**6
    assert said(DECK, "pca-metres", "a million times")


def test_rank_and_eigenvalues() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5, 8))
    X -= X.mean(axis=0)
    values = np.linalg.svd(X, compute_uv=False)
    assert (values > 1e-10).sum() == 4
    eigenvalues = np.sort(np.linalg.eigvalsh(np.cov(X.T)))[::-1][:4]
    assert np.allclose(values[:4] ** 2 / 4, eigenvalues)
    assert said(DECK, "pca-rank", "n - 1")
