"""Code spans, maths and one-line comments within a stretch of Markdown text (a paragraph, a heading).

Code binds first, then comments, then maths. For ``$`` the rule is Pandoc's: no blank after the opening one,
none before the closing one, no digit after that. The first dollar after an opening one decides: if it
cannot close, the opening one is a plain dollar. Each sign is looked at a bounded number of times.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Literal, NamedTuple

InlineKind = Literal["fence", "indented", "code", "math", "display", "comment"]


class InlineSpan(NamedTuple):
    """A stretch of source that is not text, and what is inside its delimiters."""

    kind: InlineKind
    start: int
    end: int
    inner_start: int
    inner_end: int


_SIGN = re.compile(r"\\[\\`$<(\[)\]]|`+|\$|<!--")
_CLOSERS = {"\\(": "\\)", "\\[": "\\]"}


class _Event(NamedTuple):
    """A maths sign outside code, or (`sign` empty) a span that no formula may cross."""

    sign: str
    start: int
    end: int


def inline_spans(text: str, start: int, end: int) -> list[InlineSpan]:
    """Return the code spans, comments and formulas of ``text[start:end]``, in order."""
    spans: list[InlineSpan] = []
    events = list(_events(text, start, end, spans))
    if any(event.sign for event in events):
        spans.extend(_formulas(text, end, events))
        spans.sort(key=lambda span: span.start)
    return spans


def unprotected_comment(text: str, start: int, end: int) -> int:
    """Where on this line a comment begins that does not end on it, or -1."""
    if text.find("<!--", start, end) < 0:
        return -1
    for sign, position in _signs(text, start, end, []):
        if sign == "<!--":
            return position
    return -1


def open_display(text: str, start: int, end: int) -> str:
    """The sign that would close the display formula which is open at the end of this line, or ``""``."""
    if text.find("$$", start, end) < 0 and text.find("\\[", start, end) < 0:
        return ""
    waiting = ""
    last_dollar = -2
    for sign, position in _signs(text, start, end, []):
        double = sign == "$" and last_dollar == position - 1
        last_dollar = position if sign == "$" and not double else -2
        if waiting:
            if sign == waiting or (double and waiting == "$$"):
                waiting = ""
        elif double:
            waiting = "$$"
        elif sign == "\\[":
            waiting = "\\]"
    return waiting


def _signs(text: str, start: int, end: int, spans: list[InlineSpan]) -> Iterator[tuple[str, int]]:
    """The signs outside code; code spans and one-line comments go to `spans` (sign ``""``)."""
    runs: dict[int, list[int]] | None = None
    position = start
    while match := _SIGN.search(text, position, end):
        sign = match.group()
        position = match.end()
        if sign[0] == "`":
            if runs is None:
                runs = _runs(text, match.start(), end)
            close = _close_of(runs, len(sign), position)
            if close < 0:
                continue
            spans.append(InlineSpan("code", match.start(), close + len(sign), position, close))
            position = close + len(sign)
            yield "", match.start()
        elif sign == "<!--":
            stop = _comment_end(text, match.start(), end)
            if stop < 0:
                yield sign, match.start()
                continue
            spans.append(InlineSpan("comment", match.start(), stop, position, max(position, stop - 3)))
            position = max(position, stop)
            yield "", match.start()
        elif sign == "$" or sign[1] in "()[]":
            yield sign, match.start()


def _runs(text: str, start: int, end: int) -> dict[int, list[int]]:
    """Where the runs of backticks begin, last first, by their length."""
    runs: dict[int, list[int]] = defaultdict(list)
    for match in re.compile("`+").finditer(text, start, end):
        runs[match.end() - match.start()].append(match.start())
    for positions in runs.values():
        positions.reverse()
    return runs


def _close_of(runs: dict[int, list[int]], length: int, position: int) -> int:
    """Where the next run of that length begins at or after `position`, or -1."""
    positions = runs.get(length, [])
    while positions and positions[-1] < position:
        positions.pop()
    return positions[-1] if positions else -1


def _comment_end(text: str, start: int, end: int) -> int:
    """Where the comment at `start` ends if it does on its own line, else -1."""
    close = text.find("-->", start + 2, end)
    if close < 0 or text.find("\n", start, close) >= 0:
        return -1
    return max(close + 3, start + 4)


def _events(text: str, start: int, end: int, spans: list[InlineSpan]) -> Iterator[_Event]:
    for sign, position in _signs(text, start, end, spans):
        if sign != "<!--":
            yield _Event(sign, position, position + len(sign))


def _formulas(text: str, end: int, events: list[_Event]) -> Iterator[InlineSpan]:
    """Pair the maths signs from left to right."""
    index = 0
    hopeless: dict[str, int] = {}  # closing sign -> it does not come before the event of this index
    while index < len(events):
        event = events[index]
        if event.sign == "$":
            if text.startswith("$$", event.start, end):
                index, span = _double(text, events, index, hopeless)
            else:
                index, span = _single(text, end, events, index)
        elif event.sign in _CLOSERS:
            index, span = _bracket(events, index, hopeless)
        else:
            index, span = index + 1, None
        if span is not None:
            yield span


def _single(text: str, end: int, events: list[_Event], index: int) -> tuple[int, InlineSpan | None]:
    """``$...$``: the next dollar closes it, or none does."""
    opening, position = events[index], index + 1
    while position < len(events) and events[position].sign not in ("$", ""):
        position += 1
    if position == len(events) or not events[position].sign:
        return index + 1, None
    closing = events[position]
    inner_start, inner_end = opening.end, closing.start
    if text[inner_start].isspace() or text[inner_end - 1].isspace():
        return index + 1, None
    if closing.end < end and text[closing.end] in "0123456789":
        return index + 1, None
    return position + 1, InlineSpan("math", opening.start, closing.end, inner_start, inner_end)


def _double(text: str, events: list[_Event], index: int, hopeless: dict[str, int]) -> tuple[int, InlineSpan | None]:
    """``$$...$$``; single dollars within it (in ``\\text{}``) are its own."""
    opening, position = events[index].start, index + 2
    if index < hopeless.get("$$", 0):
        return index + 2, None
    while position < len(events) and events[position].sign:
        closing = events[position].start
        pair = position + 1 < len(events) and events[position + 1].start == closing + 1
        if pair and events[position].sign == "$" == events[position + 1].sign:
            if not text[opening + 2 : closing].strip():
                return index + 2, None
            return position + 2, InlineSpan("display", opening, closing + 2, opening + 2, closing)
        position += 1
    hopeless["$$"] = position
    return index + 2, None


def _bracket(events: list[_Event], index: int, hopeless: dict[str, int]) -> tuple[int, InlineSpan | None]:
    """``\\(...\\)`` or ``\\[...\\]``."""
    opening = events[index]
    close = _CLOSERS[opening.sign]
    if index < hopeless.get(close, 0):
        return index + 1, None
    position = index + 1
    while position < len(events) and events[position].sign:
        closing = events[position]
        if closing.sign == close:
            if closing.start == opening.end:
                return position + 1, None
            kind: InlineKind = "math" if close == "\\)" else "display"
            return position + 1, InlineSpan(kind, opening.start, closing.end, opening.end, closing.start)
        position += 1
    hopeless[close] = position
    return index + 1, None
