"""One factor on every stability, from what was predicted and what happened."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.memory.fsrs import DEFAULTS
from flashcards.domain.memory.strength import LEAST_SD, UNKNOWN, fit_strength, strength_of
from tests.learner_logs import made_up_log

ANSWERS = st.lists(st.tuples(st.floats(0.01, 100), st.booleans()), max_size=80)


def answers(count: int, factor: float) -> list[tuple[float, bool]]:
    chance = random.Random(count)
    ratios = [math.exp(chance.uniform(-2, 2)) for _ in range(count)]
    return [(it, chance.random() < (1 + DEFAULTS.factor * it / factor) ** -DEFAULTS.decay) for it in ratios]


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_it_is_found(factor: float) -> None:
    found = fit_strength(answers(20_000, factor))
    assert found.factor == pytest.approx(factor, rel=0.1)
    assert abs(found.log_mean - math.log(factor)) < 3 * found.log_sd


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_it_is_found_in_a_log(factor: float) -> None:
    assert strength_of(made_up_log(60, 10, 1, strength=factor)).factor == pytest.approx(factor, rel=0.3)


def test_nothing_known_is_the_prior() -> None:
    assert fit_strength([]) == UNKNOWN
    assert UNKNOWN.factor == 1.0
    assert UNKNOWN.log_sd == 0.625
    assert UNKNOWN.at(-1) == pytest.approx(math.exp(-0.625))


def test_more_answers_are_surer() -> None:
    few, many = fit_strength(answers(50, 1.0)), fit_strength(answers(5000, 1.0))
    assert LEAST_SD <= many.log_sd < few.log_sd < 0.625


@pytest.mark.parametrize("right", [True, False])
def test_answers_all_alike_do_not_run_away(right: bool) -> None:
    found = fit_strength([(1.0, right)] * 10_000)
    assert abs(found.log_mean) <= 3
    assert (found.factor > 1) is right


@given(ANSWERS)
def test_bounds(given_answers: list[tuple[float, bool]]) -> None:
    found = fit_strength(given_answers)
    assert abs(found.log_mean) <= 3
    assert LEAST_SD <= found.log_sd <= 0.625 + 1e-9


def test_answers_on_the_same_day_say_nothing() -> None:
    assert fit_strength([(0.0, False)] * 50) == UNKNOWN
