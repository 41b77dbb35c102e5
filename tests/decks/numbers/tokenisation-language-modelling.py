"""The numbers on the cards of `tokenisation-language-modelling`: merges, perplexities, and compute budgets."""

import math
from collections import Counter
from itertools import pairwise

WORDS = {"low": 5, "lower": 2, "newest": 6, "widest": 3}


def join(word: tuple[str, ...], pair: tuple[str, ...]) -> tuple[str, ...]:
    out, i = [], 0
    while i < len(word):
        found = word[i : i + 2] == pair
        out.append(word[i] + word[i + 1] if found else word[i])
        i += 2 if found else 1
    return tuple(out)


def pairs_of(words: dict[tuple[str, ...], int]) -> Counter[tuple[str, str]]:
    pairs: Counter[tuple[str, str]] = Counter()
    for word, count in words.items():
        for pair in pairwise(word):
            pairs[pair] += count
    return pairs


def test_the_merges_of_four_words() -> None:
    words = {(*word, "_"): count for word, count in WORDS.items()}
    counts = pairs_of(words)
    assert {pair for pair, count in counts.items() if count == max(counts.values())} == {
        ("e", "s"),
        ("s", "t"),
        ("t", "_"),
    }
    assert counts["e", "s"] == 9

    learned = []
    for _ in range(4):
        pairs = pairs_of(words)
        learned.append(max(pairs, key=lambda pair: pairs[pair]))
        words = {join(word, learned[-1]): count for word, count in words.items()}
    assert learned == [("e", "s"), ("es", "t"), ("est", "_"), ("l", "o")]


def test_bytes_of_letters() -> None:
    assert [len(letter.encode()) for letter in ("é", "日")] == [2, 3]


def test_perplexities() -> None:
    loss = -sum(math.log(p) for p in (0.5, 0.25, 0.125, 0.25)) / 4

    assert math.isclose(math.exp(loss), 4)
    assert round(math.exp(1_000 / 400), 1) == 12.2
    assert round(math.exp(1_000 / 500), 1) == 7.4
    assert math.isclose(math.exp(math.log(50_257)), 50_257)


def test_bits_per_byte() -> None:
    assert round(2.0 / (math.log(2) * 4.2), 2) == 0.69


def test_compute_budgets() -> None:
    n = math.sqrt(1e24 / 120)

    assert round(n / 1e9) == 91
    assert round(20 * n / 1e12, 1) == 1.8
    assert math.isclose(6 * n * 20 * n, 1e24)
    assert math.isclose(math.sqrt(100 * 1e24 / 120) / n, 10)


def test_llama_3_8b() -> None:
    assert round(15e12 / 8.03e9, -1) == 1_870
    assert round(2 * 128_256 * 4_096 / 1e9, 2) == 1.05
    assert round(100 * 2 * 128_256 * 4_096 / 8.03e9) == 13
