"""The day's queue: what is left, what comes next, and what Today's page says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import Protocol

from flashcards.domain.ids import CardId, DeckId, LearnerId, NoteId
from flashcards.domain.pace import Asked, seconds_left
from flashcards.domain.queue import (
    DaySoFar,
    DrillCard,
    DueCard,
    DueRow,
    EarlyCard,
    InPlan,
    NewCard,
    NewLimits,
    Order,
    Plan,
    PlannedCard,
    apart,
    choose_new,
    day_so_far,
    hide_due_siblings,
    in_order,
    in_turn,
    limit_due,
    shuffled,
    soonest,
    touching,
    waits,
    within_limit,
)
from flashcards.domain.statistics import MATURE
from flashcards.domain.study_day import Day, streak
from flashcards.domain.study_set import AskedCard
from flashcards.services.accounts.people import Learner
from flashcards.services.plan.days import LEAST_BACKLOG, FollowedDay
from flashcards.services.plan.scope import Weighed, grouped
from flashcards.services.review.contract import (
    BeyondLimit,
    DayCount,
    DeckCounts,
    Forecast,
    Left,
    LimitsLeft,
    Queue,
    QueueCard,
    QueueKind,
    QueueMode,
    Today,
)
from flashcards.services.review.learner_day import LearnerDays
from flashcards.services.review.shown_card import queue_card
from flashcards.services.review.text_changes import NO_NEWS
from flashcards.storage.plans import AskableCard
from flashcards.storage.queues import DeckCountsRow, DeckWithNew

MORE = 10
"""How many new cards are offered beyond a limit."""
_CHUNK = 50
_BETWEEN = 12
"""How many cards more are looked at than are asked for, to stand between confusable ones."""
_USUAL = 20
"""For fewer cards than these as many are looked at, so that they are the beginning of the longer list."""
_FAR = 1_000
"""How far that goes where very many are confusable; and how many cards are offered at most for studying ahead."""


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


@dataclass(frozen=True, slots=True)
class _Scope:
    """Which part of the collection a queue is limited to; None is all of it.

    `decks` are the only ones (a deck or folder was asked for), `inactive` those switched off. `cards` are those that
    a search found.
    """

    inactive: set[DeckId]
    decks: set[DeckId] | None = None
    notes: set[NoteId] | None = None
    cards: Collection[CardId] | None = None

    @property
    def everything(self) -> bool:
        return not self.inactive and self.decks is None and self.notes is None and self.cards is None

    def own(self, more: int) -> int:
        """How far a deck's own limit is raised: where more of that very deck is asked for."""
        return more if self.decks is not None and len(self.decks) == 1 else 0

    def has_deck(self, deck: DeckId) -> bool:
        return deck not in self.inactive and (self.decks is None or deck in self.decks)

    def has_note(self, deck: DeckId, note: NoteId) -> bool:
        return self.has_deck(deck) and (self.notes is None or note in self.notes)

    def has(self, deck: DeckId, note: NoteId, card: CardId) -> bool:
        return self.has_note(deck, note) and (self.cards is None or card in self.cards)


