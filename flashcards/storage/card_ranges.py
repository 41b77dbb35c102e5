"""Cards in ranges of numbers, for what goes through whole logs and sorts them.

What is sorted lies in a file, but SQLite maps that file into memory whole. So a long log is sorted range by range, each
of which reads the table once more: that is quicker than to look its rows up one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from peewee import SQL, fn

from flashcards.domain.ids import LearnerId
from flashcards.storage.database import Database
from flashcards.storage.models import Review
from flashcards.storage.prepared import Query, prepared

ROWS_AT_ONCE = 250_000
_ENDS = -(2**62), 2**62


class CardRange(NamedTuple):
    """The cards whose number is more than `above` and at most `upto`."""

    above: int
    upto: int


@prepared
def _log_size(learner: LearnerId | None = None) -> Query:
    size = Review.select(fn.count(SQL("*")), fn.min(Review.card), fn.max(Review.card))
    return size if learner is None else size.where(Review.learner == learner)


def card_ranges(database: Database, learner: LearnerId | None = None) -> Iterator[CardRange]:
    """Ranges that hold every card there could be, in order, with about `ROWS_AT_ONCE` rows in each: of the learner's
    log, or of all logs.
    """
    rows, first, last = _log_size.one(database, learner) or (0, None, None)
    parts = max(1, -(-rows // ROWS_AT_ONCE))
    inner = [first - 1 + (last - first + 1) * number // parts for number in range(1, parts)]
    ends = [_ENDS[0], *inner, _ENDS[1]]
    return map(CardRange, ends[:-1], ends[1:])
