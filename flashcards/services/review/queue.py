"""The day's queue: what is left, what comes next, and what Today's page says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from functools import cache

from flashcards.clock import Clock
from flashcards.domain.ids import CardId
from flashcards.domain.minutes_left import Asked, seconds_left
from flashcards.domain.new_limits import NewLimits, new_left
from flashcards.domain.queue import DaySoFar, Plan
from flashcards.domain.streak import streak
from flashcards.domain.study_day import Day
from flashcards.services.accounts.people import Learner
from flashcards.services.plan.days import LEAST_BACKLOG
from flashcards.services.review.contract import BeyondLimit, DeckCounts, Left, LimitsLeft, Queue, QueueMode, Today
from flashcards.services.review.day_parts import DecksToday, Due, RestOfDay, Scope, done_in
from flashcards.services.review.due_cards import due_left
from flashcards.services.review.folders_today import FoldersToday
from flashcards.services.review.new_cards import HiddenNotes, deck_limits
from flashcards.services.review.next_cards import held_cards
from flashcards.services.review.plan_day import MORE, PlanDay, beyond_plan
from flashcards.services.review.study_ahead import StudyAhead
from flashcards.storage.database import Database


class Queues(PlanDay, StudyAhead):
    """Reads of the day; nothing here writes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._folders = FoldersToday(database)

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
            followed = day.followed if isinstance(day, RestOfDay) else None
            cards = self._next_cards(learner, day, max(0, limit), held, followed)
            seq, _ = self._rows.log_end(learner.id)
        total = day.left.total + day.done
        if not isinstance(day, RestOfDay) or followed is None:
            return Queue(day.study_day, seq, day.left, total, cards)
        return Queue(day.study_day, seq, day.left, total, cards, followed.plan.id, round(day.seconds))

    def follows_plan(self, learner: Learner) -> bool:
        """Whether today is a plan's day, whose cards are answered in the mode plan."""
        return self._plan_days.followed(learner.id, self.study_day(learner)) is not None

    def _prepare(self, learner: Learner) -> None:
        """Makes what is made once a day: the order of the plan, or of a backlog. Never within a transaction."""
        if self._db.is_in_transaction:
            return
        today = self.study_day(learner)
        if self._plan_days.prepare(learner.id, today) or self._plan_days.has_backlog(learner.id, today):
            return
        if self._queue_rows.count_due(learner.id, today) > LEAST_BACKLOG:
            self._plan_days.prepare_backlog(learner.id, today, self._queue_rows.due(learner.id, today))

    def today(self, learner: Learner) -> Today:
        """What is to be done today and what of it lies in each folder, and when cards come next."""
        self._prepare(learner)
        with self._db.read():
            day = self._rest_of_day(learner, self._scope(learner))
            due, new, early, drill = day.by_deck()
            next_due, next_count = self._next(learner, day)
            followed = day.followed
            planned = followed.weighed.planned_decks if followed else None
            again = Counter(it.deck for it in drill)
            folders = self._folders.of(learner.id, planned, due=due, new=new, drill=again, early=early)
            return Today(
                study_day=day.study_day,
                seq=self._rows.log_end(learner.id)[0],
                due=day.left.due,
                new=day.left.new,
                drill=day.left.drill,
                reviewed_today=self._queue_rows.answers_on(learner.id, day.study_day),
                seconds_left=self._seconds(learner, day.left),
                folders=folders,
                next_due=next_due,
                next_due_count=next_count,
                new_limit_reached=not followed and day.new_left <= 0 and any(folder.unseen for folder in folders),
                due_limit_reached=not followed and day.due.limited,
                early=day.left.early,
                outside=len(followed.outside) - followed.outside_within if followed else 0,
                plan_seconds=round(day.seconds),
                done=day.done,
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
        find_due = self._find_due(learner, scope, today, so_far)
        if followed := self._followed_day(learner, scope, today, so_far, find_due):
            return self._planned_decks(learner, scope, today, so_far, find_due, followed, only)
        due = find_due()
        of_deck, most = Counter(row[5] for row in due.shown), due_left(learner, so_far)
        shown = of_deck if most is None else {deck: max(0, min(most, it)) for deck, it in of_deck.items()}
        drill = Counter(it.deck for it in so_far.drill if scope.has(it.deck, it.note, it.card))
        open_decks = [] if due.hold_new else self._open_decks(learner, scope, only)
        return DecksToday(shown, drill, {}, self._new_of(learner, scope, today, so_far, due, open_decks))

    def left_of_limits(self, learner: Learner) -> LimitsLeft:
        """How many cards may still come today, whatever they are chosen from."""
        with self._db.read():
            today, so_far = self._so_far(learner)
            if self._plan_days.followed(learner.id, today) is not None:
                return LimitsLeft(None, None)
        due = due_left(learner, so_far)
        new = new_left(learner.new_per_day, so_far)
        return LimitsLeft(max(0, new), None if due is None else max(0, due))

    def beyond_limit(self, learner: Learner, *, deck: str | None = None, tag: str | None = None) -> BeyondLimit | None:
        """What today's limit of new cards holds back of a deck, folder or tag; None for nothing. Raises NotFound."""
        with self._db.read():
            scope = self._scope(learner, deck, tag)
            today, so_far = self._so_far(learner)
            find_due = self._find_due(learner, scope, today, so_far)
            if followed := self._followed_day(learner, scope, today, so_far, find_due):
                return beyond_plan(followed)
            due = find_due()
            decks = self._open_decks(learner, scope)
            limits = NewLimits(new_left(learner.new_per_day, so_far), deck_limits(decks, so_far))
            hidden = HiddenNotes(due, so_far)
            if self._new(learner, scope, today, decks, hidden, limits):
                return None
            over = -min(0, limits.total, *(limits.decks.values() if scope.own(1) else ()))
            most = NewLimits(MORE, deck_limits(decks, so_far, scope.own(over + MORE)))
            held = len(self._new(learner, scope, today, decks, hidden, most))
            return BeyondLimit(over + held, held) if held else None

    def _find_due(self, learner: Learner, scope: Scope, today: Day, so_far: DaySoFar) -> Callable[[], Due]:
        """What is due, read once, when it is asked for: under a plan it seldom is."""
        return cache(lambda: self._due(learner, scope, today, so_far))

    def seconds_of_due(self, learner: Learner, counts: Iterable[int]) -> list[int]:
        """How many seconds so many due cards take, by the learner's own answers, their drill with them."""
        paces = self._queue_rows.paces(learner.id)
        return [seconds_left({"due": count}, paces, drill=learner.drill) for count in counts]

    def _rest_of_day(self, learner: Learner, scope: Scope, more: int = 0) -> RestOfDay:
        today, so_far = self._so_far(learner)
        find_due = self._find_due(learner, scope, today, so_far)
        if followed := self._followed_day(learner, scope, today, so_far, find_due):
            return self._under_plan(learner, scope, today, so_far, find_due, followed, more)
        due = find_due()
        still_new = new_left(learner.new_per_day, so_far)
        new = []
        if still_new + more > 0 and (more or not due.hold_new):
            decks = self._open_decks(learner, scope)
            limits = NewLimits(still_new + more, deck_limits(decks, so_far, scope.own(more)))
            new = self._new(learner, scope, today, decks, HiddenNotes(due, so_far), limits)
        drill = [it for it in so_far.drill if scope.has(it.deck, it.note, it.card)]
        return RestOfDay(
            study_day=today,
            plan=Plan(due.allowed, new, drill, so_far.answered(scope.has_note), due.order),
            left=Left(len(due.allowed), len(new), len(drill)),
            done=done_in(so_far, scope, drill),
            find_due=find_due,
            new_left=still_new,
        )

    def _next(self, learner: Learner, day: RestOfDay) -> tuple[Day | None, int]:
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

    def _seconds(self, learner: Learner, left: Left) -> int:
        counts: dict[Asked, int] = {"due": left.due + left.early, "new": left.new, "drill": left.drill}
        return seconds_left(counts, self._queue_rows.paces(learner.id), drill=learner.drill)
