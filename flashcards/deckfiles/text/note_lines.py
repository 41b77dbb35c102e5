"""Which lines of its file a note takes."""

from __future__ import annotations

from flashcards.deckfiles.text.outline import read_outline
from flashcards.domain.card import Note


class NoteLines:
    """The lines of a file's notes, counted from 1. `text` is the file's, with whatever line ends."""

    def __init__(self, text: str) -> None:
        self._lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        starts = [heading.start for heading in read_outline(text).headings if heading.level <= 2]
        self._headings = _lines_of(text, starts)

    def of(self, note: Note) -> tuple[int, int]:
        """The first and the last line of a note; empty lines after it are not its own."""
        if note.one_line:
            return note.line, note.line
        after = [line for line in self._headings if line > note.line]
        last = (after[0] if after else len(self._lines) + 1) - 1
        while last > note.line and not self._lines[last - 1].strip():
            last -= 1
        return note.line, last


def _lines_of(text: str, offsets: list[int]) -> list[int]:
    lines, line, position = [], 1, 0
    for offset in offsets:
        between = text[position:offset].replace("\r\n", "\n").replace("\r", "\n")
        line, position = line + between.count("\n"), offset
        lines.append(line)
    return lines
