"""What learners want to be told, and where; and what they were told."""

from __future__ import annotations

from typing import NamedTuple

from peewee import fn

from flashcards.domain.ids import LearnerId
from flashcards.domain.study_day import Day
from flashcards.storage.database import Database
from flashcards.storage.models import Learner, LearnerDay, Plan, Schedule, Sent
from flashcards.storage.prepared import Query, inserting, prepared


class ReminderRow(NamedTuple):
    """A learner's wishes. `reminder` is the hour on their clock, ``07:00``; None: no reminder.

    `calendar_generation` counts the addresses that were made or taken back; above 0 the last one is good.
    """

    email: str | None
    email_verified_at: int | None
    reminder: str | None
    calendar_generation: int


class Subscriber(NamedTuple):
    """A learner who wants reminders, with an address that is theirs."""

    learner: LearnerId
    email: str
    reminder: str
    timezone: str
    calendar_generation: int


@prepared
def _one(learner: LearnerId) -> Query:
    columns = (Learner.email, Learner.email_verified_at, Learner.reminder, Learner.calendar_generation)
    return Learner.select(*columns).where(Learner.id == learner)


@prepared
def _set_generation(generation: int, learner: LearnerId) -> Query:
    return Learner.update({Learner.calendar_generation: generation}).where(Learner.id == learner)


@prepared
def _save(email: str | None, verified_at: int | None, reminder: str | None, learner: LearnerId) -> Query:
    values = {Learner.email: email, Learner.email_verified_at: verified_at, Learner.reminder: reminder}
    return Learner.update(values).where(Learner.id == learner)


@prepared
def _verify(at: int, learner: LearnerId) -> Query:
    return Learner.update({Learner.email_verified_at: at}).where(Learner.id == learner)


@prepared
def _stop(learner: LearnerId) -> Query:
    return Learner.update({Learner.reminder: None}).where(Learner.id == learner)


@prepared
def _subscribers() -> Query:
    columns = (Learner.id, Learner.email, Learner.reminder, Learner.timezone, Learner.calendar_generation)
    wanted = Learner.reminder.is_null(False) & Learner.email_verified_at.is_null(False) & Learner.email.is_null(False)
    return Learner.select(*columns).where(wanted).order_by(Learner.id)


@prepared
def _with_something(learned_since: Day, due_until: Day) -> Query:
    """Those for whom anything can be due: a card with a date, answers of the day (which may be drilled), a plan."""
    due = Schedule.select(Schedule.card).where(Schedule.learner == Learner.id, Schedule.due_on <= due_until)
    learned = LearnerDay.select(LearnerDay.answers).where(
        LearnerDay.learner == Learner.id, LearnerDay.study_day >= learned_since
    )
    planned = Plan.select(Plan.id).where(Plan.learner == Learner.id, Plan.followed == 1)
    return Learner.select(Learner.id).where(
        Learner.reminder.is_null(False), fn.EXISTS(due) | fn.EXISTS(learned) | fn.EXISTS(planned)
    )


@prepared
def _settled(since: Day) -> Query:
    # Whatever the kind: no others are kept there yet that are not of reminders.
    return Sent.select(Sent.learner, Sent.study_day).where(Sent.study_day >= since)


@prepared
def _unsettle(learner: LearnerId, kind: str, day: Day) -> Query:
    return Sent.delete().where((Sent.learner == learner) & (Sent.kind == kind) & (Sent.study_day == day))


@prepared
def _forget(day: Day) -> Query:
    return Sent.delete().where(Sent.study_day < day)


_settle = inserting(Sent, Sent.learner, Sent.kind, Sent.study_day, Sent.at, ignore=True)


class ReminderRows:
    """Reads and writes, within the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of(self, learner: LearnerId) -> ReminderRow | None:
        """The learner's wishes; None where there is no such account."""
        row = _one.one(self._db, learner)
        return ReminderRow(*row) if row else None

    def set_generation(self, learner: LearnerId, generation: int) -> None:
        """Stores how many addresses of the calendar there were."""
        _set_generation.run(self._db, generation, learner)

    def save(self, learner: LearnerId, email: str | None, verified_at: int | None, reminder: str | None) -> None:
        """Stores where and when the learner wants to be reminded."""
        _save.run(self._db, email, verified_at, reminder, learner)

    def verify(self, learner: LearnerId, at: int) -> None:
        """The learner's address is theirs."""
        _verify.run(self._db, at, learner)

    def stop(self, learner: LearnerId) -> None:
        """The learner wants no reminders any more."""
        _stop.run(self._db, learner)

    # --- what was sent

    def subscribers(self) -> list[Subscriber]:
        """Those who want reminders at an address that is theirs."""
        return [Subscriber(*row) for row in _subscribers.all(self._db)]

    def with_something(self, learned_since: Day, due_until: Day) -> set[LearnerId]:
        """Those who want reminders and for whom something may be due; for all others nothing is."""
        return {learner for (learner,) in _with_something.all(self._db, learned_since, due_until)}

    def settled(self, since: Day) -> set[tuple[int, Day]]:
        """(learner, day) of the reminders since a day of which nothing more is to be done."""
        return set(_settled.all(self._db, since))

    def settle(self, learner: LearnerId, kind: str, day: Day, at: int) -> bool:
        """Notes what became of a day's reminder; whether there was no such note."""
        return bool(_settle.run(self._db, learner, kind, day, at).rowcount)

    def unsettle(self, learner: LearnerId, kind: str, day: Day) -> None:
        """Takes the note back."""
        _unsettle.run(self._db, learner, kind, day)

    def forget_before(self, day: Day) -> None:
        """Forgets what was sent before a day."""
        _forget.run(self._db, day)
