"""Writes an Anki package: a zip with a schema-11 `collection.anki2` and a JSON map of media names.

Every Anki since 2.1.49, and AnkiDroid, reads this form. Notes are written as they come; nothing but ids stays
in memory. The same input gives the same bytes.

The collection is a file of its own, so the standard library's `sqlite3` is right here: our own database is
never opened through it.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from hashlib import blake2b
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from flashcards.exchange.anki import notetypes
from flashcards.exchange.anki.fields import SEPARATOR
from flashcards.exchange.anki.foreign import ForeignNotes
from flashcards.exchange.anki.going_back import GoingBack
from flashcards.exchange.anki.notetypes import NOTE_TYPES
from flashcards.exchange.anki.package_notes import PackageNote
from flashcards.exchange.anki.presets import DEFAULT_PRESET, FsrsPreset
from flashcards.exchange.anki.scheduling import CREATED_AT
from flashcards.exchange.whole_file import whole_file
from flashcards.temporary import TemporaryFolder

_BATCH = 1000
_COMPRESSION_LEVEL = 1  # twice the time of storing; level 6 takes four times as long for a tenth less
_COMPRESSED_ALREADY = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".mp3", ".ogg", ".opus", ".m4a", ".flac")

_TABLES = """
CREATE TABLE col (id integer PRIMARY KEY, crt integer NOT NULL, mod integer NOT NULL, scm integer NOT NULL,
    ver integer NOT NULL, dty integer NOT NULL, usn integer NOT NULL, ls integer NOT NULL, conf text NOT NULL,
    models text NOT NULL, decks text NOT NULL, dconf text NOT NULL, tags text NOT NULL);
CREATE TABLE notes (id integer PRIMARY KEY, guid text NOT NULL, mid integer NOT NULL, mod integer NOT NULL,
    usn integer NOT NULL, tags text NOT NULL, flds text NOT NULL, sfld integer NOT NULL, csum integer NOT NULL,
    flags integer NOT NULL, data text NOT NULL);
CREATE TABLE cards (id integer PRIMARY KEY, nid integer NOT NULL, did integer NOT NULL, ord integer NOT NULL,
    mod integer NOT NULL, usn integer NOT NULL, type integer NOT NULL, queue integer NOT NULL,
    due integer NOT NULL, ivl integer NOT NULL, factor integer NOT NULL, reps integer NOT NULL,
    lapses integer NOT NULL, left integer NOT NULL, odue integer NOT NULL, odid integer NOT NULL,
    flags integer NOT NULL, data text NOT NULL);
CREATE TABLE revlog (id integer PRIMARY KEY, cid integer NOT NULL, usn integer NOT NULL, ease integer NOT NULL,
    ivl integer NOT NULL, lastIvl integer NOT NULL, factor integer NOT NULL, time integer NOT NULL,
    type integer NOT NULL);
