"""Where in an author's file something stands: offsets, lines, columns, and what is wrong there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from flashcards.domain.problem import Problem, Severity

_SHOWN = 40
"""So many characters of an author's words are quoted in a message."""
_BEGINNING, _END = 140, 59
"""So many of a longer address: where it leads, and what its file is called."""


class Issue(NamedTuple):
    """Something wrong at an offset of a file's text; `problem` gives it a line and a column."""

    offset: int
    severity: Severity
    code: str
    message: str


class Ranges:
    """Ranges of a text, in order and apart from each other, to ask whether one holds an offset."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        pairs = list(ranges)
        self._starts = [start for start, _ in pairs]
        self._ends = [end for _, end in pairs]

    def hold(self, offset: int) -> bool:
        """Whether `offset` is in a range (its end is not)."""
        index = bisect_right(self._starts, offset) - 1
        return index >= 0 and offset < self._ends[index]


class Lines:
    """Lines and columns, both from 1, of offsets into a text whose line ends are ``\\n``.

    Columns count code points. Only ``\\n`` ends a line, as in the author's editor.
    """

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts: list[int] | None = None

    def at(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of an offset (one past the end of the text is allowed)."""
        if self._starts is None:
            self._starts = _line_starts(self.text)
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def start(self, line: int) -> int:
        """Return the offset at which a line begins; the text's length where it has no such line."""
        if self._starts is None:
            self._starts = _line_starts(self.text)
        return self._starts[line - 1] if line <= len(self._starts) else len(self.text)

    def problem(self, path: str, issue: Issue) -> Problem:
        """Return the issue as a message about the file `path`."""
        line, column = self.at(issue.offset)
        return Problem(path, line, column, issue.severity, issue.code, issue.message)


def _line_starts(text: str) -> list[int]:
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return starts


def error(offset: int, code: str, message: str) -> Issue:
    """An issue that keeps something from being used."""
    return Issue(offset, "error", code, message)


def warning(offset: int, code: str, message: str) -> Issue:
    """An issue that its author should look at."""
    return Issue(offset, "warning", code, message)


def in_short(text: str) -> str:
    """An author's words as a message quotes them: on one line, and not all where they are many."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def address_in_short(address: str) -> str:
    """A path or an address as a message quotes it: without its middle where it is very long."""
    short = len(address) <= _BEGINNING + 1 + _END
    return address if short else f"{address[:_BEGINNING]}…{address[-_END:]}"
