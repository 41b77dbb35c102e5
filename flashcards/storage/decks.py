"""Folders, decks, notes, cards and renderings: what sync reads and writes.

In batches: a first sync brings ten thousand notes. What learners see of it is read by
`storage/deck_pages.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from typing import Any

from peewee import SQL, Case, Select, Value, fn

from flashcards.domain.ids import CardId, DeckId, NoteId
from flashcards.domain.problem import Problem
from flashcards.storage import counters, fronts
from flashcards.storage.database import Database
from flashcards.storage.deck_pages import read_totals
from flashcards.storage.deck_rows import (
    NOTE_COLUMNS,
    CardInsert,
    Changes,
    DeckMark,
    DeckWrite,
    FolderRow,
    MediaRow,
    NextIds,
    NoteInsert,
    NoteUpdate,
    NoteValues,
    RenderedNote,
    RenderingRow,
    Requirement,
    Stamp,
    StoredCard,
    StoredDeck,
    StoredNote,
    Totals,
    problems_from_json,
    problems_to_json,
    to_json,
)
from flashcards.storage.models import (
    AnkiFields,
    Card,
    Deck,
    Folder,
    Media,
    Note,
    NoteFront,
    NoteTag,
    Prerequisite,
    Rendering,
    Revision,
)
from flashcards.storage.practice_points import PointRows
from flashcards.storage.prepared import Among, Listed, Prepared, Query, inserting, prepared, storing
from flashcards.storage.words import forget_words, keep_words

_DECK = (
    Deck.id, Deck.key, Deck.title, Deck.sort_order, Deck.position, Deck.path, Deck.size, Deck.mtime_ns, Deck.media,
    Deck.read_by, Deck.problems,
)  # fmt: skip
_FROM_FILE = (
    Deck.key, Deck.path, Deck.title, Deck.description, Deck.tags, Deck.author, Deck.license, Deck.source,
    Deck.language, Deck.sort_order, Deck.prose, Deck.problems, Deck.size, Deck.mtime_ns, Deck.media, Deck.read_by,
)  # fmt: skip
"""What a deck's file says of it, in the order of `_deck_values`."""
_NOTE = tuple(getattr(Note, column) for column in NOTE_COLUMNS)


def _parked(table: Any) -> Any:
    """A key that no file can give: keys may change places within one transaction."""
    return Value("\x1f").concat(table.id.cast("TEXT"))


# --- what is stored


@prepared
def _decks() -> Query:
    return Deck.select(*_DECK).where(Deck.removed_at.is_null())


@prepared
def _removed_decks() -> Query:
    return Deck.select(*_DECK).where(Deck.removed_at.is_null(False)).order_by(Deck.removed_at, Deck.id)


@prepared
def _all_folders() -> Query:
    return Folder.select(Folder.path, Folder.title, Folder.sort_order, Folder.order_new)


def _stored_notes() -> Any:
    """The columns of a `StoredNote`."""
    of_note = (Note.id, Note.guid, Note.revision, Note.removed_at.is_null(False), Deck.key, Deck.path, *_NOTE)
    return Note.select(*of_note).join(Deck)


@prepared
def _notes(decks: Collection[DeckId]) -> Query:
    return _stored_notes().where(Note.removed_at.is_null(), Among(Note.deck, decks))


@prepared
def _removed_notes() -> Query:
    return _stored_notes().where(Note.removed_at.is_null(False)).order_by(Note.removed_at.desc(), Note.id)


@prepared
def _copies(notes: Collection[NoteId], sources: Collection[str], keys: Collection[str]) -> Query:
    is_alike = Among(Note.source, sources) | ((Note.explicit == 1) & Among(Note.key, keys))
    is_other = Among(Note.id, notes, negate=True)
    return _stored_notes().where(Note.removed_at.is_null(), is_other, is_alike).order_by(Note.id)


@prepared
def _cards(notes: Collection[NoteId]) -> Query:
    return Card.select(Card.id, Card.note, Card.which, Card.removed_at.is_null(False)).where(Among(Card.note, notes))


@prepared
def _with_history(notes: Collection[NoteId]) -> Query:
    return Card.select(Card.note).where(Among(Card.note, notes), Card.answered == 1).distinct()


@prepared
def _rendered(keys: Collection[str]) -> Query:
    return Rendering.select(Rendering.key, Rendering.extra).where(Rendering.which == "note", Among(Rendering.key, keys))


@prepared
def _prose(decks: Collection[DeckId]) -> Query:
    return Deck.select(Deck.prose).where(Among(Deck.id, decks))


