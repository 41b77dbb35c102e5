"""Decks, notes and cards as an author wrote them.

A *note* is what an author writes under one heading (or on one line); it gives one or more *cards*, its
siblings. A card's identity is ``(deck id, note id, which)``, where *which* is ``forward``, ``backward`` or
``c1``, ``c2``, ... All texts are Markdown source with ``\\n`` line ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field

FORWARD = "forward"
BACKWARD = "backward"
CORE = "core"
"""The tag of notes that are asked in interviews: only these have a long form and what to clarify."""


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
class PointRef:
    """What ends a rubric point or a follow-up: the note that teaches or answers it, and its level.

    `deck` is None for the note's own deck, `note` where none is named, `level` where none is given.
    """

    deck: str | None = None
    note: str | None = None
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """One note of a deck file.

    `line` counts from 1 in the author's file. `source` is the note's own text as written, without its
    attribute list's influence on identity; `definitions` holds the link references and footnotes of the
    file that this note uses, as Markdown. `requires` holds `(deck id or None for this deck, note id)`.

    `rubric_refs` and `follow_up_refs` go with `rubric` and `follow_ups`, item by item; they are empty where no item
    has one, and are no part of `source`. `in_full` is the long form of the answer, `clarify` what an interviewer
    would answer: only notes tagged `CORE` have them.
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
    rubric_refs: tuple[PointRef | None, ...] = ()
    follow_up_refs: tuple[PointRef | None, ...] = ()
    in_full: str = ""
    clarify: tuple[str, ...] = ()

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
