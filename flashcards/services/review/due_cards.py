"""What is due: today, within a limit and in which order, and on the days that come."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

from flashcards.clock import Clock
from flashcards.domain.ids import DeckId, NoteId
from flashcards.domain.queue import DaySoFar, DueRow, Order, day_so_far, limit_due, within_limit
from flashcards.domain.siblings import hide_due_siblings
from flashcards.domain.statistics import MATURE
from flashcards.domain.study_day import Day
from flashcards.services.accounts.people import Learner
from flashcards.services.kept import Kept
from flashcards.services.plan.days import LEAST_BACKLOG
from flashcards.services.review.backlog import MANY, Backlog
from flashcards.services.review.contract import DayCount, Forecast
from flashcards.services.review.day_parts import Due, Scope
from flashcards.services.review.next_cards import NextCards
from flashcards.storage.counters import mark_of
from flashcards.storage.database import Database
from flashcards.storage.queues import EVERYWHERE, Places


class DueCards(NextCards):
    """Reads of what is due, and of what today was asked so far."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._days_to_come = Kept[dict[Day, tuple[int, int]]]()

    def due_today(self, learner: Learner) -> list[int] | None:
        """The due cards that today's review will ask; None where it will ask every one of very many."""
        with self._db.read():
            today, so_far = self._so_far(learner)
            scope = self._scope(learner)
            if self._asks_all(learner, scope, today, so_far):
                return None
            return [row[0] for row in self._due(learner, scope, today, so_far).allowed]

    def _asks_all(self, learner: Learner, scope: Scope, today: Day, so_far: DaySoFar) -> bool:
        """Whether no limit, no switched off deck and no sibling holds one of many due cards back."""
        if learner.due_per_day is not None or not scope.everything:
            return False
        rows = self._queue_rows
        count = rows.count_due(learner.id, today)
        return (
            count >= MANY
            and count == rows.count_due_notes(learner.id, today, EVERYWHERE)
            and not rows.due_of_notes(learner.id, today, so_far.moved_notes)
        )

    def forecast(self, learner: Learner, *, days: int, deck: str | None = None) -> Forecast:
        """How many cards come on each of the next days, today included; raises NotFound.

        Of the active decks, or those of them at the address `deck`: what every page says of days to come.
        """
        with self._db.read():
            scope = self._scope(learner, deck)
            today, so_far = self._so_far(learner)
            due = self._due(learner, scope, today, so_far)
            overdue = _day_count(today - 1, (row for row in due.shown if row[1] < today))
            now = _day_count(today, (row for row in due.shown if row[1] == today))
            return Forecast(overdue, (now, *self._coming(learner, due, today, today + days - 1, scope.decks)))

    def _scope(self, learner: Learner, deck: str | None = None, tag: str | None = None) -> Scope:
        rows = self._queue_rows
        decks = self._decks_at(deck) if deck else None
        return Scope(rows.inactive_decks(learner.id), decks, rows.notes_tagged(tag.lstrip("#")) if tag else None)

    def _so_far(self, learner: Learner) -> tuple[Day, DaySoFar]:
        today = self.study_day(learner)
        return today, day_so_far(self._queue_rows.answers(learner.id, today), drill=learner.drill)

    def _due(self, learner: Learner, scope: Scope, today: Day, so_far: DaySoFar) -> Due:
        places = scope.places
        if places is not None and self._queue_rows.count_due(learner.id, today) >= MANY:
            return self._many_due(learner, places, today, so_far)
        all_due = self._queue_rows.due(learner.id, today)
        due = all_due if scope.everything else [it for it in all_due if scope.has(it[5], it[3], it[0])]
        shown = hide_due_siblings(due, so_far.moved_notes)
        order, hold_new = self._order(learner, today, len(shown))
        allowed = limit_due(shown, due_left(learner, so_far), today, learner.id, order)

        @cache
        def waiting() -> dict[NoteId, int]:
            asked = {row[3] for row in allowed}
            return _longest((row[3], row[2]) for row in due if row[3] not in asked)

        return Due(shown, allowed, waiting, order, hold_new)

    def _many_due(self, learner: Learner, places: Places, today: Day, so_far: DaySoFar) -> Due:
        """The same of so many that they are not read."""
        due = Backlog(self._queue_rows, learner.id, today, places, so_far.moved_notes)
        order, hold_new = self._order(learner, today, len(due))
        allowed = due.ordered(order, due_left(learner, so_far))
        return Due(due, allowed, lambda: _longest((it[3], it[2]) for it in allowed.waiting()), order, hold_new)

    def _order(self, learner: Learner, today: Day, due: int) -> tuple[Order, bool]:
        """What comes before the most overdue cards, and whether so much has piled up that new cards wait."""
        failed = self._plan_days.failed_last_time(learner.id, today) if due else frozenset()
        if due <= LEAST_BACKLOG:
            return Order(failed), False
        backlog = self._plan_days.backlog_order(learner.id, today)
        hold_new = bool(backlog) and due > self._plan_days.threshold(learner.id, today)
        return Order(failed, dict.fromkeys(backlog)), hold_new

    def _coming(
        self, learner: Learner, due: Due, today: Day, last: Day, decks: Collection[DeckId] | None
    ) -> tuple[DayCount, ...]:
        """How many cards will be asked on each day from tomorrow to `last`, if all of today's are done today.

        Siblings come one a day; what a limit holds back is added to the days that follow.
        """
        rows = self._queue_rows
        tomorrow = _longest(
            [*due.waiting.items(), *rows.buried(learner.id, today, decks), *rows.due_on(learner.id, today + 1, decks)]
        )
        counts = dict(self._later(learner, today + 2, last, decks))
        mature = sum(interval >= MATURE for interval in tomorrow.values())
        counts[today + 1] = (len(tomorrow) - mature, mature)
        days = range(today + 1, last + 1)
        allowed = within_limit([counts.get(day, (0, 0)) for day in days], learner.due_per_day)
        return tuple(DayCount(day, *count) for day, count in zip(days, allowed, strict=True))

    def _later(
        self, learner: Learner, first: Day, last: Day, decks: Collection[DeckId] | None
    ) -> dict[Day, tuple[int, int]]:
        """(young, mature) cards by the days from `first` to `last`, counted once for as long as no schedule moves."""
        mark = mark_of(self._db, learner.id)
        key = (learner.id, learner.created_at, mark, first, last, None if decks is None else frozenset(decks))
        rows = self._queue_rows
        return self._days_to_come.get(
            key, lambda: {day: (young, mature) for day, young, mature in rows.coming(learner.id, first, last, decks)}
        )


def due_left(learner: Learner, so_far: DaySoFar) -> int | None:
    return None if learner.due_per_day is None else learner.due_per_day - so_far.due_answered


def _day_count(day: Day, due: Iterable[DueRow]) -> DayCount:
    mature = [row[2] >= MATURE for row in due]
    return DayCount(day, mature.count(False), mature.count(True))


def _longest(notes: Iterable[tuple[NoteId, int]]) -> dict[NoteId, int]:
    """(note, interval) as note to its longest interval."""
    found: dict[NoteId, int] = {}
    for note, interval in notes:
        found[note] = max(interval, found.get(note, 0))
    return found
