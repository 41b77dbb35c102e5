"""The rows of links that let somebody in once."""

from __future__ import annotations

from flashcards.domain.ids import LearnerId
from flashcards.storage.database import Database, Row
from flashcards.storage.models import Invite
from flashcards.storage.models import Learner as Person
from flashcards.storage.prepared import Query, inserting, prepared

_insert = inserting(
    Invite, Invite.secret_hash, Invite.learner, Invite.role, Invite.made_by, Invite.made_at, Invite.expires_at
)


@prepared
def _open(secret_hash: bytes, now: int) -> Query:
    return (
        Invite.select(Invite.id, Invite.learner, Invite.role)
        .where(Invite.secret_hash == secret_hash, Invite.used_at.is_null(), Invite.expires_at > now)
    )  # fmt: skip


@prepared
def _use(number: int, now: int) -> Query:
    return Invite.update({Invite.used_at: now}).where(
        Invite.id == number, Invite.used_at.is_null(), Invite.expires_at > now
    )


@prepared
def _all_open(now: int) -> Query:
    maker = Person.alias()
    return (
        Invite.select(Invite.id, Person.name, Invite.role, maker.name, Invite.made_at, Invite.expires_at)
        .left_outer_join(Person, on=Invite.learner == Person.id)
        .left_outer_join(maker, on=Invite.made_by == maker.id)
        .where(Invite.used_at.is_null(), Invite.expires_at > now)
        .order_by(Invite.id)
    )


@prepared
def _delete(number: int) -> Query:
    return Invite.delete().where(Invite.id == number, Invite.used_at.is_null())


@prepared
def _delete_over(now: int) -> Query:
    return Invite.delete().where(Invite.used_at.is_null(False) | (Invite.expires_at <= now))


class InviteRows:
    """Reads and writes them; transactions are the caller's."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(
        self, secret_hash: bytes, learner: LearnerId | None, role: str, made_by: int | None, now: int, expires_at: int
    ) -> None:
        """Stores a link; `learner` None: an invitation."""
        _insert.run(self._db, secret_hash, learner, role, made_by, now, expires_at)

    def open(self, secret_hash: bytes, now: int) -> Row | None:
        """(id, learner, role) of the link with that secret, while it can be used."""
        return _open.one(self._db, secret_hash, now)

    def use(self, number: int, now: int) -> bool:
        """Marks a link as used; whether it still could be."""
        return bool(_use.run(self._db, number, now).rowcount)

    def all_open(self, now: int) -> list[Row]:
        """(id, whose password or None, role, who made it, made_at, expires_at) of those that can be used."""
        return _all_open.all(self._db, now)

    def delete(self, number: int) -> bool:
        """Takes a link back; whether it was there and unused."""
        return bool(_delete.run(self._db, number).rowcount)

    def delete_over(self, now: int) -> None:
        """Drops those that were used, and those that are over."""
        _delete_over.run(self._db, now)
