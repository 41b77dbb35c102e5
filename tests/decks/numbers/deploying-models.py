"""Every number printed in the deck on deploying models, computed and compared with its card."""

from math import ceil, sqrt

import numpy as np

from tests.decks.test_facts import note_source

DECK = "deploying-models"


def test_fleet_size() -> None:
    in_flight = 200 * 0.25
    assert in_flight == 50
    replicas = in_flight / (4 * 0.7)
    assert (round(replicas, 1), ceil(replicas)) == (17.9, 18)
    card = note_source(DECK, "deploy-replicas")
    assert "17.9, so 18" in card
    assert "need 18" in note_source(DECK, DECK)


def test_queue_and_autoscaler() -> None:
    assert [round(0.1 / (1 - load), 6) for load in (0.5, 0.9)] == [0.2, 1.0]
    assert "0.2 s and 1 s" in note_source(DECK, "deploy-mm1")
    assert ceil(10 * 90 / 60) == 15
    assert round(65 / 60, 2) == 1.08
    card = note_source(DECK, "deploy-hpa-example")
    assert "= 15$" in card
    assert "1.08" in card


def cost(price: float, rate: float, use: float) -> float:
    return price / (rate * use * 3600) * 1e6


def test_unit_cost_and_break_even() -> None:
    assert (round(cost(3, 2_500, 0.6), 2), round(cost(3, 2_500, 0.2), 2)) == (0.56, 1.67)
    card = note_source(DECK, "deploy-cost-example")
    assert "0.56" in card
    assert "1.67" in card
    tokens = 3 * 24 / 0.60
    assert round(tokens, 6) == 120
    assert round(tokens * 1e6 / 86_400) == 1_389
    card = note_source(DECK, "deploy-api-or-gpu")
    assert "120 million" in card
    assert "1 389" in card


def test_times() -> None:
    assert round(14 * 8 / 10, 1) == 11.2
    assert "11.2" in note_source(DECK, "deploy-cold-start-example")
    assert round(0.40 + 249 * 0.02, 1) == 5.4
    assert "= 5.4$ s" in note_source(DECK, "deploy-llm-latency")


def test_percentiles_of_two_replicas_do_not_fix_the_fleets() -> None:
    """Both replicas keep their p99 of 0.1 and 1.0 s while the fleet's p99 takes both ends of the range."""

    def p99(times: np.ndarray) -> float:
        return float(np.percentile(times, 99, method="inverted_cdf"))

    slow = np.r_[np.full(980, 0.1), np.full(20, 1.0)]
    assert p99(slow) == 1.0
    fast = np.full(9_000, 0.1)
    assert p99(fast) == 0.1
    assert p99(np.r_[slow, fast]) == 0.1
    slower, few = np.full(9_000, 1.0), np.full(1_000, 0.1)
    assert (p99(slower), p99(few)) == (1.0, 0.1)
    assert p99(np.r_[slower, few]) == 1.0
    assert "from 0.1 to 1.0 s" in note_source(DECK, "deploy-percentiles")
    assert "0.55" in note_source(DECK, "deploy-percentiles")


def test_tail_rule_of_three_and_burn_rate() -> None:
    assert round(1 - 0.99**100, 2) == 0.63
    assert r"63\%" in note_source(DECK, "deploy-tail")
    assert abs((1 - 0.001) ** 3_000 - 0.05) < 0.001
    assert round(14.4 / (30 * 24), 3) == 0.02
    assert round(30 * 24 * 60 * 0.001) == 43
    card = note_source(DECK, "deploy-burn-rate")
    assert r"2\%" in card
    assert "43 minutes" in card


def test_size_of_a_canary() -> None:
    a, b = 0.001, 0.002
    mean = (a + b) / 2
    spread = 1.96 * sqrt(2 * mean * (1 - mean)) + 0.8416 * sqrt(a * (1 - a) + b * (1 - b))
    n = (spread / (b - a)) ** 2
    assert round(n, -2) == 23_500
    assert round(n / (500 * 0.01) / 3600, 1) == 1.3
    card = note_source(DECK, "deploy-canary-size")
    assert "23 500" in card
    assert "1.3 hours" in card
    assert "1.3 hours" in note_source(DECK, DECK)
