"""The numbers on the cards of `rag`: chunks, fused ranks, and how recall and reading multiply."""

import math
from collections import Counter


def fuse(rankings: list[list[str]], constant: int = 60) -> list[str]:
    scores: Counter[str] = Counter()
    for ranking in rankings:
        for rank, document in enumerate(ranking, start=1):
            scores[document] += 1 / (constant + rank)
    return [document for document, _ in scores.most_common()]


def test_chunks_of_a_million_documents() -> None:
    per_document = math.ceil((1_200 - 50) / 350)

    assert per_document == 4
    assert 3 * 350 + 50 < 1_200 <= 4 * 350 + 50  # three chunks do not reach the end, four do
    assert round(4_000_000 * 1_024 * 4 / 1e9, 1) == 16.4


def test_steady_beats_brilliant_once() -> None:
    assert round(2 / 63, 4) == 0.0317
    assert round(1 / 61 + 1 / 70, 4) == 0.0307


def test_a_weak_ranking_outvotes_a_good_one() -> None:
    assert round(1 / 61 + 1 / 69, 4) == 0.0309
    assert round(1 / 62 + 1 / 61, 4) == 0.0325


def test_the_fusion_on_the_card() -> None:
    assert fuse([["a", "b"], ["c", "a"]]) == ["a", "c", "b"]
    assert fuse([list("abcdefgh"), list("hgfedcba")])[0] in "ah"


def test_recall_times_reading() -> None:
    assert round(0.90 * 0.92, 2) == 0.83
    assert round(0.85**2, 2) == 0.72


def test_long_context_against_five_chunks() -> None:
    assert 200_000 / (5 * 400 + 500) == 80
