"""Cards that are due later than today, for who wants to study ahead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flashcards.domain.ids import NoteId
from flashcards.domain.queue import DueRow, day_so_far, soonest
from flashcards.services.accounts.people import Learner
from flashcards.services.review.day_parts import Ahead, Scope
from flashcards.services.review.learner_day import LearnerDays

_MOST = 1_000
"""How many cards are offered at most."""


class StudyAhead(LearnerDays):
    """Reads of what can be studied ahead."""

    def _ahead(self, learner: Learner, scope: Scope) -> Ahead:
        today = self.study_day(learner)
        answers = day_so_far(self._queue_rows.answers(learner.id, today), drill=False)
        moved = {it.card: it.note for it in answers.moved}
        studied = self._queue_rows.studied_ahead(learner.id, today).values()
        hidden = {note for _, note in studied}
        rows = self._queue_rows.due_later(learner.id, today, scope.decks)
        offered = (it for it in rows if it[3] not in hidden and scope.has(it[5], it[3], it[0]))
        cards = soonest(_of_notes(_MOST, offered), moved, hidden, learner.id, today)
        return Ahead(today, cards, sum(scope.has_note(*it) for it in studied))


def _of_notes(count: int, rows: Iterable[DueRow]) -> Iterator[DueRow]:
    """The rows until they are of more than `count` notes."""
    notes: set[NoteId] = set()
    for row in rows:
        notes.add(row[3])
        if len(notes) > count:
            return
        yield row
