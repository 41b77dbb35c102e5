"""The numbers on the cards of `probability-bayes`: updates by Bayes' rule, the puzzles, and Simpson's table."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np


def updated(prior: float, ratio: float) -> float:
    """The posterior probability from a prior probability and a likelihood ratio."""
    odds = prior / (1 - prior) * ratio
    return odds / (1 + odds)


def test_the_positive_test_of_the_core_question() -> None:
    ill, healthy = 10_000 * 0.01 * 0.95, 10_000 * 0.99 * 0.10

    assert (round(ill), round(healthy), round(ill + healthy)) == (95, 990, 1085)
    assert round(ill / (ill + healthy), 3) == 0.088
    assert math.isclose(updated(0.01, 0.95 / 0.10), ill / (ill + healthy))


def test_two_positives_and_the_break_even_prevalence() -> None:
    assert round(9.5**2 / 99, 2) == 0.91
    assert round(updated(0.01, 9.5**2), 2) == 0.48
    assert math.isclose(updated(updated(0.01, 9.5), 9.5), updated(0.01, 9.5**2))
    assert math.isclose(updated(1 / 10.5, 9.5), 0.5)
    assert round(1 / 10.5, 3) == 0.095


def test_precision_when_fraud_gets_rarer() -> None:
    assert round(updated(0.5, 0.9 / 0.01), 2) == 0.99
    assert round(updated(0.001, 0.9 / 0.01), 2) == 0.08
    assert math.isclose(updated(0.5, 9), 0.9)
    assert round(updated(0.001, 9), 3) == 0.009


def test_the_correction_after_down_sampling() -> None:
    beta, score = 0.1, 0.5

    assert round(beta * score / (beta * score + 1 - score), 2) == 0.09
    assert math.isclose(updated(score, beta), 0.1 / 1.1)


def test_expectations_of_dice_hats_and_orders() -> None:
    faces = range(1, 7)
    once = Fraction(sum(faces), 6)

    assert sum((max(Fraction(face), once) for face in faces), Fraction(0)) / 6 == Fraction(17, 4)
    assert [face for face in faces if face < once] == [1, 2, 3]
    assert Fraction(sum(max(pair) for pair in itertools.product(faces, faces)), 36) == Fraction(161, 36)
    assert round(161 / 36, 2) == 4.47
    assert round(6 * sum(1 / k for k in faces), 1) == 14.7
    for n in (1, 3, 5):
        orders = list(itertools.permutations(range(n)))
        assert sum(i == hat for order in orders for i, hat in enumerate(order)) == len(orders)
    assert 0.5 * 20 + 0.5 * 40 == 30


def test_monty_hall_with_both_hosts_by_enumeration() -> None:
    """You hold door 0; the knowing host never opens the car's door, the other opens door 1 or 2 blindly."""
    knowing, blind, shown = Fraction(0), Fraction(0), Fraction(0)
    for car in range(3):
        goats = [door for door in (1, 2) if door != car]
        knowing += Fraction(1, 3) * (car != 0)
        for _ in goats:
            shown += Fraction(1, 6)
            blind += Fraction(1, 6) * (car != 0)

    assert knowing == Fraction(2, 3)
    assert blind / shown == Fraction(1, 2)


def test_two_children_by_enumeration() -> None:
    families = list(itertools.product("bg", repeat=2))
    selected = [family for family in families if "b" in family]
    met = [family for family in families for child in family if child == "b"]
    children = list(itertools.product("bg", range(7)))
    tuesday = [family for family in itertools.product(children, repeat=2) if ("b", 1) in family]
    both = [family for family in tuesday if family[0][0] == family[1][0] == "b"]
    met_tuesday = [family for family in itertools.product(children, repeat=2) for child in family if child == ("b", 1)]
    met_both = [family for family in met_tuesday if family[0][0] == family[1][0] == "b"]

    assert Fraction(selected.count(("b", "b")), len(selected)) == Fraction(1, 3)
    assert Fraction(met.count(("b", "b")), len(met)) == Fraction(1, 2)
    assert (len(both), len(tuesday)) == (13, 27)
    assert Fraction(len(met_both), len(met_tuesday)) == Fraction(1, 2)


def test_waiting_for_two_letters() -> None:
    """Expected flips from the start s and from one right letter h solve s = 1 + h/2 + s/2 and the rule below."""
    start_hh, _ = np.linalg.solve([[0.5, -0.5], [-0.5, 1.0]], [1.0, 1.0])
    start_ht, _ = np.linalg.solve([[0.5, -0.5], [0.0, 0.5]], [1.0, 1.0])

    assert math.isclose(start_hh, 6)
    assert math.isclose(start_ht, 4)


def test_the_two_headed_coin_and_the_colliding_keys() -> None:
    keys = math.sqrt(2 * math.log(2) * 2**32)
    no_collision = math.exp(sum(math.log1p(-i / 2**32) for i in range(77_163)))

    assert 0.50 < updated(1 / 1000, 2**10) < 0.51
    assert round(keys, -3) == 77_000
    assert abs(no_collision - 0.5) < 1e-4


def test_simpsons_table() -> None:
    small_a, small_b, large_a, large_b = 81 / 87, 234 / 270, 192 / 263, 55 / 80

    assert [round(100 * share) for share in (small_a, small_b, large_a, large_b)] == [93, 87, 73, 69]
    assert (81 + 192, 87 + 263, 234 + 55, 270 + 80) == (273, 350, 289, 350)
    assert [round(100 * share) for share in (273 / 350, 289 / 350)] == [78, 83]


def test_pairwise_independence_and_the_excess_of_heads() -> None:
    flips = list(itertools.product((0, 1), repeat=2))
    events = [{f for f in flips if f[0]}, {f for f in flips if f[1]}, {f for f in flips if f[0] == f[1]}]

    assert all(len(a & b) * 4 == len(a) * len(b) for a, b in itertools.combinations(events, 2))
    assert len(events[0] & events[1] & events[2]) / 4 != (1 / 2) ** 3

    def excess(n: int) -> Fraction:
        return sum((Fraction(math.comb(n, k) * abs(2 * k - n), 2**n) for k in range(n + 1)), Fraction(0))

    assert 1.98 < excess(400) / excess(100) < 2.02