@dataclass(frozen=True, slots=True)
class DecksToday:
    """What a review of each deck alone asks today, by the deck's number; `new` is counted when it is asked for."""

    due: Mapping[DeckId, int]
    drill: Mapping[DeckId, int]
    early: Mapping[DeckId, int]
    new: Callable[[DeckId], int]

    def of(self, row: DeckCountsRow) -> DeckCounts:
        """A deck with its counts."""
        deck, key, path, title, new_per_day, cards, unseen, active, errors = row
        return DeckCounts(
            deck, key, path.removesuffix(".md"), title, bool(active), cards, unseen, self.new(deck),
            self.due.get(deck, 0), self.drill.get(deck, 0), errors, new_per_day, self.early.get(deck, 0),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Due:
    """The cards that are due within a scope: all that could be asked, one of each note, and those that will be.

    `waiting` are the notes of the others, which come tomorrow, with the longest interval of theirs. `order` is what
    comes before the most overdue ones; `hold_new` is whether so much has piled up that new cards wait.
    """

    shown: list[DueRow]
    allowed: list[DueRow]
    waiting: dict[NoteId, int]
    order: Order
    hold_new: bool

    @property
    def limited(self) -> bool:
        return len(self.shown) > len(self.allowed)


@dataclass(frozen=True, slots=True)
class _Day:
    """The rest of a learner's day within a scope, and what was done of it there.

    `followed` is the day of the plan that serves it, None without one.
    """

    study_day: Day
    plan: Plan | InPlan
    left: Left
    done: int
    due: _Due
    new_left: int
    followed: FollowedDay | None = None

    def by_deck(self) -> tuple[Counter[DeckId], Counter[DeckId], Counter[DeckId], list[DrillCard]]:
        """How many cards are due, new and early in each deck, and the drill."""
        if isinstance(self.plan, Plan):
            due, new = Counter(row[5] for row in self.plan.due), Counter(it.deck for it in self.plan.new)
            return due, new, Counter(), self.plan.drill
        kinds: dict[QueueKind, Counter[DeckId]] = {"due": Counter(), "new": Counter(), "plan": Counter()}
        for it in self.plan.cards:
            kinds[self.kind(it)][it.deck] += 1
        return kinds["due"], kinds["new"], kinds["plan"], self.plan.drill

    def first(self, learner: LearnerId, skip: frozenset[CardId]) -> Callable[[int], list[PlannedCard]]:
        """The next cards, as many as one asks for."""
        return lambda count: self.plan.first(count, self.study_day, learner, skip)

    @property
    def planned(self) -> Weighed | None:
        """As of every day."""
        return self.followed.weighed if self.followed else None

    @staticmethod
    def kind(card: PlannedCard) -> QueueKind:
        """What the card is to the learner."""
        match card:
            case DueCard():
                return "due"
            case NewCard():
                return "new"
            case EarlyCard():
                return "plan"
            case DrillCard():
                return "drill"
            case AskedCard():  # of a set, which has a queue of its own
                return "cram"


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What can be studied ahead within a scope, and how many cards were today."""

    study_day: Day
    cards: list[DueCard]
    done: int

    @property
    def left(self) -> Left:
        return Left(0, 0, 0, len(self.cards))

    def first(self, learner: LearnerId, skip: frozenset[CardId]) -> Callable[[int], list[PlannedCard]]:
        """As of a day."""
        return lambda count: list(islice((it for it in self.cards if it.card not in skip), count))

    @property
    def planned(self) -> Weighed | None:
        """None: no date moves."""
        return None

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
        more: int = 0,
        among: Collection[CardId] | None = None,
    ) -> Queue:
        """The next cards, at most `limit`, passing over those in `exclude` (the client has them already).

        Confusable cards come apart, from the last one in `exclude` as well, and else from the last one answered.
        With the mode `ahead` they are cards that are due later than today, whose answers move nothing. `more` is
        added to today's limit of new cards, and to the deck's own where one deck is asked for; under a plan so many
        cards come beyond its minutes. `deck` is the address of a deck or folder; raises NotFound where there is none.
        `among` are the only cards that may come. The mode `cram` has a queue of its own, see `sets.py`.
        """
        held = held_cards(exclude)
        self._prepare(learner)
        with self._db.read():
            scope = replace(self._scope(learner, deck, tag), cards=among)
            day = self._ahead(learner, scope) if mode == "ahead" else self._rest_of_day(learner, scope, more)
            cards = self._next_cards(learner, day, max(0, limit), held)
            seq, _ = self._rows.log_end(learner.id)
        followed = day.followed.plan.id if isinstance(day, _Day) and day.followed else None
        return Queue(day.study_day, seq, day.left, day.left.total + day.done, cards, followed)

    def follows_plan(self, learner: Learner) -> bool:
        """Whether today is a plan's day, whose cards are answered in the mode plan."""
        return self._plan_days.followed(learner.id, self.study_day(learner)) is not None

    def _prepare(self, learner: Learner) -> None:
        """Makes what is made once a day: the order of the plan, or of a backlog. Never within a transaction."""
        if self._db.is_in_transaction:
            return
        today = self.study_day(learner)
        self._plan_days.prepare(learner.id, today)
        if self._plan_days.followed(learner.id, today) is not None or self._plan_days.has_backlog(learner.id, today):
            return
        if self._queue_rows.count_due(learner.id, today) > LEAST_BACKLOG:
            self._plan_days.prepare_backlog(learner.id, today, self._queue_rows.due(learner.id, today))

    def today(self, learner: Learner) -> Today:
        """What is to be done today and what of it lies in each deck, and when cards come next."""
        self._prepare(learner)
        with self._db.read():
            day = self._rest_of_day(learner, self._scope(learner))
            due, new, early, drill = day.by_deck()
            asks = DecksToday(due, Counter(it.deck for it in drill), early, new.__getitem__)
            decks = tuple(map(asks.of, self._queue_rows.decks(learner.id)))
            next_due, next_count = self._next(learner, day)
            followed = day.followed
            return Today(
                study_day=day.study_day,
                seq=self._rows.log_end(learner.id)[0],
                due=day.left.due,
                new=day.left.new,
                drill=day.left.drill,
                reviewed_today=self._queue_rows.answers_on(learner.id, day.study_day),
                seconds_left=self._seconds(learner, day.left),
                decks=decks,
                next_due=next_due,
                next_due_count=next_count,
                new_limit_reached=not followed
                and day.new_left <= 0
                and any(deck.active and deck.unseen for deck in decks),
                due_limit_reached=day.due.limited and not followed,
                early=day.left.early,
                outside=len(followed.outside) - followed.outside_within if followed else 0,
                plan_seconds=self._plan_seconds(learner, followed, day.left) if followed else 0,
                plan=followed.plan.id if followed else None,
                backlog=None
                if followed
                else self._plan_days.backlog_state(learner.id, day.study_day, len(day.due.shown)),
                streak=streak(self._queue_rows.days_studied(learner.id, day.study_day), day.study_day),
            )

    def deck_counts(self, learner: Learner, *, only: int | None = None) -> tuple[DeckCounts, ...]:
        """Every deck with what a review of it alone would ask today, in study order; of one that is off, nothing.

        With `only` that deck alone: it costs no more where there are many others.

        Today's limits are those of all decks together: decks of one folder may have more together than their review
        brings. See `left_of_limits`.
        """
        self._prepare(learner)
        with self._db.read():
            asks = self._decks_today(learner, only)
            return tuple(map(asks.of, self._queue_rows.decks(learner.id, only)))

    def _decks_today(self, learner: Learner, only: int | None = None) -> DecksToday:
        """What each deck alone asks today; of it and of the limits nothing is known beyond this transaction."""
        scope = self._scope(learner)
        today, so_far = self._so_far(learner)
        due = self._due(learner, scope, today, so_far)
        if followed := self._followed_day(learner, scope, today, so_far, due):
            return self._planned_decks(learner, scope, today, so_far, due, followed, only)
        of_deck, most = Counter(row[5] for row in due.shown), _due_left(learner, so_far)
        shown = of_deck if most is None else {deck: max(0, min(most, it)) for deck, it in of_deck.items()}
        drill = Counter(it.deck for it in so_far.drill if scope.has(it.deck, it.note, it.card))
        open_decks = [] if due.hold_new else self._open_decks(learner, scope, only)
        return DecksToday(shown, drill, {}, self._new_of(learner, scope, today, so_far, due, open_decks))

    def _planned_decks(
        self, learner: Learner, scope: _Scope, today: Day, so_far: DaySoFar, due: _Due, followed: FollowedDay,
        only: int | None,
    ) -> DecksToday:  # fmt: skip
        """The same under a plan: of the decks in its scope what its day brings, of the others as without it."""
        day = self._under_plan(learner, scope, today, so_far, due, followed, 0)
        of_due, planned, early, drill = day.by_deck()
        outside = [it for it in self._open_decks(learner, scope, only) if not followed.weighed.decks.get(it.id)]
        of_others = self._new_of(learner, scope, today, so_far, due, outside)
        if not followed.weighed.only_decks:
            return DecksToday(of_due, Counter(it.deck for it in drill), early, planned.__getitem__)
        of_due |= Counter(row[5] for row in followed.outside)
        return DecksToday(
            of_due, Counter(it.deck for it in drill), early, lambda deck: max(planned[deck], of_others(deck))
        )

    def left_of_limits(self, learner: Learner) -> LimitsLeft:
        """How many cards may still come today, whatever they are chosen from."""
        with self._db.read():
            today, so_far = self._so_far(learner)
            if self._plan_days.followed(learner.id, today) is not None:
                return LimitsLeft(None, None)
        due = _due_left(learner, so_far)
        new = learner.new_per_day - sum(so_far.introduced.values())
        return LimitsLeft(max(0, new), None if due is None else max(0, due))

    def beyond_limit(self, learner: Learner, *, deck: str | None = None, tag: str | None = None) -> BeyondLimit | None:
        """What today's limit of new cards holds back of a deck, folder or tag; None for nothing. Raises NotFound."""
        with self._db.read():
            scope = self._scope(learner, deck, tag)
            today, so_far = self._so_far(learner)
            if followed := self._followed_day(learner, scope, today, so_far, self._due(learner, scope, today, so_far)):
                held = min(MORE, len(followed.asked) - followed.within)
                return BeyondLimit(held, held) if held and not followed.within else None
            decks = self._open_decks(learner, scope)
            limits = NewLimits(learner.new_per_day - sum(so_far.introduced.values()), _deck_limits(decks, so_far))
            hidden = _hidden(self._due(learner, scope, today, so_far), so_far)
            if self._new(learner, scope, today, decks, hidden, limits):
                return None
            over = -min(0, limits.total, *(limits.decks.values() if scope.own(1) else ()))
            most = NewLimits(MORE, _deck_limits(decks, so_far, scope.own(over + MORE)))
            held = len(self._new(learner, scope, today, decks, hidden, most))
            return BeyondLimit(over + held, held) if held else None

    def due_today(self, learner: Learner) -> list[int]:
        """The due cards that today's review will ask."""
        with self._db.read():
            today, so_far = self._so_far(learner)
            return [row[0] for row in self._due(learner, self._scope(learner), today, so_far).allowed]

    def forecast(self, learner: Learner, *, days: int, deck: str | None = None) -> Forecast:
        """How many cards come on each of the next days, today included; raises NotFound.

        Of the active decks, or those of them at the address `deck`: what every page says of days to come.
        """
        with self._db.read():
            scope = self._scope(learner, deck)
            today, so_far = self._so_far(learner)
            due = self._due(learner, scope, today, so_far)
            overdue = _day_count(today - 1, (row for row in due.shown if row[1] < today))
            now = _day_count(today, (row for row in due.shown if row[1] == today))
            return Forecast(overdue, (now, *self._coming(learner, due, today, today + days - 1, scope.decks)))

    def seconds_of_due(self, learner: Learner, counts: Iterable[int]) -> list[int]:
        """How many seconds so many due cards take, by the learner's own answers, their drill with them."""
        paces = self._queue_rows.paces(learner.id)
        return [seconds_left({"due": count}, paces, drill=learner.drill) for count in counts]

    # --- the rest of the day

    def _scope(self, learner: Learner, deck: str | None = None, tag: str | None = None) -> _Scope:
        rows = self._queue_rows
        decks = self._decks_at(deck) if deck else None
        return _Scope(rows.inactive_decks(learner.id), decks, rows.notes_tagged(tag) if tag else None)

    def _rest_of_day(self, learner: Learner, scope: _Scope, more: int = 0) -> _Day:
        today, so_far = self._so_far(learner)
        due = self._due(learner, scope, today, so_far)
        if followed := self._followed_day(learner, scope, today, so_far, due):
            return self._under_plan(learner, scope, today, so_far, due, followed, more)
        new_left = learner.new_per_day - sum(so_far.introduced.values())
        decks = self._open_decks(learner, scope)
        limits = NewLimits(new_left + more, _deck_limits(decks, so_far, scope.own(more)))
        new = [] if due.hold_new and not more else self._new(learner, scope, today, decks, _hidden(due, so_far), limits)
        drill = [it for it in so_far.drill if scope.has(it.deck, it.note, it.card)]
        return _Day(
            study_day=today,
            plan=Plan(due.allowed, new, drill, so_far.answered(scope.has_note), due.order),
            left=Left(len(due.allowed), len(new), len(drill)),
            done=_done(so_far, scope, drill),
            due=due,
            new_left=new_left,
        )

    def _followed_day(
        self, learner: Learner, scope: _Scope, today: Day, so_far: DaySoFar, due: _Due
    ) -> FollowedDay | None:
        """The day of the plan that is followed, as far as it lies in the scope; None where a plan has no say."""
        plan = self._plan_days.followed(learner.id, today)
        if plan is None or scope.cards is not None:  # what a search found is asked as without a plan
            return None
        day = self._plan_days.left(
            learner.id,
            plan,
            today,
            done={it.card for it in so_far.moved},
            notes_done=so_far.moved_notes,
            due=due.shown,
        )
        if day is None or scope.everything:
            return day
        if scope.decks is not None and day.weighed.only_decks and not scope.decks & day.weighed.decks.keys():
            return None
        within = sum(scope.has(it.deck, it.note, it.card) for it in day.asked[: day.within])
        asked = tuple(it for it in day.asked if scope.has(it.deck, it.note, it.card))
        return replace(day, asked=asked, within=within)

    def _under_plan(
        self, learner: Learner, scope: _Scope, today: Day, so_far: DaySoFar, due: _Due, day: FollowedDay, more: int
    ) -> _Day:
        """The rest of a day under a plan: its cards within the minutes, due cards outside of it, the drill."""
        cards: list[PlannedCard] = [_planned_card(it, today) for it in day.asked[: day.within + more]]
        counts = Counter(map(_Day.kind, cards))
        outside = in_order(day.outside, today, learner.id, day.outside_within, due.order)
        cards += map(DueCard._make, outside)
        drill = [it for it in so_far.drill if scope.has(it.deck, it.note, it.card)]
        return _Day(
            study_day=today,
            plan=InPlan(cards, drill),
            left=Left(counts["due"] + len(outside), counts["new"], len(drill), early=counts["plan"]),
            done=_done(so_far, scope, drill),
            due=due,
            new_left=1,
            followed=day,
        )

    def _so_far(self, learner: Learner) -> tuple[Day, DaySoFar]:
        today = self.study_day(learner)
        return today, day_so_far(self._queue_rows.answers(learner.id, today), drill=learner.drill)

    def _due(self, learner: Learner, scope: _Scope, today: Day, so_far: DaySoFar) -> _Due:
        all_due = self._queue_rows.due(learner.id, today)
        due = all_due if scope.everything else [it for it in all_due if scope.has(it[5], it[3], it[0])]
        shown = hide_due_siblings(due, so_far.moved_notes)
        order, hold_new = self._order(learner, today, shown)
        allowed = limit_due(shown, _due_left(learner, so_far), today, learner.id, order)
        asked = {row[3] for row in allowed}
        waiting = _longest((row[3], row[2]) for row in due if row[3] not in asked)
        return _Due(shown, allowed, waiting, order, hold_new)

    def _order(self, learner: Learner, today: Day, due: Sequence[DueRow]) -> tuple[Order, bool]:
        """What comes before the most overdue cards, and whether so much has piled up that new cards wait."""
        failed = self._plan_days.failed_last_time(learner.id, today) if due else frozenset()
        if len(due) <= LEAST_BACKLOG:
            return Order(failed), False
        backlog = self._plan_days.backlog_order(learner.id, today)
        places = {card: place for place, card in enumerate(backlog)}
        return Order(failed, places), bool(backlog) and len(due) > self._plan_days.threshold(learner.id, today)

    def _open_decks(self, learner: Learner, scope: _Scope, only: int | None = None) -> list[DeckWithNew]:
        return [it for it in self._queue_rows.decks_with_new(learner.id, only) if scope.has_deck(it.id)]

    def _new(
        self, learner: Learner, scope: _Scope, today: Day, decks: Iterable[DeckWithNew], hidden: set[NoteId],
        limits: NewLimits,
    ) -> list[NewCard]:  # fmt: skip
        """The new cards of these decks; `hidden` are the notes of which another card comes or came today."""
        if limits.total <= 0:
            return []
        open_decks = [it for it in decks if limits.decks.get(it.id, 1) > 0]
        cards = self._in_turn(learner, open_decks, today)
        in_scope = (it for it in cards if scope.has(it.deck, it.note, it.card))
        return choose_new(self._ready(learner, in_scope), hidden, limits)

    def _in_turn(self, learner: Learner, decks: Sequence[DeckWithNew], today: Day) -> Iterator[NewCard]:
        """The new cards of decks in the order across them that the learner chose; read as far as they are taken."""
        rows = self._queue_rows
        if learner.new_order == "folders":
            groups = grouped({it.id: it.address for it in decks}, {}, {it.id: "" for it in decks}, {})
            parts = ([it for it in decks if it.id in group.decks] for group in groups)
            return in_turn([rows.new_cards(learner.id, part, today) for part in parts])
        cards = rows.new_cards(learner.id, decks, today)
        if learner.new_order == "core":
            core = rows.core()
            return iter(sorted(cards, key=lambda it: it.note not in core))
        if learner.new_order == "random":
            return iter(shuffled(list(cards), learner.id, today))
        return cards

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
        offered = (it for it in rows if it[3] not in hidden and scope.has(it[5], it[3], it[0]))
        cards = soonest(_of_notes(_FAR, offered), moved, hidden, learner.id, today)
        return _Ahead(today, cards, sum(scope.has_note(*it) for it in studied))

    # --- counts

    def _new_of(
        self, learner: Learner, scope: _Scope, today: Day, so_far: DaySoFar, due: _Due, decks: Sequence[DeckWithNew]
    ) -> Callable[[DeckId], int]:
        """How many new cards a review of one of these decks alone would bring: counted when asked for, as each takes
        reads of its own."""
        left = learner.new_per_day - sum(so_far.introduced.values())
        limits, hidden = NewLimits(left, _deck_limits(decks, so_far)), _hidden(due, so_far)
        of_deck = {it.id: it for it in decks}

        @cache
        def count(deck: DeckId) -> int:
            return len(self._new(learner, scope, today, [of_deck[deck]], hidden, limits)) if deck in of_deck else 0

        return count

    def _next(self, learner: Learner, day: _Day) -> tuple[Day | None, int]:
        """When cards come next: tomorrow, if some that are due are only waiting, else the next due date."""
        if learner.due_per_day == 0:
            return None, 0
        rows, today = self._queue_rows, day.study_day
        waiting = day.due.waiting or rows.buried(learner.id, today, None)
        next_due = today + 1 if waiting else rows.next_due(learner.id, today)
        if next_due is None:
            return None, 0
        [*_, there] = self._coming(learner, day.due, today, next_due, None)
        return next_due, there.young + there.mature

    def _coming(
        self, learner: Learner, due: _Due, today: Day, last: Day, decks: Collection[DeckId] | None
    ) -> tuple[DayCount, ...]:
        """How many cards will be asked on each day from tomorrow to `last`, if all of today's are done today.

        Siblings come one a day; what a limit holds back is added to the days that follow.
        """
        rows = self._queue_rows
        tomorrow = _longest(
            [*due.waiting.items(), *rows.buried(learner.id, today, decks), *rows.due_on(learner.id, today + 1, decks)]
        )
        counts = {day: (young, mature) for day, young, mature in rows.coming(learner.id, today + 2, last, decks)}
        mature = sum(interval >= MATURE for interval in tomorrow.values())
        counts[today + 1] = (len(tomorrow) - mature, mature)
        days = range(today + 1, last + 1)
        allowed = within_limit([counts.get(day, (0, 0)) for day in days], learner.due_per_day)
        return tuple(DayCount(day, *count) for day, count in zip(days, allowed, strict=True))

    def _plan_seconds(self, learner: Learner, followed: FollowedDay, left: Left) -> int:
        """What is left of a plan's day: its minutes, or the drill where that takes longer by now."""
        return max(round(followed.seconds), self._seconds(learner, Left(0, 0, left.drill)))

    def _seconds(self, learner: Learner, left: Left) -> int:
        counts: dict[Asked, int] = {"due": left.due + left.early, "new": left.new, "drill": left.drill}
        return seconds_left(counts, self._queue_rows.paces(learner.id), drill=learner.drill)

    # --- cards

    def _next_cards(self, learner: Learner, day: Asking, limit: int, held: Sequence[CardId]) -> tuple[QueueCard, ...]:
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


def _planned_card(card: AskableCard, today: Day) -> PlannedCard:
    """A card of a plan's day as what it is to the learner."""
    if card.due_on is None:
        return NewCard(card.card, card.note, card.ordinal, card.deck)
    if card.due_on <= today:
        return DueCard(card.card, card.due_on, card.interval, card.note, card.ordinal, card.deck)
    return EarlyCard(card.card, card.note, card.deck)


def _of_notes(count: int, rows: Iterable[DueRow]) -> Iterator[DueRow]:
    """The rows until they are of more than `count` notes."""
    notes: set[NoteId] = set()
    for row in rows:
        notes.add(row[3])
        if len(notes) > count:
            return
        yield row


def _due_left(learner: Learner, so_far: DaySoFar) -> int | None:
    return None if learner.due_per_day is None else learner.due_per_day - so_far.due_answered


def _hidden(due: _Due, so_far: DaySoFar) -> set[NoteId]:
    """The notes of which no new card comes today."""
    return {row[3] for row in due.shown} | due.waiting.keys() | so_far.moved_notes


def _day_count(day: Day, due: Iterable[DueRow]) -> DayCount:
    mature = [row[2] >= MATURE for row in due]
    return DayCount(day, mature.count(False), mature.count(True))


def _longest(notes: Iterable[tuple[NoteId, int]]) -> dict[NoteId, int]:
    """(note, interval) as note to its longest interval."""
    found: dict[NoteId, int] = {}
    for note, interval in notes:
        found[note] = max(interval, found.get(note, 0))
    return found


def _deck_limits(decks: Iterable[DeckWithNew], so_far: DaySoFar, more: int = 0) -> dict[DeckId, int]:
    return {
        deck.id: deck.new_per_day + more - so_far.introduced.get(deck.id, 0)
        for deck in decks
        if deck.new_per_day is not None
    }


def _done(so_far: DaySoFar, scope: _Scope, drill: Iterable[PlannedCard]) -> int:
    again = {it.card for it in drill}
    return sum(it.card not in again and scope.has(it.deck, it.note, it.card) for it in so_far.moved)
