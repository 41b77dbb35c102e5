"""A card's schedule, what moves it, and how the log gives it back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from flashcards.domain import sm2
from flashcards.domain.sm2 import Memory
from flashcards.domain.study_day import Day

Kind = Literal["scheduled", "drill", "extra", "cram", "mock", "ahead", "plan", "manual", "imported", "flag"]
Mode = Literal["review", "cram", "mock", "ahead", "plan"]
Verb = Literal["suspend", "unsuspend", "bury", "unbury", "reset", "due"]
MODES: tuple[str, ...] = get_args(Mode)
VERBS: tuple[str, ...] = get_args(Verb)

EDITED = "edited"
"""The verb of the row by which an author's substantive edit brings a card back; learners cannot do it."""


@dataclass(frozen=True, slots=True)
class New:
    """Never answered, or reset."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Comes again on `due_on`."""

    memory: Memory
    due_on: Day


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a learner sees a card again. A buried card is hidden until the day `buried_until` begins."""

    progress: New | Scheduled = New()
    suspended: bool = False
    buried_until: Day | None = None

    @property
    def memory(self) -> Memory:
        """What SM-2 goes on from."""
        return self.progress.memory if isinstance(self.progress, Scheduled) else Memory()

    @property
    def due_on(self) -> Day | None:
        """None for a new card."""
        return self.progress.due_on if isinstance(self.progress, Scheduled) else None

    @property
    def repetition(self) -> int:
        """Successes in a row."""
        return self.memory.repetition

    @property
    def ease(self) -> int:
        """In hundredths."""
        return self.memory.ease

    @property
    def interval(self) -> int:
        """In days."""
        return self.memory.interval

    def hidden_on(self, day: Day) -> bool:
        """Whether the learner does not want to see the card on a day: suspended, or buried until a later one."""
        return self.suspended or (self.buried_until is not None and self.buried_until > day)

    def asked_on(self, day: Day) -> bool:
        """Whether the card can be asked on a day: new or due by then, and not hidden.

        Which of those that can be asked are asked, siblings and limits decide.
        """
        return not self.hidden_on(day) and (self.due_on is None or self.due_on <= day)


NEVER_SEEN = Schedule()


@dataclass(frozen=True, slots=True)
class History:
    """What the log says of a card up to an answer, for deciding the answer's kind.

    `last_moved` is the study day of the last answer that moved the schedule. `in_drill` is whether the
    last answer before it, of kind scheduled or drill and of its study day, was below 4.
    """

    last_moved: Day | None = None
    in_drill: bool = False


def kind_of_answer(mode: Mode, schedule: Schedule, history: History, day: Day, *, drill: bool) -> Kind:
    """The kind of an answer given on the study day `day`; `drill` is the learner's setting.

    Under a plan a card that is due, or in the drill, is what it would be without; any other is asked before its date.
    """
    if mode != "review" and mode != "plan":
        return mode
    wanted = schedule.due_on is None or schedule.due_on <= day
    if wanted and (history.last_moved is None or history.last_moved < day):
        return "scheduled"
    if drill and history.in_drill:
        return "drill"
    return "plan" if mode == "plan" else "extra"


def answered(schedule: Schedule, kind: Kind, quality: int, day: Day) -> Schedule:
    """The schedule after an answer on the study day `day`. Only the kind `scheduled` moves it."""
    if kind != "scheduled":
        return schedule
    memory = sm2.review(schedule.memory, quality)
    return replace(schedule, progress=Scheduled(memory, day + memory.interval))


def is_lapse(before: Schedule, kind: str, quality: int | None) -> bool:
    """A card that was not new, asked when it was due, and forgotten."""
    forgotten = quality is not None and quality < sm2.REMEMBERED
    return kind == "scheduled" and forgotten and isinstance(before.progress, Scheduled)


def changed(schedule: Schedule, verb: Verb, today: Day, due_on: Day | None = None) -> Schedule:
    """The schedule after a manual action.

    `bury` hides the card until tomorrow. `reset` makes it new. `due` sets the date on which the card comes
    and leaves its memory as it is; it needs `due_on`, and raises ValueError without.
    """
    match verb:
        case "suspend":
            return replace(schedule, suspended=True)
        case "unsuspend":
            return replace(schedule, suspended=False)
        case "bury":
            return replace(schedule, buried_until=today + 1)
        case "unbury":
            return replace(schedule, buried_until=None)
        case "reset":
            return replace(schedule, progress=New())
        case "due":
            if due_on is None:
                raise ValueError("a due date is needed")
            return replace(schedule, progress=Scheduled(schedule.memory, due_on))


def brought_back(schedule: Schedule, today: Day) -> Schedule:
    """The schedule after a substantive edit of the card's text: due tomorrow, with its memory as it is.

    A card that comes by then anyway, is new, suspended or buried stays as it is.
    """
    progress = schedule.progress
    if schedule.hidden_on(today) or isinstance(progress, New):
        return schedule
    return replace(schedule, progress=replace(progress, due_on=min(progress.due_on, today + 1)))
