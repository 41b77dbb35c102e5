"""A day under the plan that is followed: what of its order is asked in a scope, and what each deck has of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from flashcards.domain.queue import DaySoFar, DueCard, DueRow, EarlyCard, InPlan, NewCard, PlannedCard, in_order
from flashcards.domain.siblings import hide_due_siblings
from flashcards.domain.study_day import Day
from flashcards.services.accounts.people import Learner
from flashcards.services.plan.days import FollowedDay
from flashcards.services.plan.scope import Weighed
from flashcards.services.review.contract import BeyondLimit, Left
from flashcards.services.review.day_parts import DecksToday, Due, RestOfDay, Scope, done_in
from flashcards.services.review.new_cards import NewCards
from flashcards.storage.plans import AskableCard

MORE = 10
"""How many new cards are offered beyond a limit."""


class PlanDay(NewCards):
    """Reads of a followed plan's day."""

    def _followed_day(
        self, learner: Learner, scope: Scope, today: Day, so_far: DaySoFar, due: Callable[[], Due]
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
            outside=lambda weighed: self._outside(learner, scope, today, so_far, due, weighed),
        )
        if day is None or scope.everything:
            return day
        if scope.decks is not None and day.weighed.only_decks and not scope.decks & day.weighed.decks.keys():
            return None
        has = [scope.has(it.deck, it.note, it.card) for it in day.asked]
        return replace(
            day,
            asked=tuple(it for it, is_here in zip(day.asked, has, strict=True) if is_here),
            promised=sum(has[: day.promised]),
            within=sum(has[: day.within]),
            fits=sum(has[: day.fits]),
            beyond_done=sum(it.card in day.beyond and scope.has(it.deck, it.note, it.card) for it in so_far.moved),
        )

    def _outside(
        self, learner: Learner, scope: Scope, today: Day, so_far: DaySoFar, due: Callable[[], Due], weighed: Weighed
    ) -> Iterable[DueRow]:
        """The due cards that no plan speaks of, one of each note; those of the plan need not be read."""
        planned = weighed.planned_decks
        if planned is None:
            return weighed.without(due().shown)
        rows = self._queue_rows.due_outside(learner.id, today, planned)
        return hide_due_siblings([it for it in rows if scope.has(it[5], it[3], it[0])], so_far.moved_notes)

    def _under_plan(
        self, learner: Learner, scope: Scope, today: Day, so_far: DaySoFar, due: Callable[[], Due], day: FollowedDay,
        more: int,
    ) -> RestOfDay:  # fmt: skip
        """The rest of a day under a plan: its cards within the minutes, due cards outside of it, the drill."""
        count = day.with_more(more)
        cards: list[PlannedCard] = [_planned_card(it, today) for it in day.asked[:count]]
        kinds = Counter(map(type, cards))
        outside = in_order(day.outside, today, learner.id, day.outside_within, due().order) if day.outside else []
        cards += map(DueCard._make, outside)
        drill = [it for it in so_far.drill if scope.has(it.deck, it.note, it.card)]
        return RestOfDay(
            study_day=today,
            plan=InPlan(cards, drill),
            left=Left(kinds[DueCard] + len(outside), kinds[NewCard], len(drill), early=kinds[EarlyCard]),
            done=done_in(so_far, scope, drill),
            find_due=due,
            new_left=1,
            followed=day,
            seconds=day.seconds_of(len(cards) - len(outside), len(drill)),
        )

    def _planned_decks(
        self, learner: Learner, scope: Scope, today: Day, so_far: DaySoFar, due: Callable[[], Due],
        followed: FollowedDay, only: int | None,
    ) -> DecksToday:  # fmt: skip
        """The same under a plan: of the decks in its scope what its day brings, of the others as without it."""
        day = self._under_plan(learner, scope, today, so_far, due, followed, 0)
        of_due, planned, early, drill = day.by_deck()
        outside = [it for it in self._open_decks(learner, scope, only) if not followed.weighed.decks.get(it.id)]
        of_others = self._new_of(learner, scope, today, so_far, due(), outside)
        if not followed.weighed.only_decks:
            return DecksToday(of_due, Counter(it.deck for it in drill), early, planned.__getitem__)
        of_due |= Counter(row[5] for row in followed.outside)
        return DecksToday(
            of_due, Counter(it.deck for it in drill), early, lambda deck: max(planned[deck], of_others(deck))
        )


def _planned_card(card: AskableCard, today: Day) -> PlannedCard:
    """A card of a plan's day as what it is to the learner."""
    if card.due_on is None:
        return NewCard(card.card, card.note, card.ordinal, card.deck)
    if card.due_on <= today:
        return DueCard(card.card, card.due_on, card.interval, card.note, card.ordinal, card.deck)
    return EarlyCard(card.card, card.note, card.deck)


def beyond_plan(day: FollowedDay) -> BeyondLimit | None:
    """What there is when a plan's day is done: what else fits into its minutes, else some cards more.

    Where the minutes were over first, all that was promised.
    """
    if day.within:
        return None
    seconds, promise = round(day.seconds), day.promise
    if day.promised:
        return BeyondLimit(1, day.promised + 1, seconds, promise)
    held = day.fits or min(MORE, len(day.asked))
    return BeyondLimit(held + day.beyond_done, held, seconds, promise) if held else None
