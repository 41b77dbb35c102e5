"""Numbers of the deck on imbalanced data: thresholds, corrections, and SMOTE before the folds."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import NearestNeighbors

from tests.decks.numbers.on_cards import said

DECK = "imbalanced-data"


def smote(X: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Plain SMOTE to equal classes, with five neighbours."""
    minority = X[y == 1]
    missing = int((y == 0).sum() - len(minority))
    near = NearestNeighbors(n_neighbors=6).fit(minority).kneighbors(minority, return_distance=False)[:, 1:]
    start = rng.integers(len(minority), size=missing)
    other = near[start, rng.integers(5, size=missing)]
    made = minority[start] + rng.random((missing, 1)) * (minority[other] - minority[start])
    return np.vstack([X, made]), np.concatenate([y, np.ones(missing, dtype=int)])


def test_smote_before_the_folds_makes_noise_predictable() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1000, 10)), np.repeat([0, 1], [950, 50])

    def f1(before: bool) -> float:
        data, labels = smote(X, y, rng) if before else (X, y)
        scores = []
        for fit, held_out in StratifiedKFold(5, shuffle=True, random_state=0).split(data, labels):
            train = (data[fit], labels[fit]) if before else smote(data[fit], labels[fit], rng)
            forest = RandomForestClassifier(60, random_state=0).fit(*train)
            scores.append(f1_score(labels[held_out], forest.predict(data[held_out]), zero_division=0))
        return float(np.mean(scores))

    assert f1(before=True) > 0.92
    assert f1(before=False) < 0.12
    assert said(DECK, "smote-leak-size", "About 0.95 before, about 0.1 or less inside")


def test_thresholds_and_prevalence() -> None:
    assert 4 / (4 + 1) == 0.8
    assert said(DECK, "cost-optimal-example", "0.8")
    assert 0.001 * 10**7 == 10_000
    assert 0.01 * 500 == 5


def test_correction_after_undersampling() -> None:
    share, prior = 0.1, 0.02
    odds_after = prior / (1 - prior) / share
    p_s = odds_after / (1 + odds_after)
    assert abs(share * p_s / (share * p_s + 1 - p_s) - prior) < 1e-12
