"""How well a learner remembers each card now: stored beside the schedule, or computed from the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from flashcards.domain.ids import CardId, DeckId, LearnerId
from flashcards.domain.memory import fsrs
from flashcards.domain.memory.calibration import Calibration
from flashcards.domain.memory.evidence import Remembered, replay
from flashcards.domain.memory.fit import Fit
from flashcards.domain.memory.fsrs import DEFAULTS, Memory, Parameters
from flashcards.domain.study_day import Day
from flashcards.storage.database import Database
from flashcards.storage.memory import CardMemory, InForce, MemoryRows

BATCH = 500
"""Cards that are computed in one transaction."""


_BEYOND = 1e200


class CardState(NamedTuple):
    """What is remembered of a card: stability and difficulty in millionths, the study day of the last answer."""

    card: CardId
    stability: int
    difficulty: int
    last_on: Day
    answers: int


@dataclass(frozen=True, slots=True)
class Predictor:
    """What predicts a learner's answers: parameters and their calibration, with the parameters' name."""

    parameters: Parameters = DEFAULTS
    calibration: Calibration = field(default_factory=Calibration)
    name: str = DEFAULTS.name

    @property
    def fit(self) -> Fit:
        """Both as one value."""
        return Fit(self.parameters, self.calibration)

    def recall(self, card: CardState, today: Day) -> float:
        """How likely the card is remembered on a day."""
        memory = Memory(card.stability, card.difficulty)
        return self.calibration(fsrs.recall(memory, today - card.last_on, self.parameters))

    def days_per_stability(self, recall: float) -> float:
        """The k with which (today - last day) * 1,000,000 > stability * k says that the recall is below `recall`.

        0 for 1 and more, a number beyond all for 0 and less.
        """
        if recall >= 1:
            return 0.0
        if recall <= 0:
            return _BEYOND
        return min(_BEYOND, fsrs.days_per_stability(self.calibration.asked_for(recall), self.parameters))


class MemoryState:
    """Reads what is remembered, and brings up to date what was computed with other numbers."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._memories = MemoryRows(database)

    def predictor(self, learner: LearnerId) -> Predictor:
        """What predicts the learner's answers now."""
        return predictor_of(self._memories.in_force(learner))

    def states(self, learner: LearnerId, cards: Collection[CardId] | None = None) -> list[CardState]:
        """What is remembered of these cards, or of all, by card; cards that were never answered are left out."""
        with self._db.read():
            return self._fresh(learner, self._memories.of_cards(learner, cards))

    def states_of_decks(self, learner: LearnerId, decks: Collection[DeckId]) -> dict[DeckId, list[CardState]]:
        """The same by deck, of the cards that these decks hold today; decks without any are left out."""
        with self._db.read():
            found = self._memories.of_decks(learner, decks)
            states = {it.card: it for it in self._fresh(learner, [row for _, row in found])}
        by_deck: dict[DeckId, list[CardState]] = {}
        for deck, row in found:
            if row.card in states:
                by_deck.setdefault(deck, []).append(states[row.card])
        return by_deck

    def stale_states(self, learner: LearnerId) -> list[CardState]:
        """What is remembered of those cards alone that are not stored as of today's numbers: none as a rule."""
        with self._db.read():
            cards = self._memories.stale(learner, self._memories.in_force(learner).name)
            return self.states(learner, cards) if cards else []

    def _fresh(self, learner: LearnerId, rows: Iterable[CardMemory]) -> list[CardState]:
        force = self._memories.in_force(learner)
        found: list[CardState] = []
        stale: list[CardId] = []
        for it in rows:
            if it.parameters == force.name:
                found.append(CardState(it.card, it.stability, it.difficulty, it.last_on, it.answers))
            else:
                stale.append(it.card)
        if stale:
            found += [_state(card, it) for card, it in self.computed(learner, stale, force) if it is not None]
            found.sort()
        return found

    def computed(
        self, learner: LearnerId, cards: Collection[CardId], force: InForce
    ) -> Iterable[tuple[CardId, Remembered | None]]:
        """What the log gives for each of the cards; None where nothing. Within a transaction."""
        left = set(cards)
        for card, log in self._memories.logs(learner, cards):
            left.discard(card)
            yield card, replay((line.says for line in log), force.fit.parameters)
        for card in sorted(left):
            yield card, None

    def catch_up(self, learner: LearnerId) -> int:
        """Computes what was not yet, or with numbers that are no longer in force, in batches; gives how many cards."""
        count = 0
        while True:
            with self._db.write(learner=learner):
                force = self._memories.in_force(learner)
                cards = self._memories.stale(learner, force.name, BATCH)
                if not cards:
                    return count
                self._memories.save_many(learner, self.computed(learner, cards, force), force.name)
            count += len(cards)

    def catch_up_all(self) -> int:
        """The same for every learner."""
        with self._db.read():
            learners = self._memories.learners()
        return sum(self.catch_up(learner) for learner in learners)


def predictor_of(force: InForce) -> Predictor:
    """The predictor of what is in force."""
    return Predictor(force.fit.parameters, force.fit.calibration, force.name)


def _state(card: CardId, it: Remembered) -> CardState:
    return CardState(card, it.memory.stability, it.memory.difficulty, it.last_on, it.answers)
