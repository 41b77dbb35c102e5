"""Parts of a learner's day as the queue puts them together: its scope, what is due, what is left, what is ahead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from flashcards.domain.ids import CardId, DeckId, LearnerId, NoteId
from flashcards.domain.queue import (
    DaySoFar,
    DrillCard,
    DueCard,
    DueRow,
    EarlyCard,
    InPlan,
    NewCard,
    Order,
    Plan,
    PlannedCard,
)
from flashcards.domain.study_day import Day
from flashcards.domain.study_set import AskedCard
from flashcards.services.plan.days import FollowedDay
from flashcards.services.plan.scope import Weighed
from flashcards.services.review.backlog import Backlog
from flashcards.services.review.contract import DeckCounts, Left, QueueKind
from flashcards.storage.queues import DeckCountsRow, Places


@dataclass(frozen=True, slots=True)
class Scope:
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

    @property
    def places(self) -> Places | None:
        """The same as decks alone; None where it is more than that."""
        if self.notes is not None or self.cards is not None:
            return None
        return Places(self.decks, self.inactive or None)

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
class Due:
    """The cards that are due within a scope: all that could be asked, one of each note, and those that will be.

    `find_waiting` gives the notes of the others, which come tomorrow, with the longest interval of theirs. `order` is
    what comes before the most overdue ones; `hold_new` is whether so much has piled up that new cards wait.
    """

    shown: list[DueRow] | Backlog
    allowed: list[DueRow] | Backlog
    find_waiting: Callable[[], dict[NoteId, int]]
    order: Order
    hold_new: bool

    @property
    def waiting(self) -> dict[NoteId, int]:
        """The notes that come tomorrow: they are looked for when they are asked for."""
        return self.find_waiting()

    @property
    def limited(self) -> bool:
        return len(self.shown) > len(self.allowed)


@dataclass(frozen=True, slots=True)
class RestOfDay:
    """The rest of a learner's day within a scope, and what was done of it there.

    `followed` is the day of the plan that serves it, None without one; then `seconds` is how long what is left takes.
    """

    study_day: Day
    plan: Plan | InPlan
    left: Left
    done: int
    find_due: Callable[[], Due]
    new_left: int
    followed: FollowedDay | None = None
    seconds: float = 0.0

    @property
    def due(self) -> Due:
        """What is due, whoever asks it: read when it is asked for, within the transaction that the day was made in."""
        return self.find_due()

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
class Ahead:
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


def done_in(so_far: DaySoFar, scope: Scope, drill: Iterable[PlannedCard]) -> int:
    again = {it.card for it in drill}
    return sum(it.card not in again and scope.has(it.deck, it.note, it.card) for it in so_far.moved)
