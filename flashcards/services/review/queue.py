"""The day's queue: what is left, what comes next, and what Today's page says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from flashcards.domain.queue import (
    DaySoFar,
    DueCard,
    DueRow,
    NewCard,
    NewLimits,
    Plan,
    PlannedCard,
    apart,
    choose_new,
    day_so_far,
    hide_due_siblings,
    limit_due,
    soonest,
    touching,
    waits,
)
from flashcards.domain.study_day import Day, streak
from flashcards.services.accounts.people import Learner
from flashcards.services.review.contract import DeckCounts, Left, Queue, QueueCard, QueueKind, QueueMode, Today
from flashcards.services.review.learner_day import LearnerDays
from flashcards.services.review.shown_card import queue_card
from flashcards.services.review.text_changes import NO_NEWS
from flashcards.storage.queues import DeckCountsRow, DeckWithNew

_USUAL_SECONDS = 10.0
"""What an answer takes, until the learner's own are known."""
_CHUNK = 50
_BETWEEN = 12
"""How many cards more are looked at than are asked for, to stand between confusable ones."""
_USUAL = 20
"""For fewer cards than these as many are looked at, so that they are the beginning of the longer list."""
_FAR = 1_000
"""How far that goes where very many are confusable; and how many cards are offered at most for studying ahead."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """Which part of the collection a queue is limited to; None is all of it.

    `decks` are the only ones (a deck or folder was asked for), `inactive` those switched off.
    """

    inactive: set[int]
    decks: set[int] | None = None
    notes: set[int] | None = None

    @property
    def everything(self) -> bool:
        return not self.inactive and self.decks is None and self.notes is None

    def has_deck(self, deck: int) -> bool:
        return deck not in self.inactive and (self.decks is None or deck in self.decks)

    def has(self, deck: int, note: int) -> bool:
        return self.has_deck(deck) and (self.notes is None or note in self.notes)


@dataclass(frozen=True, slots=True)
class _Day:
    """The rest of a learner's day within a scope, and what was done of it there."""

    study_day: Day
    plan: Plan
    left: Left
    done: int
    waiting: set[int]  # notes with a due card that is hidden or held back until tomorrow
    new_left: int
    due_limited: bool

    def first(self, learner: int, skip: frozenset[int]) -> Callable[[int], list[PlannedCard]]:
        """The next cards, as many as one asks for."""
        return lambda count: self.plan.first(count, self.study_day, learner, skip)

    @staticmethod
    def kind(card: PlannedCard) -> QueueKind:
        """What the card is to the learner."""
        if isinstance(card, DueCard):
            return "due"
        return "new" if isinstance(card, NewCard) else "drill"


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What can be studied ahead within a scope, and how many cards were today."""

    study_day: Day
    cards: list[DueCard]
    done: int

    @property
    def left(self) -> Left:
        return Left(0, 0, 0, len(self.cards))

    def first(self, learner: int, skip: frozenset[int]) -> Callable[[int], list[PlannedCard]]:
        """As of a day."""
        return lambda count: list(islice((it for it in self.cards if it.card not in skip), count))

    @staticmethod
    def kind(card: PlannedCard) -> QueueKind:
        """As of a day."""
        return "ahead"


class Queues(LearnerDays):
    """Reads of the day; nothing here writes."""

    def queue(
        self,
        learner: Learner,
        *,
        deck: str | None = None,
        tag: str | None = None,
        limit: int = 20,
        exclude: Iterable[str] = (),
        mode: QueueMode = "review",
    ) -> Queue:
        """The next cards, at most `limit`, passing over those in `exclude` (the client has them already).

        Confusable cards come apart, from the last one in `exclude` as well, and else from the last one answered.
        With the mode `ahead` they are cards that are due later than today, whose answers move nothing. `deck` is
        the address of a deck or folder; raises NotFound where there is none.
        """
        held = [int(card) for card in exclude if card.isascii() and card.isdigit() and len(card) < 19]
        with self._db.read():
            scope = self._scope(learner, deck, tag)
            day = self._ahead(learner, scope) if mode == "ahead" else self._rest_of_day(learner, scope)
            cards = self._next_cards(learner, day, max(0, limit), held)
            seq, _ = self._rows.log_end(learner.id)
        return Queue(day.study_day, seq, day.left, day.left.total + day.done, cards)

    def today(self, learner: Learner) -> Today:
        """What is to be done today, deck by deck, and when cards come next."""
        with self._db.read():
            day = self._rest_of_day(learner, self._scope(learner))
            decks = self._counts(learner, day.plan)
            next_due, next_count = self._next(learner, day)
            return Today(
                study_day=day.study_day,
                seq=self._rows.log_end(learner.id)[0],
                due=day.left.due,
                new=day.left.new,
                drill=day.left.drill,
                reviewed_today=self._queue_rows.answers_on(learner.id, day.study_day),
                seconds_left=self._seconds(learner, day.left.total),
                decks=decks,
                next_due=next_due,
                next_due_count=next_count,
                new_limit_reached=day.new_left <= 0 and any(deck.active and deck.unseen for deck in decks),
                due_limit_reached=day.due_limited,
                streak=streak(self._queue_rows.days_studied(learner.id, day.study_day), day.study_day),
            )

    def deck_counts(self, learner: Learner) -> tuple[DeckCounts, ...]:
        """Every deck with its part of today, in study order; nothing is left in one that is switched off."""
        with self._db.read():
            return self._counts(learner, self._rest_of_day(learner, self._scope(learner)).plan)

    # --- the rest of the day

    def _scope(self, learner: Learner, deck: str | None = None, tag: str | None = None) -> _Scope:
        rows = self._queue_rows
        decks = self._decks_at(deck) if deck else None
        return _Scope(rows.inactive_decks(learner.id), decks, rows.notes_tagged(tag) if tag else None)

    def _rest_of_day(self, learner: Learner, scope: _Scope) -> _Day:
        today = self.study_day(learner)
        so_far = day_so_far(self._queue_rows.answers(learner.id, today), drill=learner.drill)
        all_due = self._queue_rows.due(learner.id, today)
        due = all_due if scope.everything else [row for row in all_due if scope.has(row[5], row[3])]
        shown = hide_due_siblings(due, so_far.moved_notes)
        due_left = None if learner.due_per_day is None else learner.due_per_day - so_far.due_answered
        allowed = limit_due(shown, due_left, today, learner.id)
        new_left = learner.new_per_day - sum(so_far.introduced.values())
        due_notes = {row[3] for row in due}
        new = self._new(learner, scope, today, so_far, new_left, due_notes)
        drill = [it for it in so_far.drill if scope.has(it.deck, it.note)]
        plan = Plan(allowed, new, drill, so_far.answered(scope.has))
        return _Day(
            study_day=today,
            plan=plan,
            left=Left(len(allowed), len(new), len(drill)),
            done=_done(so_far, scope, drill),
            waiting=due_notes.difference(row[3] for row in allowed),
            new_left=new_left,
            due_limited=len(shown) > len(allowed),
        )

    def _new(
        self, learner: Learner, scope: _Scope, today: Day, so_far: DaySoFar, left: int, due: set[int]
    ) -> list[NewCard]:
        if left <= 0:
            return []
        decks = [it for it in self._queue_rows.decks_with_new(learner.id) if scope.has_deck(it.id)]
        limits = NewLimits(left, _deck_limits(decks, so_far))
        open_decks = (it.id for it in decks if limits.decks.get(it.id, 1) > 0)
        cards = self._queue_rows.new_cards(learner.id, open_decks, today)
        in_scope = (it for it in cards if scope.notes is None or it.note in scope.notes)
        return choose_new(self._ready(learner, in_scope), due | so_far.moved_notes, limits)

    def _ready(self, learner: Learner, cards: Iterator[NewCard]) -> Iterator[NewCard]:
        """Without the cards that wait for a prerequisite."""
        while chunk := list(islice(cards, _CHUNK)):
            asked = self._queue_rows.prerequisites(learner.id, {it.note for it in chunk})
            yield from (it for it in chunk if not waits(asked.get(it.note, ())))

    # --- ahead

    def _ahead(self, learner: Learner, scope: _Scope) -> _Ahead:
        today = self.study_day(learner)
        answers = day_so_far(self._queue_rows.answers(learner.id, today), drill=False)
        moved = {it.card: it.note for it in answers.moved}
        studied = self._queue_rows.studied_ahead(learner.id, today).values()
        hidden = {note for _, note in studied}
        rows = self._queue_rows.due_later(learner.id, today, scope.decks)
        offered = (row for row in rows if row[3] not in hidden and scope.has(row[5], row[3]))
        cards = soonest(_of_notes(_FAR, offered), moved, hidden, learner.id, today)
        return _Ahead(today, cards, sum(scope.has(*it) for it in studied))

    # --- counts

    def _counts(self, learner: Learner, plan: Plan) -> tuple[DeckCounts, ...]:
        due = Counter(row[5] for row in plan.due)
        new, drill = (Counter(it.deck for it in part) for part in (plan.new, plan.drill))
        return tuple(
            _deck_counts(row, due[row.id], new[row.id], drill[row.id]) for row in self._queue_rows.decks(learner.id)
        )

    def _next(self, learner: Learner, day: _Day) -> tuple[Day | None, int]:
        """When cards come next: tomorrow, if some that are due are only waiting, else the next due date."""
        rows, today = self._queue_rows, day.study_day
        waiting = day.waiting | rows.notes_buried(learner.id, today)
        next_due = today + 1 if waiting else rows.next_due(learner.id, today)
        if next_due is None or learner.due_per_day == 0:
            return None, 0
        count = len(waiting | rows.notes_due_on(learner.id, next_due))  # siblings come one a day
        return next_due, count if learner.due_per_day is None else min(count, learner.due_per_day)

    def _seconds(self, learner: Learner, cards: int) -> int:
        return round(cards * (self._queue_rows.seconds_an_answer(learner.id) or _USUAL_SECONDS))

    # --- cards

    def _next_cards(
        self, learner: Learner, day: _Day | _Ahead, limit: int, held: Sequence[int]
    ) -> tuple[QueueCard, ...]:
        first = day.first(learner.id, frozenset(held))
        before = held[-1] if held else self._queue_rows.last_answered(learner.id)
        planned, marks = self._apart(first, limit, before)
        kinds: dict[int, QueueKind] = {it.card: day.kind(it) for it in planned}
        records = self._card_rows.cards(learner.id, kinds)
        news = self._changes.news(learner, records)
        return tuple(
            queue_card(records[it], kind, learner, day.study_day, marks.get(it), news.get(it, NO_NEWS))
            for it, kind in kinds.items()
        )

    def _apart(
        self, first: Callable[[int], list[PlannedCard]], limit: int, before: int | None
    ) -> tuple[list[PlannedCard], dict[int, int]]:
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


def _of_notes(count: int, rows: Iterable[DueRow]) -> Iterator[DueRow]:
    """The rows until they are of more than `count` notes."""
    notes: set[int] = set()
    for row in rows:
        notes.add(row[3])
        if len(notes) > count:
            return
        yield row


def _deck_limits(decks: Iterable[DeckWithNew], so_far: DaySoFar) -> dict[int, int]:
    return {
        deck.id: deck.new_per_day - so_far.introduced.get(deck.id, 0) for deck in decks if deck.new_per_day is not None
    }


def _done(so_far: DaySoFar, scope: _Scope, drill: Iterable[PlannedCard]) -> int:
    again = {it.card for it in drill}
    return sum(it.card not in again and scope.has(it.deck, it.note) for it in so_far.moved)


def _deck_counts(row: DeckCountsRow, due: int, new: int, drill: int) -> DeckCounts:
    return DeckCounts(
        deck_id=row.id,
        key=row.key,
        path_address=row.path.removesuffix(".md"),
        title=row.title,
        active=row.active,
        cards=row.cards,
        unseen=row.unseen,
        new=new,
        due=due,
        drill=drill,
        errors=row.errors,
        new_per_day=row.new_per_day,
    )
