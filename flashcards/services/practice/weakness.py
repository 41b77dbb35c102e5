"""How likely a question is to go wrong: by what the memory predicts of it today."""

from __future__ import annotations

from collections.abc import Collection

from flashcards.domain.ids import CardId, LearnerId
from flashcards.domain.study_day import Day
from flashcards.services.memory.state import MemoryState

NEVER_ANSWERED = 0.7


def weaknesses(memory: MemoryState, learner: LearnerId, cards: Collection[CardId], today: Day) -> dict[CardId, float]:
    """From 0, known for sure, to 1, for each of the cards."""
    predictor = memory.predictor(learner)
    recalled = {state.card: predictor.recall(state, today) for state in memory.states(learner, cards)}
    return {card: 1 - recalled[card] if card in recalled else NEVER_ANSWERED for card in cards}
