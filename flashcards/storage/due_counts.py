"""How much is due for many learners at once: what the queue of each would count, in few queries."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from peewee import JOIN, fn

from flashcards.domain.ids import DeckId, LearnerId, NoteId
from flashcards.domain.queue import AnswerToday
from flashcards.domain.study_day import Day
from flashcards.storage.database import Database
from flashcards.storage.models import Learner, LearnerBreak, LearnerDeck, Plan, Review, Schedule
from flashcards.storage.prepared import Among, Indexed, Query, prepared
from flashcards.storage.queues import ASKED, answers_today
from flashcards.storage.schedules import asked_on


@prepared
def _last_days(learners: Collection[LearnerId]) -> Query:
    last = Review.select(fn.max(Review.study_day)).where(Review.learner == Learner.id)
    return Learner.select(Learner.id, last).where(Among(Learner.id, learners))


@prepared
def _on_break(learners: Collection[LearnerId], today: Day) -> Query:
    return LearnerBreak.select(LearnerBreak.learner).where(
        Among(LearnerBreak.learner, learners), LearnerBreak.first_day <= today, LearnerBreak.last_day >= today
    )


@prepared
def _followers(learners: Collection[LearnerId]) -> Query:
    return Plan.select(Plan.learner).where(Among(Plan.learner, learners), Plan.followed == 1)


@prepared
def _notes_due(learners: Collection[LearnerId], today: Day, *, counted: int) -> Query:
    """Of each learner the notes with a card that is due in a deck of theirs, or how many."""
    schedule = Indexed(Schedule, "schedule_due")
    mine = (LearnerDeck.learner == schedule.learner) & (LearnerDeck.deck == schedule.deck)
    what = fn.count(schedule.note.distinct()) if counted else schedule.note
    query = (
        schedule.select(schedule.learner, what)
        .join(LearnerDeck, JOIN.LEFT_OUTER, on=mine)
        .where(
            Among(schedule.learner, learners), schedule.deck.is_null(False), asked_on(schedule, today),
            fn.coalesce(LearnerDeck.active, 1) == 1,
        )
    )  # fmt: skip
    return query.group_by(schedule.learner) if counted else query.distinct()


@prepared
def _answered(learners: Collection[LearnerId], today: Day) -> Query:
    log = Indexed(Review, "review_day")
    asked = (log.study_day == today) & log.kind.in_(ASKED) & (log.undone == 0)
    return log.select(log.learner).where(Among(log.learner, learners), asked).distinct()


@prepared
def _answers(learners: Collection[LearnerId], today: Day) -> Query:
    log = Indexed(Review, "review_day")
    return answers_today(log, today).select_extend(log.learner).where(Among(log.learner, learners))


@prepared
def _inactive_decks(learners: Collection[LearnerId]) -> Query:
    return LearnerDeck.select(LearnerDeck.learner, LearnerDeck.deck).where(
        Among(LearnerDeck.learner, learners), LearnerDeck.active == 0
    )


class DueCounts:
    """Reads for some learners on the same study day, within the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def last_days(self, learners: Collection[LearnerId]) -> dict[LearnerId, Day | None]:
        """The latest study day in the log of each."""
        return dict(_last_days.all(self._db, learners))

    def on_break(self, learners: Collection[LearnerId], today: Day) -> set[LearnerId]:
        """Who does not study today."""
        return {learner for (learner,) in _on_break.all(self._db, learners, today)}

    def followers(self, learners: Collection[LearnerId]) -> set[LearnerId]:
        """Who follows a plan."""
        return {learner for (learner,) in _followers.all(self._db, learners)}

    def notes_counted(self, learners: Collection[LearnerId], today: Day) -> dict[LearnerId, int]:
        """How many notes have a card that is due in an active deck; who has none is left out."""
        return dict(_notes_due.all(self._db, learners, today, counted=1))

    def notes_due(self, learners: Collection[LearnerId], today: Day) -> dict[LearnerId, set[NoteId]]:
        """The same notes themselves."""
        return _by_learner(_notes_due.all(self._db, learners, today, counted=0))

    def answered(self, learners: Collection[LearnerId], today: Day) -> set[LearnerId]:
        """Who answered something today that the day had asked."""
        return {learner for (learner,) in _answered.all(self._db, learners, today)}

    def answers(self, learners: Collection[LearnerId], today: Day) -> dict[LearnerId, list[AnswerToday]]:
        """Today's answers of each, in the order in which they were given."""
        found: dict[LearnerId, list[AnswerToday]] = {}
        for *row, learner in _answers.all(self._db, learners, today):
            found.setdefault(learner, []).append(AnswerToday._make(row))
        return found

    def inactive_decks(self, learners: Collection[LearnerId]) -> dict[LearnerId, set[DeckId]]:
        """The decks that each has switched off."""
        return _by_learner(_inactive_decks.all(self._db, learners))


def _by_learner(rows: list[tuple[Any, ...]]) -> dict[LearnerId, set[Any]]:
    found: dict[LearnerId, set[Any]] = {}
    for learner, what in rows:
        found.setdefault(learner, set()).add(what)
    return found
