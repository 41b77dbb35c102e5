"""Plans: what one would bring, made, changed, followed, ended; and what Today says of the one that is followed."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, cast

from flashcards.clock import Clock
from flashcards.domain.ids import DeckId
from flashcards.domain.plan.model import Known, PathPoint, Style
from flashcards.domain.plan.plan import known_now
from flashcards.domain.plan.shares import MORE_MINUTES
from flashcards.domain.study_day import Day
from flashcards.errors import FlashcardsError, Invalid, NotFound, Unavailable
from flashcards.services.accounts.people import Learner
from flashcards.services.plan import process
from flashcards.services.plan.breaks import Breaks
from flashcards.services.plan.checks import checked
from flashcards.services.plan.contract import (
    MOST_MINUTES,
    Choice,
    Group,
    Outlook,
    PlanToday,
    Price,
)
from flashcards.services.plan.days import is_off
from flashcards.services.plan.outlooks import from_figures, has_outlook, outlook_of, to_figures
from flashcards.services.plan.process import Reckoned
from flashcards.services.plan.scope import grouped, vanished
from flashcards.services.review.facade import ReviewService
from flashcards.storage.database import Database
from flashcards.storage.plans import PlanDayRow, PlanRow

STEP = MORE_MINUTES
"""Minutes: the table of other minutes goes by these."""
LEAST_PRICE = 5
"""A price of fewer cards is not spoken of."""
_KEPT = 32
_AT_ONCE = 2
_LONGEST_OUTCOME = 4_000


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What was reckoned: `unmissed` is the middle if no day had been missed, `now` what is known today."""

    outlook: Outlook
    unmissed: float
    now: float


