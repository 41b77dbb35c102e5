"""The day of the plan that is followed, as the queue asks for it, and the order of a backlog.

An order is made once a day, by the first who asks, and stored: a session goes on where it was, on any device.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from flashcards.clock import Clock
from flashcards.domain import sm2
from flashcards.domain.ids import CardId, DeckId, LearnerId, NoteId
from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import Memory
from flashcards.domain.plan.breaks import Waiting, backlog
from flashcards.domain.plan.model import LONGEST, PlanCard, Request, Style, first_effort
from flashcards.domain.plan.serving import LONGER, fitting, ready
from flashcards.domain.queue import DueRow
from flashcards.domain.sm2 import DRILLED_UNTIL
from flashcards.domain.study_day import Day, date_of
from flashcards.errors import FlashcardsError, Unavailable
from flashcards.services.memory.state import MemoryState
from flashcards.services.plan.contract import OF_SEARCH, USUAL_WEIGHT, BacklogState
from flashcards.services.plan.learners import NEWEST, Material, before_today, material
from flashcards.services.plan.scope import Weighed, grouped, in_any, vanished, weighed_decks
from flashcards.services.review.search import filter_of, read_search
from flashcards.storage.cards import CardRows
from flashcards.storage.database import Database
from flashcards.storage.plans import NO_PLAN, AskableCard, OrderedCard, PlanDayRow, PlanRow, PlanRows, ScopeCard

LEAST_BACKLOG = 100
"""Fewer due cards than these are no backlog."""
DAYS_OF_BACKLOG = 2
"""Nor are as many as the learner usually answers on so many days."""
_MOST_OF_BACKLOG = 2_000
"""So many cards of a backlog stand in their order; the rest comes on later days."""
_SHORTER = 60.0
"""A day that is planned to be shorter by at most so many seconds is as long as the learner said."""
SECONDS_OUTSIDE = 12
"""How long a card that no plan speaks of is taken to need."""
SECONDS_OF_DRILL = 9.0
"""How long a card that comes again in the drill is taken to need; the page of review reckons with it, too."""
_USUAL_SECONDS = 20 * 60.0


@dataclass(frozen=True, slots=True)
class FollowedDay:
    """What is left of the day of a followed plan.

    `asked` are the cards to come, in their order. The day's order promised `promise` cards in the morning, of which
    the first `promised` of `asked` are left; the first `within` of these are what is left of the day, as the minutes
    go no further. The first `fits` of `asked`, promised or not, fit into these minutes; `beyond` are the cards of the
    order that were not promised, and of these `beyond_done` are done. `outside` are the due cards that are not what
    the plan is about, most of which wait; `seconds` are what is left of the day's time, `takes` says for how long a
    card is expected to take.
    """

    plan: PlanRow
    asked: tuple[AskableCard, ...]
    promise: int
    promised: int
    within: int
    fits: int
    beyond: frozenset[CardId]
    beyond_done: int
    outside: tuple[DueRow, ...]
    outside_within: int
    seconds: float
    takes: Mapping[CardId, float]
    weighed: Weighed

    def with_more(self, more: int) -> int:
        """How many of `asked` come where so many more are asked for; the minutes are no end then."""
        return max(self.within, self.promised + more - self.beyond_done) if more else self.within

    def seconds_of(self, cards: int, drills: int) -> float:
        """How long the first so many of `asked` take, with those outside of the plan and the drill."""
        asked = sum(self.takes[it.card] for it in self.asked[:cards])
        return asked + self.outside_within * SECONDS_OUTSIDE + drills * SECONDS_OF_DRILL

    def seconds_of_card(self, card: CardId, drill: bool) -> float:
        """How much of that is one card's."""
        return SECONDS_OF_DRILL if drill else self.takes.get(card, SECONDS_OUTSIDE)


