"""Helpers for the tests of deck files."""

from __future__ import annotations

import textwrap
from pathlib import Path

from flashcards.deckfiles.parse.deck import Parsed, parse_deck
from flashcards.domain.card import Note


def text(source: str) -> str:
    """A deck's text, without the indentation that it has in the test."""
    return textwrap.dedent(source).lstrip("\n")


def parse(source: str, path: str = "deck.md") -> Parsed:
    """Parse a deck's text."""
    return parse_deck(path, text(source).encode())


def good(source: str) -> list[Note]:
    """The notes of a deck that must be without any problem."""
    parsed = parse(source)
    assert parsed.problems == ()
    return list(parsed.deck.notes)


def one(source: str) -> Note:
    """The one note of a deck that must be without any problem."""
    notes = good(source)
    assert len(notes) == 1
    return notes[0]


def found(source: str) -> list[tuple[int, int, str, str]]:
    """Line, column, severity and code of everything wrong in a deck's text."""
    return [(p.line, p.column, p.severity, p.code) for p in parse(source).problems]


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """Write files below `root`, making their folders; text is dedented."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else text(content).encode())
    return root
