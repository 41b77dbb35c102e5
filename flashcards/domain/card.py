"""Decks, notes and cards as an author wrote them.

A *note* is what an author writes under one heading (or on one line); it gives one or more *cards*, its
siblings. A card's identity is ``(deck id, note id, which)``, where *which* is ``forward``, ``backward`` or
``c1``, ``c2``, ... All texts are Markdown source with ``\\n`` line ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field

FORWARD = "forward"
BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class Basic:
    """A question and its answer; `reversed` adds the card that asks back to front."""

    question: str
    answer: str
    reversed: bool = False
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Cloze:
    """A text with numbered gaps, one card for each number in `numbers` (ascending).

    `heading` is context shown above the text, or part of the text where it holds a deletion itself.
    """

    heading: str
    body: str
    numbers: tuple[int, ...]
    typed: bool = False


Content = Basic | Cloze


@dataclass(frozen=True, slots=True)
class Note:
    """One note of a deck file.

    `line` counts from 1 in the author's file. `source` is the note's own text as written, without its
    attribute list's influence on identity; `definitions` holds the link references and footnotes of the
    file that this note uses, as Markdown. `requires` holds `(deck id or None for this deck, note id)`.
    """

    id: str
    explicit: bool
    line: int
    content: Content
    source: str
    definitions: str = ""
    rubric: tuple[str, ...] = ()
    follow_ups: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    section: str | None = None
    requires: tuple[tuple[str | None, str], ...] = ()
    draft: bool = False
    one_line: bool = False

    @property
    def whiches(self) -> tuple[str, ...]:
        """Which cards the note gives, in the order in which siblings are asked."""
        if isinstance(self.content, Cloze):
            return tuple(f"c{number}" for number in self.content.numbers)
        return (FORWARD, BACKWARD) if self.content.reversed else (FORWARD,)


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown between cards, shown on the deck's page: `position` is the index of the note it precedes.

    `section` is the title of the section that it stands in, as on a note.
    """

    line: int
    text: str
    position: int
    definitions: str = ""
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Deck:
    """One deck file. `path` is relative to the decks folder, POSIX, with its ``.md``; `id` is the deck id."""

    id: str
    path: str
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    author: str = ""
    license: str = ""
    source: str = ""
    language: str = ""
    order: float | None = None
    notes: tuple[Note, ...] = ()
    prose: tuple[Prose, ...] = field(default=())

    @property
    def address(self) -> str:
        """The path without ``.md``: what web addresses and ``deck=`` filters use."""
        return self.path.removesuffix(".md")


def ordinal(which: str) -> int:
    """The order of siblings: 0 for forward, 1 for backward, N for ``cN``."""
    if which == FORWARD:
        return 0
    if which == BACKWARD:
        return 1
    return int(which[1:])


def card_key(deck_id: str, note_id: str, which: str) -> str:
    """The key that a card's text gives it today: ``deck#note/which``."""
    return f"{deck_id}#{note_id}/{which}"
