"""The lists at the end of a note (rubric, follow-ups, sources): list items and nothing else."""

from __future__ import annotations

import re
from typing import NamedTuple

from flashcards.deckfiles.parse.parts import Origin, Part, locate
from flashcards.deckfiles.text.structure import Item, Row, scan

_PLAIN = re.compile(r"[-*+][ \t]{1,4}(?=\S)([^\n]*)")
_BLANKS = " \t\n"
_TASK = re.compile(r"\[[ xX]\][ \t]+")
_NOT_SO_PLAIN = re.compile(r"`{3}|~{3}|[-*+>#][ \t]|\d{1,9}[.)][ \t]|\[\^|<!--|[-*+_](?:[ \t]*[-*+_]){2,}[ \t]*$")


class ListItem(NamedTuple):
    """An item's Markdown without its marker, where its runs stand in the file, and where there its line ends."""

    text: str
    origin: Origin
    end: int


def read_items(part: Part) -> tuple[list[ListItem], int]:
    """Return the items of a Markdown list, and the offset in `part` of the first thing that is no item (or -1).

    An item may hold further lines, indented as its text is; these come without that indentation.
    """
    items: list[ListItem] = []
    position = 0
    for line in part.text.split("\n"):
        match = _PLAIN.fullmatch(line)
        if match and not _NOT_SO_PLAIN.match(match[1]):
            start = position + match.start(1)
            end = start + len(match[1].rstrip(" \t"))
            items.append(_item(part.slice(start, end), locate(part.origin, end - 1) + 1))
        elif line.strip(" \t"):
            return _scanned_items(part)
        position += len(line) + 1
    return items, -1


def _item(written: Part, end: int) -> ListItem:
    task = _TASK.match(written.text)
    start = task.end() if task else 0
    text = written.text[start:].strip(_BLANKS)
    start = written.text.index(text, start)
    return ListItem(text, written.slice(start, start + len(text)).origin, end)


def _scanned_items(part: Part) -> tuple[list[ListItem], int]:
    """The same by the block scanner: for items of several lines, and for anything else."""
    text = part.text
    items: list[ListItem] = []
    lines: list[Part] = []
    width = end = 0
    other = -1
    for row in scan(text).rows:
        container = row.containers[0] if row.containers else None
        if not isinstance(container, Item) or container.marker.startswith("["):
            if row.kind != "blank" and other < 0:
                other = row.content
            continue
        if row.opened == 0:
            if lines:
                items.append(_item(_joined(lines), locate(part.origin, end - 1) + 1))
            width = container.width
            lines = [part.slice(_content(text, row, container), row.end)]
        else:
            start = row.start + _indentation(text[row.start : row.end], width)
            lines.append(part.slice(start, row.end))
        if row.kind != "blank" or row.opened == 0:
            end = row.start + len(text[row.start : row.end].rstrip(" \t"))
    if lines:
        items.append(_item(_joined(lines), locate(part.origin, end - 1) + 1))
    return items, other


def _joined(lines: list[Part]) -> Part:
    """Lines as one part; a line break stands where its line ends in the file."""
    if len(lines) == 1:
        return lines[0]
    runs: list[tuple[int, int]] = []
    size = 0
    for line in lines:
        runs.extend((size + first, offset) for first, offset in line.origin)
        size += len(line.text) + 1
    return Part("\n".join(line.text for line in lines), tuple(runs))


def _content(text: str, row: Row, container: Item) -> int:
    """Where the item's own text begins on its first line."""
    position = container.start + len(container.marker)
    while position < row.end and text[position] in " \t" and position < container.start + container.width:
        position += 1
    return min(position, row.end)


def _indentation(line: str, width: int) -> int:
    """How many of a further line's characters its item's indentation takes."""
    blanks = len(line) - len(line.lstrip(" "))
    return min(blanks, width) if blanks or not line.startswith("\t") else 1
