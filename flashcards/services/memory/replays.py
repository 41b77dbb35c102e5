"""Proves that what is remembered of each card is what its log gives."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from operator import itemgetter

from flashcards.domain.memory.evidence import Beginning, Evidence, Remembered, answered, replay
from flashcards.domain.memory.fsrs import Memory, Parameters
from flashcards.services.upkeep.side_by_side import side_by_side
from flashcards.storage.card_ranges import card_ranges
from flashcards.storage.database import Database
from flashcards.storage.memory import NOT_YET, CardMemory, LogLine, MemoryRows

_PLACE = itemgetter(0, 1, 2)
EQUAL = 1e-5
"""Relative: the functions of the C library differ in their last bits from machine to machine."""


def memory_faults(database: Database) -> Iterator[str]:
    """Where the log of a card does not give the memory that is stored of it, or that a row of it says it gave.

    What is not computed yet is no fault.
    """
    rows = MemoryRows(database)
    known = rows.parameters()
    for learner in rows.all_learners():
        for cards in card_ranges(database, learner):
            stored = ((it.card, it) for it in rows.of_range(learner, cards))
            for card, log, row in side_by_side(rows.logs_of_range(learner, cards), stored):
                yield from _card_faults(f"learner {learner}, card {card}", log, row, known)


def _card_faults(
    who: str, log: list[LogLine] | None, row: CardMemory | None, known: dict[str, Parameters]
) -> Iterator[str]:
    if log is None:
        if row is not None and row.parameters != NOT_YET:
            yield f"{who}: there is a memory, but nothing in the log"
        return
    yield from _row_faults(who, log, known)
    if row is not None and row.parameters == NOT_YET:
        return
    if row is not None and row.parameters not in known:
        yield f"{who}: its memory was computed with {row.parameters}, of which the numbers are not here"
        return
    yield from _compared(who, row, replay((line.says for line in log), *_chosen(row, known)))


def _row_faults(who: str, log: Iterable[LogLine], known: dict[str, Parameters]) -> Iterator[str]:
    """Each row, by `seq`, against what the rows before it give with the numbers that it names.

    Rows that came in order take one step; a late one, and one with other numbers, a replay.
    """
    seen: list[Evidence | Beginning] = []
    state: Remembered | None = None
    last: str | None = None
    for says, memory, name in log:
        is_last = not seen or seen[-1][:3] < says[:3]
        insort(seen, says, key=_PLACE)
        if memory is None or not isinstance(says, Evidence):
            last = None
            continue
        if name not in known:
            yield f"{who}: row {says.seq} of the log was computed with {name}, of which the numbers are not here"
            continue
        if is_last and last == name:
            state = answered(state, says, known[name])
        else:
            state = replay((row for row in seen if row[:3] <= says[:3]), known[name])
        last = name if is_last else None
        if state is None or not same(state.memory, memory):
            yield f"{who}: row {says.seq} of the log says {memory}, those before it give {state and state.memory}"
            last = None


def _chosen(row: CardMemory | None, known: dict[str, Parameters]) -> tuple[Parameters, ...]:
    return () if row is None else (known[row.parameters],)


def _compared(who: str, row: CardMemory | None, found: Remembered | None) -> Iterator[str]:
    if row is None or found is None:
        if row is not None or found is not None:
            yield f"{who}: the log gives {found}, stored is {row}"
    elif not same(row.remembered.memory, found.memory) or row[3:6] != (found.last_on, found.last_at, found.answers):
        yield f"{who}: the log gives {found}, stored is {row.remembered}"


def same(left: Memory, right: Memory) -> bool:
    """Whether two memories are equal but for the last bits of the arithmetic."""
    return _near(left.stability, right.stability) and _near(left.difficulty, right.difficulty)


def _near(left: int, right: int) -> bool:
    return abs(left - right) <= max(1, EQUAL * max(left, right))
