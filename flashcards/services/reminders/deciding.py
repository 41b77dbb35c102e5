"""How much is due for many learners at once: what the page Today would tell each, without asking it for each."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from flashcards.clock import Clock
from flashcards.domain.ids import LearnerId
from flashcards.domain.minutes_left import seconds_left
from flashcards.domain.queue import day_so_far
from flashcards.domain.study_day import Day, study_day
from flashcards.errors import FlashcardsError
from flashcards.services.accounts.people import Learner
from flashcards.services.review.facade import ReviewService
from flashcards.storage.database import Database
from flashcards.storage.due_counts import DueCounts
from flashcards.storage.queues import QueueRows
from flashcards.storage.reminders import Subscriber

LOG = logging.getLogger("flashcards.reminders")
_AT_ONCE = 2_000
"""Learners of one query: so that no transaction is long."""


@dataclass(frozen=True, slots=True)
class Due:
    """How many cards are due; `seconds` are known where a plan says how long its day is."""

    cards: int
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What is due, by learner, who has nothing left out; `failed` are those of whom it could not be said."""

    due: dict[LearnerId, Due]
    failed: frozenset[LearnerId]


class Deciding:
    """`Deciding(database, clock, review, by_number)`."""

    def __init__(
        self, database: Database, clock: Clock, review: ReviewService, by_number: Callable[[LearnerId], Learner]
    ) -> None:
        self._db = database
        self._rows = DueCounts(database)
        self._queues = QueueRows(database)
        self._clock = clock
        self._review = review
        self._by_number = by_number

    def due_now(self, subscribers: Collection[Subscriber]) -> Decided:
        """What is due for each of them today, breaks left out."""
        due: dict[LearnerId, Due] = {}
        failed: set[LearnerId] = set()
        waiting = iter(subscribers)
        while some := list(islice(waiting, _AT_ONCE)):
            planned: set[LearnerId] = set()
            with self._db.read():
                for today, those in self._by_day(some):
                    numbers = [it.learner for it in those]
                    off = self._rows.on_break(numbers, today)
                    followers = self._rows.followers(numbers) - off
                    planned |= followers
                    due |= self._without_plan([it for it in those if it.learner not in off | followers], today)
            for learner in sorted(planned):
                self._by_plan(learner, due, failed)
        return Decided(due, frozenset(failed))

    def seconds(self, who: Subscriber, due: Due) -> int:
        """How long they take, by the learner's own answers."""
        if due.seconds is not None:
            return due.seconds
        return seconds_left({"due": due.cards}, self._queues.paces(who.learner), drill=bool(who.drill))

    def _by_day(self, those: Sequence[Subscriber]) -> Iterator[tuple[Day, list[Subscriber]]]:
        """Who has which study day now."""
        latest = self._rows.last_days([it.learner for it in those])
        groups: dict[Day, list[Subscriber]] = defaultdict(list)
        now = self._clock()
        for it in those:
            groups[study_day(now, it.timezone, it.day_start, latest.get(it.learner))].append(it)
        yield from groups.items()

    def _without_plan(self, those: Sequence[Subscriber], today: Day) -> dict[LearnerId, Due]:
        """As the queue counts it: a card of each note, up to the limit; those that come again today; no new ones."""
        numbers = [it.learner for it in those]
        counts = self._rows.notes_counted(numbers, today)
        begun = self._rows.answered(numbers, today)
        answers = self._rows.answers(begun, today) if begun else {}
        notes = self._rows.notes_due(begun, today) if begun else {}
        inactive = self._rows.inactive_decks(begun) if begun else {}
        found: dict[LearnerId, Due] = {}
        for it in those:
            cards, answered, again = counts.get(it.learner, 0), 0, 0
            if it.learner in begun:
                so_far = day_so_far(answers.get(it.learner, ()), drill=bool(it.drill))
                cards = len(notes.get(it.learner, set()) - so_far.moved_notes)
                off = inactive.get(it.learner, set())
                answered, again = so_far.due_answered, sum(card.deck not in off for card in so_far.drill)
            if it.due_per_day is not None:
                cards = min(cards, max(0, it.due_per_day - answered))
            if cards + again:
                found[it.learner] = Due(cards + again)
        return found

    def _by_plan(self, learner: LearnerId, due: dict[LearnerId, Due], failed: set[LearnerId]) -> None:
        """Of who follows a plan, the plan knows."""
        try:
            today = self._review.today(self._by_number(learner))
        except FlashcardsError as error:  # of this learner: the others get theirs
            LOG.warning("the reminder of learner %s waits: %s", learner, error)
            failed.add(learner)
            return
        cards = today.due + today.drill + today.early + (today.new if today.plan else 0)
        if cards:
            due[learner] = Due(cards, today.seconds_left if today.plan else None)
