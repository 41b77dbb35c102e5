"""The next cards of whatever is asked: a day, a set, later days; confusable ones apart, each as it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from flashcards.domain.confusables import apart, touching
from flashcards.domain.ids import CardId, LearnerId
from flashcards.domain.queue import PlannedCard
from flashcards.domain.study_day import Day
from flashcards.services.accounts.people import Learner
from flashcards.services.plan.days import FollowedDay
from flashcards.services.plan.scope import Weighed
from flashcards.services.review.contract import QueueCard, QueueKind
from flashcards.services.review.learner_day import LearnerDays
from flashcards.services.review.shown_card import queue_card
from flashcards.services.review.text_changes import NO_NEWS

_BETWEEN = 12
"""How many cards more are looked at than are asked for, to stand between confusable ones."""
_USUAL = 20
"""For fewer cards than these as many are looked at, so that they are the beginning of the longer list."""
_FAR = 1_000
"""How far that goes where very many are confusable."""


class Asking(Protocol):
    """What is left to be asked of a learner, in its order."""

    @property
    def study_day(self) -> Day: ...

    def first(self, learner: LearnerId, skip: frozenset[CardId]) -> Callable[[int], list[PlannedCard]]:
        """The next cards, as many as one asks for."""

    def kind(self, card: PlannedCard) -> QueueKind:
        """What the card is to the learner."""

    @property
    def planned(self) -> Weighed | None:
        """What the plan is about that says when cards come again; None where none does."""


class NextCards(LearnerDays):
    """Cards as they are shown to a learner."""

    def _next_cards(
        self, learner: Learner, day: Asking, limit: int, held: Sequence[CardId], followed: FollowedDay | None = None
    ) -> tuple[QueueCard, ...]:
        """The next cards, at most `limit`; `followed` is the day of a plan, which says how long each may take."""
        first = day.first(learner.id, frozenset(held))
        before = held[-1] if held else self._queue_rows.last_answered(learner.id)
        planned, marks = self._apart(first, limit, before)
        kinds: dict[CardId, QueueKind] = {it.card: day.kind(it) for it in planned}
        records = self._card_rows.cards(learner.id, kinds)
        news = self._changes.news(learner, records)
        days = self._button_days.of(learner.id, records, kinds, day.study_day)
        by_plan = {it.card for it in planned if day.planned and day.planned.weight(it.deck, it.note)}
        return tuple(
            queue_card(
                records[it], kind, learner, day.study_day, marks.get(it), news.get(it, NO_NEWS), days.get(it),
                by_plan=it in by_plan,
                seconds=None if followed is None else followed.seconds_of_card(it, kind == "drill"),
            )
            for it, kind in kinds.items()
        )  # fmt: skip

    def _apart(
        self, first: Callable[[int], list[PlannedCard]], limit: int, before: CardId | None
    ) -> tuple[list[PlannedCard], dict[CardId, int]]:
        """The next `limit` cards and the marks of the confusable ones; `first` gives as many as it is asked for."""
        size = max(limit, _USUAL) + _BETWEEN
        while True:
            cards = first(size)
            marks = self._queue_rows.marks([it.card for it in cards] + ([before] if before is not None else []))
            last = marks.get(before) if before is not None else None
            chosen = apart(cards, marks, last)[:limit]
            if len(cards) < size or size >= _FAR or not touching(chosen, marks, last):
                return chosen, marks
            size = min(4 * size, _FAR)


def held_cards(exclude: Iterable[str]) -> list[CardId]:
    """The cards that a client says it holds; what is no card's id is passed over."""
    return [CardId(int(card)) for card in exclude if card.isascii() and card.isdigit() and len(card) < 19]
