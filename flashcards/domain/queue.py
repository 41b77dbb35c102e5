"""The order of the day: which cards are asked, and in what order.

Due cards stay the bare tuples that a database gives until they are chosen: a learner who comes back after a
year has 50,000 of them, and twenty are shown.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, Protocol, TypeVar

from flashcards.domain.by_chance import mixed
from flashcards.domain.ids import CardId, DeckId, LearnerId, NoteId
from flashcards.domain.sm2 import DRILLED_UNTIL
from flashcards.domain.study_day import Day
from flashcards.domain.study_set import AskedCard

DueRow = tuple[CardId, Day, int, NoteId, int, DeckId]
"""The fields of a `DueCard`, in order."""


class DueCard(NamedTuple):
    """A scheduled card whose day has come; ids are those of the storage, `interval` is in days."""

    card: CardId
    due_on: Day
    interval: int
    note: NoteId
    ordinal: int
    deck: DeckId


class NewCard(NamedTuple):
    """A card in the state new."""

    card: CardId
    note: NoteId
    ordinal: int
    deck: DeckId


class DrillCard(NamedTuple):
    """A card whose last answer today was below 4."""

    card: CardId
    note: NoteId
    deck: DeckId


class EarlyCard(NamedTuple):
    """A card that a plan asks before its date."""

    card: CardId
    note: NoteId
    deck: DeckId


PlannedCard = DueCard | NewCard | DrillCard | AskedCard | EarlyCard
Asked = TypeVar("Asked", bound=PlannedCard)


class AnswerToday(NamedTuple):
    """An answer of today, of kind scheduled, drill or plan; `deck` is the note's deck.

    `askable` is whether the card could be shown again: not hidden, reset, suspended or buried since.
    """

    card: CardId
    note: NoteId
    kind: str
    quality: int
    was_new: bool
    deck: DeckId
    askable: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """How many due and new cards of the day were answered already."""

    due: int = 0
    new: int = 0


@dataclass(frozen=True, slots=True)
class DaySoFar:
    """What today's answers mean for the rest of the day.

    `moved` are the answers that moved a schedule, or were asked early by a plan, one for each card, and `moved_notes`
    their notes; `introduced` counts the new cards among them by deck.
    """

    moved: tuple[AnswerToday, ...]
    moved_notes: frozenset[NoteId]
    introduced: Mapping[DeckId, int]
    drill: tuple[DrillCard, ...]

    @property
    def due_answered(self) -> int:
        """How many due cards were answered."""
        return len(self.moved) - sum(self.introduced.values())

    def answered(self, counted: Callable[[DeckId, NoteId], bool]) -> Answered:
        """How many of the cards that moved were due and new, where `counted(deck, note)`."""
        was_new = [it.was_new for it in self.moved if counted(it.deck, it.note)]
        return Answered(due=was_new.count(False), new=was_new.count(True))


def day_so_far(answers: Iterable[AnswerToday], *, drill: bool) -> DaySoFar:
    """Sums up today's answers, in the order in which they were given, whenever they arrived.

    A card is in the drill, the one answered longest ago first, while its last answer is below 4; `drill` is
    the learner's setting.
    """
    last: dict[CardId, AnswerToday] = {}
    moved: dict[CardId, AnswerToday] = {}
    for answer in answers:
        last.pop(answer.card, None)  # so that the order is that of the last answers
        last[answer.card] = answer
        if answer.kind != "drill":
            moved.setdefault(answer.card, answer)
    again = (it for it in last.values() if drill and it.askable and it.quality < DRILLED_UNTIL)
    return DaySoFar(
        moved=tuple(moved.values()),
        moved_notes=frozenset(it.note for it in moved.values()),
        introduced=Counter(it.deck for it in moved.values() if it.was_new),
        drill=tuple(DrillCard(it.card, it.note, it.deck) for it in again),
    )


def most_overdue(due: Sequence[DueRow], today: Day, learner: LearnerId, count: int) -> list[DueRow]:
    """The first `count` of `due`: most overdue relative to the interval first.

    Ties are broken by a seed of (learner, day), so that two devices show the same order.
    """
    if count <= 0:
        return []
    tie = Tie.of(learner, today)
    # How far each lies back, as a share of its interval, below zero: the least comes first.
    lies_back = [(due_on - today) / (interval or 1) for _, due_on, interval, _, _, _ in due]
    if count < len(due):
        last = heapq.nsmallest(count, lies_back)[-1]
        places = [place for place, share in enumerate(lies_back) if share <= last]
    else:
        places = list(range(len(due)))
    places.sort(key=lambda place: (lies_back[place], tie.place(due[place][0]), due[place][0]))
    return [due[place] for place in places[:count]]


PRIME = (1 << 31) - 1
"""So that all of a `Tie` stays below 2 to the 62, where a database still reckons in integers."""


class Tie(NamedTuple):
    """The order by chance of cards that are equally overdue, which is the same all day and on every device."""

    factor: int
    shift: int

    @classmethod
    def of(cls, learner: LearnerId, today: Day) -> Tie:
        """The order of a learner's day."""
        seed = mixed(learner * 0x1_0000_0001 + today)
        return cls(1 + seed % (PRIME - 1), mixed(seed) % PRIME)

    def place(self, card: CardId) -> int:
        """Where the card stands among its like; a database can say this, too."""
        return (card % PRIME * self.factor + self.shift) % PRIME


