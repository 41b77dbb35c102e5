"""Substantive edits: an author says that what a card teaches has changed, and learners see it again tomorrow."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flashcards.clock import Clock
from flashcards.domain import schedule as rules
from flashcards.domain.study_day import study_day
from flashcards.errors import Conflict, Invalid
from flashcards.services.review.incoming import derived_uuid
from flashcards.storage.database import Database
from flashcards.storage.edits import EditedNote, EditRows, Scheduled
from flashcards.storage.reviews import CardRow, LogWrite, ReviewRows
from flashcards.storage.revisions import RevisionRows

NAMESPACE = uuid.UUID("0d8f6b8e-3a55-5b7e-9f0b-6c1c5d0e2a47")
"""Of the ids of log rows that edits make: drawn once, for ever."""

Texts = Mapping[str, tuple[str, str]]
"""Source and definitions of notes, by the key ``deck#note``."""


@dataclass(frozen=True, slots=True)
class MarkedNote:
    """A note whose edit was marked: how many cards come back tomorrow by that, of how many learners."""

    note: str
    cards: int
    learners: int


class EditService:
    """Brings cards back."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock
        self._notes = EditRows(database)
        self._seen = RevisionRows(database)
        self._rows = ReviewRows(database)

    def mark(self, notes: Sequence[str], texts: Texts | None = None) -> tuple[MarkedNote, ...]:
        """Marks the last edit of these notes (``deck#note``) as substantive: all of them, or none.

        Every learner's scheduled card of such a note that is due later than their tomorrow comes back tomorrow; its
        repetition, ease, interval and history stay. Cards that are suspended, buried, new or removed are left
        alone, and those that were answered with the text of today. Each edit brings a card back once: marking it
        again changes nothing, also where the learner has put the card off since.

        With `texts` each note must say that today. Raises Invalid for a note that is not there, Conflict for one
        with another text.
        """
        with self._db.write():
            found = self._notes.notes(dict.fromkeys(notes))
            for key in notes:
                if key not in found:
                    raise Invalid(f"There is no note {key}.", field="substantive")
                if texts is not None and found[key].text != texts[key]:
                    raise Conflict(f"The database holds another text of {key}: run flashcards sync, then mark it.")
            return tuple(self._mark(found[key]) for key in dict.fromkeys(notes))

    def expect(self, texts: Texts) -> None:
        """Says that a sync will find these texts, whose edit is substantive: call it before they are written.

        The sync that stores such a text marks it in the same transaction, whoever runs it and whenever that is.
        """
        with self._db.write():
            self._notes.expect(texts)

    def forget(self, notes: Iterable[str]) -> None:
        """Takes `expect` back: the texts were not written."""
        with self._db.write():
            self._notes.forget(notes)

    def mark_expected(self) -> None:
        """Marks the expected edits whose text is there. Within the transaction that stored it."""
        arrived = self._notes.arrived()
        for key, note in self._notes.notes(arrived).items() if arrived else ():
            self._notes.done(key, self._mark(note).cards)

    def outcome(self, notes: Iterable[str]) -> dict[str, int | None]:
        """How many cards came back by these expected edits, told once; None where the text is awaited still."""
        with self._db.write():
            found = self._notes.outcome(notes)
            self._notes.forget(key for key, cards in found.items() if cards is not None)
        return found

    def _mark(self, note: EditedNote) -> MarkedNote:
        counts = [self._bring_back(note, learner) for learner in self._notes.scheduled(note.id)]
        return MarkedNote(note.key, sum(counts), sum(map(bool, counts)))

    def _bring_back(self, note: EditedNote, learner: Scheduled) -> int:
        """Of one learner; gives how many cards."""
        seq, latest = self._rows.log_end(learner.learner)
        now = self._clock()
        today = study_day(now, learner.timezone, learner.day_start, latest)
        action = str(uuid.uuid5(NAMESPACE, f"{note.guid}/{note.revision}"))
        count = 0
        for card in self._unaware(note, learner):
            after = rules.brought_back(card.schedule, today)
            uid = derived_uuid(action, learner.cards[card.id])
            if after == card.schedule or self._rows.stored(learner.learner, uid) is not None:
                continue
            count += 1
            row = LogWrite(
                seq=seq + count, uid=uid, action=action, at=now, study_day=today, quality=None, kind="manual",
                verb=rules.EDITED, before=card.schedule, after=after, took_ms=None, leech=False,
            )  # fmt: skip
            self._rows.append(learner.learner, card, row)
            self._rows.save(learner.learner, card, after, card.lapses)
        return count

    def _unaware(self, note: EditedNote, learner: Scheduled) -> list[CardRow]:
        """The learner's cards that were not answered with the text of today."""
        marks = self._seen.marks(learner.learner, learner.cards)
        cards = [mark.card for mark in marks if mark.seen is None or mark.seen < note.revision]
        return [row for card in sorted(cards) if (row := self._rows.card(learner.learner, card)) is not None]
