"""What goes to Anki of FSRS-6: a card's memory in its data, the numbers in its deck's preset."""

from __future__ import annotations

from flashcards.domain.ids import CardId, LearnerId
from flashcards.domain.memory.fsrs import UNIT
from flashcards.domain.schedulers import FSRS, Decider
from flashcards.exchange.anki.presets import FsrsPreset
from flashcards.exchange.anki.scheduling import memory_data
from flashcards.services.memory.choices import Choice, Choices, chosen_for
from flashcards.services.memory.state import MemoryState
from flashcards.storage.database import Database

DAY_MS = 86_400_000


class ExportedMemory:
    """Of a learner who chose FSRS-6 for something; within the caller's transaction."""

    def __init__(self, database: Database, learner: LearnerId) -> None:
        self._choices = Choices(database).all(learner)
        states = MemoryState(database)
        self._predictor = states.predictor(learner)
        self._states = {it.card: it for it in states.states(learner)} if self.chosen else {}

    @property
    def chosen(self) -> bool:
        """Whether FSRS-6 decides anything."""
        return any(it.scheduler == FSRS for it in self._choices)

    def _decider(self, address: str) -> Decider | None:
        choice: Choice = chosen_for(self._choices, address)
        return choice.decider(self._predictor) if choice.scheduler == FSRS else None

    def preset(self, address: str) -> FsrsPreset | None:
        """The preset of the deck at an address; None where SM-2 decides."""
        decider = self._decider(address)
        return None if decider is None else FsrsPreset(decider.parameters.numbers, decider.retention)

    def data(self, address: str, card: CardId, last_at: int | None) -> str:
        """A card's data; empty where SM-2 decides, or no answer says anything of it.

        `last_at` is the instant of its last answer; None where only another program knew of one: the noon of that day.
        """
        decider, state = self._decider(address), self._states.get(card)
        if decider is None or state is None:
            return ""
        if last_at is None:
            last_at = state.last_on * DAY_MS + DAY_MS // 2
        stability, difficulty = state.stability / UNIT, state.difficulty / UNIT
        return memory_data(stability, difficulty, decider.retention, decider.parameters.decay, last_at)
