"""What every part of the review service begins with: whose day is it, and which."""

from __future__ import annotations

from flashcards.clock import Clock
from flashcards.domain import sm2
from flashcards.domain.study_day import Day, study_day
from flashcards.errors import NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.plan.days import PlanDays
from flashcards.services.review.text_changes import TextChanges
from flashcards.storage.cards import CardRows
from flashcards.storage.database import Database
from flashcards.storage.queues import QueueRows
from flashcards.storage.reviews import ReviewRows


class LearnerDays:
    """The stores of the review service, and the learner's own calendar."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock
        self._rows = ReviewRows(database, sm2.SCHEDULER)
        self._queue_rows = QueueRows(database)
        self._card_rows = CardRows(database)
        self._changes = TextChanges(database)
        self._plan_days = PlanDays(database, clock)

    def study_day(self, learner: Learner) -> Day:
        """The learner's today: never before the latest day in their log, if that is at most one ahead."""
        return self._day(learner, self._rows.log_end(learner.id)[1])

    def _day(self, learner: Learner, latest: Day | None) -> Day:
        return study_day(self._clock(), learner.timezone, learner.day_start, latest)

    def _decks_at(self, address: str) -> set[int]:
        """The decks at the address of a deck or folder; raises NotFound where there is none."""
        decks = self._queue_rows.decks_at(address.strip("/"))
        if not decks:
            raise NotFound(f"There is no deck or folder {address!r}.")
        return decks
