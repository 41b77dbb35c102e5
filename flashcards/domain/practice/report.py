"""What a round, and many rounds, add up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flashcards.domain.practice.rubric_ticks import Tally


@dataclass(frozen=True, slots=True)
class JudgedPoint:
    """A point of a question with its mark (None: not marked), its kind, and what it is known by."""

    key: str
    kind: str
    mark: str | None


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """A question of a round as its report counts it; `topic` is its deck's title."""

    topic: str
    points: tuple[JudgedPoint, ...]


def tally_of(points: Iterable[JudgedPoint]) -> Tally:
    """The points, counted."""
    marks = [point.mark for point in points]
    return Tally(marks.count("said"), marks.count("partly"), marks.count("missed"), marks.count(None))


def by_topic(questions: Iterable[JudgedQuestion]) -> dict[str, Tally]:
    """The points of each topic; the one with most left unsaid comes first."""
    sums: dict[str, Tally] = {}
    for question in questions:
        sums[question.topic] = sums.get(question.topic, Tally()) + tally_of(question.points)
    return dict(sorted(sums.items(), key=lambda item: (item[1].said - item[1].points, item[0])))


def by_point_kind(questions: Sequence[JudgedQuestion], names: Mapping[str, str]) -> dict[str, Tally]:
    """The points of each kind, under its name, in the order of `names`; kinds without points are left out."""
    points = [point for question in questions for point in question.points]
    sums = {name: tally_of([point for point in points if point.kind == kind]) for kind, name in names.items()}
    return {name: sum_ for name, sum_ in sums.items() if sum_.points}


def said_percent(of: Tally) -> int | None:
    """How much of what was marked was said; None where nothing was marked."""
    return round(100 * of.said / of.marked) if of.marked else None
