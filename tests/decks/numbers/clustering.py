"""Every number printed in the deck on clustering, computed and compared with its card; its programs as well."""

from math import exp, pi, sqrt
from typing import Any

import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage
from scipy.stats import ttest_ind
from sklearn.cluster import DBSCAN, KMeans
from sklearn.datasets import make_moons
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, rand_score, silhouette_score

from tests.decks.numbers.programs import run, said
from tests.decks.test_facts import note_source

DECK = "clustering"


def test_responsibility() -> None:
    first, second = (exp(-((1 - mean) ** 2) / 2) / sqrt(2 * pi) for mean in (0, 4))
    assert (round(first, 4), round(second, 4)) == (0.2420, 0.0044)
    assert round(first + second, 4) == 0.2464
    assert round(first / (first + second), 2) == 0.98
    card = note_source(DECK, "clu-responsibility")
    assert "0.2420 / 0.2464 = 0.98" in card
    assert "0.98" in note_source(DECK, DECK)


def test_free_parameters() -> None:
    k, d = 3, 10
    weights, means, matrix = k - 1, k * d, d * (d + 1) // 2
    assert weights + means + k * matrix == 197
    assert weights + means + k * d == 62
    assert weights + means + matrix == 87
    card = note_source(DECK, "clu-parameters")
    assert all(text in card for text in ("197", "62", "87", "165"))


def test_dbscan_by_hand() -> None:
    points = np.array([0, 1, 2, 3.5, 10])[:, None]
    found = DBSCAN(eps=1.5, min_samples=3).fit(points)
    assert points[found.core_sample_indices_, 0].tolist() == [1, 2]
    assert found.labels_.tolist() == [0, 0, 0, 0, -1]


def test_heights_and_memory() -> None:
    points = [[0], [1], [3], [7]]
    assert linkage(points, "single")[:, 2].tolist() == [1, 2, 4]
    assert linkage(points, "complete")[:, 2].tolist() == [1, 3, 7]
    assert round(50_000 * 49_999 / 2 * 8 / 1e9) == 10
    assert "heights 1, 2 and 4, B at 1, 3 and 7" in note_source(DECK, "clu-heights")


def test_silhouettes_mislead() -> None:
    moons, truth = make_moons(160, noise=0.08, random_state=0)
    k_means = KMeans(2, n_init=10, random_state=0).fit_predict(moons)
    density = DBSCAN(eps=0.25, min_samples=5).fit_predict(moons)
    assert adjusted_rand_score(truth, density) == 1
    assert round(float(silhouette_score(moons, k_means)), 2) == 0.49
    assert round(float(silhouette_score(moons, density)), 2) == 0.32
    card = note_source(DECK, "clu-moons")
    assert "silhouette 0.49, B 0.32" in card
    noise = np.random.default_rng(0).uniform(size=(1_000, 2))
    for k in (2, 4, 8):
        score = silhouette_score(noise, KMeans(k, n_init=5, random_state=0).fit_predict(noise))
        assert 0.34 < score < 0.44
    assert "about 0.4" in note_source(DECK, "clu-uniform")


def test_rand_adjusted_rand_and_nmi() -> None:
    truth, found = [0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1]
    together = sum(truth[i] == truth[j] and found[i] == found[j] for i in range(6) for j in range(i))
    apart = sum(truth[i] != truth[j] and found[i] != found[j] for i in range(6) for j in range(i))
    assert (together, apart) == (4, 6)
    assert round(rand_score(truth, found), 2) == 0.67
    assert round(adjusted_rand_score(truth, found), 2) == 0.32
    card = note_source(DECK, "clu-rand-example")
    assert "0.67" in card
    assert "0.32" in card
    rng = np.random.default_rng(0)
    groups = np.repeat(range(10), 10)
    random = [rng.integers(0, 50, 100) for _ in range(200)]
    assert round(float(np.mean([normalized_mutual_info_score(groups, r) for r in random])), 2) == 0.49
    assert abs(np.mean([adjusted_rand_score(groups, r) for r in random])) < 0.005
    assert "NMI of 0.49" in note_source(DECK, "clu-ari")


def rejects(x: np.ndarray, labels: np.ndarray) -> bool:
    """Whether one of the two features differs between the clusters, at 5% with Bonferroni's correction."""
    return min(ttest_ind(x[labels == 0, j], x[labels == 1, j]).pvalue for j in (0, 1)) < 0.025


def test_double_dipping_rejects_on_noise_with_and_without_a_split() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        noise = rng.normal(size=(100, 2))
        assert rejects(noise, KMeans(2, n_init=1, random_state=0).fit_predict(noise))
        half = KMeans(2, n_init=1, random_state=0).fit(noise[:50])
        assert rejects(noise[50:], half.predict(noise[50:]))
    assert "all of 50 data sets" in note_source(DECK, "clu-double-dipping")


@pytest.mark.parametrize("note", ["clu-dbscan-code", "clu-em-code"])
def test_a_program_prints_what_its_comments_say(note: str) -> None:
    printed, _ = run(DECK, note)

    assert printed == said(DECK, note)


def test_the_dbscan_program_agrees_with_scikit_learn() -> None:
    _, names = run(DECK, "clu-dbscan-code")
    dbscan: Any = names["dbscan"]
    moons, _ = make_moons(300, noise=0.08, random_state=0)
    own = dbscan(moons, 0.2, 5)
    theirs = DBSCAN(eps=0.2, min_samples=5).fit_predict(moons)

    assert adjusted_rand_score(own, theirs) == 1
    assert ((own == -1) == (theirs == -1)).all()
