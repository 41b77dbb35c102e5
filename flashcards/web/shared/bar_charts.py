"""Stacked bars: where their marks stand. Templates draw them (templates/charts.html) with classes alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LEFT, TOP, BELOW = 38.0, 8.0, 22.0
WIDE, NARROW = 880, 288
"""The narrow one is as wide as the smallest phone's page, so that its text is never scaled below its size."""
THICKEST = 44.0
_LETTER = 7.5
"""How wide a letter of a label is at most, in the units of the chart."""


@dataclass(frozen=True, slots=True)
class Label:
    """A text beside a chart."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """What one bar stands for: `counts` from the axis up, `title` said of it, `label` below it or nothing."""

    title: str
    counts: tuple[int, ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar; `kind` is its class."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """A bar with its place."""

    x: float
    width: float
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Stack:
    """A chart of stacked bars."""

    width: int
    height: int
    columns: tuple[Column, ...]
    labels: tuple[Label, ...]
    grid: tuple[Label, ...]


def stacked(bars: Sequence[Bar], kinds: Sequence[str], width: int, height: int, least: int = 1) -> Stack:
    """The bars side by side; `kinds` are the classes of their counts. Labels that would touch are left out.

    The axis ends at the highest bar, or at `least`, so that charts beside each other can have one measure.
    """
    base = height - BELOW
    highest = max([least, *(sum(bar.counts) for bar in bars)])
    unit = (base - TOP) / highest
    slot = (width - LEFT) / max(1, len(bars))
    thick = min(slot - min(4.0, slot / 5), THICKEST)
    columns = tuple(
        Column(
            x=round(LEFT + slot * (index + 0.5) - thick / 2, 1),
            width=round(thick, 1),
            title=bar.title,
            parts=_parts(bar.counts, kinds, unit, base),
        )
        for index, bar in enumerate(bars)
    )
    grid = tuple(Label(LEFT, round(base - line * unit, 1), f"{line:,}") for line in ticks(highest))
    return Stack(width, height, columns, _labels(bars, slot, width), grid)


def _parts(counts: Sequence[int], kinds: Sequence[str], unit: float, base: float) -> tuple[Part, ...]:
    parts, top = [], base
    for kind, count in zip(kinds, counts, strict=True):
        if count:
            top -= count * unit
            parts.append(Part(kind, round(top, 1), round(count * unit, 1)))
    return tuple(parts)


def _labels(bars: Sequence[Bar], slot: float, width: int) -> tuple[Label, ...]:
    labels: list[Label] = []
    free = 0.0
    for index, bar in enumerate(bars):
        half = len(bar.label) * _LETTER / 2
        middle = LEFT + slot * (index + 0.5)
        if not bar.label or middle - half < free:
            continue
        at = min(middle, width - half)
        if at - half < free:
            continue
        labels.append(Label(round(at, 1), 0, bar.label))
        free = at + half + _LETTER
    return tuple(labels)


def ticks(highest: int) -> list[int]:
    """Where the grid lines stand, from 0: at most five round steps, the last line at `highest` itself."""
    step = next(size for size in _round_numbers() if highest <= 4 * size)
    lines = list(range(0, highest + 1, step))
    if highest - lines[-1] > 0.45 * step:
        return [*lines, highest]
    return [*lines[:-1], highest]  # a round line that would touch the last one gives way to it


def _round_numbers() -> Iterator[int]:
    size = 1
    while True:
        yield from (size, 2 * size, 5 * size)
        size *= 10
