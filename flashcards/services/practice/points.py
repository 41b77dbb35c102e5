"""The points of a question, and its follow-ups: the one place that knows where a deck keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flashcards.character_references import unescape
from flashcards.domain.ids import CardId
from flashcards.domain.practice.point_kinds import point_kind
from flashcards.domain.practice.rounds import Point
from flashcards.domain.practice.rubric_ticks import follow_key
from flashcards.storage.practice import PointText, PracticeRows

_TAG = re.compile(r"<[^>]+>")


def points_of(rows: PracticeRows, cards: Iterable[CardId]) -> dict[CardId, tuple[tuple[Point, ...], tuple[Point, ...]]]:
    """(points, follow-ups) of these cards' questions."""
    return {
        card: (
            tuple(_point(one, one.key) for one in text.points),
            _once([_point(one, follow_key(one.text)) for one in text.follow_ups]),
        )
        for card, text in rows.texts(cards).items()
    }


def plain_text(markup: str) -> str:
    """Our own HTML of a point as one line of text."""
    return " ".join(unescape(_TAG.sub("", markup)).split())


def asked_and_told(item: str) -> tuple[str, str]:
    """An item of Clarify as what the learner asks and what the interviewer answers, both as HTML.

    What is asked ends with the first question mark that stands in no element; ("", item) where there is none.
    """
    depth, place = 0, 0
    for tag in re.finditer(r"</?[a-zA-Z][^>]*>", item + "<end>"):
        if not depth and (mark := item.find("?", place, tag.start())) >= 0:
            return item[: mark + 1].strip(), item[mark + 1 :].strip()
        depth, place = depth + (-1 if tag[0].startswith("</") else 1), tag.end()
    return "", item


def _point(one: PointText, key: str) -> Point:
    return Point(key, one.html, point_kind(one.text), one.level, None if one.card is None else str(one.card))


def _once(points: list[Point]) -> tuple[Point, ...]:
    """The same follow-up written twice is one: two ticks of one key could not be told apart."""
    return tuple({point.key: point for point in points}.values())
