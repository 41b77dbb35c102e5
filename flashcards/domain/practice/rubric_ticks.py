"""Ticks on the points of a rubric, and what they come to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Mark = Literal["said", "partly", "missed"]
MARKS: tuple[str, ...] = get_args(Mark)
NOT_SAID: tuple[Mark, ...] = ("missed", "partly")
"""Marks of what was not said in full: what a round leaves to be learned."""
WHOLE = "whole"
"""The one point of a question without a rubric: the answer as a whole."""
FOLLOW = "follow:"
"""What the key of a follow-up begins with."""

GOOD, HARD, AGAIN = 4, 3, 1
_GOOD_FROM, _HARD_FROM = 80, 50


@dataclass(frozen=True, slots=True)
class Tally:
    """How many points were said, said in part, missed, and not marked."""

    said: int = 0
    partly: int = 0
    missed: int = 0
    unmarked: int = 0

    @property
    def marked(self) -> int:
        """Points that somebody has judged."""
        return self.said + self.partly + self.missed

    @property
    def points(self) -> int:
        """All of them."""
        return self.marked + self.unmarked

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.said + other.said,
            self.partly + other.partly,
            self.missed + other.missed,
            self.unmarked + other.unmarked,
        )


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of the points that two people have both marked, how many alike; `differ` are the others."""

    alike: int
    both: int
    differ: tuple[str, ...] = ()


def point_key(text: str) -> str:
    """What a point of a rubric is known by: the hash of its text, blanks aside."""
    return hashlib.sha256(re.sub(r"\s+", " ", text.strip()).encode()).hexdigest()[:16]


def follow_key(text: str) -> str:
    """What a follow-up is known by."""
    return FOLLOW + point_key(text)


def tally(points: Iterable[str], marks: Mapping[str, str]) -> Tally:
    """The marks of these points, counted."""
    found = [marks.get(point) for point in points]
    return Tally(found.count("said"), found.count("partly"), found.count("missed"), found.count(None))


def proposed_grade(of: Tally) -> int | None:
    """The grade to propose: Good where at least 80 % of the points were said, Hard from 50 % on, else Again.

    What was said in part is not said, nor is what is not marked; None while nothing is marked at all.
    """
    if not of.marked:
        return None
    if of.points == 1 and of.partly:
        return HARD  # an answer judged as a whole
    percent = 100 * of.said
    if percent >= _GOOD_FROM * of.points:
        return GOOD
    return HARD if percent >= _HARD_FROM * of.points else AGAIN


def rule_in_words(points: int) -> str:
    """By which ticks of a question with so many points which grade is proposed, in a sentence.

    Such as "Good is proposed from 6 of 7 said, Hard from 4."
    """
    if points <= 1:
        return "Said proposes Good, partly Hard."
    good, hard = (-(-percent * points // 100) for percent in (_GOOD_FROM, _HARD_FROM))
    whole = f"if all {points} are said" if good == points else f"from {good} of {points} said"
    return f"Good is proposed {whole}, Hard from {hard}."


def agreement(one: Mapping[str, str], other: Mapping[str, str]) -> Agreement:
    """How far two sets of ticks agree, over the points that both have marked."""
    both = [point for point in one if point in other]
    differ = tuple(point for point in both if one[point] != other[point])
    return Agreement(len(both) - len(differ), len(both), differ)


def often_missed(history: Sequence[str]) -> tuple[int, int]:
    """(missed, marked) of a point's marks over time."""
    return sum(mark == "missed" for mark in history), len(history)