class PlanDays:
    """Reads of the followed plan's day; `prepare` writes it where it is not made yet."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._rows = PlanRows(database)
        self._card_rows = CardRows(database)
        self._memory = MemoryState(database)
        self._clock = clock

    # --- the plan that is followed

    def followed(self, learner: LearnerId, today: Day) -> PlanRow | None:
        """The plan that today is studied for: one that is followed and whose day is to come."""
        plan = self._rows.followed(learner)
        return plan if plan is not None and plan.ended_at is None and today < plan.day else None

    def prepare(self, learner: LearnerId, today: Day) -> bool:
        """Makes today's order where there is none; a database that is busy makes it later. Whether there is a plan."""
        plan = self.followed(learner, today)
        if plan is None or self._rows.has_day(learner, plan.id, today):
            return plan is not None
        day = self.make_day(learner, plan, today)
        try:
            with self._db.write(learner=learner):
                # Where it was changed meanwhile, whoever asks next makes the day of what it is now.
                if self.followed(learner, today) == plan and not self._rows.has_day(learner, plan.id, today):
                    self._rows.save_day(learner, day)
        except Unavailable:
            pass  # the queue is as without a plan until it can be stored
        return True

    def make_day(self, learner: LearnerId, plan: PlanRow, today: Day) -> PlanDayRow:
        """Today's order under a plan, from what is known of the learner now."""
        seconds = seconds_of_day(plan, today, self.days_on_break(learner))
        cards, found = self.cards(learner, plan), self.material(learner, plan, today)
        request = self.request(learner, plan, today)
        # On a day off there is an order, too, for who starts anyway.
        request = replace(request, days_off=request.days_off - {today})
        from flashcards.domain.plan.plan import day_order  # all that plans, for those who do

        day = day_order(request, self.plan_cards(cards, plan, found), found.learner, plan.minutes * 60 * LONGER)
        if day.meant < len(day.cards) and day.seconds < seconds - _SHORTER:  # more are held back for later days
            seconds = day.seconds
        first = self._failed(learner, today)
        order = tuple(sorted(day.cards, key=lambda it: it.card not in first))
        stored = tuple(OrderedCard(it.card, it.kind, it.seconds) for it in order)
        within = set(fitting(order, seconds))
        new = sum(it.card in within and it.kind == "new" for it in order)
        return PlanDayRow(plan.id, today, self._clock(), stored, round(seconds), new)

    def _forgotten(self, learner: LearnerId, today: Day) -> frozenset[CardId]:
        """The cards that were forgotten on the last day of studying, drilled since or not."""
        last = self._rows.last_day_before(learner, today)
        return frozenset() if last is None else self._rows.forgotten_on(learner, last)

    def _failed(self, learner: LearnerId, today: Day) -> frozenset[CardId]:
        """The cards whose drill was left open on the last day of studying."""
        last = self._rows.last_day_before(learner, today)
        if last is None:
            return frozenset()
        return frozenset(card for card, grade in self._rows.last_grades(learner, last).items() if grade < DRILLED_UNTIL)

    # --- what a plan is made from

    def request(self, learner: LearnerId, plan: PlanRow, today: Day) -> Request:
        """What is asked for, from today on."""
        breaks = self.days_on_break(learner)
        last = min(plan.day, today + LONGEST)
        off = frozenset(day for day in range(today, last) if is_off(plan, day, breaks))
        return Request(today, last, plan.minutes, off, cast(Style, plan.style))

    def days_on_break(self, learner: LearnerId) -> frozenset[Day]:
        """Every day of a holiday."""
        return frozenset(day for first, last in self._rows.breaks(learner) for day in range(first, last + 1))

    def material(self, learner: LearnerId, plan: PlanRow, today: Day) -> Material:
        """What the learner's log says."""
        return self._material(learner, today, self._off(learner, plan, today))

    def morning(self, learner: LearnerId, plan: PlanRow, today: Day) -> Material:
        """What the learner's log said when the day began: of this, what is said of days to come."""
        return self._material(learner, today, self._off(learner, plan, today), morning=True)

    def _off(self, learner: LearnerId, plan: PlanRow, today: Day) -> frozenset[Day]:
        breaks = self.days_on_break(learner)
        return frozenset(day for day in range(today - 60, today) if is_off(plan, day, breaks))

    def known_of(self, learner: LearnerId, today: Day) -> Material:
        """What the learner's log says, without a plan: nothing of cards that it does not speak of."""
        return self._material(learner, today, self.days_on_break(learner), answered_only=True)

    def _material(
        self,
        learner: LearnerId,
        today: Day,
        off: frozenset[Day],
        *,
        morning: bool = False,
        answered_only: bool = False,
    ) -> Material:
        log, chosen = self._rows.log(learner, NEWEST), self._memory.predictor(learner).parameters
        lengths = self._rows.lengths() if log or not answered_only else {}
        answered = {it.card for it in log} if answered_only else lengths.keys()
        efforts = {card: first_effort(length) for card, length in lengths.items() if card in answered}
        answers, memories = self._rows.answers(learner), self.memories(learner)
        if morning:
            log, memories, answers = before_today(log, memories, answers, today)
        # Of a clock that was ahead: as if answered today, since nobody forgets before the answer.
        memories = {card: (memory, min(last_on, today)) for card, (memory, last_on) in memories.items()}
        return material(log, today, off, memories, answers, efforts, self._forgotten(learner, today), chosen)

    def memories(self, learner: LearnerId) -> dict[CardId, tuple[Memory, Day]]:
        """Each card's memory, and the day of its last answer."""
        states = self._memory.states(learner)
        return {it.card: (Memory(it.stability, it.difficulty), it.last_on) for it in states}

    def weighed(self, learner: LearnerId, plan: PlanRow) -> Weighed:
        """What is in the plan's scope. Places that have vanished hold nothing."""
        addresses = self._rows.decks()
        places, tags, q = plan.scope.get("decks", ()), plan.scope.get("tags", ()), plan.scope.get("q", "")
        by_notes = bool(tags or q)
        gone = vanished(addresses, places)
        there = [place for place in places if place not in gone]
        decks = weighed_decks(addresses, there, plan.weights) if there or not (by_notes or gone) else {}
        if by_notes and not places:
            decks = {}
        return Weighed(decks, self._weighed_notes(learner, tags, q, plan.weights) if by_notes else {})

    def _weighed_notes(
        self, learner: LearnerId, tags: Sequence[str], q: str, weights: dict[str, int]
    ) -> dict[NoteId, int]:
        found: dict[NoteId, int] = {}
        for tag in tags:
            weight = weights.get(f"tag:{tag}", USUAL_WEIGHT)
            for note in self._rows.notes_tagged(tag):
                found[note] = max(found.get(note, 0), weight)
        if q:
            weight = weights.get(OF_SEARCH, USUAL_WEIGHT)
            for note in self._found(learner, q):
                found[note] = max(found.get(note, 0), weight)
        return found

    def _found(self, learner: LearnerId, q: str) -> set[NoteId]:
        """The notes that a search finds."""
        search = read_search(q)
        addresses = self._rows.decks()

        def decks_at(places: list[str]) -> set[DeckId] | None:
            if not places:
                return None
            return {deck for deck, it in addresses.items() if all(in_any(it, [place]) for place in places)}

        return self._card_rows.notes(learner, filter_of(search, decks_at))

    def cards(self, learner: LearnerId, plan: PlanRow) -> list[tuple[ScopeCard, int]]:
        """The cards in scope with their weights, in study order."""
        weighed = self.weighed(learner, plan)
        weights = ((card, weighed.weight(card.deck, card.note)) for card in self._rows.cards(learner))
        return [(card, weight) for card, weight in weights if weight]

    def plan_cards(self, cards: Sequence[tuple[ScopeCard, int]], plan: PlanRow, found: Material) -> list[PlanCard]:
        """As a plan takes them; `folder` is the place of the card's group in `groups`."""
        levels, requires = self._rows.levels(), self._rows.requirements()
        groups = grouped(self._rows.decks(), {}, self._rows.deck_titles(), {})
        group_of = {deck: number for number, group in enumerate(groups) for deck in group.decks}
        scope = []
        for card, weight in cards:
            memory, last_on = found.memories.get(card.card, (None, None))
            # A card may have a date without answers (set by hand), and answers without one (cram).
            schedule = sm2.Memory() if card.repetition is None else _schedule(card)
            scope.append(
                PlanCard(
                    card.card, card.note, group_of[card.deck], weight, levels.get(card.note, 2), memory, last_on,
                    schedule, card.due_on, tuple(requires.get(card.note, ())), card.deck,
                    found.efforts.get(card.card, 1.0), card.card in found.forgotten,
                )
            )  # fmt: skip
        return scope

    # --- what is left of today

    def left(
        self,
        learner: LearnerId,
        plan: PlanRow,
        today: Day,
        *,
        done: Collection[CardId],
        notes_done: Collection[NoteId],
        outside: Callable[[Weighed], Iterable[DueRow]],
    ) -> FollowedDay | None:
        """What is left of today; None where its order is not made.

        `done` are the cards that were asked today and `notes_done` their notes, `outside` gives the due cards that are
        not what the plan is about, one of each note.
        The drill gets what time the cards leave: what it leaves open comes first on the next day.
        """
        day = self._rows.day(learner, plan.id, today)
        if day is None:
            return None
        spent = self._rows.spent_ms(learner, today, SECONDS_OUTSIDE * 1000) / 1000
        seconds = max(0.0, day.seconds - spent)
        order, there = self._still_asked(learner, day, today, done, notes_done)
        # What the morning promised is the day: who is faster gets more only by asking for it.
        promise = {CardId(card) for card in fitting(day.cards, day.seconds)}
        promised = sum(it.card in promise for it in order)
        fits = len(fitting(order, seconds))
        beyond = frozenset(it.card for it in day.cards if it.card not in promise)
        weighed = self.weighed(learner, plan)
        in_order = {there[it.card].note for it in order}
        others = tuple(row for row in outside(weighed) if row[3] not in in_order)
        whole = seconds_of_day(plan, today, self.days_on_break(learner))
        planned = {it.card for it in day.cards}
        places = _places_outside(day, promise, whole) - sum(card not in planned for card in done)
        within = min(promised, fits)
        left = max(seconds, whole - spent) - sum(it.seconds for it in order[:within])
        return FollowedDay(
            plan=plan,
            asked=tuple(there[it.card] for it in order),
            promise=len(promise),
            promised=promised,
            within=within,
            fits=fits,
            beyond=beyond,
            beyond_done=sum(card in beyond for card in done),
            outside=others,
            outside_within=max(0, min(len(others), places, int(left // SECONDS_OUTSIDE))),
            seconds=seconds,
            takes={it.card: it.seconds for it in order},
            weighed=weighed,
        )

    def _still_asked(
        self, learner: LearnerId, day: PlanDayRow, today: Day, done: Collection[CardId], notes_done: Collection[NoteId]
    ) -> tuple[list[OrderedCard], dict[CardId, AskableCard]]:
        """The cards of a day's order that can come now, in it, and what they are."""
        waiting = [it for it in day.cards if it.card not in done]
        there = self._rows.askable(learner, [it.card for it in waiting], today)
        open_ = [it for it in waiting if it.card in there and there[it.card].note not in notes_done]
        new_notes = {there[it.card].note for it in open_ if there[it.card].due_on is None}
        missing = self._rows.missing(learner, new_notes) if new_notes else {}
        can = set(ready([it.card for it in open_], {card: it.note for card, it in there.items()}, missing))
        return [it for it in open_ if it.card in can], there

    # --- a backlog, without a plan

    def threshold(self, learner: LearnerId, today: Day) -> int:
        """More due cards than these are a backlog."""
        return max(LEAST_BACKLOG, round(DAYS_OF_BACKLOG * self._rows.usual_answers(learner, today)))

    def prepare_backlog(self, learner: LearnerId, today: Day, due: Sequence[DueRow]) -> None:
        """Makes the order of a backlog where there is one, once a day."""
        threshold = self.threshold(learner, today)
        if len(due) <= threshold or self._rows.has_day(learner, NO_PLAN, today):
            return
        found = self.known_of(learner, today)
        waiting = [
            Waiting(row[0], *found.memories.get(row[0], as_scheduled(row[1], row[2])), row[1]) for row in due
        ]  # fmt: skip
        seconds = self._rows.usual_seconds(learner, today)
        coming = self._rows.coming_a_day(learner, today)
        it = backlog(waiting, today, found.learner, seconds or _USUAL_SECONDS, coming, threshold)
        cards = tuple(OrderedCard(card, "due", 0.0) for card in it.order[:_MOST_OF_BACKLOG])
        figures = {"days": it.days, "seconds": round(seconds or _USUAL_SECONDS), "due": len(due)}
        day = PlanDayRow(NO_PLAN, today, self._clock(), cards, 0, 0, figures=figures)
        try:
            with self._db.write(learner=learner):
                self._rows.save_day(learner, day)
        except FlashcardsError:
            return  # most overdue first, until it can be stored

    def has_backlog(self, learner: LearnerId, today: Day) -> bool:
        """Whether the order of today's backlog is made."""
        return self._rows.has_day(learner, NO_PLAN, today)

    def backlog_order(self, learner: LearnerId, today: Day) -> tuple[CardId, ...]:
        """The order of today's backlog, empty where none was made."""
        day = self._rows.backlog(learner, today)
        return () if day is None else day.cards

    def backlog_state(self, learner: LearnerId, today: Day, due: int) -> BacklogState | None:
        """What has piled up, as it was reckoned today; None where nothing has."""
        day = self._rows.backlog(learner, today)
        if day is None or due <= self.threshold(learner, today):
            return None
        return BacklogState(due, day.figures.get("days"), max(1, round(day.figures.get("seconds", 0) / 60)))

    def failed_last_time(self, learner: LearnerId, today: Day) -> frozenset[CardId]:
        """The cards whose drill was left open on the last day of studying: they come first."""
        return self._failed(learner, today)


def is_off(plan: PlanRow, day: Day, breaks: Collection[Day]) -> bool:
    """Whether nothing is to be studied on a day."""
    off = plan.days_off
    return day in breaks or date_of(day).weekday() in off.get("weekdays", ()) or day in off.get("days", ())


def seconds_of_day(plan: PlanRow, day: Day, breaks: Collection[Day]) -> float:
    """What there is to study on a day."""
    return 0.0 if is_off(plan, day, breaks) else plan.minutes * 60.0


def _places_outside(day: PlanDayRow, promise: Collection[CardId], whole: float) -> int:
    """For how many cards that no plan speaks of the morning had time: what the day is shorter than the learner's
    minutes (`whole` seconds), and what is left where all that there is was promised."""
    if whole <= day.seconds and len(promise) < len(day.cards):
        return 0
    expected = sum(it.seconds for it in day.cards if it.card in promise)
    return max(0, int((max(whole, day.seconds) - expected) // SECONDS_OUTSIDE))


def _schedule(card: ScopeCard) -> sm2.Memory:
    assert card.repetition is not None
    assert card.ease is not None
    assert card.interval is not None
    return sm2.Memory(card.repetition, card.ease, card.interval)


def as_scheduled(due_on: Day, interval: int) -> tuple[Memory, Day]:
    """A memory for a card that has a date and no answers: one that lasts as long as its interval."""
    days = max(1, interval)
    return fsrs.kept(float(days), 5.0), due_on - days