CREATE TABLE graves (usn integer NOT NULL, oid integer NOT NULL, type integer NOT NULL);
"""
# Older clients look for each card's log on its own: without an index that takes hours. Nobody needs another one.
_INDEX = "CREATE INDEX ix_revlog_cid ON revlog (cid)"
# Written once, from beginning to end, and thrown away if anything goes wrong.
_PRAGMAS = """
PRAGMA page_size = 16384; PRAGMA cache_size = -16000; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
"""
_NOTE_SQL = "INSERT INTO notes VALUES (?, ?, ?, ?, -1, ?, ?, ?, 0, 0, '')"
_CARD_SQL = "INSERT INTO cards VALUES (?, ?, ?, ?, ?, -1, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, ?)"
_NEW_CARD_SQL = "INSERT INTO cards VALUES (?, ?, ?, ?, ?, -1, 0, 0, ?, 0, 0, 0, 0, 0, 0, 0, 0, '')"  # see `new_card`
_REVIEW_SQL = "INSERT INTO revlog VALUES (?, ?, -1, ?, ?, ?, ?, ?, ?)"

_TYPE_AND_SEPARATORS = {kind: (note_type.id, len(note_type.fields) - 1) for kind, note_type in NOTE_TYPES.items()}


class Counts(NamedTuple):
    """What a package holds."""

    notes: int
    cards: int
    reviews: int
    media: int


@contextmanager
def writing_package(
    target: Path,
    *,
    rollover: int = 4,
    foreign: ForeignNotes | None = None,
    unedited: Mapping[str, Mapping[str, str]] | None = None,
) -> Iterator[PackageWriter]:
    """Writes the package `target`, which appears whole at the end of the block, or not at all.

    `rollover` is the hour at which the learner's day starts: Anki counts the package's days with it. Notes in
    `foreign` came from Anki, and go back in the note types that they have there; `unedited` are by guid the fields,
    by the names of our note type, that go back as they came. It may grow while notes are added.
    Raises OSError where the file cannot be written.
    """
    with TemporaryFolder() as folder, whole_file(target) as stream:
        path = Path(folder) / "collection.anki2"
        writer = PackageWriter(path, stream, rollover, foreign or ForeignNotes(), {} if unedited is None else unedited)
        try:
            yield writer
            writer.finish()
        finally:
            writer.close()


class PackageWriter:
    """A package that is being written; made by `writing_package`."""

    def __init__(
        self,
        collection: Path,
        stream: BinaryIO,
        rollover: int,
        foreign: ForeignNotes,
        unedited: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._path = collection
        self._rollover = rollover
        self._back = GoingBack(foreign, unedited)
        self._db = sqlite3.connect(collection, isolation_level=None)
        self._db.executescript(_PRAGMAS)
        self._db.executescript(_TABLES)
        self._db.execute("BEGIN")
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION_LEVEL)
        self._decks: dict[str, int] = {}  # by the names that were asked for, clean or not
        self._deck_names: dict[int, str] = {}
        self._described: dict[str, str] = {}
        self._presets: dict[str, FsrsPreset] = {}
        self._media: dict[str, int] = {}
        self._note_ids, self._card_ids, self._review_ids = _UniqueIds(), _UniqueIds(), _UniqueIds()
        self._notes = self._cards = self._reviews = 0
        self._modified = 0

    @property
    def foreign_media(self) -> set[str]:
        """The names of pictures and sounds in fields that went back as they came."""
        return self._back.media

    @property
    def notices(self) -> tuple[str, ...]:
        """What of the notes so far Anki does not get, and why."""
        return tuple(self._back.notices)

    @property
    def counts(self) -> Counts:
        """What was written so far."""
        return Counts(self._notes, self._cards, self._reviews, len(self._media))

    def describe_deck(self, name: str, description: str) -> None:
        """Gives a deck the description (plain text) that Anki shows before it is studied; makes it where needed."""
        self._deck(name)
        self._described[clean_deck_name(name)] = escape(description, quote=False)

    def schedule_deck(self, name: str, preset: FsrsPreset) -> None:
        """Gives a deck a preset of its own."""
        self._presets[clean_deck_name(name)] = preset

    def add_notes(self, notes: Iterable[PackageNote]) -> None:
        """Adds notes with their cards and log rows."""
        source = iter(notes)
        while batch := list(islice(source, _BATCH)):
            self._add_batch(batch)

    def add_media(self, name: str, data: bytes) -> None:
        """Adds a picture or sound; a name that is there already is left as it is."""
        if name in self._media:
            return
        entry = self._entry(str(len(self._media)), name)
        self._media[name] = len(self._media)
        self._zip.writestr(entry, data, compresslevel=_COMPRESSION_LEVEL)

    def finish(self) -> None:
        """Writes what stands at the end: the decks, the indexes, the media map."""
        self._db.execute(
            "INSERT INTO col VALUES (1, ?, ?, ?, 11, 0, 0, 0, ?, ?, ?, ?, '{}')",
            (
                CREATED_AT,
                self._modified * 1000,
                notetypes.DESIGN_CHANGED_AT * 1000,
                json.dumps(self._conf()),
                json.dumps(self._models()),
                json.dumps({str(id_): self._deck_json(name, id_) for id_, name in self._deck_names.items()}),
                json.dumps({"1": DEFAULT_PRESET} | {str(it.id): it.as_json() for it in self._presets.values()}),
            ),
        )
        self._db.execute(_INDEX)
        self._db.execute("COMMIT")
        self._db.close()
        size = self._path.stat().st_size
        with (
            self._path.open("rb") as source,
            self._zip.open("collection.anki2", "w", force_zip64=size >= zipfile.ZIP64_LIMIT) as target,
        ):
            shutil.copyfileobj(source, target, 1 << 20)
        self._zip.writestr(
            self._entry("media", "media"),
            json.dumps({str(position): name for name, position in self._media.items()}, ensure_ascii=False),
            compresslevel=_COMPRESSION_LEVEL,
        )
        self._zip.close()

    def close(self) -> None:
        """Lets go of the files; harmless after `finish`."""
        self._db.close()
        self._zip.close()

    def _add_batch(self, notes: Sequence[PackageNote]) -> None:
        note_rows: list[tuple[object, ...]] = []
        new_rows: list[tuple[object, ...]] = []
        card_rows: list[tuple[object, ...]] = []
        review_rows: list[tuple[object, ...]] = []
        take_note, take_card, take_review = self._note_ids.take, self._card_ids.take, self._review_ids.take
        back, position = self._back, self._cards
        for note in notes:
            note_id, tags = take_note(note.created_at), back.tags_of(note)
            type_id, separators = _TYPE_AND_SEPARATORS[note.kind]
            count = note.fields.count(SEPARATOR)
            if count != separators:
                raise ValueError(f"a {note.kind} note has {separators + 1} fields, not {count + 1}")
            if note.guid in back:
                type_id, note = back.as_there(note)
            elif note.kind == "cloze":
                note = back.without_lost_gaps(note)
            guid, _, created, modified, _, fields, cards = note
            if modified > self._modified:
                self._modified = modified
            first = fields.partition(SEPARATOR)[0]
            note_rows.append((note_id, guid, type_id, modified, tag_text(tags), fields, first))
            for ordinal, deck, schedule, reviews, flag, data in cards:
                card_id = take_card(created)
                position += 1
                if schedule is None:
                    new_rows.append((card_id, note_id, self._deck(deck), ordinal, modified, position))
                else:
                    card_rows.append((card_id, note_id, self._deck(deck), ordinal, modified, *schedule, flag, data))
                for at, *values in reviews:
                    review_rows.append((take_review(at), card_id, *values))
        self._db.executemany(_NOTE_SQL, note_rows)
        self._db.executemany(_NEW_CARD_SQL, new_rows)
        self._db.executemany(_CARD_SQL, card_rows)
        self._db.executemany(_REVIEW_SQL, review_rows)
        self._notes += len(note_rows)
        self._cards = position
        self._reviews += len(review_rows)

    def _models(self) -> dict[str, Any]:
        return {str(kind.id): notetypes.schema11(kind) for kind in NOTE_TYPES.values()} | self._back.models()

    def _deck(self, name: str) -> int:
        known = self._decks.get(name)
        if known is not None:
            return known
        clean = clean_deck_name(name)
        parent, separator, _ = clean.rpartition("::")
        if separator:
            self._deck(parent)
        if clean not in self._decks:
            self._decks[clean] = self._new_deck_id(clean)
        self._decks[name] = self._decks[clean]
        return self._decks[name]

    def _new_deck_id(self, name: str) -> int:
        """An id that the same name always gets, within the numbers that JavaScript holds exactly."""
        digest = blake2b(name.encode(), digest_size=5).digest()
        id_ = (1 << 40) + int.from_bytes(digest, "big")
        while id_ in self._deck_names:
            id_ += 1
        self._deck_names[id_] = name
        return id_

    def _deck_json(self, name: str, id_: int) -> dict[str, Any]:
        return {
            "id": id_,
            "name": name,
            "mod": self._modified,
            "usn": -1,
            "desc": self._described.get(name, ""),
            "dyn": 0,
            "conf": self._presets[name].id if name in self._presets else 1,
            "collapsed": False,
            "browserCollapsed": False,
            "extendNew": 0,
            "extendRev": 0,
            "lrnToday": [0, 0],
            "revToday": [0, 0],
            "newToday": [0, 0],
            "timeToday": [0, 0],
        }

    def _conf(self) -> dict[str, Any]:
        return {
            "schedVer": 2,  # without it Anki rewrites the ratings of the log
            "creationOffset": 0,  # with `crt` at 04:00 UTC: days are counted from that very date
            "rollover": self._rollover,
            "activeDecks": [1],
            "curDeck": 1,
            "curModel": notetypes.BASIC.id,
            "nextPos": self._cards + 1,
            "sortType": "noteFld",
            "sortBackwards": False,
            "addToCur": True,
            "newSpread": 0,
            "collapseTime": 1200,
            "timeLim": 0,
            "estTimes": True,
            "dueCounts": True,
        }

    @staticmethod
    def _entry(name: str, file_name: str) -> zipfile.ZipInfo:
        """An entry of the zip, with the same date every time."""
        entry = zipfile.ZipInfo(name)
        packed = file_name.lower().endswith(_COMPRESSED_ALREADY)
        entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        entry.external_attr = 0o600 << 16
        return entry


class _UniqueIds:
    """Anki's ids are instants in ms. Gives each thing the first free one from its own instant on."""

    def __init__(self) -> None:
        self._used: set[int] = set()
        self._next: dict[int, int] = {}

    def take(self, wanted: int) -> int:
        used = self._used
        id_ = self._next.get(wanted, wanted) if wanted in used else wanted
        while id_ in used:
            id_ += 1
        used.add(id_)
        if id_ != wanted:
            self._next[wanted] = id_ + 1
        return id_


def clean_deck_name(name: str) -> str:
    """A deck's full name as Anki would keep it: composed, without quotes, control characters or blank parts."""
    parts = []
    for part in unicodedata.normalize("NFC", name).split("::"):
        kept = "".join(c for c in part if c != '"' and unicodedata.category(c) != "Cc").strip()
        parts.append(kept or "blank")
    return "::".join(parts)


def tag_text(tags: Sequence[str]) -> str:
    """Tags as Anki stores them: between blanks. A blank within a tag becomes an underscore."""
    return _tag_text(tuple(tags))


@lru_cache(maxsize=4096)
def _tag_text(tags: tuple[str, ...]) -> str:
    return f" {' '.join('_'.join(tag.split()) for tag in tags)} " if tags else ""
