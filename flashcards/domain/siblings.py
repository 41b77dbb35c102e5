"""Siblings, the cards of one note: two of them never come on the same day."""

from __future__ import annotations

from collections.abc import Container, Iterable

from flashcards.domain.ids import NoteId
from flashcards.domain.queue import DueRow


def hide_due_siblings(due: Iterable[DueRow], moved: Container[NoteId]) -> list[DueRow]:
    """One card of each note, the one of the lowest ordinal; none of the notes in `moved`.

    `moved` are the notes with an answer today that moved a schedule.
    """
    shown: dict[NoteId, DueRow] = {}
    for row in due:
        note = row[3]
        other = shown.get(note)
        if other is None:
            if note not in moved:
                shown[note] = row
        elif row[4] < other[4]:
            shown[note] = row
    return list(shown.values())
