"""What the deck pages show: the tree of decks, and one deck as a document with its cards' states."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from peewee import JOIN, SQL, Select, fn

from flashcards.domain.ids import CardId, DeckId, LearnerId, NoteId
from flashcards.domain.problem import Problem
from flashcards.storage.counters import collection_mark
from flashcards.storage.database import Database
from flashcards.storage.deck_rows import (
    FolderRow,
    MediaRow,
    ProseRow,
    Totals,
    extra_from_json,
    problems_from_json,
    tags_from_json,
)
from flashcards.storage.models import Card, Deck, Folder, Media, Note, Rendering, Schedule
from flashcards.storage.prepared import Among, Elements, Indexed, Query, prepared


@dataclass(frozen=True, slots=True)
class DeckRow:
    """A deck as it is listed."""

    id: DeckId
    key: str
    path: str
    title: str
    description: str
    tags: tuple[str, ...]
    cards: int
    author: str
    license: str
    source: str
    language: str
    problems: tuple[Problem, ...]


class PageNote(NamedTuple):
    """A note as its deck's page shows it; texts are HTML."""

    id: NoteId
    key: str
    line: int
    position: int
    section: str | None
    kind: str
    title: str
    tags: tuple[str, ...]
    draft: bool
    typed: bool
    one_line: bool
    question_html: str
    answer_html: str
    rubric_html: tuple[str, ...]
    follow_ups_html: tuple[str, ...]
    sources_html: tuple[str, ...]
    in_full_html: str
    clarify_html: tuple[str, ...]


class PageCard(NamedTuple):
    """A card with one learner's memory of it; days are epoch days, ease is in hundredths."""

    id: CardId
    note_id: NoteId
    which: str
    due_on: int | None
    interval: int
    ease: int
    repetition: int
    suspended: bool
    buried_until: int | None
    lapses: int


@prepared
def _decks(path: str | None = None, first: str | None = None, end: str | None = None) -> Query:
    """All decks, or the one of a file, or those whose paths are from the first on and before the end."""
    query = Deck.select(
        Deck.id, Deck.key, Deck.path, Deck.title, Deck.description, Deck.tags, Deck.cards, Deck.author, Deck.license,
        Deck.source, Deck.language, Deck.problems,
    ).where(Deck.removed_at.is_null())  # fmt: skip
    if path is not None:
        return query.where(Deck.path == path)
    if first is not None:
        query = query.where(Deck.path >= first, Deck.path < end)
    return query.order_by(Deck.position, Deck.path)


@prepared
def _with_problems() -> Query:
    return _decks.query().where(Deck.problems != "[]")


@prepared
def _names() -> Query:
    return Deck.select(Deck.path, Deck.title).where(Deck.removed_at.is_null()).order_by(Deck.position, Deck.path)


@prepared
def _errors() -> Query:
    problem = Elements(Deck.problems)
    query = Select((problem,), (fn.count(SQL("*")),)).where(problem.part(2) == "error")
    return Deck.select(fn.sum(query)).where(Deck.removed_at.is_null(), Deck.problems != "[]")


@prepared
def _titles(folders: Collection[str]) -> Query:
    return Folder.select(Folder.path, Folder.title).where(Folder.title != "", Among(Folder.path, folders))


@prepared
def _state(path: str) -> Query:
    state = (Deck.id, Deck.mtime_ns, Deck.size, Deck.media, Deck.problems, Deck.read_by, Deck.cards)
    return Deck.select(*state).where(Deck.path == path, Deck.removed_at.is_null())


@prepared
def _folders() -> Query:
    return Folder.select(Folder.path, Folder.title, Folder.sort_order)


@prepared
def _prose(deck: DeckId) -> Query:
    return Deck.select(Deck.prose).where(Deck.id == deck)


@prepared
def _notes(deck: DeckId) -> Query:
    rendered = (Rendering.key == Note.render_key) & (Rendering.which == "note")
    return (
        Note.select(
            Note.id, Note.key, Note.line, Note.position, Note.section, Note.kind, Note.title, Note.tags, Note.draft,
            Note.typed, Note.one_line, fn.coalesce(Rendering.question_html, ""),
            fn.coalesce(Rendering.answer_html, ""), fn.coalesce(Rendering.extra, "{}"),
        )
        .join(Rendering, JOIN.LEFT_OUTER, on=rendered)
        .where(Note.deck == deck, Note.removed_at.is_null())
        .order_by(Note.position, Note.id)
    )  # fmt: skip


@prepared
def _cards(learner: LearnerId, deck: DeckId) -> Query:
    has_schedule = (Schedule.card == Card.id) & (Schedule.learner == learner)
    return (
        Note.select(
            Card.id, Card.note, Card.which, Schedule.due_on, fn.coalesce(Schedule.interval, 0),
            fn.coalesce(Schedule.ease, 250), fn.coalesce(Schedule.repetition, 0), fn.coalesce(Schedule.suspended, 0),
            Schedule.buried_until, fn.coalesce(Schedule.lapses, 0),
        )
        .join(Card)
        .join(Schedule, JOIN.LEFT_OUTER, on=has_schedule)
        .where(Note.deck == deck, Note.removed_at.is_null(), Card.removed_at.is_null())
        .order_by(Note.position, Card.ordinal)
    )  # fmt: skip


@prepared
def _removed_notes(deck: DeckId) -> Query:
    return Note.select(fn.count(Note.id)).where(Note.deck == deck, Note.removed_at.is_null(False))


