"""What a plan is made of: the cards, the learner, what is asked for, and what comes out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from flashcards.domain import sm2
from flashcards.domain.ids import CardId, NoteId
from flashcards.domain.memory.fsrs import AGAIN, DEFAULTS, EASY, Memory, Parameters
from flashcards.domain.memory.strength import UNKNOWN, Strength
from flashcards.domain.study_day import Day

JUNIOR, CORE, MID, SENIOR = range(4)
"""Levels, in the order in which new cards come; a card without one is MID."""

Style = Literal["most", "sure"]
Kind = Literal["new", "due", "early"]

LONGEST = 365
"""Days: no plan looks further ahead."""
LAST_DAYS = 2
"""Before the day: what is most at risk, then the core questions."""
MOST_SECONDS = 600
"""An answer that took longer counts as this long."""
PRIOR_ANSWERS = 20
"""What is usual counts as so many answers of the learner's own."""
PRIOR_DAYS = 14
"""That one of fourteen days is missed counts as so many days of the learner's own. In ten published logs, of the weeks
in which was studied, 0 to 36 % of the days were missed (median 19 %): who has a date is taken to miss fewer."""
SPEED_SD = 0.15
"""How far speeds of learners lie apart, on the logarithm."""
TIME_SPREAD = 0.8
"""Of the time of one answer, as a share of the mean: in the published logs 0.7 and more, at best."""


class PlanCard(NamedTuple):
    """A card in the scope of a plan.

    `memory` and `last_on` (the day of its last answer) are None for a card never answered. `schedule` and `due_on`
    are those of SM-2; `weight` is 1 to 3, `folder` and `deck` any numbers, `requires` the notes that must be answered
    before a new card (those of which no card is in the scope hold nothing back). `effort` is how many
    times the usual its first answer takes; `failed` is whether it was forgotten on the last day of studying. Cards
    stand in study order.
    """

    card: CardId
    note: NoteId
    folder: int = 0
    weight: int = 1
    level: int = MID
    memory: Memory | None = None
    last_on: Day | None = None
    schedule: sm2.Memory = sm2.Memory()
    due_on: Day | None = None
    requires: tuple[int, ...] = ()
    deck: int = 0
    effort: float = 1.0
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Speeds:
    """Seconds that an answer takes: to a new card, remembered, forgotten, and drilled."""

    new: float = 22.0
    right: float = 9.0
    wrong: float = 18.0
    drill: float = 9.0


@dataclass(frozen=True, slots=True)
class Learner:
    """What is known of a learner: parameters and strength of memory, speeds, and how first answers go.

    `first_grades` are the chances of Again, Hard, Good and Easy on a card never seen, known from as many answers as
    `grades_known_from`. `kept` is the share of the days meant for studying on which they do, known from as many days as
    `kept_known_from`. `speed_sd` is how sure their speed is (on the logarithm), `time_spread` the standard deviation of
    the time of one answer, as a share of the usual.
    """

    parameters: Parameters = DEFAULTS
    strength: Strength = UNKNOWN
    speeds: Speeds = Speeds()
    first_grades: tuple[float, float, float, float] = (0.24, 0.10, 0.49, 0.17)
    grades_known_from: float = PRIOR_ANSWERS
    kept: float = 1 - 1 / PRIOR_DAYS
    kept_known_from: float = PRIOR_DAYS
    speed_sd: float = SPEED_SD
    time_spread: float = TIME_SPREAD


_THOUGHT = 12.0
_CHARACTERS_A_SECOND = 15.0
_MOST_TIMES = 5.0
"""An answer says of the others at most that they take so many times the usual: a telephone may have been put down."""


def learner_speeds(answers: Iterable[tuple[str, float]]) -> Speeds:
    """A learner's speeds. `answers` are (what it was: new, right, wrong or drill; seconds).

    Who takes longer with one kind does so with the others: all answers together say how many times the usual speeds are
    to be taken, held by 20 answers at the usual ones; each kind is held by 20 answers at these.
    """
    usual = {name: getattr(Speeds(), name) for name in Speeds.__slots__}
    sums = {name: [0.0, 0] for name in usual}
    times, answered = float(PRIOR_ANSWERS), PRIOR_ANSWERS
    for name, seconds in answers:
        sums[name][0] += min(MOST_SECONDS, seconds)
        sums[name][1] += 1
        times += min(_MOST_TIMES, seconds / usual[name])
        answered += 1
    held = {name: usual[name] * times / answered * PRIOR_ANSWERS for name in usual}
    return Speeds(**{name: (total + held[name]) / (count + PRIOR_ANSWERS) for name, (total, count) in sums.items()})


