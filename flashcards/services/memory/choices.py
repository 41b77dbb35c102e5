"""Which scheduler decides for a learner's cards: for all of them, or for a folder; changed at once or card by card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from flashcards.domain.ids import CardId, LearnerId, NoteId
from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import Memory
from flashcards.domain.schedule import Schedule, Scheduled
from flashcards.domain.schedulers import FSRS, SCHEDULERS, SM2, SWITCH, Decider, fsrs_decider, own_of
from flashcards.domain.study_day import Day
from flashcards.errors import Invalid
from flashcards.services.memory.state import CardState, MemoryState, Predictor
from flashcards.services.review.incoming import derived_uuid
from flashcards.storage.database import Database
from flashcards.storage.reviews import CardRow, LogWrite
from flashcards.storage.scheduler_choices import PARTS, ChoiceRows, PlacedCard, StoredChoice


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for a folder or deck; `folder` "" is everything else. `retention` is wished, 0.70 to 0.97."""

    folder: str = ""
    scheduler: str = SM2
    retention: float = fsrs.DEFAULT_RETENTION

    def decider(self, predictor: Predictor) -> Decider:
        """Who decides dates by it. FSRS-6 asks the model for what the learner's calibration makes of the wish."""
        if self.scheduler == SM2:
            return Decider()
        return fsrs_decider(predictor.calibration.retention(self.retention), predictor.parameters)


USUAL = Choice()


def covers(folder: str, address: str) -> bool:
    """Whether a deck lies in a folder, or is the deck itself."""
    return not folder or address == folder or address.startswith(f"{folder}/")


def chosen_for(choices: Iterable[Choice], address: str) -> Choice:
    """The choice that counts for the deck at an address: that of the deepest folder."""
    return max((it for it in choices if covers(it.folder, address)), key=lambda it: len(it.folder), default=USUAL)


def checked_choice(folder: str, scheduler: str, retention: float) -> Choice:
    """The choice; raises Invalid, which names the field."""
    if scheduler not in SCHEDULERS:
        raise Invalid(f"Give one of {', '.join(SCHEDULERS)}.", field="scheduler")
    if not fsrs.LEAST_RETENTION <= retention <= fsrs.MOST_RETENTION:
        raise Invalid(
            f"Give a retention from {fsrs.LEAST_RETENTION:.2f} to {fsrs.MOST_RETENTION:.2f}.", field="retention"
        )
    return Choice(folder.strip("/").removesuffix(".md"), scheduler, round(retention * PARTS) / PARTS)


class Choices:
    """Reads choices, and writes what they do to cards; every method runs within the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._rows = ChoiceRows(database)
        self._states = MemoryState(database)

    def all(self, learner: LearnerId) -> list[Choice]:
        """The learner's choices, by folder."""
        return [Choice(it.folder, it.scheduler, it.retention / PARTS) for it in self._rows.all(learner)]

    def of_note(self, learner: LearnerId, note: NoteId) -> Choice:
        """The choice that counts for the cards of a note."""
        choices = self.all(learner)
        return chosen_for(choices, self._rows.address_of_note(note)) if choices else USUAL

    def deciders(self, learner: LearnerId, notes: Sequence[NoteId]) -> dict[NoteId, Decider]:
        """Who will decide at the next answer, by note; notes for which that is SM-2 are left out."""
        choices = self.all(learner)
        if all(it.scheduler == SM2 for it in choices):
            return {}
        predictor = self._states.predictor(learner)
        found = {
            note: chosen_for(choices, address).decider(predictor)
            for note, address in self._rows.addresses(notes).items()
        }
        return {note: it for note, it in found.items() if it.name != SM2}

    def save(self, learner: LearnerId, choice: Choice, now: int, action: str | None) -> None:
        """Stores a choice; `action` is that of the rows which moved dates by it."""
        row = StoredChoice(choice.folder, choice.scheduler, round(choice.retention * PARTS), now)
        self._rows.save(learner, row, action)

    def remove(self, learner: LearnerId, folder: str) -> None:
        """Forgets what was chosen for a folder."""
        self._rows.remove(learner, folder)

    def cards(self, learner: LearnerId, choice: Choice) -> list[PlacedCard]:
        """The cards for which this choice counts, once it is stored: see `ChoiceRows.scheduled_cards`."""
        choices = [*(it for it in self.all(learner) if it.folder != choice.folder), choice]
        return [
            it for it in self._rows.scheduled_cards(learner) if chosen_for(choices, it.address).folder == choice.folder
            and covers(choice.folder, it.address)
        ]  # fmt: skip

    def moved(self, learner: LearnerId, choice: Choice, cards: Sequence[PlacedCard]) -> dict[CardId, Schedule]:
        """The schedules that these cards have under the choice; cards that it does not touch keep theirs.

        Suspended and buried cards stay so, and dates set by hand stay; so do those of cards of which no answer says
        anything, under FSRS-6.
        """
        if choice.scheduler == SM2:
            others = [it.card.id for it in cards if it.card.by != SM2]
            logs = self._rows.logs(learner, others)
            own = {card: own_of(logs.get(card, ())).progress for card in others}
            return {
                it.card.id: replace(it.card.schedule, progress=own.get(it.card.id, it.card.schedule.progress))
                for it in cards
            }
        decider = choice.decider(self._states.predictor(learner))
        states = {it.card: it for it in self._states.states(learner, [it.card.id for it in cards])}
        kept = self._rows.set_by_hand(learner)
        return {
            it.card.id: it.card.schedule if it.card.id in kept else by_fsrs(it.card, states.get(it.card.id), decider)
            for it in cards
        }

    def switch(self, learner: LearnerId, choice: Choice, *, action: str, seq: int, now: int, today: Day) -> int:
        """Moves the dates of the cards that a choice is for, at once; gives how many rows that took."""
        cards = self.cards(learner, choice)
        after = self.moved(learner, choice, cards)
        label = choice.decider(self._states.predictor(learner)).label
        rows: list[tuple[CardRow, LogWrite, str]] = []
        for card in (it.card for it in cards):
            stays = card.by == choice.scheduler or (card.schedule.due_on is None and choice.scheduler == FSRS)
            if stays and after[card.id] == card.schedule:
                continue
            row = LogWrite(
                seq=seq + len(rows) + 1, uid=derived_uuid(action, card.id) if rows else action, action=action,
                at=now, study_day=today,
                quality=None, kind="manual", verb=SWITCH, before=card.schedule, after=after[card.id], took_ms=None,
                leech=False, scheduler=label,
            )  # fmt: skip
            rows.append((card, row, choice.scheduler))
        self._rows.move(learner, rows)
        return len(rows)

    def take_back(self, learner: LearnerId, action: str) -> int:
        """Undoes a switch: every date, and the choice; gives how many cards."""
        count = self._rows.take_back_switches(learner, action)
        self._rows.take_back(learner, action)
        return count


def by_fsrs(card: CardRow, state: CardState | None, decider: Decider) -> Schedule:
    """The card's schedule from what is remembered of it."""
    progress = card.schedule.progress
    if state is None or not isinstance(progress, Scheduled):
        return card.schedule
    due_on = state.last_on + decider.interval(Memory(state.stability, state.difficulty))
    return replace(card.schedule, progress=replace(progress, due_on=due_on))


__all__ = ["FSRS", "SM2", "USUAL", "Choice", "Choices", "checked_choice", "chosen_for", "covers"]
