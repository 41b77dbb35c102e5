"""What notes said before, and which of it a learner has seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, fn

from flashcards.domain.ids import CardId, LearnerId, NoteId
from flashcards.domain.study_day import Day
from flashcards.storage import models
from flashcards.storage.database import Database
from flashcards.storage.models import Card, Note, Review
from flashcards.storage.prepared import Among, Indexed, Query, prepared


def _last(learner: LearnerId, *, edits: bool) -> tuple[Any, Any]:
    """The log, and what joins a card with the learner's last answer in it, or with the last edit of an author."""
    row, log = Review.alias(), Indexed(Review, "review_card")
    counts = log.verb == "edited" if edits else log.quality.is_null(False)
    last = (
        log.select(log.seq)
        .where(log.card == Card.id, log.learner == learner, log.undone == 0, counts)
        .order_by(log.seq.desc())
        .limit(1)
    )
    return row, (row.learner == learner) & (row.seq == last)


@prepared
def _marks(learner: LearnerId, cards: Collection[CardId]) -> Query:
    answer, is_answer = _last(learner, edits=False)
    edit, is_edit = _last(learner, edits=True)
    at = models.Revision.select(models.Revision.at).where(
        models.Revision.note == Note.id, models.Revision.number == edit.revision
    )
    return (
        Card.select(Card.id, Note.id, Note.revision, answer.revision, edit.after_due_on, at)
        .join(Note)
        .join(answer, JOIN.LEFT_OUTER, on=is_answer)
        .join(edit, JOIN.LEFT_OUTER, on=(is_edit & (edit.seq > fn.coalesce(answer.seq, 0))))
        .where(Among(Card.id, cards))
    )


@prepared
def _revisions(note: NoteId, numbers: Collection[int]) -> Query:
    kept = models.Revision
    return kept.select(kept.number, kept.source, kept.at).where(kept.note == note, Among(kept.number, numbers))


@dataclass(frozen=True, slots=True)
class TextMark:
    """Which revision of a card's note there is, and which one the learner answered last (None: none).

    `returned_for` is the day to which an edit brought the card back since then, `edited_at` when that edit was made.
    """

    card: CardId
    note: NoteId
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

    def marks(self, learner: LearnerId, cards: Iterable[CardId]) -> list[TextMark]:
        """What one learner has seen of these cards. Two look-ups in an index for each: ask for few."""
        rows = _marks.all(self._db, learner, list(cards))
        return [TextMark(*row) for row in rows]

    def revisions(self, note: NoteId, numbers: Iterable[int]) -> dict[int, Revision]:
        """Those of these revisions of a note that are kept."""
        rows = _revisions.all(self._db, note, list(numbers))
        return {number: Revision(source, at) for number, source, at in rows}
