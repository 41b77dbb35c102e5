"""Holidays entered in advance, and what is due spread over days to come. Dates move by the learner's own action alone,
and undo takes it back whole."""

from __future__ import annotations

from flashcards.clock import Clock
from flashcards.domain.plan.breaks import Waiting, backlog, spread_break, spread_over
from flashcards.domain.study_day import Day
from flashcards.errors import Invalid, NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.plan.contract import Break
from flashcards.services.plan.days import PlanDays, as_scheduled
from flashcards.services.review.facade import ReviewService
from flashcards.storage.database import Database
from flashcards.storage.plans import PlanRows

LONGEST_BREAK = 365
FARTHEST = 730
_REMINDED = 7
"""So many days before a holiday Today says what else has come to fall into it."""


class Breaks:
    """What a learner does with holidays."""

    def __init__(self, database: Database, clock: Clock, review: ReviewService) -> None:
        self._db = database
        self._clock = clock
        self._rows = PlanRows(database)
        self._days = PlanDays(database, clock)
        self._review = review

    def breaks(self, learner: Learner) -> list[Break]:
        """The holidays that are not over, the earliest first."""
        today = self._review.study_day(learner)
        return [Break(*it) for it in self._rows.breaks(learner.id) if it.last >= today]

    def add_break(self, learner: Learner, first: Day, last: Day) -> int:
        """Enters a holiday and spreads what falls into it; gives how many dates were set.

        What would be forgotten most until it ends comes before it, the rest after it. Raises Invalid.
        """
        today = self._review.study_day(learner)
        _check(first, last, today)
        with self._db.write(learner=learner.id):
            for other in self.breaks(learner):
                if other.first != first and first <= other.last and last >= other.first:
                    raise Invalid("There is another break in these days: take that one out first.", field="first")
            self._rows.add_break(learner.id, first, last, self._clock())
            plan = self._rows.followed(learner.id)
            if plan is not None:
                self._rows.forget_days(learner.id, plan.id, today)
        return self.spread(learner, Break(first, last))

    def delete_break(self, learner: Learner, first: Day) -> None:
        """Takes a holiday out; the dates that it set stay, or are undone by undo. Raises NotFound."""
        today = self._review.study_day(learner)
        with self._db.write(learner=learner.id):
            if not self._rows.delete_break(learner.id, first):
                raise NotFound("There is no break that begins on this day.")
            plan = self._rows.followed(learner.id)
            if plan is not None:
                self._rows.forget_days(learner.id, plan.id, today)

    def falling(self, learner: Learner) -> tuple[Break, int] | None:
        """The holiday that is near, and how many cards fall into it by now; None where none do."""
        today = self._review.study_day(learner)
        for it in self.breaks(learner):
            if it.first - _REMINDED <= today:
                count = len(self._rows.due_between(learner.id, max(it.first, today + 1), it.last))
                return (it, count) if count else None
        return None

    def spread(self, learner: Learner, it: Break) -> int:
        """Spreads what falls into a holiday over the days around it; gives how many dates were set."""
        today = self._review.study_day(learner)
        first = max(it.first, today)
        if it.last < first:
            return 0
        waiting = self._waiting(learner, first, it.last)
        return self._review.set_dates(learner, spread_break(waiting, today, first, it.last)) if waiting else 0

    def spread_due(self, learner: Learner, days: int) -> int:
        """Spreads what is due now over so many days, what gains most a minute first; gives how many dates were set."""
        if not 1 <= days <= LONGEST_BREAK:
            raise Invalid(f"Give 1 to {LONGEST_BREAK} days.", field="days")
        today = self._review.study_day(learner)
        waiting = self._waiting(learner, 0, today)
        if not waiting:
            return 0
        found = self._days.known_of(learner.id, today)
        order = backlog(waiting, today, found.learner, 1.0, 0.0, 0).order
        return self._review.set_dates(learner, spread_over(order, today, days))

    def _waiting(self, learner: Learner, first: Day, last: Day) -> list[Waiting]:
        memories = self._days.memories(learner.id)
        return [
            Waiting(card, *memories.get(card, as_scheduled(due, interval)), due)
            for card, due, interval in self._rows.due_between(learner.id, first, last)
        ]


def _check(first: Day, last: Day, today: Day) -> None:
    if last < first:
        raise Invalid("The break ends before it begins: give its first day, then its last.", field="last")
    if last < today:
        raise Invalid("That break is over: give days to come.", field="last")
    if last - first >= LONGEST_BREAK:
        raise Invalid(f"Give at most {LONGEST_BREAK} days.", field="last")
    if first > today + FARTHEST:
        raise Invalid("Give a break within the next two years.", field="first")
