"""The lists at the end of a note (rubric, follow-ups, sources): list items and nothing else."""

from __future__ import annotations

import re
from typing import NamedTuple

from flashcards.deckfiles.text.structure import Item, Row, scan

_PLAIN = re.compile(r"[-*+][ \t]{1,4}(?=\S)([^\n]*)")
_TASK = re.compile(r"\[[ xX]\][ \t]+")
_NOT_SO_PLAIN = re.compile(r"`{3}|~{3}|[-*+>#][ \t]|\d{1,9}[.)][ \t]|\[\^|<!--|[-*+_](?:[ \t]*[-*+_]){2,}[ \t]*$")


class ListItem(NamedTuple):
    """An item's Markdown, without its marker; the offsets of its first character and of what follows its last."""

    text: str
    offset: int
    end: int


def read_items(text: str) -> tuple[list[ListItem], int]:
    """Return the items of a Markdown list, and the offset of the first thing that is no item (or -1).

    An item may hold further lines, indented as its text is; these come without that indentation.
    """
    items: list[ListItem] = []
    position = 0
    for line in text.split("\n"):
        match = _PLAIN.fullmatch(line)
        if match and not _NOT_SO_PLAIN.match(match[1]):
            start = position + match.start(1)
            items.append(_item(match[1], start, start + len(match[1].rstrip(" \t"))))
        elif line.strip(" \t"):
            return _scanned_items(text)
        position += len(line) + 1
    return items, -1


def _item(text: str, offset: int, end: int) -> ListItem:
    task = _TASK.match(text)
    start = task.end() if task else 0
    return ListItem(text[start:].strip(" \t\n"), offset + start, end)


def _scanned_items(text: str) -> tuple[list[ListItem], int]:
    """The same by the block scanner: for items of several lines, and for anything else."""
    items: list[ListItem] = []
    lines: list[str] = []
    offset = width = end = 0
    other = -1
    for row in scan(text).rows:
        container = row.containers[0] if row.containers else None
        if not isinstance(container, Item) or container.marker.startswith("["):
            if row.kind != "blank" and other < 0:
                other = row.content
            continue
        if row.opened == 0:
            if lines:
                items.append(_item("\n".join(lines), offset, end))
            width = container.width
            offset = _content(text, row, container)
            lines = [text[offset : row.end]]
        else:
            lines.append(_dedent(text[row.start : row.end], width))
        if row.kind != "blank" or row.opened == 0:
            end = row.start + len(text[row.start : row.end].rstrip(" \t"))
    if lines:
        items.append(_item("\n".join(lines), offset, end))
    return items, other


def _content(text: str, row: Row, container: Item) -> int:
    """Where the item's own text begins on its first line."""
    position = container.start + len(container.marker)
    while position < row.end and text[position] in " \t" and position < container.start + container.width:
        position += 1
    return min(position, row.end)


def _dedent(line: str, width: int) -> str:
    blanks = len(line) - len(line.lstrip(" "))
    return line[min(blanks, width) :] if blanks or not line.startswith("\t") else line[1:]
