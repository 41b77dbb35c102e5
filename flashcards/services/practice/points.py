"""The points of a question, and its follow-ups: the one place that knows where a deck keeps them."""

from __future__ import annotations

from collections.abc import Iterable

from flashcards.domain.practice.marks import follow_key, point_key
from flashcards.domain.practice.point_kinds import point_kind
from flashcards.domain.practice.rounds import Point
from flashcards.storage.practice import PracticeRows, RubricText


def points_of(rows: PracticeRows, cards: Iterable[int]) -> dict[int, tuple[tuple[Point, ...], tuple[Point, ...]]]:
    """(points, follow-ups) of these cards' questions."""
    return {card: (_points(text), _follow_ups(text)) for card, text in rows.texts(cards).items()}


def _points(text: RubricText) -> tuple[Point, ...]:
    found = [Point(point_key(source), html, point_kind(source)) for source, html in text.points]
    return _once(found)


def _follow_ups(text: RubricText) -> tuple[Point, ...]:
    return _once([Point(follow_key(source), html) for source, html in text.follow_ups])


def _once(points: list[Point]) -> tuple[Point, ...]:
    """The same point written twice is one point: two ticks of one key could not be told apart."""
    return tuple({point.key: point for point in reversed(points)}.values())[::-1]
