"""The fronts of cards as numbers: cards with the same number are confusable. Made of a note's text alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from flashcards.domain.card import BACKWARD, FORWARD, ordinal
from flashcards.domain.fronts import front_mark
from flashcards.domain.ids import CardId, NoteId
from flashcards.storage.database import Database
from flashcards.storage.models import Card, NoteFront
from flashcards.storage.prepared import Among, Query, inserting, prepared

COLUMNS = "id, kind, question, answer, reversed"
"""Of `note`, in the order in which `front_rows` takes them."""
# By hand, since a migration fills the table with them, through whatever connection it has.
_INSERT = "INSERT INTO note_front(note_id, ordinal, mark) VALUES (?, ?, ?)"

insert_front = inserting(NoteFront, NoteFront.note, NoteFront.ordinal, NoteFront.mark)


@prepared
def _fronts(cards: Collection[CardId]) -> Query:
    of_card = (NoteFront.note == Card.note) & (NoteFront.ordinal == Card.ordinal)
    return Card.select(Card.id, NoteFront.mark).join(NoteFront, on=of_card).where(Among(Card.id, cards))


def front_rows(
    note: NoteId, kind: str, question: str, answer: str, reversed_: int
) -> Iterator[tuple[NoteId, int, int]]:
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
    database.executemany(_INSERT, (row for note in notes for row in front_rows(*note)))


def fronts_of(database: Database, cards: Iterable[CardId]) -> dict[CardId, int]:
    """The marks of those of these cards that have one."""
    return dict(_fronts.all(database, list(cards)))
