"""FSRS-6: what holds for every history, and that the peers say the same."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import DEFAULTS, UNIT, Memory, Parameters
from tests import memory_against_peers as peers

QUALITIES = st.integers(0, 5)
HISTORIES = st.lists(st.tuples(st.integers(0, 400), QUALITIES), min_size=1, max_size=30)
SETS = st.tuples(*(st.floats(low, high) for low, high in fsrs.BOUNDS)).map(fsrs.parameters)


def after(history: list[tuple[int, int]], chosen: Parameters = DEFAULTS) -> Memory:
    memory = None
    for days, quality in history:
        memory = fsrs.review(memory, quality, days, chosen)
    assert memory is not None
    return memory


def test_a_first_answer_gives_the_first_stability_of_its_grade() -> None:
    assert [fsrs.first(quality).days for quality in (0, 1, 2, 3, 4, 5)] == [0.212] * 3 + [1.2931, 2.3065, 8.2956]
    assert fsrs.first(4) == Memory(2_306_500, 2_118_104)
    assert fsrs.review(None, 4, 99) == fsrs.first(4)


def test_good_each_time_it_is_due() -> None:
    memory, intervals = fsrs.first(4), []
    for _ in range(6):
        intervals.append(fsrs.interval(memory))
        memory = fsrs.review(memory, 4, intervals[-1])
    assert intervals == [2, 11, 46, 163, 497, 1346]


def test_a_wish_for_more_asks_more_often() -> None:
    memory = after([(0, 4), (2, 4), (11, 4)])
    assert [fsrs.interval(memory, wish) for wish in (0.7, 0.8, 0.9, 0.95, 0.97)] == [430, 153, 46, 19, 10]


@pytest.mark.parametrize("quality", [-1, 6, True, False, 3.0, "3", None])
def test_other_qualities_are_refused(quality: Any) -> None:
    with pytest.raises(ValueError, match="0 to 5"):
        fsrs.review(Memory(UNIT, 5 * UNIT), quality, 1)


def test_an_answer_before_the_last_is_refused() -> None:
    with pytest.raises(ValueError, match="3 days before the last one"):
        fsrs.review(fsrs.first(4), 4, -3)


@given(HISTORIES, SETS)
def test_bounds(history: list[tuple[int, int]], chosen: Parameters) -> None:
    memory = after(history, chosen)
    assert fsrs.MINIMUM_STABILITY <= memory.stability <= fsrs.MAXIMUM_STABILITY
    assert fsrs.EASIEST <= memory.difficulty <= fsrs.HARDEST
    assert isinstance(memory.stability, int)
    assert isinstance(memory.difficulty, int)
    assert 1 <= fsrs.interval(memory, 0.9, chosen) <= 36_500


@given(HISTORIES, st.integers(1, 400))
def test_a_success_on_a_later_day_never_weakens_and_a_failure_never_strengthens(
    history: list[tuple[int, int]], days: int
) -> None:
    memory = after(history)
    again, hard, good, easy = (fsrs.review(memory, quality, days) for quality in (1, 3, 4, 5))
    assert again.stability <= memory.stability <= hard.stability <= good.stability <= easy.stability
    assert again.difficulty >= hard.difficulty >= good.difficulty >= easy.difficulty


@given(HISTORIES)
def test_recall_falls_from_one_through_nine_tenths(history: list[tuple[int, int]]) -> None:
    memory = after(history)
    values = [fsrs.recall(memory, days) for days in (0, 1, 10, 100, 1000)]
    assert values[0] == 1.0
    assert values == sorted(values, reverse=True)
    assert fsrs.recall(Memory(10 * UNIT, memory.difficulty), 10) == pytest.approx(0.9)


@given(HISTORIES, st.integers(0, 3000), st.floats(0.05, 1), SETS)
def test_the_comparison_of_a_database_is_that_of_the_recall(
    history: list[tuple[int, int]], days: int, left: float, chosen: Parameters
) -> None:
    memory = after(history, chosen)
    below = days * UNIT > memory.stability * fsrs.days_per_stability(left, chosen)
    expected = fsrs.recall(memory, days, chosen)
    assert below == (expected < left) or math.isclose(expected, left, rel_tol=1e-12)


@pytest.mark.parametrize("left", [0, -0.1, 1.01, math.nan])
def test_a_recall_outside_is_refused(left: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        fsrs.days_per_stability(left)


def test_a_recall_too_low_to_compute_is_never_reached() -> None:
    assert fsrs.days_per_stability(1e-200, fsrs.parameters((*DEFAULTS.numbers[:20], 0.1))) == math.inf


def test_parameters_are_named_by_what_is_in_them() -> None:
    assert DEFAULTS.name == "fsrs-6/" + DEFAULTS.name.removeprefix("fsrs-6/")
    assert len(DEFAULTS.name) == len("fsrs-6/") + 12
    assert fsrs.parameters(json.loads(DEFAULTS.canonical)) == DEFAULTS
    other = fsrs.parameters((0.213, *DEFAULTS.numbers[1:]))
    assert other.name != DEFAULTS.name
    assert fsrs.parameters((0.213_000_01, *DEFAULTS.numbers[1:])).name == other.name


def test_parameters_are_brought_within_their_bounds() -> None:
    low, high = fsrs.parameters([-1e9] * 21), fsrs.parameters([1e9] * 21)
    assert low.numbers == tuple(low for low, _ in fsrs.BOUNDS)
    assert high.numbers == tuple(high for _, high in fsrs.BOUNDS)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [((1.0,) * 20, "20 numbers"), ((math.nan,) + (1.0,) * 20, "number 1 is nan"), ((1.0,) * 20 + (math.inf,), "21")],
)
def test_impossible_parameters_are_refused(numbers: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fsrs.parameters(numbers)


@pytest.mark.parametrize("chosen", [DEFAULTS, peers.random_parameters(3)])
@pytest.mark.parametrize("retention", [0.9, 0.8])
def test_the_package_says_the_same(chosen: Parameters, retention: float) -> None:
    seen = peers.against_package(peers.histories(300, 7), chosen, retention)
    assert seen.steps > 5000
    assert seen.within, seen


@pytest.mark.parametrize("chosen", [DEFAULTS, peers.random_parameters(3)])
def test_anki_says_the_same(chosen: Parameters) -> None:
    seen = peers.against_anki(peers.histories(300, 7), chosen, 0.9)
    assert seen.intervals > 90
    assert seen.within, seen
