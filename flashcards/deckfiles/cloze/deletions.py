"""Cloze deletions: ``{{c1::text}}`` and ``{{c1::text::hint}}``, as in Anki.

A deletion ends at its own ``}}``: braces balance within it, ``\\{`` and ``\\}`` never count. It may hold
others, may stand in maths or code, and crosses no border of a block, a formula or code.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from flashcards.deckfiles.text.inline import InlineSpan
from flashcards.deckfiles.text.structure import scan

MAX_NUMBER = 499
MAX_CARDS = 50
ELLIPSIS = "[…]"
MATH_GAP = r"\boxed{\text{[…]}}"

Place = Literal["text", "math", "code"]
_PLACES: dict[str, Place] = {
    "math": "math",
    "display": "math",
    "fence": "code",
    "indented": "code",
    "code": "code",
}


@dataclass(frozen=True, slots=True)
class Deletion:
    """One deletion: from `start` to `end` with its marks, its text from `text_start` to `text_end`.

    Offsets are into the text that was searched. `place` is where its marks stand. In maths and code there
    are no hints.
    """

    number: int
    start: int
    end: int
    text_start: int
    text_end: int
    hint: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class ClozeProblem:
    """What is wrong with a deletion: where in the text, a stable code, and a message for people."""

    offset: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Deletions:
    """Everything that `parse` found; `dropped` holds the backslashes in code that are not shown."""

    found: tuple[Deletion, ...]
    problems: tuple[ClozeProblem, ...]
    dropped: tuple[int, ...]


class _Region(NamedTuple):
    """What a deletion must not leave: a stretch of text, a formula or a piece of code."""

    start: int
    end: int
    place: Place


@dataclass(slots=True)
class _Open:
    """A deletion whose end has not been seen; `depth` counts the braces open within it."""

    digits: str
    start: int
    text_start: int
    region: _Region
    depth: int = 0
    hint_at: int = -1


_TOKEN = re.compile(r"\\(?:.|\n)|\{\{c([0-9]+)::|\{|\}|:{2,}")
_BEGIN = re.compile(r"\{\{c[0-9]+::")


def find_deletions(text: str) -> tuple[tuple[Deletion, ...], tuple[ClozeProblem, ...]]:
    """Return the deletions of a Markdown text, outer before inner, and what is wrong with others.

    Codes of problems: ``cloze-number``, ``cloze-unclosed``, ``cloze-empty``, ``cloze-crosses``,
    ``cloze-too-many``.
    """
    parsed = parse(text)
    return parsed.found, parsed.problems


def gap(text: str, number: int) -> str:
    """Return the question of card `number` as Markdown: its deletions are gaps, others show their text."""

    def show(deletion: Deletion) -> str | None:
        if deletion.number != number:
            return None
        if deletion.place == "math":
            return MATH_GAP
        return f"[{deletion.hint}]" if deletion.hint else ELLIPSIS

    return rewrite(text, parse(text), show).text


def reveal(text: str) -> str:
    """Return the text without any marks of deletions, as Markdown."""
    return rewrite(text, parse(text), lambda _deletion: None).text


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A text made from another; `pieces` holds ``(offset here, offset there)`` of what was copied."""

    text: str
    pieces: list[tuple[int, int]]

    def source_offset(self, offset: int) -> int:
        """Where in the original text stands what is at `offset` here."""
        index = bisect_right(self.pieces, (offset, sys.maxsize)) - 1  # the first piece begins at 0
        here, there = self.pieces[index]
        return there + offset - here


Show = Callable[[Deletion], str | tuple[str, str] | None]


def rewrite(text: str, parsed: Deletions, show: Show) -> Rewritten:
    """Replace the marks of each deletion: by a string (its text goes too), by one before and one after its
    text, or (None) by nothing.
    """
    writer = _Rewriter(text, parsed.dropped)
    for deletion in parsed.found:
        if deletion.start >= writer.position:
            writer.close_until(deletion.start)
            writer.copy(deletion.start)
            writer.open_one(deletion, show(deletion))
    writer.close_until(len(text) + 1)
    writer.copy(len(text))
    return Rewritten("".join(writer.output), writer.pieces)


class _Rewriter:
    """Copies a text piece by piece from `position` on."""

    def __init__(self, text: str, dropped: tuple[int, ...]) -> None:
        self.text = text
        self.dropped = list(reversed(dropped))
        self.output: list[str] = []
        self.size = 0
        self.pieces: list[tuple[int, int]] = []
        self.open: list[tuple[Deletion, str]] = []
        self.position = 0

    def copy(self, until: int) -> None:
        while self.dropped and self.dropped[-1] < until:
            offset = self.dropped.pop()
            if offset >= self.position:
                self.copy_piece(offset)
                self.position = offset + 1
        self.copy_piece(until)

    def copy_piece(self, until: int) -> None:
        self.pieces.append((self.size, self.position))
        self.put(self.text[self.position : until])
        self.position = max(self.position, until)

    def put(self, text: str) -> None:
        self.output.append(text)
        self.size += len(text)

    def open_one(self, deletion: Deletion, shown: str | tuple[str, str] | None) -> None:
        if isinstance(shown, str):
            self.put(shown)
            self.position = deletion.end
            return
        before, after = shown or ("", "")
        self.put(before)
        self.open.append((deletion, after))
        self.position = deletion.text_start

    def close_until(self, position: int) -> None:
        """Finish the open deletions that end at or before `position`."""
        while self.open and self.open[-1][0].end <= position:
            deletion, after = self.open.pop()
            self.copy(deletion.text_end)
            self.put(after)
            self.position = deletion.end


