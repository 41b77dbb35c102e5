"""Pieces of a file without its comments and definitions, and the way back to where they stood."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

Origin = tuple[tuple[int, int], ...]
"""Runs of a piece of text that stand together in the file: ``(offset in the text, offset in the file)``."""

_BLANK_LINES = re.compile(r"(?:[ \t]*\n)*")
_BLANKS = " \t\n"


class Part(NamedTuple):
    """A piece of text, and where in the file its runs come from."""

    text: str
    origin: Origin

    def slice(self, start: int, end: int) -> Part:
        """Return the part from offset `start` to `end`."""
        if len(self.origin) == 1:
            first, offset = self.origin[0]
            return Part(self.text[start:end], ((0, offset + start - first),))
        inner = [(first - start, offset) for first, offset in self.origin if start < first < end]
        return Part(self.text[start:end], ((0, locate(self.origin, start)), *inner))

    def stripped(self) -> Part:
        """Return the part without blank lines before it and blanks after it; indentation stays."""
        text = self.text
        end = len(text.rstrip(_BLANKS))
        start = text.rfind("\n", 0, len(text) - len(text.lstrip(_BLANKS))) + 1
        return self.slice(min(start, end), end)

    def joined(self, separator: str, other: Part) -> Part:
        """Return this part, the separator and the other part; an empty part brings no separator."""
        if not self.text or not other.text:
            return other if not self.text else self
        shift = len(self.text) + len(separator)
        moved = tuple((first + shift, offset) for first, offset in other.origin)
        return Part(self.text + separator + other.text, self.origin + moved)


def locate(origin: Origin, offset: int) -> int:
    """Return where in the file the character at `offset` of a part stands."""
    if len(origin) == 1:
        return origin[0][1] + offset - origin[0][0]
    index = max(bisect_right(origin, (offset, float("inf"))) - 1, 0)
    return origin[index][1] + offset - origin[index][0]


def offset_in(origin: Origin, at: int) -> int:
    """Return which character of a part stands at `at` in the file: the way back from `locate`."""
    first, offset = next(run for run in reversed(origin) if run[1] <= at)
    return first + at - offset


class Cutter:
    """Gives parts of a file's text without certain ranges of it (comments, definitions)."""

    def __init__(self, text: str, ranges: Sequence[tuple[int, int]]) -> None:
        self.text = text
        self.cuts = [_widened(text, *merged) for merged in _merged(text, sorted(ranges))]
        self.ends = [end for _, end in self.cuts]

    def part(self, start: int, end: int) -> Part:
        """Return ``text[start:end]`` without the cuts."""
        if not self.cuts:
            return Part(self.text[start:end], ((0, start),))
        index = bisect_right(self.ends, start)
        if index == len(self.cuts) or self.cuts[index][0] >= end:
            return Part(self.text[start:end], ((0, start),))
        pieces: list[str] = []
        origin: list[tuple[int, int]] = []
        size = 0
        while start < end:
            cut = self.cuts[index] if index < len(self.cuts) else (end, end)
            stop = min(cut[0], end)
            if start < stop:
                origin.append((size, start))
                pieces.append(self.text[start:stop])
                size += stop - start
            start = max(start, cut[1]) if cut[0] < end else end
            index += 1
        return Part("".join(pieces), tuple(origin) or ((0, end),))

    def stripped(self, start: int, end: int) -> Part:
        """The same without blank lines before it and blanks after it."""
        if self.cuts:
            return self.part(start, end).stripped()
        text = self.text[start:end]
        kept = text.rstrip(_BLANKS)
        lead = text.rfind("\n", 0, len(text) - len(text.lstrip(_BLANKS))) + 1
        return Part(kept[lead:], ((0, start + min(lead, len(kept))),))


def _merged(text: str, ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges with nothing but blanks between them become one."""
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and (start <= merged[-1][1] or not text[merged[-1][1] : start].strip(_BLANKS)):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _widened(text: str, start: int, end: int) -> tuple[int, int]:
    """What to cut so that whole lines vanish and one blank line is left between what stood around them."""
    line = start
    while line and text[line - 1] in " \t":
        line -= 1
    rest = end
    while rest < len(text) and text[rest] in " \t":
        rest += 1
    if (line and text[line - 1] != "\n") or (rest < len(text) and text[rest] != "\n"):
        return start, end
    blanks = _BLANK_LINES.match(text, rest)
    after = blanks.end() if blanks else rest
    before = text[text.rfind("\n", 0, max(line - 1, 0)) + 1 : max(line - 1, 0)]
    return line, after if not before.strip(" \t") else max(after - 1, rest)
