"""What notes said before, and which of it a learner has seen."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from flashcards.domain.study_day import Day
from flashcards.storage.database import Database

_OF_CARD = "FROM review v INDEXED BY review_card WHERE v.card_id = c.id AND v.learner_id = :learner AND v.undone = 0"
_MARKS = f"""
    SELECT c.id, n.id, n.revision, a.revision, e.after_due_on,
           (SELECT at FROM revision WHERE note_id = n.id AND number = e.revision)
    FROM json_each(:cards) j JOIN card c ON c.id = j.value JOIN note n ON n.id = c.note_id
    LEFT JOIN review a ON a.learner_id = :learner AND a.seq =
        (SELECT v.seq {_OF_CARD} AND v.quality IS NOT NULL ORDER BY v.seq DESC LIMIT 1)
    LEFT JOIN review e ON e.learner_id = :learner AND e.seq =
        (SELECT v.seq {_OF_CARD} AND v.verb = 'edited' ORDER BY v.seq DESC LIMIT 1) AND e.seq > coalesce(a.seq, 0)
"""


@dataclass(frozen=True, slots=True)
class TextMark:
    """Which revision of a card's note there is, and which one the learner answered last (None: none).

    `returned_for` is the day to which an edit brought the card back since then, `edited_at` when that edit was made.
    """

    card: int
    note: int
    now: int
    seen: int | None
    returned_for: Day | None
    edited_at: int | None


@dataclass(frozen=True, slots=True)
class Revision:
    """A note's own source, with the definitions that it uses, and since when (epoch ms)."""

    source: str
    at: int


class RevisionRows:
    """Reads of revisions."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def marks(self, learner: int, cards: Iterable[int]) -> list[TextMark]:
        """What one learner has seen of these cards. Two look-ups in an index for each: ask for few."""
        rows = self._db.all(_MARKS, {"learner": learner, "cards": json.dumps(list(cards))})
        return [TextMark(*row) for row in rows]

    def revisions(self, note: int, numbers: Iterable[int]) -> dict[int, Revision]:
        """Those of these revisions of a note that are kept."""
        rows = self._db.all(
            "SELECT number, source, at FROM revision WHERE note_id = ? AND number IN (SELECT value FROM json_each(?))",
            (note, json.dumps(list(numbers))),
        )
        return {number: Revision(source, at) for number, source, at in rows}
