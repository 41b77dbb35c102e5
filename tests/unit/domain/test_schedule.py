"""What moves a schedule, and that the log gives it back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.schedule import (
    NEVER_SEEN,
    VERBS,
    History,
    New,
    Schedule,
    Scheduled,
    answered,
    brought_back,
    changed,
    is_lapse,
    kind_of_answer,
)
from flashcards.domain.schedulers import Entry, replay
from flashcards.domain.sm2 import Memory

TODAY = 20_000


def due(day: int, *, suspended: bool = False) -> Schedule:
    return Schedule(Scheduled(Memory(3, 250, 15), day), suspended)


@pytest.mark.parametrize(
    ("schedule", "history", "drill", "kind"),
    [
        (NEVER_SEEN, History(), True, "scheduled"),
        (due(TODAY), History(TODAY - 15), True, "scheduled"),
        (due(TODAY - 9), History(), True, "scheduled"),
        (due(TODAY, suspended=True), History(TODAY - 15), True, "scheduled"),
        (due(TODAY + 1), History(TODAY - 15), True, "extra"),
        (due(TODAY + 1), History(TODAY, in_drill=True), True, "drill"),
        (due(TODAY + 1), History(TODAY, in_drill=True), False, "extra"),
        (due(TODAY + 1), History(TODAY, in_drill=False), True, "extra"),
        # set due today, or reset, after today's answer: the day is not later than the last moving row's
        (due(TODAY), History(TODAY), True, "extra"),
        (NEVER_SEEN, History(TODAY), True, "extra"),
        (NEVER_SEEN, History(TODAY, in_drill=True), True, "drill"),
        (NEVER_SEEN, History(TODAY + 1), True, "extra"),
        (NEVER_SEEN, History(TODAY - 1), True, "scheduled"),
    ],
)
def test_kinds(schedule: Schedule, history: History, drill: bool, kind: str) -> None:
    assert kind_of_answer("review", schedule, history, TODAY, drill=drill) == kind
    for mode in ("cram", "mock", "ahead"):
        assert kind_of_answer(mode, schedule, history, TODAY, drill=drill) == mode  # type: ignore[arg-type]


def test_only_the_kind_scheduled_moves() -> None:
    schedule = Schedule(Scheduled(Memory(2, 250, 6), TODAY), True, TODAY + 1)
    for kind in ("drill", "extra", "cram", "mock", "ahead", "imported"):
        assert answered(schedule, kind, 5, TODAY) is schedule  # type: ignore[arg-type]
    moved = Scheduled(Memory(3, 260, 16), TODAY + 16)
    assert answered(schedule, "scheduled", 5, TODAY) == Schedule(moved, True, TODAY + 1)


def test_manual_actions() -> None:
    start = due(TODAY + 5)
    assert changed(start, "suspend", TODAY) == replace(start, suspended=True)
    assert changed(replace(start, suspended=True), "unsuspend", TODAY) == start
    assert changed(start, "bury", TODAY) == replace(start, buried_until=TODAY + 1)
    assert changed(replace(start, buried_until=9), "unbury", TODAY) == start
    assert changed(start, "reset", TODAY) == Schedule(New())
    assert changed(start, "due", TODAY, TODAY + 9) == due(TODAY + 9)
    assert changed(NEVER_SEEN, "due", TODAY, TODAY + 9) == Schedule(Scheduled(Memory(), TODAY + 9))
    with pytest.raises(ValueError, match="date"):
        changed(start, "due", TODAY)


def test_lapses() -> None:
    assert is_lapse(due(TODAY), "scheduled", 2)
    assert not is_lapse(due(TODAY), "scheduled", 3)
    assert not is_lapse(NEVER_SEEN, "scheduled", 0)
    assert not is_lapse(due(TODAY), "drill", 0)
    assert not is_lapse(due(TODAY), "manual", None)


ACTIONS = st.one_of(
    st.tuples(st.just("answer"), st.integers(0, 5), st.booleans()),
    st.tuples(st.sampled_from(VERBS), st.integers(-3, 30), st.booleans()),
)


@given(st.lists(st.tuples(ACTIONS, st.integers(0, 3)), max_size=40))
def test_a_replay_of_the_log_gives_the_schedule(
    steps: list[tuple[tuple[str, int, bool], int]],
) -> None:
    schedule: Schedule | None = None
    log: list[Entry] = []
    last_moved: int | None = None
    day, lapses = TODAY, 0
    for (what, number, drill), days in steps:
        day += days
        before = schedule or NEVER_SEEN
        if what == "answer":
            kind = kind_of_answer("review", before, History(last_moved, drill), day, drill=True)
            after = answered(before, kind, number, day)
            lapses += is_lapse(before, kind, number)
            if kind == "scheduled":
                last_moved, schedule = day, after
            log.append(Entry(kind, number, day, before, after))
        else:
            schedule = changed(before, what, day, day + number)  # type: ignore[arg-type]
            log.append(Entry("manual", None, day, before, schedule))
    replayed = replay(log)
    assert (replayed.schedule, replayed.lapses, replayed.faults) == (schedule, lapses, ())


def test_a_replay_finds_rows_that_do_not_fit() -> None:
    first = answered(NEVER_SEEN, "scheduled", 4, TODAY)
    good = [Entry("scheduled", 4, TODAY, NEVER_SEEN, first), Entry("drill", 4, TODAY, first, first)]
    assert replay(good).faults == ()
    assert replay([good[0], replace(good[1], before=NEVER_SEEN)]).faults == (1,)
    assert replay([replace(good[0], quality=5), good[1]]).faults == (0, 1)
    assert replay(good[1:]).schedule is None
    imported = Entry("imported", 3, TODAY - 9, due(1), due(2))
    assert replay([imported, *good]).faults == ()


SCHEDULED = Scheduled(Memory(3, 260, 15), TODAY + 9)


@pytest.mark.parametrize(
    ("schedule", "hidden", "asked"),
    [
        (NEVER_SEEN, False, True),
        (Schedule(SCHEDULED), False, False),
        (Schedule(replace(SCHEDULED, due_on=TODAY)), False, True),
        (Schedule(replace(SCHEDULED, due_on=TODAY + 1)), False, False),
        (Schedule(replace(SCHEDULED, due_on=TODAY), buried_until=TODAY), False, True),
        (Schedule(replace(SCHEDULED, due_on=TODAY), buried_until=TODAY + 1), True, False),
        (Schedule(suspended=True), True, False),
        (Schedule(buried_until=TODAY + 1), True, False),
    ],
)
def test_what_is_hidden_and_what_is_asked(schedule: Schedule, hidden: bool, asked: bool) -> None:
    assert (schedule.hidden_on(TODAY), schedule.asked_on(TODAY)) == (hidden, asked)


@pytest.mark.parametrize(
    ("schedule", "due"),
    [
        (Schedule(SCHEDULED), TODAY + 1),
        (Schedule(SCHEDULED, buried_until=TODAY), TODAY + 1),  # it is shown again since today
        (Schedule(SCHEDULED, buried_until=TODAY + 1), TODAY + 9),
        (Schedule(SCHEDULED, suspended=True), TODAY + 9),
        (Schedule(replace(SCHEDULED, due_on=TODAY - 3)), TODAY - 3),
        (NEVER_SEEN, None),
    ],
)
def test_an_edit_brings_a_card_back_tomorrow_with_its_memory(schedule: Schedule, due: int | None) -> None:
    after = brought_back(schedule, TODAY)
    assert after.due_on == due
    assert after.memory == schedule.memory
    assert (after.suspended, after.buried_until) == (schedule.suspended, schedule.buried_until)
