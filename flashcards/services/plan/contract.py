"""What the plan service takes and gives.

Days are whole days since 1970-01-01. A place is the address of a deck or folder, such as `ml/coding`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flashcards.domain.ids import DeckId
from flashcards.domain.plan.model import Known, PathPoint, Style
from flashcards.domain.study_day import Day
from flashcards.storage.plans import PlanDayRow as PlanDayRow
from flashcards.storage.plans import PlanRow as PlanRow

LEAST_MINUTES, MOST_MINUTES = 1, 600
MINUTES_WANTED = f"Give a whole number of minutes a day, {LEAST_MINUTES} to {MOST_MINUTES}."
USUAL_WEIGHT = 2
WEIGHTS = (0, 1, 2, 3)
"""A weight of 0 leaves out."""
OF_SEARCH = "search:"
"""The name, among the weights, of what the search finds."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a plan is asked for.

    `day` is the day of the interview and `minute` of that day when it begins, None where it is not known. `decks` are
    places, which with `tags` and the search `q` say what the plan is about: whatever lies in one of them, or all
    cards where nothing is given. `weights` are by place, by `tag:NAME`, or of the search by `OF_SEARCH`.
    `weekdays_off` are 0 (Monday) to 6. `id` is the UUID that a client gave the plan, "" where none did.
    """

    day: Day
    minutes: int
    minute: int | None = None
    decks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    q: str = ""
    weights: Mapping[str, int] = field(default_factory=dict)
    weekdays_off: tuple[int, ...] = ()
    days_off: tuple[Day, ...] = ()
    style: Style = "most"
    title: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A folder, or a deck outside of folders, as plans speak of it: `decks` are the storage's numbers."""

    address: str
    title: str
    decks: frozenset[DeckId]
    cards: int
    deck_titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupOutlook:
    """What a plan gives of a group: `cards` in its scope, known on the day, and how many never come."""

    address: str
    title: str
    weight: int
    cards: int
    known: Known
    left_out: int


@dataclass(frozen=True, slots=True)
class DayOutlook:
    """A day to come: how many new cards, how many that were seen, how many minutes."""

    day: Day
    new: int
    again: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a plan would bring. `by_minutes` is what other minutes a day would; `answers` is how many answers of the
    learner it rests on. `reckoned_on` is the study day."""

    choice: Choice
    reckoned_on: Day
    cards: int
    seen: int
    known: Known
    without: float
    more: float
    path: tuple[PathPoint, ...]
    groups: tuple[GroupOutlook, ...]
    days: tuple[DayOutlook, ...]
    by_minutes: Mapping[int, Known]
    answers: int

    @property
    def left_out(self) -> int:
        """Cards that never come."""
        return self.cards - self.seen


@dataclass(frozen=True, slots=True)
class Price:
    """What days without cards cost: `days` of them, the middle `before` and now, and the minutes that bring it back."""

    days: int
    before: int
    now: int
    minutes: int

    @property
    def cards(self) -> int:
        """So many fewer cards on the day."""
        return self.before - self.now


@dataclass(frozen=True, slots=True)
class PlanToday:
    """The followed plan as Today shows it. `known` is None while it is not reckoned.

    `past` is (day, known) as it went so far. `minutes` are today's: 0 on a day off.
    """

    plan: PlanRow
    days_left: int
    minutes: int
    known: Known | None
    cards: int
    path: tuple[PathPoint, ...]
    past: tuple[tuple[Day, float], ...]
    recalled: float
    price: Price | None
    on_break: bool


@dataclass(frozen=True, slots=True)
class DayCounts:
    """A plan's day, as it was promised: its minutes, and the cards that fit into them by their kind."""

    minutes: int
    new: int
    due: int
    early: int


@dataclass(frozen=True, slots=True)
class WholePlan:
    """A plan with what it brings. `plan` is None where it is only asked for, `days_left` 0 once its day has come.

    `outlook` is None where nothing is left of what the plan is about, or its day has come.
    """

    choice: Choice
    plan: PlanRow | None
    days_left: int
    today: DayCounts
    outlook: Outlook | None


@dataclass(frozen=True, slots=True)
class Break:
    """A holiday."""

    first: Day
    last: Day


@dataclass(frozen=True, slots=True)
class BacklogState:
    """What has piled up: `due` cards; at `minutes` a day they are through in `days`, None where they only grow."""

    due: int
    days: int | None
    minutes: int