@prepared
def _media(name: str) -> Query:
    of_file = (Media.name, Media.path, Media.mime, Media.size, Media.width, Media.height)
    return Media.select(*of_file).where(Media.name == name)


@prepared
def _totals() -> Query:
    notes, drafts = Indexed(Note, "note_deck"), Indexed(Note, "note_drafts")  # neither of which reads a note
    there = notes.select(fn.count(SQL("*"))).where(notes.removed_at.is_null())
    not_yet = drafts.select(fn.count(SQL("*"))).where(drafts.draft == 1, drafts.removed_at.is_null())
    decks = Deck.select(fn.count(Deck.id), fn.coalesce(fn.sum(Deck.cards), 0), there, not_yet)
    return decks.where(Deck.removed_at.is_null())


class DeckPageStore:
    """Reads of the deck tables, for pages."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def decks(self) -> tuple[DeckRow, ...]:
        """Every deck whose file is there, in study order."""
        return tuple(_deck(*row) for row in _decks.all(self._db))

    def with_problems(self) -> tuple[DeckRow, ...]:
        """The decks whose files have errors or warnings, in study order."""
        return tuple(_deck(*row) for row in _with_problems.all(self._db))

    def names(self) -> list[tuple[str, str]]:
        """(path, title) of every deck whose file is there, in study order."""
        return _names.all(self._db)

    def decks_below(self, folder: str) -> tuple[DeckRow, ...]:
        """The decks below a folder, in study order."""
        rows = _decks.all(self._db, None, f"{folder}/", f"{folder}0")  # "0" comes right after "/"
        return tuple(_deck(*row) for row in rows)

    def errors(self) -> int:
        """How many errors there are in the files of all decks."""
        row = _errors.one(self._db)
        return int(row[0] or 0) if row else 0

    def titles(self, folders: Iterable[str]) -> dict[str, str]:
        """By path, the titles that these folders give themselves."""
        return dict(_titles.all(self._db, list(folders)))

    def deck(self, path: str) -> DeckRow | None:
        """The deck of the file at `path` (with its ``.md``)."""
        row = _decks.one(self._db, path)
        return None if row is None else _deck(*row)

    def version(self, path: str) -> str | None:
        """A digest of what was read from the file at `path`: of its state, its pictures and its problems."""
        row = _state.one(self._db, path)
        return None if row is None else hashlib.sha256(repr(row).encode()).hexdigest()[:16]

    def folders(self) -> dict[str, FolderRow]:
        """By path, the folders that say something of themselves."""
        return {row[0]: FolderRow(*row) for row in _folders.all(self._db)}

    def prose(self, deck: DeckId) -> tuple[ProseRow, ...]:
        """The text between a deck's cards, in order."""
        row = _prose.one(self._db, deck)
        return tuple(ProseRow(**block) for block in json.loads(row[0])) if row else ()

    def notes(self, deck: DeckId) -> tuple[PageNote, ...]:
        """The notes that stand in a deck, drafts too, in order."""
        return tuple(_note(*row) for row in _notes.all(self._db, deck))

    def cards(self, learner: LearnerId, deck: DeckId) -> tuple[PageCard, ...]:
        """The cards of a deck's notes, with what the learner knows of them."""
        return tuple(_card(*row) for row in _cards.all(self._db, learner, deck))

    def removed_notes(self, deck: DeckId) -> int:
        """How many notes once stood in this deck and have left the files."""
        row = _removed_notes.one(self._db, deck)
        return int(row[0]) if row else 0

    def mark(self) -> int:
        """What is another number whenever a sync changed something."""
        return collection_mark(self._db)

    def totals(self) -> Totals:
        """How many decks, notes and cards there are to learn."""
        return read_totals(self._db)

    def media(self, name: str) -> tuple[MediaRow, ...]:
        """The files known to hold the picture or sound of this name."""
        return tuple(MediaRow(*row) for row in _media.all(self._db, name))


def read_totals(database: Database) -> Totals:
    """Counts decks, and the notes and cards that are neither removed nor drafts."""
    row = _totals.one(database)
    assert row is not None
    decks, cards, notes, drafts = row
    return Totals(decks, notes - drafts, cards)


def _deck(
    id_: DeckId, key: str, path: str, title: str, description: str, tags: str, cards: int, author: str,
    license_: str, source: str, language: str, problems: str,
) -> DeckRow:  # fmt: skip
    return DeckRow(
        id_, key, path, title, description, tuple(json.loads(tags)), cards, author, license_, source,
        language, problems_from_json(path, problems),
    )  # fmt: skip


def _note(
    id_: NoteId, key: str, line: int, position: int, section: str | None, kind: str, title: str, tags: str,
    draft: int, typed: int, one_line: int, question_html: str, answer_html: str, extra: str,
) -> PageNote:  # fmt: skip
    shared = extra_from_json(extra)
    return PageNote(
        id_, key, line, position, section, kind, title, tags_from_json(tags), bool(draft), bool(typed),
        bool(one_line), question_html, answer_html, tuple(shared.get("rubric_html", ())),
        tuple(shared.get("follow_ups_html", ())), tuple(shared.get("sources_html", ())),
        shared.get("in_full_html", ""), tuple(shared.get("clarify_html", ())),
    )  # fmt: skip


def _card(
    id_: CardId, note: NoteId, which: str, due_on: int | None, interval: int, ease: int, repetition: int,
    suspended: int, buried_until: int | None, lapses: int,
) -> PageCard:  # fmt: skip
    return PageCard(
        id_, note, which, due_on, interval, ease, repetition, bool(suspended), buried_until, lapses
    )  # fmt: skip
