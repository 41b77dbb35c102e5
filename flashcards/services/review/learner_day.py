"""What every part of the review service begins with: whose day is it, and which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flashcards.clock import Clock
from flashcards.domain.ids import DeckId
from flashcards.domain.memory.fsrs import UNIT
from flashcards.domain.study_day import Day, study_day
from flashcards.errors import NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.memory.answering import AnswerMemory
from flashcards.services.memory.choices import Choices
from flashcards.services.memory.previews import ButtonDays
from flashcards.services.memory.state import MemoryState
from flashcards.services.plan.days import PlanDays
from flashcards.services.review.contract import CardState
from flashcards.services.review.shown_card import card_state
from flashcards.services.review.text_changes import TextChanges
from flashcards.storage.cards import CardRecord, CardRows
from flashcards.storage.database import Database
from flashcards.storage.queues import QueueRows
from flashcards.storage.reviews import ReviewRows


class LearnerDays:
    """The stores of the review service, and the learner's own calendar."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock
        self._rows = ReviewRows(database)
        self._queue_rows = QueueRows(database)
        self._card_rows = CardRows(database)
        self._changes = TextChanges(database)
        self._memory = AnswerMemory(database)
        self._remembered = MemoryState(database)
        self._choices = Choices(database)
        self._button_days = ButtonDays(database)
        self._plan_days = PlanDays(database, clock)

    def study_day(self, learner: Learner) -> Day:
        """The learner's today: never before the latest day in their log, if that is at most one ahead."""
        return self._day(learner, self._rows.log_end(learner.id)[1])

    def _day(self, learner: Learner, latest: Day | None) -> Day:
        return study_day(self._clock(), learner.timezone, learner.day_start, latest)

    def _card_states(self, learner: Learner, records: Sequence[CardRecord]) -> tuple[CardState, ...]:
        """Stored cards as the service gives them, with what is remembered of each today."""
        with self._db.read():
            known = {it.card: it for it in self._remembered.states(learner.id, [it.id for it in records])}
            predictor = self._remembered.predictor(learner.id) if known else None
            today = self.study_day(learner)
        states = []
        for record in records:
            state, it = card_state(record, learner), known.get(record.id)
            if it is not None and predictor is not None:
                state = replace(
                    state,
                    recall=predictor.recall(it, today),
                    stability=it.stability / UNIT,
                    difficulty=it.difficulty / UNIT,
                )
            states.append(state)
        return tuple(states)

    def _decks_at(self, address: str) -> set[DeckId]:
        """The decks at the address of a deck or folder; raises NotFound where there is none."""
        decks = self._queue_rows.decks_at(address.strip("/"))
        if not decks:
            raise NotFound(f"There is no deck or folder {address!r}.")
        return decks
