"""Reads the SQLite file within a package. It comes from a stranger: nothing in it is believed or executed.

The file is a copy of its own, never our database, so the standard library's `sqlite3` is right here. Views,
triggers and virtual tables are refused, functions in the schema are not trusted, only reading is authorised,
and a query that does not end is stopped.
"""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import le
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from flashcards.exchange.anki import schema11, schema18
from flashcards.exchange.anki.container import damaged
from flashcards.exchange.anki.guids import known_as
from flashcards.exchange.anki.package_values import (
    Limits,
    NoteType,
    PackageError,
    PackedCard,
    PackedNote,
    PackedReview,
)
from flashcards.exchange.anki.scheduling import LEARN, RELEARN

_STEPS = 20_000  # of SQLite's machine between two looks at the clock
_BATCH = 5000
_TABLES = {"col", "notes", "cards", "revlog"}
_MODERN_TABLES = {"notetypes", "fields", "templates", "decks", "config"}
_MODERN_SCHEMA = 15
_KNOWN_SCHEMAS = range(11, 19)
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_FUNCTIONS = {"count", "length", "typeof"}
_BOUND = 1 << 62  # no number of Anki's comes near it
_MOST_LAPSES = 100_000
_FIRST_SCHEDULER = 1
_OF_FIRST_SCHEDULER = {2: 3, 3: 4}
"""What Anki's own upgrade makes of the answers to cards in learning and relearning: there were three buttons then."""
_INTEGERS = {int}
_LEAST = PackedReview(
    id=1, card=1 - _BOUND, ease=0, interval=1 - _BOUND, last_interval=1 - _BOUND, factor=1 - _BOUND, took_ms=0, type=0
)
_MOST = PackedReview(*[_BOUND - 1] * len(_LEAST))._replace(ease=4, type=5)
"""What a row of the log can hold."""
Row = TypeVar("Row", PackedNote, PackedCard, PackedReview)


