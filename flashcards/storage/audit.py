"""The rows of what happened to accounts."""

from __future__ import annotations

from flashcards.domain.ids import LearnerId
from flashcards.storage.database import Database, Row
from flashcards.storage.models import Audit
from flashcards.storage.prepared import Query, inserting, prepared

_COLUMNS = (
    Audit.id, Audit.at, Audit.learner, Audit.name_then, Audit.actor, Audit.action, Audit.target, Audit.address_prefix,
    Audit.request_id,
)  # fmt: skip

_insert = inserting(
    Audit, Audit.at, Audit.learner, Audit.name_then, Audit.actor, Audit.action, Audit.target, Audit.address_prefix,
    Audit.request_id,
)  # fmt: skip


@prepared
def _page(before: int, most: int, learner: LearnerId | None = None) -> Query:
    rows = Audit.select(*_COLUMNS).where(Audit.id < before).order_by(Audit.id.desc()).limit(most)
    return rows if learner is None else rows.where(Audit.learner == learner)


@prepared
def _forget_name(learner: LearnerId) -> Query:
    return Audit.update({Audit.name_then: None}).where(Audit.learner == learner)


@prepared
def _delete_before(at: int) -> Query:
    return Audit.delete().where(Audit.at < at)


class AuditRows:
    """Reads and writes them; transactions are the caller's."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, *values: int | str) -> None:
        """Stores (at, learner, name_then, actor, action, target, address_prefix, request_id)."""
        _insert.run(self._db, *values)

    def page(self, before: int, most: int, learner: LearnerId | None = None) -> list[Row]:
        """The newest rows below a number, of everybody or of one: (id, at, learner, name_then, actor, action, target,
        address_prefix, request_id)."""
        return _page.all(self._db, before, most, learner)

    def forget_name(self, learner: LearnerId) -> None:
        """The rows of a learner stay, without the name."""
        _forget_name.run(self._db, learner)

    def delete_before(self, at: int) -> None:
        """Drops what is older."""
        _delete_before.run(self._db, at)
