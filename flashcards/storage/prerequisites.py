"""Prerequisites (`requires=`): for which notes a note waits, as a learner stands to them.

One that is not in play, as its deck is switched off or none of its cards can be asked, holds nobody up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from peewee import JOIN, fn

from flashcards.domain.ids import LearnerId, NoteId
from flashcards.domain.prerequisites import Prerequisite as Wanted
from flashcards.storage.database import Database
from flashcards.storage.models import Card, LearnerDeck, Note, Prerequisite, Review, Schedule
from flashcards.storage.prepared import Among, Indexed, Query, prepared


@prepared
def _wanted(learner: LearnerId, notes: Collection[NoteId]) -> Query:
    return _of(learner, notes, Prerequisite.note, _in_play(learner), _answered(learner))


@prepared
def _missing(learner: LearnerId, notes: Collection[NoteId]) -> Query:
    required = _of(learner, notes, Prerequisite.note, Prerequisite.requires)
    return required.where(_in_play(learner), ~_answered(learner))


def _of(learner: LearnerId, notes: Collection[NoteId], *columns: Any) -> Any:
    """What these notes require: each as `Note`, with the learner's row for its deck if there is one."""
    has_it = (LearnerDeck.learner == learner) & (LearnerDeck.deck == Note.deck)
    return (
        Prerequisite.select(*columns)
        .join(Note, on=(Note.id == Prerequisite.requires))
        .join(LearnerDeck, JOIN.LEFT_OUTER, on=has_it)
        .where(Among(Prerequisite.note, notes))
    )


def _in_play(learner: LearnerId) -> Any:
    askable = (
        Card.select(Card.id)
        .join(Schedule, JOIN.LEFT_OUTER, on=((Schedule.learner == learner) & (Schedule.card == Card.id)))
        .where(Card.note == Note.id, Card.removed_at.is_null(), fn.coalesce(Schedule.suspended, 0) == 0)
    )
    is_active = fn.coalesce(LearnerDeck.active, 1) == 1
    return Note.removed_at.is_null() & (Note.draft == 0) & is_active & fn.EXISTS(askable)


def _answered(learner: LearnerId) -> Any:
    card, log = Card.alias(), Indexed(Review, "review_card")
    answers = (
        card.select(card.id)
        .join(log, on=((log.card == card.id) & (log.learner == learner)))
        .where(card.note == Note.id, log.quality.is_null(False), log.undone == 0)
    )
    return fn.EXISTS(answers)


def prerequisites_of(database: Database, learner: LearnerId, notes: Iterable[NoteId]) -> dict[NoteId, list[Wanted]]:
    """What these notes ask to be learnt first; notes that ask nothing are left out."""
    found: dict[NoteId, list[Wanted]] = {}
    for note, in_play, answered in _wanted.all(database, learner, list(notes)):
        found.setdefault(note, []).append(Wanted(bool(in_play), bool(answered)))
    return found


def missing_of(database: Database, learner: LearnerId, notes: Iterable[NoteId]) -> dict[NoteId, set[NoteId]]:
    """What these notes wait for: notes in play that were never answered."""
    found: dict[NoteId, set[NoteId]] = {}
    for note, required in _missing.all(database, learner, list(notes)):
        found.setdefault(note, set()).add(required)
    return found
