"""What sync reads from the deck tables and writes to them, as plain values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from flashcards.domain.card import Cloze, Deck, Note, PointRef
from flashcards.domain.ids import CardId, DeckId, NoteId
from flashcards.domain.points import refs_as_json
from flashcards.domain.problem import Problem, Severity

_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

NOTE_COLUMNS = (
    "deck_id", "key", "explicit", "kind", "position", "line", "section", "title", "question", "answer",
    "source", "definitions", "rubric", "follow_ups", "sources", "tags", "requires", "typed", "reversed",
    "one_line", "draft", "render_key", "rubric_refs", "follow_up_refs", "in_full", "clarify",
)  # fmt: skip


class NoteValues(NamedTuple):
    """The columns of a note that its file decides, as they are stored (`NOTE_COLUMNS`, in order)."""

    deck_id: DeckId
    key: str
    explicit: int
    kind: str
    position: int
    line: int
    section: str | None
    title: str
    question: str
    answer: str
    source: str
    definitions: str
    rubric: str
    follow_ups: str
    sources: str
    tags: str
    requires: str
    typed: int
    reversed: int
    one_line: int
    draft: int
    render_key: str | None
    rubric_refs: str
    follow_up_refs: str
    in_full: str
    clarify: str

    @property
    def text(self) -> tuple[str, str]:
        """What a revision is a revision of."""
        return self.source, self.definitions

    @property
    def exported(self) -> tuple[object, ...]:
        """What a reader of an export would see change: all but place, identity and state."""
        return (*self[6:16], self.kind, self.typed, self.reversed, *self[22:])


def note_values(note: Note, deck_id: DeckId, *, position: int, title: str, render_key: str) -> NoteValues:
    """The stored form of a note as its file has it."""
    content = note.content
    if isinstance(content, Cloze):
        kind, question, answer, is_reversed = "cloze", content.heading, content.body, False
    else:
        kind, question, answer, is_reversed = "basic", content.question, content.answer, content.reversed
    return NoteValues(
        deck_id, note.id, int(note.explicit), kind, position, note.line, note.section, title, question,
        answer, note.source, note.definitions, to_json(note.rubric), to_json(note.follow_ups), to_json(note.sources),
        to_json(note.tags), to_json(note.requires), int(content.typed), int(is_reversed), int(note.one_line),
        int(note.draft), render_key, refs_to_json(note.rubric, note.rubric_refs),
        refs_to_json(note.follow_ups, note.follow_up_refs), note.in_full, to_json(note.clarify),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredNote:
    """A note in the database; `deck_key` and `path` are those of its deck."""

    id: NoteId
    guid: str
    revision: int
    removed: bool
    deck_key: str
    path: str
    values: NoteValues


@dataclass(frozen=True, slots=True)
class StoredCard:
    """A card in the database; `removed` is its own mark, not its note's."""

    id: CardId
    note_id: NoteId
    which: str
    removed: bool


class Stamp(NamedTuple):
    """By what a file is known not to have changed; size and time are -1 where there is no such file."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class StoredDeck:
    """A deck in the database, as far as sync compares it with its file."""

    id: DeckId
    key: str
    title: str
    order: float | None
    position: int
    stamp: Stamp
    media: tuple[Stamp, ...]
    read_by: str
    problems: tuple[Problem, ...]

    @property
    def path(self) -> str:
        return self.stamp.path


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A folder that gives itself a title or an order, or its decks an order of new cards."""

    path: str
    title: str | None
    order: float | None
    order_new: str | None = None


@dataclass(frozen=True, slots=True)
class ProseRow:
    """Rendered text between cards: before the note at `position`, under `section`."""

    position: int
    line: int
    section: str | None
    key: str
    html: str


@dataclass(frozen=True, slots=True)
class DeckWrite:
    """A deck whose file was read: everything that it says but its notes (`deck.notes` is not looked at)."""

    id: DeckId
    deck: Deck
    prose: tuple[ProseRow, ...]
    problems: tuple[Problem, ...]
    stamp: Stamp
    media: tuple[Stamp, ...]
    read_by: str


@dataclass(frozen=True, slots=True)
class DeckMark:
    """A deck whose file could not be used: it keeps its last good version and shows the problems."""

    id: DeckId
    problems: tuple[Problem, ...]
    stamp: Stamp
    read_by: str


@dataclass(frozen=True, slots=True)
class NoteInsert:
    """A note that is new."""

    id: NoteId
    guid: str
    values: NoteValues