def parse(text: str) -> Deletions:
    """Find the deletions of a text in one pass."""
    if not _BEGIN.search(text):
        return Deletions((), (), ())
    return _Parser(text).run()


class _Regions:
    """Which region holds an offset of the text."""

    def __init__(self, text: str) -> None:
        structure = scan(text)
        self.spans: list[InlineSpan] = structure.spans
        self.span_starts = [span.start for span in self.spans]
        self.stretches = structure.stretches
        self.stretch_starts = [start for start, _ in self.stretches]

    def at(self, offset: int) -> _Region | None:
        """The formula, code or stretch of text at `offset`; None in comments, delimiters, info strings."""
        index = bisect_right(self.span_starts, offset) - 1
        if index >= 0 and offset < self.spans[index].end:
            span = self.spans[index]
            place = _PLACES.get(span.kind)
            if place is None or not span.inner_start <= offset < span.inner_end:
                return None
            return _Region(span.inner_start, span.inner_end, place)
        index = bisect_right(self.stretch_starts, offset) - 1
        if index >= 0 and offset < self.stretches[index][1]:
            return _Region(*self.stretches[index], "text")
        return None


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.regions = _Regions(text)
        self.open: list[_Open] = []
        self.found: list[Deletion] = []
        self.problems: list[ClozeProblem] = []
        self.dropped: list[int] = []

    def run(self) -> Deletions:
        position = 0
        while match := _TOKEN.search(self.text, position):
            position = self.token(match)
        self.leave(len(self.text) + 1)
        self.count_cards()
        self.found.sort(key=lambda deletion: deletion.start)
        self.problems.sort(key=lambda problem: problem.offset)
        return Deletions(tuple(self.found), tuple(self.problems), tuple(self.dropped))

    def token(self, match: re.Match[str]) -> int:
        """Take in one mark; return where to go on."""
        start, mark = match.start(), match.group()
        self.leave(start)
        if mark[0] == "\\":
            return self.backslash(start, match.end())
        if match.group(1):
            region = self.regions.at(start)
            if region is not None:
                self.open.append(_Open(match.group(1), start, match.end(), region))
                return match.end()
            return start + 1
        if not self.open:
            return match.end()
        top = self.open[-1]
        if mark == "{":
            top.depth += 1
        elif mark == "}":
            return self.brace(top, start)
        elif top.hint_at < 0 and not top.depth and top.region.place == "text" and self.regions.at(start) == top.region:
            top.hint_at = start
        return match.end()

    def backslash(self, start: int, end: int) -> int:
        """A backslash takes the next character with it; in code it does so before a brace only."""
        region = self.regions.at(start)
        if region is None or region.place != "code":
            return end
        if self.text[start + 1] not in "{}":
            return start + 1
        if self.open or _BEGIN.match(self.text, start + 1):
            self.dropped.append(start)
        return end

    def brace(self, top: _Open, start: int) -> int:
        if top.depth:
            top.depth -= 1
        elif self.text.startswith("}}", start):
            self.open.pop()
            self.close(top, start)
            return start + 2
        return start + 1

    def close(self, deletion: _Open, close: int) -> None:
        if self.regions.at(close) != deletion.region:
            self.crosses(deletion)
            return
        number = _number(deletion.digits)
        if number is None:
            self.problem(
                deletion.start,
                "cloze-number",
                f"the deletion has number {deletion.digits[:8]}; use 1 to {MAX_NUMBER}, with no leading zero",
            )
            return
        text_end = deletion.hint_at if deletion.hint_at >= 0 else close
        if not self.text[deletion.text_start : text_end].strip():
            self.problem(deletion.start, "cloze-empty", "the deletion is empty; write its text after the ::")
            return
        hint = self.text[deletion.hint_at + 2 : close].strip() if deletion.hint_at >= 0 else ""
        self.found.append(
            Deletion(
                number,
                deletion.start,
                close + 2,
                deletion.text_start,
                text_end,
                hint or None,
                deletion.region.place,
            )
        )

    def leave(self, position: int) -> None:
        """Give up the deletions whose region ends before `position`."""
        while self.open and self.open[-1].region.end <= position:
            deletion = self.open.pop()
            if self.text.find("}}", deletion.region.end) >= 0:
                self.crosses(deletion)
            else:
                self.problem(deletion.start, "cloze-unclosed", "the deletion is never closed; end it with }}")

    def crosses(self, deletion: _Open) -> None:
        where = {"text": "this paragraph, list item or heading", "math": "this formula", "code": "this code"}
        self.problem(
            deletion.start,
            "cloze-crosses",
            f"the deletion does not end within {where[deletion.region.place]}; "
            "close it there with }}, and write a lone brace in it as \\{ or \\}",
        )

    def count_cards(self) -> None:
        numbers = sorted({deletion.number for deletion in self.found})
        if len(numbers) > MAX_CARDS:
            first = min(deletion.start for deletion in self.found if deletion.number == numbers[MAX_CARDS])
            self.problem(
                first,
                "cloze-too-many",
                f"the note gives {len(numbers)} cards; split it so that each gives at most {MAX_CARDS}",
            )

    def problem(self, offset: int, code: str, message: str) -> None:
        self.problems.append(ClozeProblem(offset, code, message))


def _number(digits: str) -> int | None:
    """The number that the digits write, or None if it is out of range or has a leading zero."""
    if len(digits) > len(str(MAX_NUMBER)) or digits.startswith("0"):
        return None
    number = int(digits)
    return number if number <= MAX_NUMBER else None
