"""What learners want to be told, and where; and what they were told."""

from __future__ import annotations

from typing import NamedTuple

from peewee import Case, fn

from flashcards.domain.ids import LearnerId
from flashcards.domain.minutes_left import LONGEST_MS
from flashcards.domain.study_day import Day
from flashcards.storage.database import Database
from flashcards.storage.models import Learner, LearnerDay, Review, Sent
from flashcards.storage.prepared import AtMost, Number, Query, inserting, prepared


class ReminderRow(NamedTuple):
    """A learner's wishes. `reminder` is the hour on their clock, ``07:00``; None: no reminder.

    `calendar_generation` counts the addresses that were made or taken back; above 0 the last one is good. `letter` is
    when the weekly letter comes, ``1-07:00`` for Mondays; None: never.
    """

    email: str | None
    email_verified_at: int | None
    reminder: str | None
    calendar_generation: int
    letter: str | None


class Subscriber(NamedTuple):
    """A learner who wants reminders or the weekly letter; `email` is None where no mail can go to them."""

    learner: LearnerId
    email: str | None
    reminder: str | None
    letter: str | None
    timezone: str
    calendar_generation: int
    day_start: int
    due_per_day: int | None
    drill: int


class Week(NamedTuple):
    """What a learner did in some days: answers, days with any, and the time they took."""

    answers: int
    days: int
    ms: int


@prepared
def _one(learner: LearnerId) -> Query:
    columns = (Learner.email, Learner.email_verified_at, Learner.reminder, Learner.calendar_generation, Learner.letter)
    return Learner.select(*columns).where(Learner.id == learner)


@prepared
def _set_generation(generation: int, learner: LearnerId) -> Query:
    return Learner.update({Learner.calendar_generation: generation}).where(Learner.id == learner)


@prepared
def _save_mail(email: str | None, verified_at: int | None, learner: LearnerId) -> Query:
    values = {Learner.email: email, Learner.email_verified_at: verified_at}
    return Learner.update(values).where(Learner.id == learner)


@prepared
def _save_times(reminder: str | None, letter: str | None, learner: LearnerId) -> Query:
    values = {Learner.reminder: reminder, Learner.letter: letter}
    return Learner.update(values).where(Learner.id == learner)


@prepared
def _verify(at: int, learner: LearnerId) -> Query:
    return Learner.update({Learner.email_verified_at: at}).where(Learner.id == learner)


@prepared
def _stop(learner: LearnerId) -> Query:
    return Learner.update({Learner.reminder: None}).where(Learner.id == learner)


@prepared
def _stop_letter(learner: LearnerId) -> Query:
    return Learner.update({Learner.letter: None}).where(Learner.id == learner)


@prepared
def _subscribers() -> Query:
    email = Case(None, ((Learner.email_verified_at.is_null(False), Learner.email),))
    columns = (
        Learner.id, email, Learner.reminder, Learner.letter, Learner.timezone, Learner.calendar_generation,
        Learner.day_start, Learner.due_per_day, Learner.drill,
    )  # fmt: skip
    wanted = Learner.reminder.is_null(False) | Learner.letter.is_null(False)
    return Learner.select(*columns).where(wanted).order_by(Learner.id)


@prepared
def _studied_since(day: Day) -> Query:
    studied = LearnerDay.select(LearnerDay.answers).where(
        LearnerDay.learner == Learner.id, LearnerDay.study_day >= day, LearnerDay.answers > 0
    )
    return Learner.select(Learner.id).where(Learner.letter.is_null(False), fn.EXISTS(studied))


@prepared
def _week(learner: LearnerId, first: Day, last: Day) -> Query:
    return LearnerDay.select(
        fn.coalesce(fn.sum(LearnerDay.answers), 0), fn.coalesce(fn.sum(Number(LearnerDay.answers > 0)), 0)
    ).where(LearnerDay.learner == learner, LearnerDay.study_day.between(first, last))


@prepared
def _time_spent(learner: LearnerId, first: Day, last: Day) -> Query:
    return Review.select(fn.coalesce(fn.sum(AtMost(Review.took_ms, LONGEST_MS)), 0)).where(
        Review.learner == learner, Review.study_day.between(first, last), Review.undone == 0,
        Review.quality.is_null(False),
    )  # fmt: skip


@prepared
def _settled(since: Day) -> Query:
    return Sent.select(Sent.learner, Sent.kind, Sent.study_day).where(Sent.study_day >= since)


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

    def save_mail(self, learner: LearnerId, email: str | None, verified_at: int | None) -> None:
        """Stores where mail goes."""
        _save_mail.run(self._db, email, verified_at, learner)

    def save_times(self, learner: LearnerId, reminder: str | None, letter: str | None) -> None:
        """Stores when the learner wants to be told something."""
        _save_times.run(self._db, reminder, letter, learner)

    def verify(self, learner: LearnerId, at: int) -> None:
        """The learner's address is theirs."""
        _verify.run(self._db, at, learner)

    def stop(self, learner: LearnerId) -> None:
        """The learner wants no reminders any more."""
        _stop.run(self._db, learner)

    def stop_letter(self, learner: LearnerId) -> None:
        """The learner wants no weekly letter any more."""
        _stop_letter.run(self._db, learner)

    # --- what was sent

    def subscribers(self) -> list[Subscriber]:
        """Those who want to be told something."""
        return [Subscriber(*row) for row in _subscribers.all(self._db)]

    def studied_since(self, day: Day) -> set[LearnerId]:
        """Of those who want the letter, who answered something since a day."""
        return {learner for (learner,) in _studied_since.all(self._db, day)}

    def week(self, learner: LearnerId, first: Day, last: Day) -> Week:
        """What a learner did from one day to another."""
        counts, spent = _week.one(self._db, learner, first, last), _time_spent.one(self._db, learner, first, last)
        answers, days = counts or (0, 0)
        return Week(int(answers), int(days), int(spent[0]) if spent else 0)

    def settled(self, since: Day) -> set[tuple[int, str, Day]]:
        """(learner, kind, day) of what was sent or settled otherwise since a day."""
        return set(_settled.all(self._db, since))

    def settle(self, learner: LearnerId, kind: str, day: Day, at: int) -> bool:
        """Notes what became of what was due on a day; whether there was no such note."""
        return bool(_settle.run(self._db, learner, kind, day, at).rowcount)

    def unsettle(self, learner: LearnerId, kind: str, day: Day) -> None:
        """Takes the note back."""
        _unsettle.run(self._db, learner, kind, day)

    def forget_before(self, day: Day) -> None:
        """Forgets what was sent before a day."""
        _forget.run(self._db, day)
