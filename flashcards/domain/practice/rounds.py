"""A round and what is in it, as values."""

from __future__ import annotations

from dataclasses import dataclass, field

from flashcards.domain.practice.kinds import QuestionKind
from flashcards.domain.practice.rubric_ticks import WHOLE


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a rubric, or a follow-up, as it was asked.

    `key` is what it is known by, `html` its text, `kind` a point kind; `card` is the id of the card that teaches or
    answers it, where the deck names one.
    """

    key: str
    html: str
    kind: str = "what"
    level: str | None = None
    card: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a round as it was drawn: of which revision of its note, with its points and follow-ups."""

    card: str
    revision: int
    title: str
    topic: str
    kind: QuestionKind
    level: str | None = None
    points: tuple[Point, ...] = ()
    follow_ups: tuple[Point, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """What can be ticked: its points, or the whole answer where it has none."""
        return tuple(point.key for point in self.points) or (WHOLE,)

    def taught_by(self, key: str) -> str | None:
        """The card that teaches a point or answers a follow-up; None where the deck names none."""
        return next((point.card for point in (*self.points, *self.follow_ups) if point.key == key), None)


Stroke = tuple[str, tuple[int, ...], str]
"""(tool, coordinates, text) of a sketch: pen, box, arrow, text."""


@dataclass(frozen=True, slots=True)
class Work:
    """What was written beside the answer: numbers as (what, how many), a sketch, and answers to follow-ups by key."""

    numbers: tuple[tuple[str, str], ...] = ()
    sketch: tuple[Stroke, ...] = ()
    follow_ups: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """An answer of a round. `text` None: skipped. `review_seq` is the row of the grade in the log, None without one.

    Instants are epoch milliseconds; `closed_at` is when the learner went on to the next question.
    """

    id: str
    position: int
    card: str
    revision: int
    text: str | None
    work: Work
    started_at: int
    took_ms: int
    at: int
    closed_at: int | None = None
    review_seq: int | None = None

    @property
    def skipped(self) -> bool:
        """Whether the question was passed over."""
        return self.text is None


@dataclass(frozen=True, slots=True)
class Round:
    """A round: what was asked for, what was drawn, and when."""

    id: str
    kind: str
    level: str | None
    minutes: int
    seed: int
    decks: tuple[str, ...]
    tags: tuple[str, ...]
    questions: tuple[Question, ...]
    started_at: int
    finished_at: int | None = None
    plan_id: str | None = None


def standing(answers: tuple[Given, ...]) -> dict[int, Given]:
    """The answer that counts of each question: of several, from two tabs, the one that came last."""
    return {given.position: given for given in sorted(answers, key=lambda one: (one.at, one.id))}


def current(round_: Round, answers: tuple[Given, ...]) -> int | None:
    """The position of the question that is being answered or ticked; None after the last."""
    closed = {position for position, given in standing(answers).items() if given.closed_at is not None}
    return next((position for position in range(len(round_.questions)) if position not in closed), None)