@dataclass(frozen=True, slots=True)
class NoteUpdate:
    """A note that is known: what it says now."""

    id: NoteId
    guid: str
    revision: int
    new_text: bool  # a revision is stored
    modified: bool  # its exported form changed
    values: NoteValues


@dataclass(frozen=True, slots=True)
class CardInsert:
    """A card that is new."""

    id: CardId
    note_id: NoteId
    which: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class RenderingRow:
    """The HTML of one side of siblings, or (`which` is "note") of what they share."""

    key: str
    which: str
    question_html: str
    answer_html: str
    extra: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RenderedNote:
    """What is remembered of a rendering: the plain title, and `(part, offset or None, code, message)`."""

    title: str
    problems: tuple[tuple[str, int | None, str, str], ...]


@dataclass(frozen=True, slots=True)
class MediaRow:
    """A picture or sound that a card shows; `name` is the last part of its address."""

    name: str
    path: str
    mime: str
    size: int
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class NextIds:
    """The first free row ids. Only sync makes such rows, one sync at a time, and none is ever deleted."""

    deck: DeckId
    note: NoteId
    card: CardId


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that one sync writes, in one transaction."""

    folders: tuple[FolderRow, ...] | None = None  # None: as they are
    new_decks: tuple[DeckWrite, ...] = ()
    decks: tuple[DeckWrite, ...] = ()
    marks: tuple[DeckMark, ...] = ()
    removed_decks: tuple[DeckId, ...] = ()
    positions: tuple[tuple[int, int], ...] = ()  # (deck, position)
    new_notes: tuple[NoteInsert, ...] = ()
    notes: tuple[NoteUpdate, ...] = ()
    removed_notes: tuple[NoteId, ...] = ()
    new_cards: tuple[CardInsert, ...] = ()
    removed_cards: tuple[CardId, ...] = ()
    restored_cards: tuple[CardId, ...] = ()
    shown_or_hidden: tuple[NoteId, ...] = ()  # notes whose schedules have to learn where their cards are
    counted_decks: tuple[int, ...] = ()  # decks whose number of cards may have changed
    renderings: tuple[RenderingRow, ...] = ()
    stale_renderings: tuple[str, ...] = ()  # keys to forget, unless a note still uses them
    media: tuple[MediaRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a note asks to be learnt first: deck id (None: its own deck) and note id, as written."""

    note_id: NoteId
    deck_row: int
    deck_key: str
    note_key: str
    path: str
    line: int
    requires: tuple[tuple[str | None, str], ...]


@dataclass(frozen=True, slots=True)
class Referring:
    """A note whose rubric points or follow-ups name notes: for each item its reference, or None."""

    note_id: NoteId
    deck_row: int
    deck_key: str
    path: str
    line: int
    points: tuple[PointRef | None, ...]
    follow_ups: tuple[PointRef | None, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """How much there is to learn: drafts and removed ones are not counted."""

    decks: int
    notes: int
    cards: int


def to_json(value: object) -> str:
    """JSON as it is stored: compact, characters as they are."""
    return "[]" if value == () else _ENCODE(value)


@lru_cache(maxsize=1024)
def tags_from_json(text: str) -> tuple[str, ...]:
    """The tags of a note or a deck. They are kept: most notes of a deck have the same, or none."""
    return tuple(json.loads(text))


def extra_from_json(text: str) -> dict[str, Any]:
    """What a rendering holds besides its question and answer: mostly nothing."""
    return json.loads(text) if text != "{}" else {}


def refs_to_json(items: Sequence[str], refs: Sequence[PointRef | None]) -> str:
    """The references of a note's points or follow-ups; an empty list where none has one."""
    return _ENCODE(refs_as_json(items, refs)) if refs else "[]"


def refs_from_json(text: str) -> tuple[PointRef | None, ...]:
    """The references that `refs_to_json` wrote."""
    rows: list[dict[str, str | None] | None] = json.loads(text) if text != "[]" else []
    return tuple(None if row is None else PointRef(row["deck"], row["id"], row["level"]) for row in rows)


def problems_to_json(problems: tuple[Problem, ...]) -> str:
    """A deck's problems; the path is the deck's and not repeated."""
    return to_json([[p.line, p.column, p.severity, p.code, p.message] for p in problems])


def problems_from_json(path: str, text: str) -> tuple[Problem, ...]:
    """The problems of the deck at `path`."""
    rows: list[tuple[int, int, Severity, str, str]] = json.loads(text) if text != "[]" else []
    return tuple(Problem(path, *row) for row in rows)
