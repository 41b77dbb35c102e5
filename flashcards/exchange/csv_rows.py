"""The rows of a CSV file, each with its line; a quotation mark that is not closed costs its own row, not the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

MAX_FIELD = 1 << 20

_QUOTED = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"')


class Row(NamedTuple):
    """A row's first line, from 1, and its fields."""

    line: int
    fields: list[str]


class Broken(NamedTuple):
    """A row that cannot be read: the line at fault, from 1, and why."""

    line: int
    message: str


def rows(lines: list[str], start: int, separator: str, notice: Callable[[int, str], None]) -> Iterator[Row | Broken]:
    """The rows from the line with the index `start`, without comments and empty ones.

    `notice` is told of rows that are read but look wrong.
    """
    text = "\n".join(lines[start:])
    reader = _Reader(text, start + 1, separator, notice)
    while not reader.at_end:
        row = reader.row()
        if isinstance(row, Broken) or any(value.strip() for value in row.fields):
            yield row


class _Open(NamedTuple):
    """Where a quotation mark stands that is not closed, or closed only in a later row."""

    at: int


class _Reader:
    def __init__(self, text: str, line: int, separator: str, notice: Callable[[int, str], None]) -> None:
        self.text, self.line, self.separator, self.notice = text, line, separator, notice
        self.at = 0
        self.plain = re.compile(rf"[^\n{re.escape(separator)}]*+")

    @property
    def at_end(self) -> bool:
        return self.at >= len(self.text)

    def row(self) -> Row | Broken:
        """The next row; the place and the line are then behind it."""
        first, begin = self.line, self.at
        end = self.line_end(begin)
        if self.text.startswith("#", begin):  # in quotation marks it is text, as Anki writes a guid
            self.notice(first, "left out: a line that begins with '#' is a comment")
            self.go_on(end)
            return Row(first, [])
        fields: list[str] = []
        while True:
            field = self.field(first)
            if isinstance(field, _Open):
                line = first + self.text.count("\n", begin, field.at)
                self.at = begin
                self.go_on(self.line_end(field.at))
                return Broken(
                    line, "left out: a quotation mark is not closed in this row; close it, or write one that is text"
                    ' twice, in a field in quotation marks ("12"" pipe")'
                )  # fmt: skip
            fields.append(field)
            if not self.text.startswith(self.separator, self.at):
                break
            self.at += 1
        last = self.at
        self.at = begin
        self.go_on(last)
        if any(len(field) > MAX_FIELD for field in fields):
            return Broken(first, f"left out: the row cannot be read (a field has over {MAX_FIELD >> 20} MiB)")
        if self.swallows(fields):
            self.notice(first, "this row goes on over lines that look like rows; is a quotation mark missing?")
        return Row(first, fields)

    def field(self, line: int) -> str | _Open:
        """The next field; the place is then behind it."""
        if not self.text.startswith('"', self.at):
            plain = self.plain.match(self.text, self.at)
            assert plain is not None  # it matches nothing, too
            self.at = plain.end()
            return plain[0]
        quoted = _QUOTED.match(self.text, self.at)
        rest = self.plain.match(self.text, quoted.end()) if quoted else None
        if quoted is None or rest is None or (rest[0].strip() and "\n" in quoted[0]):
            return _Open(self.at)
        if rest[0].strip():
            self.notice(
                line, "words follow a quotation mark that ends a field, and were read without it; write one that is"
                ' text twice ("12"" pipe")'
            )  # fmt: skip
        self.at = rest.end()
        return quoted[1].replace('""', '"') + rest[0]

    def swallows(self, fields: list[str]) -> bool:
        """Whether a field may hold other rows: it has many lines, or each of them has what a line of a file would have.

        In a sentence, a space stands behind a comma.
        """
        parts = re.compile(rf"{re.escape(self.separator)}(?!\s)")
        for before, value in enumerate(fields):
            first, *more = value.split("\n")
            behind = len(fields) - 1 - before
            wanted = [behind, *[before + behind] * (len(more) - 1), before]
            if len(more) > 1000:
                return True
            if more and before + behind and [len(parts.findall(line)) for line in (first, *more)] == wanted:
                return True
        return False

    def line_end(self, at: int) -> int:
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found

    def go_on(self, end: int) -> None:
        """To the line behind the one that ends at `end`."""
        self.line += self.text.count("\n", self.at, end) + 1
        self.at = end + 1
