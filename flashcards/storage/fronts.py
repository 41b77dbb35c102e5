"""The fronts of cards as numbers: cards with the same number are confusable. Made of a note's text alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from flashcards.domain.card import BACKWARD, FORWARD, ordinal
from flashcards.domain.fronts import front_mark
from flashcards.storage.database import Database

COLUMNS = "id, kind, question, answer, reversed"
"""Of `note`, in the order in which `front_rows` takes them."""
INSERT = "INSERT INTO note_front(note_id, ordinal, mark) VALUES (?, ?, ?)"

_FRONTS = """
    SELECT c.id, f.mark FROM json_each(?) wanted JOIN card c ON c.id = wanted.value
    JOIN note_front f ON f.note_id = c.note_id AND f.ordinal = c.ordinal
"""


def front_rows(note: int, kind: str, question: str, answer: str, reversed_: int) -> Iterator[tuple[int, int, int]]:
    """(note, ordinal, mark) of its cards; a gap of a cloze note is no question that another could repeat."""
    if kind != "basic":
        return
    for which, front in ((FORWARD, question), *(((BACKWARD, answer),) if reversed_ else ())):
        mark = front_mark(front)
        if mark is not None:
            yield note, ordinal(which), mark


def fill(database: Any) -> None:
    """Gives every note its rows, within the caller's transaction; the table must be empty."""
    notes = database.execute(f"SELECT {COLUMNS} FROM note").fetchall()
    database.executemany(INSERT, (row for note in notes for row in front_rows(*note)))


def fronts_of(database: Database, cards: Iterable[int]) -> dict[int, int]:
    """The marks of those of these cards that have one."""
    return dict(database.all(_FRONTS, (json.dumps(list(cards)),)))
