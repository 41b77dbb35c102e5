"""Explicit ids: which notes lack one, and stamping them into the author's file."""

from __future__ import annotations

import re

from flashcards.deckfiles.parse.deck import Parsed
from flashcards.deckfiles.text.source_text import BOM
from flashcards.domain.card import Note
from flashcards.errors import DeckError

_LINE_END = re.compile(r"\r\n|\r|\n")


def missing_ids(parsed: Parsed) -> tuple[Note, ...]:
    """Return the notes of a file that have no explicit id; their `id` is the slug that stands for it."""
    return tuple(note for note in parsed.deck.notes if not note.explicit)


def stamp(data: bytes, parsed: Parsed) -> bytes:
    """Return the file's bytes with an id on every good note that lacks one; nothing else changes.

    The id is the slug that the note has today, so its identity stays. `parsed` must come from `data`.
    Raises `DeckError` where the file's structure is not known.
    """
    if parsed.structure_lost:
        first = next(problem for problem in parsed.problems if problem.severity == "error")
        message = f"no ids were stamped, because {first.message}"
        raise DeckError(message, path=first.path, line=first.line, column=first.column, code=first.code)
    text = data.decode("utf-8")
    starts = _line_starts(text)
    pieces: list[str] = []
    position = 0
    for note in missing_ids(parsed):
        place = parsed.places[note.id]
        line, column = parsed.lines.at(place.stamp_at)
        offset = starts[line - 1] + column - 1
        pieces.append(text[position:offset])
        pieces.append(_in_list(note, text, offset) if place.in_list else f" {{#{note.id}}}")
        position = offset
    pieces.append(text[position:])
    return "".join(pieces).encode("utf-8")


def _line_starts(text: str) -> list[int]:
    """Where each line of the file as it is begins (after a BOM, whatever ends the lines)."""
    return [len(BOM) if text.startswith(BOM) else 0, *(match.end() for match in _LINE_END.finditer(text))]


def _in_list(note: Note, text: str, offset: int) -> str:
    blank = "" if text[offset] in " \t" else " "
    return f"#{note.id}{blank}"