@dataclass(frozen=True, slots=True)
class Order:
    """Which due cards come before the most overdue ones.

    `failed` are those whose drill was left open on the last day, which are first of all; the keys of `backlog` are
    the cards of a backlog, in the order in which it comes.
    """

    failed: frozenset[CardId] = frozenset()
    backlog: Mapping[CardId, None] = field(default_factory=dict)


NO_ORDER = Order()


def in_order(due: Sequence[DueRow], today: Day, learner: LearnerId, count: int, order: Order) -> list[DueRow]:
    """The first `count` of `due`: those that failed, then by the backlog's order, then most overdue first."""
    if not order.failed and not order.backlog:
        return most_overdue(due, today, learner, count)
    left = {row[0]: row for row in due}
    found = most_overdue([left.pop(card) for card in order.failed & left.keys()], today, learner, count)
    for card in order.backlog:
        if len(found) >= count:
            return found
        if card in left:
            found.append(left.pop(card))
    return found + most_overdue(list(left.values()), today, learner, count - len(found))


def spread(
    due: Iterable[DueCard], due_count: int, new: Sequence[NewCard], done: Answered = Answered()
) -> Iterator[DueCard | NewCard]:
    """The due cards in their order with the new ones spread evenly among them.

    The places are those within the whole day, `done` included: who asks for one card at a time sees the same mix
    as who asks for all. `due` may hold only the beginning of the `due_count` cards; then so does what comes out.
    """
    waiting_due, waiting_new = iter(due), iter(new)
    last_due, last_new = done.due + due_count, done.new + len(new)
    due_given, new_given = done.due, done.new
    while due_given < last_due or new_given < last_new:
        # A new card stands in the middle of its share of the day: this many due ones come before it.
        due_before = (2 * new_given + 1) * (last_due + last_new) // (2 * max(1, last_new)) - new_given
        new_comes = new_given < last_new and (due_given >= due_before or due_given == last_due)
        card = next(waiting_new if new_comes else waiting_due, None)
        if card is None:
            return
        yield card
        due_given, new_given = due_given + (not new_comes), new_given + new_comes


def soonest(
    rows: Iterable[DueRow], moved: Mapping[CardId, NoteId], studied: Container[NoteId], learner: LearnerId, today: Day
) -> list[DueCard]:
    """What to study ahead, of cards that come later than today: those due soonest, one card of each note.

    `moved` maps the cards whose schedule moved today to their notes: such a card comes after the others of
    its due date and hides its siblings. `studied` are notes that were studied ahead today: they wait.
    """
    moved_notes = set(moved.values())
    first: dict[NoteId, DueCard] = {}
    for row in map(DueCard._make, rows):
        if row.note in studied or (row.note in moved_notes and row.card not in moved):
            continue
        other = first.setdefault(row.note, row)
        if (row.due_on, row.ordinal) < (other.due_on, other.ordinal):
            first[row.note] = row
    seed = mixed(learner * 0x1_0000_0001 + today)
    return sorted(first.values(), key=lambda it: (it.due_on, it.card in moved, mixed(it.card ^ seed)))


class ManyDue(Protocol):
    """So many due cards that they stay where they lie until they are asked for."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[DueRow]: ...

    def first(self, count: int) -> list[DueRow]:
        """As many of them, in their order."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is left of the day, and how much of it was answered."""

    due: list[DueRow] | ManyDue
    new: list[NewCard]
    drill: list[DrillCard]
    done: Answered = Answered()
    order: Order = field(default_factory=lambda: NO_ORDER)

    def first(self, count: int, today: Day, learner: LearnerId, skip: Container[CardId] = ()) -> list[PlannedCard]:
        """The next `count` cards: due and new mixed, then the drill; cards in `skip` are passed over."""
        ahead = count + (len(skip) if isinstance(skip, Collection) else 0)
        rows = self.due
        first = in_order(rows, today, learner, ahead, self.order) if isinstance(rows, list) else rows.first(ahead)
        due = map(DueCard._make, first)
        mixed = spread(due, len(self.due), self.new, self.done)
        cards = (card for part in (mixed, self.drill) for card in part if card.card not in skip)
        return list(islice(cards, count))


@dataclass(frozen=True, slots=True)
class InPlan:
    """What is left of a day under a plan: its cards in their order, then the drill."""

    cards: list[PlannedCard]
    drill: list[DrillCard]

    def first(self, count: int, today: Day, learner: LearnerId, skip: Container[CardId] = ()) -> list[PlannedCard]:
        """The next `count` cards; those in `skip` are passed over."""
        cards = (card for part in (self.cards, self.drill) for card in part if card.card not in skip)
        return list(islice(cards, count))


def limit_due(
    due: list[DueRow], left: int | None, today: Day, learner: LearnerId, first: Order = NO_ORDER
) -> list[DueRow]:
    """The due cards that a limit lets through, most overdue first; `left` None is no limit."""
    return due if left is None or left >= len(due) else in_order(due, today, learner, left, first)


def within_limit(days: Sequence[tuple[int, int]], limit: int | None) -> list[tuple[int, int]]:
    """The (young, mature) cards of days in a row as a limit of cards a day lets them through; the rest comes later.

    Which of them wait is not known so far ahead: the young ones are taken first. `limit` None is no limit.
    """
    if limit is None:
        return list(days)
    allowed, young, mature = [], 0, 0
    for more_young, more_mature in days:
        young, mature = young + more_young, mature + more_mature
        taken = min(young, limit)
        taken_mature = min(mature, limit - taken)
        allowed.append((taken, taken_mature))
        young, mature = young - taken, mature - taken_mature
    return allowed