class Plans(Breaks):
    """What a learner does with plans, and with holidays."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        review: ReviewService,
        reckon: Callable[[bytes], Reckoned] = process.reckon_apart,
    ) -> None:
        """`reckon` does the arithmetic: in a child process, unless told otherwise."""
        super().__init__(database, clock, review)
        self._reckon = reckon
        self._works: OrderedDict[bytes, Future[Reckoned]] = OrderedDict()
        self._lock = Lock()
        self._pool: ThreadPoolExecutor | None = None

    def close(self) -> None:
        """Waits for what is being reckoned."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    # --- what a plan would bring

    def groups(self, learner: Learner) -> list[Group]:
        """The folders that hold something for the learner, in study order."""
        cards = Counter(card.deck for card in self._rows.cards(learner.id))
        return [it for it in self._groups(cards) if it.cards]

    def _groups(self, cards: Mapping[DeckId, int]) -> list[Group]:
        rows = self._rows
        return grouped(rows.decks(), rows.folder_titles(), rows.deck_titles(), cards)

    def check(self, learner: Learner, choice: Choice) -> None:
        """Raises Invalid where a plan cannot be asked for that."""
        self._good(learner, choice, self._review.study_day(learner))

    def outlook(self, learner: Learner, choice: Choice) -> Outlook:
        """What a plan would bring, before it starts. Raises Invalid naming what cannot be."""
        found = self.outlook_within(learner, choice, process.SECONDS)
        if found is None:
            raise Unavailable("The plan takes long to reckon; try again in a minute.", retry_after=60)
        return found

    def outlook_within(self, learner: Learner, choice: Choice, seconds: float) -> Outlook | None:
        """The same, if it can be said in time; else it is reckoned on, and is there when asked again."""
        today = self._review.study_day(learner)
        good = self._checked(choice, today)
        plan = row_of(good, self._clock())
        followed = self._days.followed(learner.id, today)
        if followed is not None and followed == _asking_as(followed, plan):
            # What is said of the plan that is followed is reckoned once a day, and everywhere the same.
            day = self._day(learner, followed, today, seconds)
            if has_outlook(day.figures):
                return from_figures(good, today, day.figures)
            if day.predicted is None:
                return None
        ahead = self._ahead(learner, good, plan, today, seconds)
        return None if ahead is None else ahead.outlook

    def _ahead(
        self, learner: Learner, choice: Choice, plan: PlanRow, today: Day, seconds: float, missed: int = 0
    ) -> _Ahead | None:
        """What a plan would bring, by what was known of the learner when the day began; None where that takes longer.

        Raises Invalid where nothing is in its scope.
        """
        with self._db.read():
            cards, found = self._days.cards(learner.id, plan), self._days.morning(learner.id, plan, today)
            if not cards:
                raise Invalid(
                    "Nothing is left to learn: give a folder a weight, or choose decks that are switched on.",
                    field="weights",
                )
            scope = self._days.plan_cards(cards, plan, found)
            request = self._days.request(learner.id, plan, today)
        work = process.packed(request, scope, found.learner, _choices_of_minutes(plan.minutes), missed)
        reckoned = self._reckoned(work, seconds)
        if reckoned is None:
            return None
        groups = self._groups(Counter(card.deck for card, _ in cards))
        breaks = self._days.days_on_break(learner.id)
        outlook = outlook_of(choice, today, plan, groups, scope, reckoned, found, breaks)
        return _Ahead(outlook, reckoned.unmissed.median, known_now(scope, found.learner, today))

    def _checked(self, choice: Choice, today: Day) -> Choice:
        good = checked(choice, today)
        gone = vanished(self._rows.decks(), good.decks)
        if gone and len(gone) == len(good.decks) and not (good.tags or good.q):
            raise Invalid(f"There is no deck or folder {gone[0]!r} (any more): choose another.", field="decks")
        return replace(good, decks=tuple(place for place in good.decks if place not in gone))

    def _reckoned(self, work: bytes, seconds: float) -> Reckoned | None:
        """What comes of the work, None where that takes longer; it goes on, and the last few are remembered."""
        name = hashlib.sha256(work).digest()
        with self._lock:
            if name not in self._works:
                self._pool = self._pool or ThreadPoolExecutor(_AT_ONCE, "plan")
                self._works[name] = self._pool.submit(self._reckon, work)
            self._works.move_to_end(name)
            while len(self._works) > _KEPT:
                self._works.popitem(last=False)
            found = self._works[name]
        try:
            return found.result(timeout=seconds)
        except TimeoutError:
            return None
        except FlashcardsError:
            with self._lock:
                self._works.pop(name, None)  # the next one who asks tries again
            raise

    # --- plans

    def plans(self, learner: Learner) -> list[PlanRow]:
        """All of the learner's, the newest first."""
        return self._rows.plans(learner.id)

    def plan(self, learner: Learner, number: int) -> PlanRow:
        """One of the learner's; raises NotFound."""
        found = self._rows.plan(learner.id, number)
        if found is None:
            raise NotFound("There is no such plan.")
        return found

    def followed(self, learner: Learner) -> PlanRow | None:
        """The plan that is followed, be its day to come or past."""
        return self._rows.followed(learner.id)

    def in_force(self, learner: Learner) -> PlanRow | None:
        """The plan that is followed, while its day is to come: it says what today brings."""
        return self._days.followed(learner.id, self._review.study_day(learner))

    def waiting(self, learner: Learner) -> PlanRow | None:
        """The newest plan to a day ahead that was made and is not followed; None while one is, or where none is."""
        today, plans = self._review.study_day(learner), self.plans(learner)
        if any(it.followed for it in plans):
            return None
        return next((it for it in plans if it.day > today and it.ended_at is None), None)

    def make(self, learner: Learner, choice: Choice, *, follow: bool = True) -> PlanRow:
        """Stores a new plan; one to be followed that is followed already is not made twice. Raises Invalid."""
        today = self._review.study_day(learner)
        row = row_of(self._good(learner, choice, today), self._clock())
        with self._db.write():
            followed = self._rows.followed(learner.id) if follow else None
            if followed is not None and followed == _asking_as(followed, row):  # a second click
                return followed
            number = self._rows.add(learner.id, row)
            if follow:
                self._rows.follow(learner.id, number)
        if follow:
            self._days.prepare(learner.id, today)
        return self.plan(learner, number)

    def change(self, learner: Learner, number: int, choice: Choice) -> PlanRow:
        """Stores a plan's new choice; today is made anew. Raises Invalid and NotFound.

        Whether it is followed or has ended, and what the learner said of it, stays.
        """
        today = self._review.study_day(learner)
        self.plan(learner, number)
        new = row_of(self._good(learner, choice, today), 0)
        with self._db.write():
            self._rows.change(learner.id, _asking_as(self.plan(learner, number), new))
            self._rows.forget_days(learner.id, number, today)
        return self.plan(learner, number)

    def _good(self, learner: Learner, choice: Choice, today: Day) -> Choice:
        good = self._checked(choice, today)
        if not self._days.cards(learner.id, row_of(good, 0)):
            raise Invalid(
                "Nothing is left to learn: give a folder a weight, or choose decks that are switched on.",
                field="weights",
            )
        return good

    def follow(self, learner: Learner, number: int) -> PlanRow:
        """Follows this plan and no other. Raises NotFound, and Invalid where its day is past."""
        today = self._review.study_day(learner)
        with self._db.write():
            plan = self.plan(learner, number)
            if plan.day <= today:
                raise Invalid("The day of this plan is past: give it another one.", field="date")
            self._rows.change(learner.id, replace(plan, ended_at=None))
            self._rows.follow(learner.id, number)
        return self.plan(learner, number)

    def leave(self, learner: Learner) -> None:
        """Follows none; the plan is kept, and every date is what it was."""
        with self._db.write():
            self._rows.follow(learner.id, None)

    def end(self, learner: Learner, number: int, outcome: str | None = None) -> PlanRow:
        """Ends a plan; `outcome` is how it went, in the learner's words, for them alone. Raises NotFound, Invalid."""
        self.plan(learner, number)
        if outcome is not None and len(outcome) > _LONGEST_OUTCOME:
            raise Invalid(f"Give at most {_LONGEST_OUTCOME:,} characters.", field="outcome")
        with self._db.write():
            plan = self.plan(learner, number)
            if plan.followed:
                self._rows.follow(learner.id, None)
            ended = replace(plan, followed=False, ended_at=self._clock(), outcome=outcome or plan.outcome)
            self._rows.change(learner.id, ended)
        return self.plan(learner, number)

    def delete(self, learner: Learner, number: int) -> None:
        """Forgets a plan and what was made of it. Raises NotFound."""
        self.plan(learner, number)
        with self._db.write():
            self._rows.delete(learner.id, number)

    def days(self, learner: Learner, number: int) -> list[PlanDayRow]:
        """What was made of a plan, day by day: what had been predicted on each. Raises NotFound."""
        self.plan(learner, number)
        return self._rows.days(learner.id, number)

    # --- today

    def today(self, learner: Learner, seconds: float = process.SECONDS) -> PlanToday | None:
        """What Today says of the plan that is followed; None where none is, or its day has come.

        Where its figures are not reckoned within so many seconds, they are absent, and there when asked again.
        """
        today = self._review.study_day(learner)
        plan = self._days.followed(learner.id, today)
        if plan is None:
            return None
        day = self._day(learner, plan, today, seconds)
        figures = day.figures
        return PlanToday(
            plan=plan,
            days_left=plan.day - today,
            minutes=round(day.seconds / 60),
            known=None if day.predicted is None else Known(*day.predicted),
            cards=figures.get("cards", 0),
            path=tuple(PathPoint(*point) for point in figures.get("path", ())),
            past=tuple(
                (it.study_day, it.recalled_expected)
                for it in self._rows.days(learner.id, plan.id)
                if it.recalled_expected is not None and it.study_day <= today
            ),
            recalled=day.recalled_expected or 0.0,
            price=self._price(plan, day),
            on_break=today in self._days.days_on_break(learner.id),
        )

    def wake(self, learners: Iterable[Learner]) -> int:
        """Reckons the day of those who follow a plan, where it is not reckoned yet; gives how many do.

        Called every hour, as days begin when learners choose: nobody waits for it in the morning. Where somebody's
        cannot be reckoned the others' are, and then that is raised.
        """
        followers, count, trouble = set(self._rows.followers()), 0, None
        for learner in learners:
            try:
                count += learner.id in followers and self.today(learner) is not None
            except FlashcardsError as error:
                trouble = error
        if trouble is not None:
            raise trouble
        return count

    def _day(self, learner: Learner, plan: PlanRow, today: Day, seconds: float) -> PlanDayRow:
        """Today's row, with its figures where there was time for them."""
        self._days.prepare(learner.id, today)
        day = self._rows.day(learner.id, plan.id, today)
        if day is not None and day.predicted is not None and (has_outlook(day.figures) or not day.figures):
            return day
        day = self._reckon_day(learner, plan, today, day, seconds)
        if day.predicted is None:
            return day
        with self._db.write():
            if self._rows.plan(learner.id, plan.id) != plan:
                return day  # changed, or deleted, while this was reckoned: its day is made anew
            stored = self._rows.day(learner.id, plan.id, today)
            # The order stays what is being served, whatever was reckoned meanwhile.
            if stored is not None:
                day = replace(day, cards=stored.cards, seconds=stored.seconds, new=stored.new)
            self._rows.save_day(learner.id, day)
        return day

    def _reckon_day(
        self, learner: Learner, plan: PlanRow, today: Day, made: PlanDayRow | None, seconds: float
    ) -> PlanDayRow:
        with self._db.read():
            made = made or self._days.make_day(learner.id, plan, today)
            empty = not self._days.cards(learner.id, plan)
        if empty:
            return replace(made, predicted=(0.0, 0.0, 0.0), recalled_expected=0.0, figures={})
        missed = self._missed(learner, plan, today)
        ahead = self._ahead(learner, self.choice(plan), plan, today, seconds, missed)
        if ahead is None:
            return made
        figures = to_figures(ahead.outlook)
        low, middle, high = figures["known"]
        return replace(
            made,
            predicted=(low, middle, high),
            recalled_expected=round(ahead.now, 1),
            figures={**figures, "missed": missed, "unmissed": round(ahead.unmissed, 1)},
        )

    def _price(self, plan: PlanRow, day: PlanDayRow) -> Price | None:
        """What days without cards cost; None where there were none, or it is next to nothing."""
        missed, unmissed, more = (day.figures.get(name, 0) for name in ("missed", "unmissed", "more"))
        if day.predicted is None or not missed:
            return None
        then, now = round(unmissed), round(day.predicted[1])
        if then - now < LEAST_PRICE:
            return None
        minutes = plan.minutes + math.ceil((then - now) / (more / STEP)) if more > 0 else plan.minutes
        return Price(missed, then, now, min(minutes, MOST_MINUTES))

    def _missed(self, learner: Learner, plan: PlanRow, today: Day) -> int:
        """How many days in a row before today were meant for studying and had no answer, since the plan began."""
        days = self._rows.days(learner.id, plan.id)
        begun = days[0].study_day if days else today
        last = self._rows.last_day_before(learner.id, today)
        breaks = self._days.days_on_break(learner.id)
        first = begun if last is None else max(last + 1, begun)
        return sum(not is_off(plan, day, breaks) for day in range(first, today))

    def choice(self, plan: PlanRow) -> Choice:
        """What a stored plan asks for."""
        return Choice(
            day=plan.day,
            minutes=plan.minutes,
            minute=plan.minute,
            decks=tuple(plan.scope.get("decks", ())),
            tags=tuple(plan.scope.get("tags", ())),
            q=plan.scope.get("q", ""),
            weights=plan.weights,
            weekdays_off=tuple(plan.days_off.get("weekdays", ())),
            days_off=tuple(plan.days_off.get("days", ())),
            style=cast(Style, plan.style),
            title=plan.title,
            id=plan.scope.get("id", ""),
        )


