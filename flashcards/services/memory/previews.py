"""The days on the buttons of cards whose date FSRS-6 decides, or did until now: the date that the answer would give."""

from __future__ import annotations

from collections.abc import Mapping

from flashcards.domain import sm2
from flashcards.domain.ids import CardId, LearnerId, NoteId
from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import Memory
from flashcards.domain.schedule import Scheduled
from flashcards.domain.schedulers import SM2, Decider, Entry, follow, own_of
from flashcards.domain.study_day import Day
from flashcards.services.memory.choices import Choices
from flashcards.services.memory.state import CardState, MemoryState
from flashcards.storage.cards import CardRecord
from flashcards.storage.database import Database
from flashcards.storage.reviews import ReviewRows

_ASKED = frozenset({"due", "new"})


class ButtonDays:
    """Within the caller's transaction: `ButtonDays(database)`."""

    def __init__(self, database: Database) -> None:
        self._rows = ReviewRows(database)
        self._choices = Choices(database)
        self._states = MemoryState(database)

    def of(
        self, learner: LearnerId, cards: Mapping[CardId, CardRecord], kinds: Mapping[CardId, str], today: Day
    ) -> dict[CardId, dict[int, int]]:
        """By card and grade, of those cards alone for which it is not what SM-2 gives."""
        deciders = self._choices.deciders(learner, [it.note_id for it in cards.values()])
        wanted = {
            number: decider
            for number, card in cards.items()
            if (decider := self._decider(card, kinds[number], deciders)) is not None
        }
        if not wanted:
            return {}
        states = {it.card: it for it in self._states.states(learner, list(wanted))}
        found = {}
        for number, decider in wanted.items():
            if decider.name == SM2:
                found[number] = self._back(learner, cards[number], today)
            else:
                found[number] = by_grade(states.get(number), decider, today)
        return found

    @staticmethod
    def _decider(card: CardRecord, kind: str, deciders: Mapping[NoteId, Decider]) -> Decider | None:
        """Who will decide at an answer; None where that is SM-2 as always, or where no date moves."""
        chosen = deciders.get(card.note_id)
        if kind in _ASKED:
            return chosen or (Decider() if card.by != SM2 else None)
        return chosen if kind == "drill" and card.by != SM2 else None

    def _back(self, learner: LearnerId, card: CardRecord, today: Day) -> dict[int, int]:
        """On the way back to SM-2: the days to SM-2's own date."""
        own = own_of(self._rows.entries(learner, card.id))
        days = {}
        for grade in sm2.QUALITIES:
            after = follow(own, Entry("scheduled", grade, today, card.schedule, card.schedule)).progress
            days[grade] = max(0, after.due_on - today) if isinstance(after, Scheduled) else 0
        return days


def by_grade(state: CardState | None, decider: Decider, today: Day) -> dict[int, int]:
    """The days after each grade by FSRS-6."""
    memory = None if state is None else Memory(state.stability, state.difficulty)
    days = 0 if state is None else max(0, today - state.last_on)
    return {grade: decider.interval(fsrs.review(memory, grade, days, decider.parameters)) for grade in sm2.QUALITIES}
