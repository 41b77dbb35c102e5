"""What an answer does to what is remembered of its card; called within the transaction that stores the answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from flashcards.domain.ids import CardId, LearnerId
from flashcards.domain.memory.evidence import Evidence, Remembered, answered, is_newest, replay
from flashcards.storage.answering import Beginning
from flashcards.storage.database import Database
from flashcards.storage.memory import InForce, MemoryRows


class Step(NamedTuple):
    """`row` is the memory after the answer at its own place, for the log; `card` that of the card from now on.

    They differ where the answer came late, after others that were given after it. `force` is what computed both;
    `moves` whether something is stored of the card already, by the same numbers.
    """

    row: Remembered
    card: Remembered | None
    force: InForce
    moves: bool = False


class AnswerMemory:
    """Keeps memories beside schedules: `AnswerMemory(database)`."""

    def __init__(self, database: Database) -> None:
        self._memories = MemoryRows(database)

    def step(self, learner: LearnerId, found: Beginning, answer: Evidence) -> Step:
        """What the answer, which is not in the log yet, makes of the card."""
        force, before = found.force, found.memory
        if found.memory_is_known:
            state = before.remembered if before else None
            if is_newest(state, answer):
                after = answered(state, answer, force.fit.parameters)
                return Step(after, after, force, before is not None)
        return self._from_log(learner, found.card.id, answer, force)

    def _from_log(self, learner: LearnerId, card: CardId, answer: Evidence, force: InForce) -> Step:
        log = [*self._memories.log_of_card(learner, card), answer]
        until = [row for row in log if row[:3] <= answer[:3]]
        row = replay(until, force.fit.parameters)
        assert row is not None  # the answer itself is the last of them
        return Step(row, replay(log, force.fit.parameters), force)

    def store(self, learner: LearnerId, card: CardId, step: Step) -> None:
        """Stores what a step gave for the card."""
        if step.moves and step.card is not None:
            self._memories.move(learner, card, step.card)
        else:
            self._memories.save(learner, card, step.card, step.force.name)

    def recompute(self, learner: LearnerId, card: CardId) -> None:
        """Takes what the log of a card gives now: after an undo or a reset."""
        force = self._memories.in_force(learner)
        found = replay(self._memories.log_of_card(learner, card), force.fit.parameters)
        self._memories.save(learner, card, found, force.name)

    def mark(self, learner: LearnerId, cards: Iterable[CardId]) -> None:
        """Many logs have changed at once: they are computed after the transaction, or when somebody asks."""
        self._memories.mark(learner, cards)
