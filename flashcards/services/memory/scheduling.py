"""Choosing a scheduler: what it would change, and the choice itself."""

from __future__ import annotations

from dataclasses import dataclass

from flashcards.domain.ids import CardId
from flashcards.domain.schedule import Schedule
from flashcards.domain.schedulers import FSRS, SWITCH
from flashcards.domain.study_day import Day
from flashcards.errors import Conflict, NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.memory.choices import Choice, checked_choice, chosen_for
from flashcards.services.memory.forecast import DAYS, Load, Standing, expected_load
from flashcards.services.review.contract import Left
from flashcards.services.review.incoming import checked_uuid, new_uuid
from flashcards.services.review.queue import Queues
from flashcards.storage.scheduler_choices import PlacedCard


@dataclass(frozen=True, slots=True)
class Outlook:
    """The next thirty days under a scheduler: cards due by now, expected answers by day, minutes a day."""

    choice: Choice
    due_today: int
    load: Load
    minutes: float


@dataclass(frozen=True, slots=True)
class Preview:
    """What a choice would change: `now` as things stand, `then` with it; `moved` dates would change at once."""

    cards: int
    moved: int
    now: Outlook
    then: Outlook


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice that was made; `moved` cards have another date by it, `action` undoes it (None: no date moved)."""

    choice: Choice
    moved: int
    action: str | None


class SchedulerService(Queues):
    """`SchedulerService(database, clock)`."""

    def choices(self, learner: Learner) -> list[Choice]:
        """What the learner chose, by folder; where nothing is said of a folder, what is above it counts."""
        with self._db.read():
            return self._choices.all(learner.id)

    def usual(self, learner: Learner) -> Choice:
        """What counts for all decks that no choice of their own is made for."""
        return chosen_for((it for it in self.choices(learner) if not it.folder), "")

    def preview(self, learner: Learner, scheduler: str, retention: float, folder: str = "") -> Preview:
        """What a choice would change. Raises Invalid and NotFound, as `choose`."""
        choice = checked_choice(folder, scheduler, retention)
        with self._db.read():
            self._refuse_unknown(choice.folder)
            present = chosen_for(self._choices.all(learner.id), choice.folder)
            today = self.study_day(learner)
            found = (it for it in self._choices.cards(learner.id, choice) if it.card.deck is not None)
            cards = [it for it in found if it.card.schedule.due_on is not None]
            after = self._choices.moved(learner.id, choice, cards)
            now = {it.card.id: it.card.schedule for it in cards}
            return Preview(
                len(cards),
                sum(after[card].due_on != now[card].due_on for card in now),
                self._outlook(learner, present, cards, now, today),
                self._outlook(learner, choice, cards, after, today),
            )

    def choose(
        self,
        learner: Learner,
        scheduler: str,
        retention: float,
        *,
        folder: str = "",
        at_once: bool = False,
        id: str | None = None,
    ) -> Chosen:
        """Chooses a scheduler for all decks or for one folder or deck.

        With `at_once` dates move now, as one action with one undo, which takes the choice back as well; else each card
        moves at its next answer. Back to SM-2 gives the dates that SM-2 alone would have given. With an `id` that was
        sent before, nothing changes. Raises Invalid (the field is named), NotFound, and Conflict where the id is
        that of something else.
        """
        choice = checked_choice(folder, scheduler, retention)
        action = new_uuid() if id is None else checked_uuid(id)
        with self._db.write():
            self._refuse_unknown(choice.folder)
            seq, latest = self._rows.log_end(learner.id)
            stored = None if id is None else self._rows.stored(learner.id, action)
            if stored is not None:
                if stored.verb != SWITCH:
                    raise Conflict("This id was used for something else: nothing was chosen.")
                return Chosen(choice, 0, action)
            now, moved = self._clock(), 0
            if at_once:
                today = self._day(learner, latest)
                moved = self._choices.switch(learner.id, choice, action=action, seq=seq, now=now, today=today)
            self._choices.save(learner.id, choice, now, action if moved else None)
        return Chosen(choice, moved, action if moved else None)

    def forget(self, learner: Learner, folder: str) -> None:
        """Takes a folder's own choice away: its cards follow the one above at their next answers."""
        with self._db.write():
            self._choices.remove(learner.id, folder.strip("/"))

    def _refuse_unknown(self, folder: str) -> None:
        if folder and not self._queue_rows.decks_at(folder):
            raise NotFound(f"There is no deck or folder {folder!r}.")

    def _outlook(
        self, learner: Learner, choice: Choice, cards: list[PlacedCard], dates: dict[CardId, Schedule], today: Day
    ) -> Outlook:
        predictor = self._remembered.predictor(learner.id)
        states = {it.card: it for it in self._remembered.states(learner.id, [it.card.id for it in cards])}
        standing = [
            Standing(due, schedule.memory, states.get(it.card.id))
            for it in cards
            if (schedule := dates[it.card.id]) and not schedule.suspended and (due := schedule.due_on) is not None
        ]
        load = expected_load(standing, choice.decider(predictor), predictor, today)
        seconds = self._seconds(learner, Left(round(load.cards), 0, 0))
        return Outlook(choice, sum(it.due_on <= today for it in standing), load, seconds / 60 / DAYS)


__all__ = ["DAYS", "FSRS", "Chosen", "Outlook", "Preview", "SchedulerService"]
