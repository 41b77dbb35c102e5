"""Folders, decks, notes, cards and renderings: what sync reads and writes.

Raw SQL, in batches: a first sync brings ten thousand notes. What learners see of it is read by
`storage/deck_pages.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from flashcards.domain.problem import Problem
from flashcards.storage import counters, fronts, locks
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
from flashcards.storage.practice_points import PointRows
from flashcards.storage.search_text import search_text

_DECK_SQL = "SELECT id, key, title, sort_order, position, path, size, mtime_ns, media, read_by, problems FROM deck"
_NOTE_SQL = (
    "SELECT n.id, n.guid, n.revision, n.removed_at IS NOT NULL, d.key, d.path, "
    + ", ".join("n." + column for column in NOTE_COLUMNS)
    + " FROM note n JOIN deck d ON d.id = n.deck_id "
)
_LISTED = "IN (SELECT value FROM json_each(?))"
_PARKED = "char(31) || id"  # a value that no file can give: keys may change places within one transaction


class DeckStore:
    """The deck tables, for sync."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.points = PointRows(database)

    # --- taking turns -------------------------------------------------------------------------------

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits until no other process or thread syncs, and keeps others out for the block."""
        path = self._db.path
        with locks.held(path.with_name(path.name + ".syncing")):
            yield

    def write(self) -> AbstractContextManager[None]:
        """The one write transaction of a sync."""
        return self._db.write()

    def read(self) -> AbstractContextManager[None]:
        """A consistent read."""
        return self._db.read()

    # --- what is stored -----------------------------------------------------------------------------

    def decks(self) -> tuple[StoredDeck, ...]:
        """The decks whose files were there at the last sync."""
        return tuple(_deck(*row) for row in self._db.all(f"{_DECK_SQL} WHERE removed_at IS NULL"))

    def removed_decks(self) -> dict[str, StoredDeck]:
        """By key, the decks whose files have gone; of several with one key the last that went."""
        rows = self._db.all(f"{_DECK_SQL} WHERE removed_at IS NOT NULL ORDER BY removed_at, id")
        return {row[1]: _deck(*row) for row in rows}

    def folders(self) -> frozenset[FolderRow]:
        """The folders that say something of themselves."""
        rows = self._db.all("SELECT path, title, sort_order, order_new FROM folder")
        return frozenset(FolderRow(*row) for row in rows)

    def notes(self, decks: Iterable[int]) -> tuple[StoredNote, ...]:
        """The notes that stand in these decks."""
        where = f"WHERE n.removed_at IS NULL AND n.deck_id {_LISTED}"
        return tuple(map(_note, self._db.all(_NOTE_SQL + where, (to_json(list(decks)),))))

    def removed_notes(self) -> tuple[StoredNote, ...]:
        """Every note that has left the files, whenever that was; the last to go comes first."""
        where = "WHERE n.removed_at IS NOT NULL ORDER BY n.removed_at DESC, n.id"
        return tuple(map(_note, self._db.all(_NOTE_SQL + where)))

    def cards(self, notes: Iterable[int]) -> tuple[StoredCard, ...]:
        """The cards of these notes, the removed ones too."""
        sql = f"SELECT id, note_id, which, removed_at IS NOT NULL FROM card WHERE note_id {_LISTED}"
        rows = self._db.all(sql, (to_json(list(notes)),))
        return tuple(StoredCard(id_, note, which, bool(removed)) for id_, note, which, removed in rows)

    def with_history(self, notes: Iterable[int]) -> frozenset[int]:
        """Those of these notes that anybody ever answered or set aside."""
        sql = f"SELECT DISTINCT note_id FROM card WHERE note_id {_LISTED} AND answered"
        return frozenset(note for (note,) in self._db.all(sql, (to_json(list(notes)),)))

    def copies(self, notes: Iterable[StoredNote]) -> tuple[StoredNote, ...]:
        """Other notes that stand in a file and have the source, or the explicit id, of one of these."""
        listed = list(notes)
        where = (
            f"WHERE n.removed_at IS NULL AND n.id NOT {_LISTED} AND (n.source {_LISTED}"
            f" OR (n.explicit AND n.key {_LISTED})) ORDER BY n.id"
        )
        ids = to_json([note.id for note in listed])
        texts = to_json([note.values.source for note in listed])
        keys = to_json([note.values.key for note in listed if note.values.explicit])
        return tuple(map(_note, self._db.all(_NOTE_SQL + where, (ids, texts, keys))))

    def rendered(self, keys: Iterable[str]) -> dict[str, RenderedNote]:
        """What is remembered of those of these renderings that are stored."""
        sql = f"SELECT key, extra FROM rendering WHERE which = 'note' AND key {_LISTED}"
        found = {}
        for key, extra in self._db.all(sql, (to_json(list(keys)),)):
            read = json.loads(extra)
            problems = [(part, offset, code, message) for part, offset, code, message in read["problems"]]
            found[key] = RenderedNote(read["title"], tuple(problems))
        return found

    def prose(self, decks: Iterable[int]) -> dict[str, str]:
        """The rendered prose of these decks: HTML by render key."""
        rows = self._db.all(f"SELECT prose FROM deck WHERE id {_LISTED}", (to_json(list(decks)),))
        return {block["key"]: block["html"] for (prose,) in rows for block in json.loads(prose)}

    def next_ids(self) -> NextIds:
        """The first free ids. True for the length of a `turn`."""
        row = self._db.one(
            "SELECT (SELECT coalesce(max(id), 0) FROM deck), (SELECT coalesce(max(id), 0) FROM note),"
            " (SELECT coalesce(max(id), 0) FROM card)"
        )
        assert row is not None
        return NextIds(*(id_ + 1 for id_ in row))

    def taken_guids(self, guids: Iterable[str]) -> frozenset[str]:
        """Those of these guids that a note has."""
        sql = f"SELECT guid FROM note WHERE guid {_LISTED}"
        return frozenset(guid for (guid,) in self._db.all(sql, (to_json(list(guids)),)))

    def totals(self) -> Totals:
        """How many decks, notes and cards there are to learn."""
        return read_totals(self._db)

    # --- what a sync writes -------------------------------------------------------------------------

    def apply(self, changes: Changes, at: int) -> None:
        """Writes a sync's result, within `write()`; `at` is now in epoch ms."""
        self._folders(changes.folders)
        self._decks(changes, at)
        self._notes(changes, at)
        self._cards(changes, at)
        self._renderings(changes)
        self._schedules(changes)

    def requirements(self) -> tuple[Requirement, ...]:
        """Of every note that stands in a file and requires others, what it requires."""
        rows = self._db.all(
            "SELECT n.id, d.id, d.key, n.key, d.path, n.line, n.requires FROM note n"
            " JOIN deck d ON d.id = n.deck_id WHERE n.removed_at IS NULL AND n.requires <> '[]' ORDER BY n.id"
        )
        return tuple(_requirement(*row) for row in rows)

    def notes_by_key(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """The ids of those of the notes `(deck id, note id)` that stand in a file."""
        sql = (
            "SELECT d.key, n.key, n.id FROM json_each(?) k JOIN deck d ON d.key = k.value ->> 0"
            " AND d.removed_at IS NULL JOIN note n ON n.deck_id = d.id AND n.key = k.value ->> 1"
            " AND n.removed_at IS NULL"
        )
        return {(deck, note): id_ for deck, note, id_ in self._db.all(sql, (to_json(list(keys)),))}

    def set_prerequisites(self, edges: frozenset[tuple[int, int]]) -> None:
        """Makes `(note, required note)` the prerequisites of the whole collection."""
        stored = frozenset(self._db.all("SELECT note_id, requires_id FROM prerequisite"))
        self._many("DELETE FROM prerequisite WHERE note_id = ? AND requires_id = ?", stored - edges)
        self._many("INSERT INTO prerequisite(note_id, requires_id) VALUES (?, ?)", edges - stored)

    def set_problems(self, problems: dict[int, tuple[Problem, ...]]) -> None:
        """Replaces the problems of these decks."""
        rows = [(problems_to_json(found), deck) for deck, found in problems.items()]
        self._many("UPDATE deck SET problems = ? WHERE id = ?", rows)

    # --- the parts of `apply` -----------------------------------------------------------------------

    def _folders(self, folders: tuple[FolderRow, ...] | None) -> None:
        if folders is not None:
            self._db.execute("DELETE FROM folder")
            rows = [(folder.path, folder.title, folder.order, folder.order_new) for folder in folders]
            self._many("INSERT INTO folder(path, title, sort_order, order_new) VALUES (?, ?, ?, ?)", rows)

    def _decks(self, changes: Changes, at: int) -> None:
        park = f"UPDATE deck SET key = {_PARKED}, path = {_PARKED} WHERE id = ? AND removed_at IS NULL"
        self._many(park, [(write.id,) for write in changes.decks])
        remove = "UPDATE deck SET removed_at = ?, cards = 0 WHERE id = ?"
        self._many(remove, [(at, deck) for deck in changes.removed_decks])
        columns = (
            "key", "path", "title", "description", "tags", "author", "license", "source", "language",
            "sort_order", "prose", "problems", "size", "mtime_ns", "media", "read_by",
        )  # fmt: skip
        update = ", ".join(f"{column} = ?" for column in columns)
        self._many(
            f"UPDATE deck SET {update}, removed_at = NULL WHERE id = ?",
            [(*_deck_values(write), write.id) for write in changes.decks],
        )
        self._many(
            f"INSERT INTO deck({', '.join(columns)}, id) VALUES ({_marks(len(columns) + 1)})",
            [(*_deck_values(write), write.id) for write in changes.new_decks],
        )
        self._many(
            "UPDATE deck SET problems = ?, size = ?, mtime_ns = ?, read_by = ? WHERE id = ?",
            [_mark_values(mark) for mark in changes.marks],
        )
        position = "UPDATE deck SET position = ? WHERE id = ?"
        self._many(position, [(position, deck) for deck, position in changes.positions])

    def _notes(self, changes: Changes, at: int) -> None:
        remove = "UPDATE note SET removed_at = ? WHERE id = ?"
        self._many(remove, [(at, note) for note in changes.removed_notes])
        park = f"UPDATE note SET key = {_PARKED} WHERE id = ?"
        self._many(park, [(note.id,) for note in changes.notes])
        values = ", ".join(f"{column} = ?" for column in NOTE_COLUMNS)
        self._many(
            f"UPDATE note SET {values}, guid = ?, revision = ?, removed_at = NULL,"
            " modified_at = iif(?, ?, modified_at) WHERE id = ?",
            [(*n.values, n.guid, n.revision, n.modified, at, n.id) for n in changes.notes],
        )
        columns = (*NOTE_COLUMNS, "id", "guid", "modified_at")
        self._many(
            f"INSERT INTO note({', '.join(columns)}) VALUES ({_marks(len(columns))})",
            [(*note.values, note.id, note.guid, at) for note in changes.new_notes],
        )
        self._words(changes)
        self._fronts(changes)
        self._revisions(changes, at)
        self._tags(changes)
        self.points.write(changes.new_notes, changes.notes)
        # References are in the fields for Anki, and no part of what these are found by.
        forget = "DELETE FROM anki_fields WHERE note_id = ?"
        self._many(forget, [(note.id,) for note in changes.notes if note.modified and not note.new_text])

    def _words(self, changes: Changes) -> None:
        """What searches find; removed notes stay."""
        self._many("DELETE FROM note_text WHERE rowid = ?", [(note.id,) for note in changes.notes])
        written: list[NoteInsert | NoteUpdate] = [*changes.new_notes, *changes.notes]
        rows = ((n.id, search_text(n.values.key, n.values.question, n.values.answer)) for n in written)
        self._many("INSERT INTO note_text(rowid, text) VALUES (?, ?)", rows)

    def _fronts(self, changes: Changes) -> None:
        """What tells confusable cards; removed notes keep theirs."""
        self._many("DELETE FROM note_front WHERE note_id = ?", [(note.id,) for note in changes.notes])
        written: list[NoteInsert | NoteUpdate] = [*changes.new_notes, *changes.notes]
        texts = ((n.id, n.values.kind, n.values.question, n.values.answer, n.values.reversed) for n in written)
        fronts.insert_front.many(self._db, (row for note in texts for row in fronts.front_rows(*note)))

    def _revisions(self, changes: Changes, at: int) -> None:
        new = [(note.id, 1, _revision_text(note.values), at) for note in changes.new_notes]
        edited = [(n.id, n.revision, _revision_text(n.values), at) for n in changes.notes if n.new_text]
        self._many("INSERT INTO revision(note_id, number, source, at) VALUES (?, ?, ?, ?)", new + edited)

    def _tags(self, changes: Changes) -> None:
        self._many("DELETE FROM note_tag WHERE note_id = ?", [(note.id,) for note in changes.notes])
        written: list[NoteInsert | NoteUpdate] = [*changes.new_notes, *changes.notes]
        rows = [(tag, n.id) for n in written if n.values.tags != "[]" for tag in json.loads(n.values.tags)]
        self._many("INSERT OR IGNORE INTO note_tag(tag, note_id) VALUES (?, ?)", rows)

    def _cards(self, changes: Changes, at: int) -> None:
        insert = "INSERT INTO card(id, note_id, which, ordinal) VALUES (?, ?, ?, ?)"
        self._many(insert, [_card_values(card) for card in changes.new_cards])
        remove = "UPDATE card SET removed_at = ? WHERE id = ?"
        self._many(remove, [(at, card) for card in changes.removed_cards])
        restore = "UPDATE card SET removed_at = NULL WHERE id = ?"
        self._many(restore, [(card,) for card in changes.restored_cards])

    def _renderings(self, changes: Changes) -> None:
        columns = "key, which, question_html, answer_html, extra"
        insert = f"INSERT OR IGNORE INTO rendering({columns}) VALUES (?, ?, ?, ?, ?)"
        self._many(insert, map(_rendering_values, changes.renderings))
        if changes.stale_renderings:
            stale = to_json(changes.stale_renderings)
            used = f"SELECT render_key FROM note WHERE render_key {_LISTED}"
            forget = f"DELETE FROM rendering WHERE key {_LISTED} AND key NOT IN ({used})"
            self._db.execute(forget, (stale, stale))
        columns = "name, path, mime, size, width, height"
        insert = f"INSERT OR REPLACE INTO media({columns}) VALUES ({_marks(6)})"
        self._many(insert, map(_media_values, changes.media))

    def _schedules(self, changes: Changes) -> None:
        """Tells schedules where their cards are now (nowhere, while hidden), and decks how many they hold."""
        if changes.shown_or_hidden:
            counters.follow_moves(self._db, changes.shown_or_hidden)
        self._many(
            "UPDATE deck SET cards = (SELECT count(*) FROM note n JOIN card c ON c.note_id = n.id"
            " WHERE n.deck_id = deck.id AND n.removed_at IS NULL AND n.draft = 0 AND c.removed_at IS NULL)"
            " WHERE id = ?",
            [(deck,) for deck in changes.counted_decks],
        )

    def _many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        self._db.executemany(sql, rows)


def _deck(
    id_: int, key: str, title: str, order: float | None, position: int, path: str, size: int, mtime_ns: int,
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
    note: int, deck: int, deck_key: str, note_key: str, path: str, line: int, requires: str
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
    return row.key, row.which, row.question_html, row.answer_html, to_json(row.extra)


def _media_values(row: MediaRow) -> tuple[object, ...]:
    return row.name, row.path, row.mime, row.size, row.width, row.height


def _revision_text(values: NoteValues) -> str:
    return f"{values.source}\n\n{values.definitions}" if values.definitions else values.source


def _marks(count: int) -> str:
    return ", ".join("?" * count)