class CollectionReader:
    """An open collection; `notices` and `long_guids` (see `Package`) grow while it is read."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        self._deadline = time.monotonic() + limits.seconds
        self.notices: list[str] = []
        self.long_guids: dict[str, str] = {}
        self._db = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
        self._db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limits.value)
        self._db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        self._db.set_progress_handler(lambda: time.monotonic() > self._deadline, _STEPS)
        self._db.execute("PRAGMA trusted_schema = OFF")
        self._db.execute("PRAGMA cell_size_check = ON")
        self._db.execute("PRAGMA mmap_size = 0")
        self._db.create_collation("unicase", _unicase)
        self._db.text_factory = lambda data: data.decode("utf-8", "replace")
        with self.guarded():
            names = self._check_schema()
        self._db.set_authorizer(_authorise)
        with self.guarded():
            self._schema = self._check_version(names)

    def close(self) -> None:
        """Lets go of the file."""
        self._db.close()

    def guarded(self) -> _Guard:
        """A block in which whatever SQLite says becomes a PackageError."""
        return _Guard()

    def _check_schema(self) -> set[str]:
        names = set()
        for kind, name, sql in self._db.execute("SELECT type, name, sql FROM sqlite_master"):
            virtual = "virtual" in str(sql or "").lower()  # wherever: a comment may stand before it
            if kind not in {"table", "index"} or virtual:
                what = "a virtual table" if virtual else f"a {kind}"
                raise PackageError(
                    f"The package holds {what} ({str(name)[:60]!r}) in its database: Anki makes no such package,"
                    " and it is not opened."
                )
            if kind == "table":
                names.add(str(name))
        return names

    def _check_version(self, names: set[str]) -> Any:
        missing = _TABLES - names
        if missing:
            raise damaged(f"its database has no table {sorted(missing)[0]}")
        row = self._db.execute("SELECT ver, crt FROM col").fetchone()
        version, created_at = row or (None, None)
        if type(version) is not int or version not in _KNOWN_SCHEMAS or type(created_at) is not int:
            raise PackageError(
                f"The collection in the package has schema {str(version)[:20]!r}, which this program does not know (it"
                " knows 11 to 18). Export it from Anki again with 'Support older Anki versions' ticked."
            )
        self.created_at = created_at
        if version < _MODERN_SCHEMA:
            return schema11
        if _MODERN_TABLES - names:
            raise damaged(f"its database has no table {sorted(_MODERN_TABLES - names)[0]}")
        return schema18

    def note_types(self) -> dict[int, NoteType]:
        """The note types by id."""
        types: dict[int, NoteType] = self._settings(self._schema.note_types)
        return types

    def decks(self) -> dict[int, str]:
        """The full names of the decks by id."""
        decks: dict[int, str] = self._settings(self._schema.decks)
        return decks

    def descriptions(self) -> dict[int, str]:
        """What decks say of themselves, as HTML, by id."""
        descriptions: dict[int, str] = self._settings(self._schema.descriptions)
        return descriptions

    def presets(self) -> dict[int, tuple[float, ...]]:
        """The numbers of FSRS in the presets of decks, by deck; decks whose preset has none are left out."""
        try:
            presets: dict[int, tuple[float, ...]] = self._settings(self._schema.presets)
        except PackageError:
            self.notices.append("The presets of the decks cannot be read: FSRS's numbers in them are left out.")
            return {}
        return presets

    def offset(self) -> int | None:
        """Minutes west of UTC on the day on which the collection was made."""
        offset: int | None = self._settings(self._schema.offset)
        return offset

    def _settings(self, read: Callable[[sqlite3.Connection], Any]) -> Any:
        try:
            with self.guarded():
                return read(self._db)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise damaged(f"its note types, decks or settings: {type(error).__name__} {error}") from error

    def notes(self) -> Iterator[PackedNote]:
        """The notes, in the order in which they were made."""
        sql = "SELECT id, guid, mid, mod, tags, flds FROM notes ORDER BY id"
        for note in self._rows("notes", sql, lambda rows: map(_note, rows), self._limits.notes):
            if sum(map(len, note.fields)) > self._limits.note:
                self.notices.append(f"A note of more than {self._limits.note >> 10} KiB was left out.")
                continue
            known = known_as(note.guid)
            if known != note.guid:
                self.long_guids[known] = note.guid
                note = note._replace(guid=known)
            yield note

    def cards(self) -> Iterator[PackedCard]:
        """The cards; those in a filtered deck as if they were at home."""
        sql = (
            "SELECT id, nid, CASE odid WHEN 0 THEN did ELSE odid END, ord, type, queue,"
            " CASE WHEN odid <> 0 AND odue <> 0 THEN odue ELSE due END, ivl, factor, lapses, flags & 7,"
            " data FROM cards ORDER BY nid, ord, id"
        )
        return self._rows("cards", sql, lambda rows: map(_card, rows), self._limits.cards)

    def reviews(self) -> Iterator[PackedReview]:
        """The log, in the order of its instants."""
        sql = "SELECT id, cid, ease, ivl, lastIvl, factor, time, type FROM revlog ORDER BY id"
        reviews = self._rows("reviews", sql, _reviews, self._limits.reviews)
        scheduler: int = self._settings(self._schema.scheduler)
        return map(_upgraded, reviews) if scheduler == _FIRST_SCHEDULER else reviews

    def _rows(
        self, what: str, sql: str, make: Callable[[list[Sequence[Any]]], Iterable[Row | None]], limit: int
    ) -> Iterator[Row]:
        with self.guarded():
            (count,) = self._db.execute(f"SELECT count(*) FROM {'revlog' if what == 'reviews' else what}").fetchone()
            if count > limit:
                raise PackageError(f"The package holds more than {limit:,} {what}: export fewer decks at once.")
            cursor = self._db.execute(sql)
            wrong = 0
            while rows := cursor.fetchmany(_BATCH):
                made = list(filter(None, make(rows)))
                wrong += len(rows) - len(made)
                yield from made
        if wrong:
            self.notices.append(f"{wrong:,} {what} with impossible values were left out.")


class _Guard:
    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, sqlite3.OperationalError) and "interrupted" in str(error):
            raise PackageError("Reading the package took too long, and was stopped.") from error
        if isinstance(error, sqlite3.Error):
            raise damaged(f"its database: {error}") from error


def _authorise(action: int, first: str | None, second: str | None, *_: object) -> int:
    allowed = action in _ALLOWED or (action == sqlite3.SQLITE_FUNCTION and second in _FUNCTIONS)
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _unicase(first: str, second: str) -> int:
    first, second = first.casefold(), second.casefold()
    return (first > second) - (first < second)


def _whole(values: Sequence[Any]) -> bool:
    return set(map(type, values)) == _INTEGERS and min(values) > -_BOUND and max(values) < _BOUND


def _note(row: Sequence[Any]) -> PackedNote | None:
    id_, guid, type_, modified, tags, text = row
    # Old add-ons stored numbers here: SQLite then gives an int for what Anki reads as text.
    guid, text = (str(value) if isinstance(value, int | float) else value for value in (guid, text))
    if not _whole((id_, type_, modified)) or not isinstance(guid, str) or not guid or not isinstance(text, str):
        return None
    return PackedNote(id_, guid, type_, modified, tuple(str(tags or "").split()), tuple(text.split("\x1f")))


def _card(row: Sequence[Any]) -> PackedCard | None:
    id_, note, deck, ordinal, type_, queue, due, interval, factor, lapses, flag, data = row
    if isinstance(due, float) and due == due // 1:  # some add-ons wrote floats
        due = int(due)
    if not _whole((id_, note, deck, ordinal, type_, queue, due, interval, factor, lapses)):
        return None
    if not (0 <= ordinal < 1000 and 0 <= type_ <= 3 and interval < 1 << 31 and 0 <= factor < 1 << 31):
        return None
    lapses = min(max(lapses, 0), _MOST_LAPSES)
    return PackedCard(id_, note, deck, ordinal, type_, queue, due, interval, factor, lapses, flag or 0, memory_of(data))


def memory_of(data: object) -> tuple[float, float] | None:
    """Stability in days and difficulty, as FSRS leaves them in a card's data; None where it holds none that can be."""
    if not isinstance(data, str) or '"s"' not in data:
        return None
    try:
        found = json.loads(data)
        stability, difficulty = float(found["s"]), float(found["d"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return (stability, difficulty) if 0 < stability < math.inf and 1 <= difficulty <= 10 else None


def _upgraded(review: PackedReview) -> PackedReview:
    """A row of the first scheduler's log in the numbers of the second."""
    if review.type not in (LEARN, RELEARN):
        return review
    return review._replace(ease=_OF_FIRST_SCHEDULER.get(review.ease, review.ease))


def _reviews(rows: Sequence[Sequence[Any]]) -> Iterator[PackedReview | None]:
    """Rows that are all possible are looked at column by column: that takes half the time."""
    return map(PackedReview._make if _all_possible(rows) else _review, rows)


def _all_possible(rows: Sequence[Sequence[Any]]) -> bool:
    columns = zip(*rows, strict=True)
    return all(
        set(map(type, column)) == _INTEGERS and least <= min(column) and max(column) <= most
        for column, least, most in zip(columns, _LEAST, _MOST, strict=True)
    )


def _review(row: Sequence[Any]) -> PackedReview | None:
    possible = set(map(type, row)) == _INTEGERS and all(map(le, _LEAST, row)) and all(map(le, row, _MOST))
    return PackedReview(*row) if possible else None
