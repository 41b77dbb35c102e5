"""Numbers of the deck on available fraud detection: nines, headroom, the price of failing, thresholds."""

from __future__ import annotations

from math import ceil

from tests.decks.numbers.on_cards import said

DECK = "sd-fraud-high-availability"
YEAR = 365 * 24 * 60


def test_nines_and_budgets() -> None:
    assert round(YEAR / 60 * 0.001, 1) == 8.8
    assert round(YEAR * 0.0001) == 53
    assert said(DECK, "nines", "8.8 hours", "53 minutes")
    assert round(0.001 * 30 * 24 * 60) == 43
    assert said(DECK, "error-budget", "43 minutes in 30 days")
    assert round(0.0005 * 30 * 24 * 60, 1) == 21.6
    assert said(DECK, DECK, "21.6 minutes")


def test_series_and_parallel() -> None:
    assert round(0.999**3 * 100, 1) == 99.7
    assert round((1 - 0.01**2) * 100, 2) == 99.99
    assert said(DECK, "series-availability", "99.7%")
    assert said(DECK, "parallel-availability", "99.99%")
    together = 0.9999 * 0.9995 * 0.9995
    assert round(together * 100, 2) == 99.89
    assert round((1 - together) * YEAR / 60, 1) == 9.6
    assert said(DECK, DECK, "99.89%, 9.6 hours")


def test_headroom_and_scorers() -> None:
    assert said(DECK, "headroom", "50%", "two thirds")
    each = 8 / 0.020
    assert each == 400
    used = 0.6 * each
    assert ceil(2000 / used) == 9
    assert 3 * ceil(9 / 2) == 15
    assert said(DECK, DECK, "nine scorers in two zones, so five in each, 15 in all")


def test_the_price_of_failing() -> None:
    payments = 2000 * 5 * 60
    assert payments == 600_000
    assert payments * 0.001 * 60 == 36_000
    assert payments * 60 * 0.02 == 720_000
    assert 30 * 10**6 * 0.001 * 60 == 1_800_000
    assert said(DECK, DECK, "600 frauds, 36 000 lost", "720 000", "1.8 million")


def test_random_approvals_and_threshold() -> None:
    declined = 30 * 10**6 * 0.005
    assert declined == 150_000
    assert declined / 100 * 0.5 * 20 == 15_000
    assert round(8 / (8 + 80) * 100) == 9
    assert said(DECK, DECK, "150 000 a day", "up to 15 000", "8/(8 + 80) = 9%")


def test_latency_budgets_add_up() -> None:
    assert 20 + 30 + 20 + 10 + 20 == 100
    assert said(DECK, "fraud-latency", "network 20, feature look-ups 30, model 20, rules 10 ms, and 20 ms reserve")