@prepared
def _last_ids() -> Query:
    return Select(columns=[table.select(fn.coalesce(fn.max(table.id), 0)) for table in (Deck, Note, Card)])


@prepared
def _taken_guids(guids: Collection[str]) -> Query:
    return Note.select(Note.guid).where(Among(Note.guid, guids))


@prepared
def _requirements() -> Query:
    return (
        Note.select(Note.id, Deck.id, Deck.key, Note.key, Deck.path, Note.line, Note.requires)
        .join(Deck)
        .where(Note.removed_at.is_null(), Note.requires != "[]")
        .order_by(Note.id)
    )


@prepared
def _notes_by_key(keys: Collection[tuple[str, str]]) -> Query:
    wanted = Listed(keys)
    is_deck = (Deck.key == wanted.part(0)) & Deck.removed_at.is_null()
    is_note = (Note.deck == Deck.id) & (Note.key == wanted.part(1)) & Note.removed_at.is_null()
    return Deck.select(Deck.key, Note.key, Note.id).from_(wanted).join(Deck, on=is_deck).join(Note, on=is_note)


@prepared
def _prerequisites() -> Query:
    return Prerequisite.select(Prerequisite.note, Prerequisite.requires)


# --- what a sync writes

_insert_folder = inserting(Folder, Folder.path, Folder.title, Folder.sort_order, Folder.order_new)
_insert_deck = inserting(Deck, *_FROM_FILE, Deck.id)
_insert_note = inserting(Note, *_NOTE, Note.id, Note.guid, Note.modified_at)
_insert_revision = inserting(Revision, Revision.note, Revision.number, Revision.source, Revision.at)
_insert_tag = inserting(NoteTag, NoteTag.tag, NoteTag.note, ignore=True)
_insert_card = inserting(Card, Card.id, Card.note, Card.which, Card.ordinal)
_insert_prerequisite = inserting(Prerequisite, Prerequisite.note, Prerequisite.requires)
_insert_rendering = inserting(
    Rendering, Rendering.key, Rendering.which, Rendering.question_html, Rendering.answer_html, Rendering.extra,
    ignore=True,
)  # fmt: skip
_store_media = storing(
    Media, Media.name, Media.path, Media.mime, Media.size, Media.width, Media.height, key=(Media.name, Media.path)
)


@prepared
def _delete_folders() -> Query:
    return Folder.delete()


@prepared
def _park_deck(deck: DeckId) -> Query:
    is_there = (Deck.id == deck) & Deck.removed_at.is_null()
    return Deck.update({Deck.key: _parked(Deck), Deck.path: _parked(Deck)}).where(is_there)


@prepared
def _remove_deck(at: int, deck: DeckId) -> Query:
    return Deck.update({Deck.removed_at: at, Deck.cards: 0}).where(Deck.id == deck)


def _change_deck(*values: Any) -> Query:
    *said, deck = values
    return Deck.update(dict(zip(_FROM_FILE, said, strict=True)) | {Deck.removed_at: None}).where(Deck.id == deck)


_update_deck: Prepared[...] = Prepared(_change_deck, arity=len(_FROM_FILE) + 1)


@prepared
def _mark_deck(problems: str, size: int, mtime_ns: int, read_by: str, deck: DeckId) -> Query:
    marks = {Deck.problems: problems, Deck.size: size, Deck.mtime_ns: mtime_ns, Deck.read_by: read_by}
    return Deck.update(marks).where(Deck.id == deck)


@prepared
def _place_deck(position: int, deck: DeckId) -> Query:
    return Deck.update({Deck.position: position}).where(Deck.id == deck)


@prepared
def _set_problems(problems: str, deck: DeckId) -> Query:
    return Deck.update({Deck.problems: problems}).where(Deck.id == deck)


@prepared
def _count_cards(deck: DeckId) -> Query:
    is_shown = Note.removed_at.is_null() & (Note.draft == 0) & Card.removed_at.is_null()
    cards = Note.select(fn.count(SQL("*"))).join(Card).where(Note.deck == Deck.id, is_shown)
    return Deck.update({Deck.cards: cards}).where(Deck.id == deck)


@prepared
def _remove_note(at: int, note: NoteId) -> Query:
    return Note.update({Note.removed_at: at}).where(Note.id == note)


@prepared
def _park_note(note: NoteId) -> Query:
    return Note.update({Note.key: _parked(Note)}).where(Note.id == note)