def learner_time_spread(answers: Sequence[tuple[str, float]], speeds: Speeds) -> float:
    """The standard deviation of the time of an answer as a share of the learner's usual one, held by 20 answers."""
    off = ((min(MOST_SECONDS, seconds) / getattr(speeds, name) - 1) ** 2 for name, seconds in answers)
    return math.sqrt((sum(off) + PRIOR_ANSWERS * TIME_SPREAD**2) / (len(answers) + PRIOR_ANSWERS))


def learner_first_grades(counts: Sequence[int]) -> tuple[float, float, float, float]:
    """The chances of the four first grades, from how often each was given, held by 20 answers at the usual ones."""
    usual = Learner().first_grades
    total = sum(counts) + PRIOR_ANSWERS
    again, hard, good, easy = ((n + p * PRIOR_ANSWERS) / total for n, p in zip(counts, usual, strict=True))
    return again, hard, good, easy


def learner_of(
    strength: Strength,
    answers: Sequence[tuple[str, float]],
    first_counts: Sequence[int],
    kept: int,
    missed: int,
    parameters: Parameters = DEFAULTS,
) -> Learner:
    """What a log says of a learner.

    `answers` are as `learner_speeds` takes them, `first_counts` how often each grade was the first of a card, `kept`
    and `missed` how many days were.
    """
    days = kept + missed + PRIOR_DAYS
    speeds = learner_speeds(answers)
    spread = learner_time_spread(answers, speeds)
    return Learner(
        parameters=parameters,
        strength=strength,
        speeds=speeds,
        first_grades=learner_first_grades(first_counts),
        grades_known_from=sum(first_counts) + PRIOR_ANSWERS,
        kept=(kept + Learner().kept * PRIOR_DAYS) / days,
        kept_known_from=days,
        speed_sd=1 / math.sqrt(1 / SPEED_SD**2 + len(answers) / spread**2),
        time_spread=spread,
    )


@dataclass(frozen=True, slots=True)
class Request:
    """What a plan is asked for.

    `today` is the first day on which may be studied, `day` the one on which is recalled (nothing is studied then),
    `minutes` a day, except on `days_off`. `seconds_today` is what is left of today where not all of it is.
    """

    today: Day
    day: Day
    minutes: float
    days_off: frozenset[Day] = frozenset()
    style: Style = "most"
    seconds_today: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.day - self.today <= LONGEST:
            raise ValueError(f"the day is in {self.day - self.today} days: choose one in 1 to {LONGEST} days")
        if self.minutes < 0:
            raise ValueError(f"{self.minutes} minutes a day: give 0 or more")

    def seconds(self, day: Day) -> float:
        """What there is to study on a day."""
        if day in self.days_off:
            return 0.0
        if day == self.today and self.seconds_today is not None:
            return max(0.0, self.seconds_today)
        return self.minutes * 60.0


def first_effort(characters: int) -> float:
    """How many times the usual a first answer takes, from the length of the question and what is to be read then.

    12 seconds of thought and 150 words a minute; at least as long as the usual.
    """
    return max(1.0, (_THOUGHT + characters / _CHARACTERS_A_SECOND) / Speeds().new)


class Asked(NamedTuple):
    """A card to be asked."""

    card: CardId
    kind: Kind


class Ordered(NamedTuple):
    """A card in the order of a day, and how many seconds it is expected to take."""

    card: CardId
    kind: Kind
    seconds: float


class DayOrder(NamedTuple):
    """A day's cards in their order; the first `meant` are those of the day, the others for who is faster."""

    cards: tuple[Ordered, ...]
    meant: int

    @property
    def seconds(self) -> float:
        """What the cards of the day are expected to take."""
        return sum(it.seconds for it in self.cards[: self.meant])


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """A day of a plan: its cards in their order, how many are new, and the seconds it is expected to take.

    Far ahead in a long plan the cards are not named.
    """

    day: Day
    cards: tuple[Asked, ...]
    new: int
    seconds: float


class Known(NamedTuple):
    """How many cards will be known: the median, and the range within which 80 of 100 runs end."""

    low: float
    median: float
    high: float


class PathPoint(NamedTuple):
    """How many cards are expected to be known at the beginning of a day, under the plan and going on as today."""

    day: Day
    plan: float
    without: float


@dataclass(frozen=True, slots=True)
class Plan:
    """An answer to a `Request`.

    `known` is of the cards in scope on the day, the days counted in that the learner will miss; `folders` the same for
    each folder. `without` is the median going on as today: SM-2 and 20 new cards a day in the same minutes. `more` is
    what 15 minutes more a day would add.
    `left_out` are the cards that never come, least weight first. `cards` and `seen` count the scope, and what of it
    will have been asked at least once.
    """

    days: tuple[PlannedDay, ...]
    known: Known
    folders: dict[int, Known] = field(default_factory=dict)
    without: float = 0.0
    more: float = 0.0
    path: tuple[PathPoint, ...] = ()
    left_out: tuple[int, ...] = ()
    cards: int = 0
    seen: int = 0


FIRST_RATINGS = range(AGAIN, EASY + 1)
