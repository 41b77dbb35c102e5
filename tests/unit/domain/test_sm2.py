"""SM-2 to the letter: the reference sequences, and what holds for every history."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain import grade
from flashcards.domain.sm2 import MAXIMUM_INTERVAL, Memory, review

QUALITIES = st.integers(0, 5)
MEMORIES = st.lists(QUALITIES, max_size=40).map(lambda answers: after(*answers))


def after(*answers: int) -> Memory:
    memory = Memory()
    for quality in answers:
        memory = review(memory, quality)
    return memory


def sequence(*answers: int) -> list[tuple[int, int, int]]:
    memories = [after(*answers[: count + 1]) for count in range(len(answers))]
    return [(memory.repetition, memory.ease, memory.interval) for memory in memories]


def test_a_card_never_answered() -> None:
    assert Memory() == Memory(repetition=0, ease=250, interval=0)


def test_six_fives() -> None:
    assert sequence(*[5] * 6) == [
        (1, 260, 1),
        (2, 270, 6),
        (3, 280, 17),
        (4, 290, 50),
        (5, 300, 150),
        (6, 310, 465),
    ]


def test_eight_fours() -> None:
    assert [interval for _, _, interval in sequence(*[4] * 8)] == [1, 6, 15, 38, 95, 238, 595, 1488]


def test_nine_threes() -> None:
    steps = sequence(*[3] * 9)
    assert [interval for _, _, interval in steps] == [1, 6, 13, 26, 47, 79, 121, 167, 218]
    assert [ease for _, ease, _ in steps][-2:] == [138, 130]


def test_a_lapse_begins_again_and_leaves_the_ease() -> None:
    steps = sequence(4, 4, 4, 2, 4, 4, 4)
    assert [interval for _, _, interval in steps] == [1, 6, 15, 1, 1, 6, 15]
    assert {ease for _, ease, _ in steps} == {250}
    assert steps[3] == (0, 250, 1)


def test_intervals_are_capped() -> None:
    assert after(*[5] * 13).interval == MAXIMUM_INTERVAL == 36_500
    assert after(*[5] * 200).interval == MAXIMUM_INTERVAL


@pytest.mark.parametrize("quality", [-1, 6, True, False, 3.0, "3", None])
def test_other_qualities_are_refused(quality: Any) -> None:
    with pytest.raises(ValueError, match="0 to 5"):
        review(Memory(), quality)


@given(MEMORIES, QUALITIES)
def test_bounds(memory: Memory, quality: int) -> None:
    then = review(memory, quality)
    assert then.ease >= 130
    assert 1 <= then.interval <= MAXIMUM_INTERVAL
    assert (then.repetition == 0) == (quality < 3)
    assert quality >= 3 or then == Memory(0, memory.ease, 1)


@given(MEMORIES, QUALITIES, QUALITIES)
def test_a_better_grade_never_comes_earlier_and_never_leaves_less_ease(memory: Memory, one: int, other: int) -> None:
    worse, better = review(memory, min(one, other)), review(memory, max(one, other))
    assert worse.interval <= better.interval
    if min(one, other) >= 3:
        assert worse.ease <= better.ease


@given(MEMORIES)
def test_success_after_the_second_never_shortens(memory: Memory) -> None:
    if memory.repetition >= 2:
        assert review(memory, 3).interval >= memory.interval


@given(MEMORIES)
def test_the_buttons_show_what_an_answer_would_give(memory: Memory) -> None:
    assert grade.previews(memory) == {quality: review(memory, quality).interval for quality in range(6)}


def test_what_the_buttons_show() -> None:
    assert grade.previews(after(4, 4, 4)) == {0: 1, 1: 1, 2: 1, 3: 36, 4: 38, 5: 39}
    assert [(it.quality, it.name) for it in grade.grades(4)] == [
        (1, "Again"),
        (3, "Hard"),
        (4, "Good"),
        (5, "Easy"),
    ]
    assert [it.quality for it in grade.grades(6)] == list(range(6))