def _change_note(*values: Any) -> Query:
    *said, guid, revision, modified, at, note = values
    modified_at = Case(None, ((modified == 1, at),), Note.modified_at)
    return Note.update(
        {
            **dict(zip(_NOTE, said, strict=True)),
            Note.guid: guid,
            Note.revision: revision,
            Note.removed_at: None,
            Note.modified_at: modified_at,
        }
    ).where(Note.id == note)


_update_note: Prepared[...] = Prepared(_change_note, arity=len(_NOTE) + 5)


@prepared
def _forget_fields(note: NoteId) -> Query:
    return AnkiFields.delete().where(AnkiFields.note == note)


@prepared
def _delete_fronts(note: NoteId) -> Query:
    return NoteFront.delete().where(NoteFront.note == note)


@prepared
def _delete_tags(note: NoteId) -> Query:
    return NoteTag.delete().where(NoteTag.note == note)


@prepared
def _remove_card(at: int, card: CardId) -> Query:
    return Card.update({Card.removed_at: at}).where(Card.id == card)


@prepared
def _restore_card(card: CardId) -> Query:
    return Card.update({Card.removed_at: None}).where(Card.id == card)


@prepared
def _delete_prerequisite(note: NoteId, requires: int) -> Query:
    return Prerequisite.delete().where(Prerequisite.note == note, Prerequisite.requires == requires)


@prepared
def _forget_renderings(keys: Collection[str]) -> Query:
    used = Note.select(Note.render_key).where(Among(Note.render_key, keys))
    return Rendering.delete().where(Among(Rendering.key, keys), Rendering.key.not_in(used))


