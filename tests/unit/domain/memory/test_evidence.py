"""The memory is derived from the log, whatever order its rows came in."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.evidence import (
    Beginning,
    Evidence,
    Remembered,
    answered,
    is_evidence,
    is_newest,
    replay,
)
from flashcards.domain.memory.fsrs import Memory

ANSWERS = st.lists(
    st.builds(Evidence, st.integers(20_000, 20_050), st.integers(0, 9), st.integers(1, 99), st.integers(0, 5)),
    max_size=12,
    unique_by=lambda it: it.seq,
)


def test_no_answers_no_memory() -> None:
    assert replay([]) is None


@given(ANSWERS.flatmap(lambda answers: st.tuples(st.just(answers), st.permutations(answers))))
def test_the_order_in_which_rows_came_does_not_count(both: tuple[list[Evidence], list[Evidence]]) -> None:
    answers, shuffled = both
    assert replay(shuffled) == replay(answers)


@given(ANSWERS)
def test_one_answer_after_the_other_gives_what_a_replay_gives(answers: list[Evidence]) -> None:
    state = None
    for answer in sorted(answers):
        assert is_newest(state, answer)
        state = answered(state, answer)
    assert state == replay(answers)
    if state is not None:
        assert state.answers == len(answers)
        assert (state.last_on, state.last_at) == max((it.day, it.at) for it in answers)


def test_answers_of_one_day_follow_the_rule_for_short_terms() -> None:
    day = [Evidence(20_000, 1, 5, 1), Evidence(20_000, 2, 3, 4)]
    state = replay(day)
    assert state is not None
    assert state.memory == fsrs.review(fsrs.first(1), 4, 0)
    assert state.answers == 2


def test_a_late_answer_is_seen_to_be_late() -> None:
    state = replay([Evidence(20_000, 5_000, 1, 4)])
    assert not is_newest(state, Evidence(20_000, 4_999, 2, 4))
    assert not is_newest(state, Evidence(19_999, 6_000, 2, 4))
    assert is_newest(state, Evidence(20_001, 4_000, 2, 4))


def test_a_replay_begins_at_what_an_import_says_where_no_answer_precedes_it() -> None:
    start = Remembered(Memory(30_000_000, 5_000_000), 20_000, 0, 0)
    closing, late = Beginning(20_010, 0, 1, start), Evidence(20_030, 0, 2, 4)
    state = replay([late, closing])
    assert state is not None
    assert state.memory == fsrs.review(start.memory, 4, 30)
    assert state.answers == 1
    early = Evidence(19_990, 0, 3, 1)
    assert replay([late, closing, early]) == replay([late, early])


def test_after_a_reset_everything_begins_anew() -> None:
    before, after = Evidence(20_000, 0, 1, 1), Evidence(20_010, 5, 3, 4)
    reset = Beginning(20_010, 0, 2)
    assert replay([before, reset]) is None
    assert replay([after, before, reset]) == replay([after])
    late = Evidence(20_005, 0, 4, 5)
    assert replay([before, reset, after, late]) == replay([after])


def test_what_counts_as_evidence() -> None:
    assert is_evidence(0)
    assert is_evidence(4, anki=(3, 2500))
    assert is_evidence(4, anki=(1, 0))
    for row in ((None, False, None), (4, True, None), (4, False, (4, 2500)), (4, False, (5, 1)), (4, False, (3, 0))):
        quality, undone, anki = row
        assert not is_evidence(quality, undone=undone, anki=anki)


def test_the_order_is_that_of_days_instants_and_places() -> None:
    rows = [Evidence(1, 9, 9, 0), Evidence(2, 1, 1, 5), Evidence(2, 1, 2, 0), Evidence(2, 2, 1, 0)]
    assert all(left < right for left, right in pairwise(rows))
