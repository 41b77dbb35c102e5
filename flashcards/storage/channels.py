"""Addresses beside mail at which learners are told that cards are due."""

from __future__ import annotations

from typing import NamedTuple

from peewee import fn

from flashcards.domain.ids import LearnerId
from flashcards.storage.database import Database
from flashcards.storage.models import Channel, Learner
from flashcards.storage.prepared import Query, inserting, prepared


class ChannelRow(NamedTuple):
    """An address of a learner's; `sealed` is itself, for nobody to read, and `shown` what may be said of it.

    `failures` counts those in a row up to the last time that it was tried, at `tried_at`; `trouble` is what went wrong.
    """

    learner: LearnerId
    id: int
    kind: str
    shown: str
    sealed: str
    failures: int
    tried_at: int | None
    trouble: str


_COLUMNS = (
    Channel.learner, Channel.id, Channel.kind, Channel.shown, Channel.url_encrypted, Channel.failures, Channel.tried_at,
    Channel.trouble,
)  # fmt: skip


@prepared
def _of(learner: LearnerId) -> Query:
    return Channel.select(*_COLUMNS).where(Channel.learner == learner).order_by(Channel.id)


@prepared
def _of_subscribers() -> Query:
    wanted = Learner.reminder.is_null(False) | Learner.letter.is_null(False)
    return Channel.select(*_COLUMNS).join(Learner).where(wanted).order_by(Channel.learner, Channel.id)


@prepared
def _last(learner: LearnerId) -> Query:
    return Channel.select(fn.max(Channel.id)).where(Channel.learner == learner)


@prepared
def _delete(learner: LearnerId, number: int) -> Query:
    return Channel.delete().where((Channel.learner == learner) & (Channel.id == number))


@prepared
def _tried(failures: int, at: int, trouble: str, learner: LearnerId, number: int) -> Query:
    values = {Channel.failures: failures, Channel.tried_at: at, Channel.trouble: trouble}
    return Channel.update(values).where((Channel.learner == learner) & (Channel.id == number))


_add = inserting(
    Channel, Channel.learner, Channel.id, Channel.kind, Channel.shown, Channel.url_encrypted, Channel.made_at
)


class ChannelRows:
    """Reads and writes, within the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of(self, learner: LearnerId) -> list[ChannelRow]:
        """The learner's addresses, the oldest first."""
        return [ChannelRow(*row) for row in _of.all(self._db, learner)]

    def of_subscribers(self) -> list[ChannelRow]:
        """The addresses of all who want to be told something."""
        return [ChannelRow(*row) for row in _of_subscribers.all(self._db)]

    def add(self, learner: LearnerId, kind: str, shown: str, sealed: str, at: int) -> int:
        """Stores one more; its number."""
        row = _last.one(self._db, learner)
        number = int(row[0] or 0) + 1 if row else 1
        _add.run(self._db, learner, number, kind, shown, sealed, at)
        return number

    def delete(self, learner: LearnerId, number: int) -> bool:
        """Forgets one; whether there was one."""
        return bool(_delete.run(self._db, learner, number).rowcount)

    def tried(self, learner: LearnerId, number: int, failures: int, at: int, trouble: str) -> None:
        """Keeps what came of the last message to it."""
        _tried.run(self._db, failures, at, trouble, learner, number)
