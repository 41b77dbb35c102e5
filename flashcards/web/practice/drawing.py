"""A sketch drawn anew from its numbers: nothing that a browser sent becomes markup."""

from __future__ import annotations

import math
from dataclasses import dataclass

from flashcards.domain.practice.rounds import Stroke

_HEAD = 7
"""How long the two strokes of an arrow's head are."""


@dataclass(frozen=True, slots=True)
class Line:
    """A path of a sketch."""

    d: str


@dataclass(frozen=True, slots=True)
class Words:
    """A label of a sketch."""

    x: int
    y: int
    text: str


def drawn(sketch: tuple[Stroke, ...]) -> tuple[Line | Words, ...]:
    """What a template draws: paths of whole numbers, and labels that it escapes."""
    return tuple(map(_drawn, sketch))


def _drawn(stroke: Stroke) -> Line | Words:
    tool, numbers, label = stroke
    match tool:
        case "text":
            return Words(numbers[0], numbers[1], label)
        case "box":
            x, y, right, below = numbers
            return Line(f"M{x} {y}H{right}V{below}H{x}Z")
        case "arrow":
            return Line(_arrow(*numbers))
        case _:
            points = [f"{x} {y}" for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
            return Line("M" + "L".join(points))


def _arrow(x: int, y: int, to_x: int, to_y: int) -> str:
    angle = math.atan2(to_y - y, to_x - x)
    ends = [
        f"{round(to_x - _HEAD * math.cos(angle + turn))} {round(to_y - _HEAD * math.sin(angle + turn))}"
        for turn in (math.pi / 7, -math.pi / 7)
    ]
    return f"M{x} {y}L{to_x} {to_y}M{ends[0]}L{to_x} {to_y}L{ends[1]}"
