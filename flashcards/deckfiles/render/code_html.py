"""Code in a card: taken out of its containers, with deletions marked or hidden, highlighted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from flashcards.deckfiles.render.highlight import Range, highlight, language_of
from flashcards.deckfiles.render.stand_ins import PATTERN, StandIns
from flashcards.deckfiles.text.structure import TAB, Quote, Row

# Stands for a gap while the code around it is highlighted: a name in nearly every language.
_GAP = "GAP"


def code_block(code: str, info: str, stand_ins: StandIns) -> str:
    """A stand-in for a block of code; `info` is what follows the opening fence."""
    language = language_of(stand_ins.source(info))
    code, ranges = _ranges(code, stand_ins)
    name = f' class="language-{escape(language)}"' if language else ""
    inner = highlight(code, language, ranges)
    html = f'<pre class="pg" dir="ltr" tabindex="0"><code{name}>{inner}</code></pre>'
    return stand_ins.add("block", html, plain=_plain(code, ranges) + "\n")


def code_span(inner: str, stand_ins: StandIns, source: str) -> str:
    """A stand-in for a code span."""
    inner = re.sub(r"\n[ \t]*", " ", inner)
    if inner[:1] == inner[-1:] == " " and inner.strip():
        inner = inner[1:-1]
    code, ranges = _ranges(inner, stand_ins)
    html = f"<code>{highlight(code, '', ranges)}</code>"
    return stand_ins.add("code", html, plain=_plain(code, ranges), source=stand_ins.source(source))


def lines_of_fence(text: str, opening: Row, rows: Sequence[Row]) -> str:
    """The code within a fence: without the indentation of what holds it and of the fence itself."""
    quoted = any(isinstance(container, Quote) for container in opening.containers)
    width = opening.indent + sum(item.width for item in opening.containers if not isinstance(item, Quote))
    lines = []
    for row in rows:
        if quoted or not width:
            indent = max(row.indent - opening.indent, 0) if quoted else 0
            lines.append(" " * indent + text[row.content if quoted else row.start : row.end])
        else:
            lines.append(_without_columns(text[row.start : row.end], width))
    return "\n".join(lines)


def lines_of_indented(text: str, rows: Sequence[Row]) -> str:
    """Indented code, without the four columns that make it so."""
    return "\n".join(" " * max(row.indent - TAB, 0) + text[row.content : row.end] for row in rows)


def _without_columns(line: str, width: int) -> str:
    column = 0
    for index, character in enumerate(line):
        if column >= width or character not in " \t":
            return line[index:]
        column += TAB - column % TAB if character == "\t" else 1
    return ""


def _ranges(code: str, stand_ins: StandIns) -> tuple[str, list[Range]]:
    """The code without stand-ins, and what they make of it."""
    if "\ue000" not in code:
        return code, []
    pieces: list[str] = []
    ranges: list[Range] = []
    opened: list[tuple[int, str]] = []
    size = position = 0
    for match in PATTERN.finditer(code):
        pieces.append(code[position : match.start()])
        size += match.start() - position
        position = match.end()
        item = stand_ins.of(match)
        if item.kind == "gap":
            pieces.append(_GAP)
            ranges.append(Range(size, size + len(_GAP), "", "", item.html))
            size += len(_GAP)
        elif stand_ins.keeps_marks:
            ranges.append(Range(size, size, "", "", item.html))
        elif item.kind == "open":
            opened.append((size, item.html))
        elif item.kind == "close" and opened:
            start, before = opened.pop()
            if not opened:
                ranges.append(Range(start, size, before, item.html))
    pieces.append(code[position:])
    return "".join(pieces), ranges


def _plain(code: str, ranges: Sequence[Range]) -> str:
    """The code with gaps as text."""
    for hidden in reversed(ranges):
        if hidden.instead is not None:
            code = code[: hidden.start] + "[…]" + code[hidden.end :]
    return code