def _choices_of_minutes(minutes: int) -> list[int]:
    """The minutes that are put beside those asked for."""
    around = [minutes - STEP, minutes + STEP, minutes + 2 * STEP]
    return [it for it in around if STEP / 3 <= it <= MOST_MINUTES]


def row_of(choice: Choice, now: int) -> PlanRow:
    """A plan that asks for that, not stored yet."""
    scope: dict[str, Any] = {}
    if choice.decks:
        scope["decks"] = list(choice.decks)
    if choice.tags:
        scope["tags"] = list(choice.tags)
    if choice.q:
        scope["q"] = choice.q
    if choice.id:
        scope["id"] = choice.id
    days_off: dict[str, list[int]] = {}
    if choice.weekdays_off:
        days_off["weekdays"] = list(choice.weekdays_off)
    if choice.days_off:
        days_off["days"] = list(choice.days_off)
    return PlanRow(
        0, choice.title, choice.day, choice.minute, scope, dict(choice.weights), choice.minutes, days_off,
        choice.style, created_at=now,
    )  # fmt: skip


def _asking_as(plan: PlanRow, other: PlanRow) -> PlanRow:
    """The plan, with what the other asks for; what became of it, and how a client knows it, stays its own."""
    known_as = {"id": plan.scope["id"]} if "id" in plan.scope else {}
    scope = {name: it for name, it in other.scope.items() if name != "id"}
    return replace(
        other, id=plan.id, scope=scope | known_as, followed=plan.followed, created_at=plan.created_at,
        ended_at=plan.ended_at, outcome=plan.outcome,
    )  # fmt: skip
