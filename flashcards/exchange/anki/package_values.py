"""What an Anki package holds, as plain frozen values: read from strangers' files, already checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from flashcards.errors import FlashcardsError

NEW, LEARNING, REVIEW, RELEARNING = range(4)
"""The types of a card."""
SUSPENDED = -1
"""The queue of a suspended card."""


_LATEST = 1 << 53


def moment(value: object) -> int:
    """A time in epoch seconds, of a file of somebody's; 0 for what is none."""
    return value if type(value) is int and 0 < value < _LATEST else 0


class PackageError(FlashcardsError):
    """A package that cannot be read: the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a package may hold and cost. Sizes are in bytes, `seconds` of wall time."""

    seconds: int = 300
    memory: int = 1 << 30
    package: int = 4 << 30
    collection: int = 1 << 30
    media_file: int = 100 << 20
    media: int = 4 << 30
    files: int = 100_000
    ratio: int = 200  # of unpacked to packed bytes, where more than `ratio_from` come out
    ratio_from: int = 32 << 20
    value: int = 64 << 20  # the longest text or blob in the collection
    note: int = 1 << 20
    notes: int = 500_000
    cards: int = 1_500_000
    reviews: int = 10_000_000


class Template(NamedTuple):
    """One card of a note type, in Anki's template language."""

    name: str
    front: str
    back: str


@dataclass(frozen=True, slots=True)
class NoteType:
    """A note type of the package; `fields` are their names in the order in which notes hold them.

    `changed` is when it last changed in Anki, in epoch seconds.
    """

    id: int
    name: str
    cloze: bool
    fields: tuple[str, ...]
    templates: tuple[Template, ...]
    stock: int = 0  # Anki's own number for a type that it ships: 6 is image occlusion
    changed: int = 0


class PackedNote(NamedTuple):
    """A note. `modified_at` is in epoch seconds; `fields` are HTML."""

    id: int
    guid: str
    type: int
    modified_at: int
    tags: tuple[str, ...]
    fields: tuple[str, ...]


class PackedCard(NamedTuple):
    """A card of a note, in Anki's own numbers; a card that sits in a filtered deck as if it were at home.

    `due` is a position (new), epoch seconds (learning within a day) or days since the collection's day 0.
    `ordinal` is that of its template (of a cloze note: its number less one). `factor` is in permille. `lapses` is how
    often it was forgotten. `memory` is FSRS's stability in days, and difficulty. `flag` is 0 (none) to 7.
    """

    id: int
    note: int
    deck: int
    ordinal: int
    type: int
    queue: int
    due: int
    interval: int
    factor: int
    lapses: int = 0
    flag: int = 0
    memory: tuple[float, float] | None = None


class Converted(NamedTuple):
    """A note as Markdown. `kind` is ``basic``, ``cloze`` or "" where it cannot be carried: then `notice` says why.

    `question` and `answer` are a cloze note's heading and body. `own_id` is ``deck#note`` of a note that we wrote.
    `shown` is the text that Anki shows: of the question (or heading), of the answer (or body), of the lists.
    `rubric_refs` and `follow_up_refs` are as authors write them, "" for an item without one; empty where none has one.
    """

    kind: str
    question: str = ""
    answer: str = ""
    reversed: bool = False
    typed: bool = False
    rubric: tuple[str, ...] = ()
    follow_ups: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    context: str = ""
    own_id: str = ""
    notice: str = ""
    shown: tuple[str, ...] = ()
    rubric_refs: tuple[str, ...] = ()
    follow_up_refs: tuple[str, ...] = ()
    in_full: str = ""
    clarify: tuple[str, ...] = ()


class PackedReview(NamedTuple):
    """A row of the log. `id` is the instant in epoch ms; a negative interval is in seconds."""

    id: int
    card: int
    ease: int
    interval: int
    last_interval: int
    factor: int
    took_ms: int
    type: int


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was read. `media` maps the names that notes use to files that hold their bytes.

    `converted` is what each of `notes` is as Markdown, in the same order. `created_at` is in epoch seconds; `offset`
    is that day's, in minutes west of UTC, None in old packages: together they are the day 0 of due dates. `decks`
    are full names with ``::``, `descriptions` what some say of themselves, as HTML. `notices` say what was left out
    and why. `long_guids` are Anki's own guids of the notes whose guid here stands for one that is too long. `presets`
    are the numbers of FSRS, newest version, in the presets of decks, as they stand there.
    """

    note_types: dict[int, NoteType]
    decks: dict[int, str]
    notes: tuple[PackedNote, ...]
    cards: tuple[PackedCard, ...]
    reviews: tuple[PackedReview, ...]
    media: dict[str, Path]
    converted: tuple[Converted, ...]
    created_at: int
    offset: int | None
    notices: tuple[str, ...]
    descriptions: dict[int, str] = field(default_factory=dict)
    long_guids: dict[str, str] = field(default_factory=dict)
    presets: dict[int, tuple[float, ...]] = field(default_factory=dict)
