"""Numbers of accounts, none of which is given twice.

A database gives the number of the last account again once that is deleted (a server does where it was copied):
addresses that are derived from it, in a calendar or mails, would be the newcomer's.
"""

from __future__ import annotations

from flashcards.domain.ids import LearnerId
from flashcards.storage.database import Database
from flashcards.storage.models import Learner, Service
from flashcards.storage.prepared import Query, prepared, storing

_LAST_DELETED = "last deleted learner"


@prepared
def _last_deleted() -> Query:
    return Service.select(Service.value).where(Service.key == _LAST_DELETED)


@prepared
def _renumber(number: LearnerId, learner: LearnerId) -> Query:
    return Learner.update({Learner.id: number}).where(Learner.id == learner)


_store_to_service = storing(Service, Service.key, Service.value, key=[Service.key])


def number_anew(database: Database, learner: LearnerId) -> LearnerId:
    """The number of an account that was just made: another one, where it may have been somebody's."""
    last = _last(database)
    if learner > last:
        return learner
    number = LearnerId(last + 1)
    _renumber.run(database, number, learner)
    database.number_on("learner", "id")
    return number


def keep_number(database: Database, learner: LearnerId) -> None:
    """The account with that number goes: nobody gets it again."""
    _store_to_service.run(database, _LAST_DELETED, max(learner, _last(database)))


def _last(database: Database) -> int:
    row = _last_deleted.one(database)
    return int(row[0]) if row else 0