class DeckStore:
    """The deck tables, for sync."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.points = PointRows(database)

    # --- taking turns -------------------------------------------------------------------------------

    def turn(self) -> AbstractContextManager[None]:
        """Waits until no other process or thread syncs, and keeps others out for the block."""
        return self._db.turn("syncing")

    def write(self) -> AbstractContextManager[None]:
        """The one write transaction of a sync."""
        return self._db.write()

    def read(self) -> AbstractContextManager[None]:
        """A consistent read."""
        return self._db.read()

    # --- what is stored -----------------------------------------------------------------------------

    def decks(self) -> tuple[StoredDeck, ...]:
        """The decks whose files were there at the last sync."""
        return tuple(_deck(*row) for row in _decks.all(self._db))

    def removed_decks(self) -> dict[str, StoredDeck]:
        """By key, the decks whose files have gone; of several with one key the last that went."""
        rows = _removed_decks.all(self._db)
        return {row[1]: _deck(*row) for row in rows}

    def folders(self) -> frozenset[FolderRow]:
        """The folders that say something of themselves."""
        rows = _all_folders.all(self._db)
        return frozenset(FolderRow(*row) for row in rows)

    def notes(self, decks: Iterable[DeckId]) -> tuple[StoredNote, ...]:
        """The notes that stand in these decks."""
        return tuple(map(_note, _notes.all(self._db, list(decks))))

    def removed_notes(self) -> tuple[StoredNote, ...]:
        """Every note that has left the files, whenever that was; the last to go comes first."""
        return tuple(map(_note, _removed_notes.all(self._db)))

    def cards(self, notes: Iterable[NoteId]) -> tuple[StoredCard, ...]:
        """The cards of these notes, the removed ones too."""
        rows = _cards.all(self._db, list(notes))
        return tuple(StoredCard(id_, note, which, bool(removed)) for id_, note, which, removed in rows)

    def with_history(self, notes: Iterable[NoteId]) -> frozenset[NoteId]:
        """Those of these notes that anybody ever answered or set aside."""
        return frozenset(note for (note,) in _with_history.all(self._db, list(notes)))

    def copies(self, notes: Iterable[StoredNote]) -> tuple[StoredNote, ...]:
        """Other notes that stand in a file and have the source, or the explicit id, of one of these."""
        listed = list(notes)
        ids = [note.id for note in listed]
        texts = [note.values.source for note in listed]
        keys = [note.values.key for note in listed if note.values.explicit]
        return tuple(map(_note, _copies.all(self._db, ids, texts, keys)))

    def rendered(self, keys: Iterable[str]) -> dict[str, RenderedNote]:
        """What is remembered of those of these renderings that are stored."""
        found = {}
        for key, extra in _rendered.all(self._db, list(keys)):
            read = json.loads(extra)
            problems = [(part, offset, code, message) for part, offset, code, message in read["problems"]]
            found[key] = RenderedNote(read["title"], tuple(problems))
        return found

    def prose(self, decks: Iterable[DeckId]) -> dict[str, str]:
        """The rendered prose of these decks: HTML by render key."""
        rows = _prose.all(self._db, list(decks))
        return {block["key"]: block["html"] for (prose,) in rows for block in json.loads(prose)}

    def next_ids(self) -> NextIds:
        """The first free ids. True for the length of a `turn`."""
        row = _last_ids.one(self._db)
        assert row is not None
        return NextIds(*(id_ + 1 for id_ in row))

    def taken_guids(self, guids: Iterable[str]) -> frozenset[str]:
        """Those of these guids that a note has."""
        return frozenset(guid for (guid,) in _taken_guids.all(self._db, list(guids)))

    def totals(self) -> Totals:
        """How many decks, notes and cards there are to learn."""
        return read_totals(self._db)

    # --- what a sync writes -------------------------------------------------------------------------

    def apply(self, changes: Changes, at: int) -> None:
        """Writes a sync's result, within `write()`; `at` is now in epoch ms."""
        counters.mark_collection(self._db)
        self._folders(changes.folders)
        self._decks(changes, at)
        self._notes(changes, at)
        self._cards(changes, at)
        self._renderings(changes)
        self._schedules(changes)

    def requirements(self) -> tuple[Requirement, ...]:
        """Of every note that stands in a file and requires others, what it requires."""
        return tuple(_requirement(*row) for row in _requirements.all(self._db))

    def notes_by_key(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """The ids of those of the notes `(deck id, note id)` that stand in a file."""
        return {(deck, note): id_ for deck, note, id_ in _notes_by_key.all(self._db, list(keys))}

    def set_prerequisites(self, edges: frozenset[tuple[int, int]]) -> None:
        """Makes `(note, required note)` the prerequisites of the whole collection."""
        stored = frozenset(_prerequisites.all(self._db))
        _delete_prerequisite.many(self._db, stored - edges)
        _insert_prerequisite.many(self._db, edges - stored)

    def set_problems(self, problems: dict[int, tuple[Problem, ...]]) -> None:
        """Replaces the problems of these decks."""
        rows = [(problems_to_json(found), deck) for deck, found in problems.items()]
        _set_problems.many(self._db, rows)

    # --- the parts of `apply` -----------------------------------------------------------------------

    def _folders(self, folders: tuple[FolderRow, ...] | None) -> None:
        if folders is not None:
            _delete_folders.run(self._db)
            rows = [(folder.path, folder.title, folder.order, folder.order_new) for folder in folders]
            _insert_folder.many(self._db, rows)

    def _decks(self, changes: Changes, at: int) -> None:
        _park_deck.many(self._db, [(write.id,) for write in changes.decks])
        _remove_deck.many(self._db, [(at, deck) for deck in changes.removed_decks])
        _update_deck.many(self._db, [(*_deck_values(write), write.id) for write in changes.decks])
        _insert_deck.many(self._db, [(*_deck_values(write), write.id) for write in changes.new_decks])
        _mark_deck.many(self._db, [_mark_values(mark) for mark in changes.marks])
        _place_deck.many(self._db, [(position, deck) for deck, position in changes.positions])

    def _notes(self, changes: Changes, at: int) -> None:
        _remove_note.many(self._db, [(at, note) for note in changes.removed_notes])
        _park_note.many(self._db, [(note.id,) for note in changes.notes])
        _update_note.many(
            self._db, [(*n.values, n.guid, n.revision, int(n.modified), at, n.id) for n in changes.notes]
        )  # fmt: skip
        _insert_note.many(self._db, [(*note.values, note.id, note.guid, at) for note in changes.new_notes])
        self._words(changes)
        self._fronts(changes)
        self._revisions(changes, at)
        self._tags(changes)
        self.points.write(changes.new_notes, changes.notes)
        # References are in the fields for Anki, and no part of what these are found by.
        stale = [(note.id,) for note in changes.notes if note.modified and not note.new_text]
        _forget_fields.many(self._db, stale)

    def _words(self, changes: Changes) -> None:
        """What searches find; removed notes stay."""
        forget_words(self._db, (note.id for note in changes.notes))
        written: list[NoteInsert | NoteUpdate] = [*changes.new_notes, *changes.notes]
        keep_words(self._db, ((n.id, n.values.key, n.values.question, n.values.answer) for n in written))

    def _fronts(self, changes: Changes) -> None:
        """What tells confusable cards; removed notes keep theirs."""
        _delete_fronts.many(self._db, [(note.id,) for note in changes.notes])
        written: list[NoteInsert | NoteUpdate] = [*changes.new_notes, *changes.notes]
        texts = ((n.id, n.values.kind, n.values.question, n.values.answer, n.values.reversed) for n in written)
        fronts.insert_front.many(self._db, (row for note in texts for row in fronts.front_rows(*note)))

    def _revisions(self, changes: Changes, at: int) -> None:
        new = [(note.id, 1, _revision_text(note.values), at) for note in changes.new_notes]
        edited = [(n.id, n.revision, _revision_text(n.values), at) for n in changes.notes if n.new_text]
        _insert_revision.many(self._db, new + edited)

    def _tags(self, changes: Changes) -> None:
        _delete_tags.many(self._db, [(note.id,) for note in changes.notes])
        written: list[NoteInsert | NoteUpdate] = [*changes.new_notes, *changes.notes]
        rows = [(tag, n.id) for n in written if n.values.tags != "[]" for tag in json.loads(n.values.tags)]
        _insert_tag.many(self._db, rows)

    def _cards(self, changes: Changes, at: int) -> None:
        _insert_card.many(self._db, [_card_values(card) for card in changes.new_cards])
        _remove_card.many(self._db, [(at, card) for card in changes.removed_cards])
        _restore_card.many(self._db, [(card,) for card in changes.restored_cards])

    def _renderings(self, changes: Changes) -> None:
        _insert_rendering.many(self._db, map(_rendering_values, changes.renderings))
        if changes.stale_renderings:
            _forget_renderings.run(self._db, changes.stale_renderings)
        _store_media.many(self._db, map(_media_values, changes.media))

    def _schedules(self, changes: Changes) -> None:
        """Tells schedules where their cards are now (nowhere, while hidden), and decks how many they hold."""
        if changes.shown_or_hidden:
            counters.follow_moves(self._db, changes.shown_or_hidden)
        _count_cards.many(self._db, [(deck,) for deck in changes.counted_decks])


def _deck(
    id_: DeckId, key: str, title: str, order: float | None, position: int, path: str, size: int, mtime_ns: int,
    media: str, read_by: str, problems: str,
) -> StoredDeck:  # fmt: skip
    stamps = tuple(Stamp(*row) for row in json.loads(media)) if media != "[]" else ()
    found = problems_from_json(path, problems)
    return StoredDeck(id_, key, title, order, position, Stamp(path, size, mtime_ns), stamps, read_by, found)


def _note(row: tuple[object, ...]) -> StoredNote:
    build: Callable[..., NoteValues] = NoteValues
    id_, guid, revision, removed, deck_key, path, *values = row
    create: Callable[..., StoredNote] = StoredNote
    return create(id_, guid, revision, bool(removed), deck_key, path, build(*values))


def _requirement(
    note: NoteId, deck: DeckId, deck_key: str, note_key: str, path: str, line: int, requires: str
) -> Requirement:
    wanted = tuple((other, key) for other, key in json.loads(requires))
    return Requirement(note, deck, deck_key, note_key, path, line, wanted)


def _deck_values(write: DeckWrite) -> tuple[object, ...]:
    deck = write.deck
    prose = [
        {"position": p.position, "line": p.line, "section": p.section, "key": p.key, "html": p.html}
        for p in write.prose
    ]
    return (
        deck.id, write.stamp.path, deck.title, deck.description, to_json(deck.tags), deck.author,
        deck.license, deck.source, deck.language, deck.order, to_json(prose), problems_to_json(write.problems),
        write.stamp.size, write.stamp.mtime_ns, to_json(write.media), write.read_by,
    )  # fmt: skip


def _mark_values(mark: DeckMark) -> tuple[object, ...]:
    return problems_to_json(mark.problems), mark.stamp.size, mark.stamp.mtime_ns, mark.read_by, mark.id


def _card_values(card: CardInsert) -> tuple[object, ...]:
    return card.id, card.note_id, card.which, card.ordinal


def _rendering_values(row: RenderingRow) -> tuple[object, ...]:
    extra = to_json(row.extra) if row.extra else "{}"
    return row.key, row.which, row.question_html, row.answer_html, extra


def _media_values(row: MediaRow) -> tuple[object, ...]:
    return row.name, row.path, row.mime, row.size, row.width, row.height


def _revision_text(values: NoteValues) -> str:
    return f"{values.source}\n\n{values.definitions}" if values.definitions else values.source
