"""Every number printed in the deck on search ranking, computed and compared with its card."""

from collections.abc import Callable, Sequence
from math import exp, log, log2

from sklearn.metrics import average_precision_score, ndcg_score

from tests.decks.numbers.programs import run, said
from tests.decks.test_facts import note_source

DECK = "sd-search-ranking"
ORDER = (2, 0, 3, 1)


def exponential(grade: float) -> float:
    return 2**grade - 1


def dcg(grades: Sequence[float], gain: Callable[[float], float] = exponential) -> float:
    return sum(gain(grade) / log2(rank + 1) for rank, grade in enumerate(grades, 1))


def ndcg(grades: Sequence[float], gain: Callable[[float], float] = exponential) -> float:
    return dcg(grades, gain) / dcg(sorted(grades, reverse=True), gain)


def bm25_factor(count: float, length_ratio: float = 1, k1: float = 1.2, b: float = 0.75) -> float:
    return count * (k1 + 1) / (count + k1 * (1 - b + b * length_ratio))


def test_ndcg_with_both_gains() -> None:
    assert round(dcg(ORDER), 2) == 6.93
    assert round(dcg(sorted(ORDER, reverse=True)), 2) == 9.39
    assert round(ndcg(ORDER), 3) == 0.738
    assert round(ndcg(ORDER, float), 3) == 0.825
    assert round(ndcg_score([ORDER], [[4, 3, 2, 1]]), 3) == 0.825
    assert round(ndcg_score([[exponential(g) for g in ORDER]], [[4, 3, 2, 1]]), 3) == 0.738
    card = note_source(DECK, "search-ndcg-example")
    assert all(text in card for text in ("6.93", "9.39", "0.738", "0.825"))
    assert "0.738" in note_source(DECK, DECK)


def test_average_precision_divides_by_all_relevant() -> None:
    hits = [1, 0, 1, 0, 0, 1]
    total = sum(sum(hits[:rank]) / rank for rank, hit in enumerate(hits, 1) if hit)
    assert round(total / 4, 3) == 0.542
    assert round(total / 3, 3) == 0.722
    assert round(average_precision_score(hits, [6, 5, 4, 3, 2, 1]), 3) == 0.722
    card = note_source(DECK, "search-ap-example")
    assert "0.542" in card
    assert "0.722" in card


def test_empty_queries_and_ties_in_scikit_learn() -> None:
    assert ndcg_score([[0, 0, 0]], [[3, 2, 1]]) == 0
    assert "scikit-learn returns 0" in note_source(DECK, "search-empty-queries")
    assert round(ndcg_score([[3, 0, 0]], [[1, 1, 1]]), 2) == 0.71
    assert "0.71" in note_source(DECK, "search-ties")


def test_ranknet_and_lambda_weight() -> None:
    assert round(log(1 + exp(-1)), 3) == 0.313
    assert round(1 / (1 + exp(1)), 3) == 0.269
    card = note_source(DECK, "search-ranknet-example")
    assert "0.313" in card
    assert "0.269" in card
    swapped = (3, 0, 2, 1)
    assert round(ndcg(swapped) - ndcg(ORDER), 3) == 0.213
    assert "0.213" in note_source(DECK, "search-lambda-example")


def test_bm25_factors() -> None:
    assert (round(bm25_factor(3), 2), round(bm25_factor(30), 2)) == (1.57, 2.12)
    assert abs(bm25_factor(1e9) - 2.2) < 1e-6
    assert 1.3 < bm25_factor(30) / bm25_factor(3) < 1.36
    assert round(bm25_factor(3, length_ratio=2), 2) == 1.29
    card = note_source(DECK, "search-bm25-example")
    assert "1.57" in card
    assert "2.12" in card
    assert "1.29 instead of 1.57" in note_source(DECK, "search-bm25-b")


def test_latency_budget() -> None:
    assert 15 + 40 + 30 + 25 + 60 + 30 == 200
    card = note_source(DECK, "search-funnel")
    assert all(f"{text}" in card for text in ("40 ms", "30 ms for features, 25", "60 ms", "15 ms", "network 30"))


def test_the_ndcg_program_prints_what_its_comment_says() -> None:
    printed, _ = run(DECK, "search-ndcg-code")

    assert printed == said(DECK, "search-ndcg-code")
