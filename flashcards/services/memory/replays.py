"""Proves that what is remembered of each card is what its log gives."""

from __future__ import annotations

from collections.abc import Iterator

from flashcards.domain.memory.evidence import Remembered, replay
from flashcards.domain.memory.fsrs import Memory, Parameters
from flashcards.storage.database import Database
from flashcards.storage.memory import NOT_YET, CardMemory, MemoryRows

EQUAL = 1e-5
"""Relative: the functions of the C library differ in their last bits from machine to machine."""


def memory_faults(database: Database) -> Iterator[str]:
    """Where the log of a card does not give the memory that is stored of it; what is not computed yet is none."""
    rows = MemoryRows(database)
    for learner in rows.all_learners():
        stored = {it.card: it for it in rows.of_cards(learner)}
        known = rows.parameters({it.parameters for it in stored.values()})
        for card, log in rows.logs(learner, None):
            row = stored.pop(card, None)
            who = f"learner {learner}, card {card}"
            if row is not None and row.parameters == NOT_YET:
                continue
            if row is not None and row.parameters not in known:
                yield f"{who}: its memory was computed with {row.parameters}, of which the numbers are not here"
                continue
            yield from _compared(who, row, replay(log, *_chosen(row, known)))
        for card, row in stored.items():
            if row.parameters != NOT_YET:
                yield f"learner {learner}, card {card}: there is a memory, but nothing in the log"


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
