"""The marks of block quotes within code spans and formulas that go over several lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flashcards.deckfiles.text.structure import Quote, Row

Marks = Sequence[tuple[int, int]]
"""Where each begins and ends, in order."""


def quote_marks(text: str, row: Row | None) -> Marks:
    """Those in the text of a span that begins in `row`."""
    quotes = sum(isinstance(container, Quote) for container in row.containers) if row is not None else 0
    if not quotes:
        return ()
    return [match.span(1) for match in re.finditer(rf"\n((?:[ \t]*>){{1,{quotes}}})", text)]


def unquoted(text: str, marks: Marks) -> str:
    """The text without them."""
    pieces, position = [], 0
    for start, end in marks:
        pieces.append(text[position:start])
        position = end
    return "".join([*pieces, text[position:]])


def written_at(offset: int, marks: Marks) -> int:
    """Where an offset into the text without them stands in the text with them."""
    for start, end in marks:
        if start > offset:
            break
        offset += end - start
    return offset
