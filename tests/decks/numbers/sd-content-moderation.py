"""Every number printed in the deck on content moderation, computed and compared with its card."""

from math import comb, sqrt

from tests.decks.test_facts import note_source

DECK = "sd-content-moderation"
POSTS = 500_000_000


def precision(prevalence: float, recall: float, false_positive_rate: float) -> float:
    true = prevalence * recall
    return true / (true + (1 - prevalence) * false_positive_rate)


def wilson(successes: int, n: int, z: float = 1.96) -> tuple[float, float]:
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - half, middle + half


def test_precision_at_a_low_base_rate() -> None:
    assert round(POSTS * 0.001 * 0.9) == 450_000
    assert round(POSTS * 0.999 * 0.001) == 499_500
    assert round(precision(0.001, 0.9, 0.001), 2) == 0.47
    card = note_source(DECK, "mod-precision")
    assert all(text in card for text in ("47%", "450 000", "499 500"))
    assert round(precision(0.5, 0.9, 0.001), 3) == 0.999
    assert "99.9%" in note_source(DECK, "mod-balanced-test")


def test_proactive_rate_and_recall() -> None:
    assert 9_500 / 10_000 == 0.95
    assert 10_000 / 50_000 == 0.20
    assert "recall is 20%" in note_source(DECK, "mod-proactive-recall")


def test_thresholds_from_costs() -> None:
    assert round(1 / 21, 3) == 0.048
    assert round(20 / 21, 3) == 0.952
    card = note_source(DECK, "mod-threshold-example")
    assert r"4.8\%" in card
    assert r"95.2\%" in card


def test_reviewers() -> None:
    decisions = POSTS * 0.0002
    assert round(decisions) == 100_000
    assert decisions / 400 == 250
    card = note_source(DECK, "mod-reviewers")
    assert "100 000" in card
    assert "250" in card


def test_kappa() -> None:
    chance = 0.05**2 + 0.95**2
    assert round(chance, 3) == 0.905
    assert round((0.95 - chance) / (1 - chance), 2) == 0.47
    assert "= 0.47$" in note_source(DECK, "mod-kappa")


def test_interval_of_prevalence() -> None:
    low, high = wilson(8, 10_000)
    assert (round(100 * low, 3), round(100 * high, 3)) == (0.041, 0.158)
    assert low < 0.0007 < high
    assert "from 0.041% to 0.158%" in note_source(DECK, "mod-prevalence-interval")


def test_cost_of_the_large_model() -> None:
    assert round(POSTS * 0.0005) == 250_000
    assert round(POSTS * 0.02 * 0.0005) == 5_000
    card = note_source(DECK, "mod-llm-cost")
    assert "5 000" in card
    assert "250 000" in card


def test_random_hashes_are_far_apart() -> None:
    near = sum(comb(256, k) for k in range(32)) / 2**256
    assert 0.5e-37 < near < 1.5e-37
    assert "10^{-37}" in note_source(DECK, "mod-pdq")
