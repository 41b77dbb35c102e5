"""Note types, decks and settings as collections of schema 15 to 18 hold them: tables, with protobuf within."""

from __future__ import annotations

import json
import sqlite3

from flashcards.exchange.anki import protobuf
from flashcards.exchange.anki.package_values import NoteType, Template, moment

_KIND, _STOCK = 1, 9
_CLOZE = 1
_FRONT, _BACK = 1, 2
_NORMAL, _PRESET, _DESCRIPTION = 1, 1, 4
_FIRST_PRESET = 1
_FSRS_NUMBERS = (6, 5, 3)
"""The fields for versions 6, 5 and 4."""


def note_types(db: sqlite3.Connection) -> dict[int, NoteType]:
    """The note types by id. Raises ValueError where a configuration is no message."""
    fields: dict[int, list[str]] = {}
    for type_, name in db.execute("SELECT ntid, name FROM fields ORDER BY ntid, ord"):
        fields.setdefault(int(type_), []).append(str(name))
    templates: dict[int, list[Template]] = {}
    for type_, name, config in db.execute("SELECT ntid, name, config FROM templates ORDER BY ntid, ord"):
        front, back = protobuf.text(_bytes(config), _FRONT), protobuf.text(_bytes(config), _BACK)
        templates.setdefault(int(type_), []).append(Template(str(name), front, back))
    return {
        int(id_): NoteType(
            int(id_),
            str(name),
            protobuf.number(_bytes(config), _KIND) == _CLOZE,
            tuple(fields.get(int(id_), ())),
            tuple(templates.get(int(id_), ())),
            protobuf.number(_bytes(config), _STOCK),
            moment(changed),
        )
        for id_, name, changed, config in db.execute("SELECT id, name, mtime_secs, config FROM notetypes")
    }


def decks(db: sqlite3.Connection) -> dict[int, str]:
    """The full names of the decks by id."""
    rows = db.execute("SELECT id, name FROM decks")
    return {int(id_): str(name).replace("\x1f", "::") for id_, name in rows}


def descriptions(db: sqlite3.Connection) -> dict[int, str]:
    """What decks say of themselves, as HTML, by id; a filtered deck says nothing."""
    found = {}
    for id_, kind in db.execute("SELECT id, kind FROM decks"):
        normal = [value for field, value in protobuf.fields(_bytes(kind)) if field == _NORMAL]
        found[int(id_)] = protobuf.text(_bytes(normal[-1]), _DESCRIPTION) if normal else ""
    return found


def presets(db: sqlite3.Connection) -> dict[int, tuple[float, ...]]:
    """FSRS's numbers in the presets of decks, by deck: of its newest version that a preset has."""
    rows = db.execute("SELECT id, config FROM deck_config")
    numbers = {int(id_): _fsrs_numbers(_bytes(config)) for id_, config in rows}
    found = {}
    for id_, kind in db.execute("SELECT id, kind FROM decks"):
        normal = [value for field, value in protobuf.fields(_bytes(kind)) if field == _NORMAL]
        found[int(id_)] = numbers.get(protobuf.number(_bytes(normal[-1]), _PRESET, _FIRST_PRESET), ()) if normal else ()
    return {deck: given for deck, given in found.items() if given}


def _fsrs_numbers(preset: bytes) -> tuple[float, ...]:
    for version in _FSRS_NUMBERS:
        found = protobuf.floats(preset, version)
        if found:
            return found
    return ()


def offset(db: sqlite3.Connection) -> int | None:
    """Minutes west of UTC on the day on which the collection was made; None where it is too old to know."""
    row = db.execute("SELECT val FROM config WHERE KEY = 'creationOffset'").fetchone()
    value = json.loads(row[0]) if row else None
    return value if isinstance(value, int) else None


def scheduler(db: sqlite3.Connection) -> int:
    """Which of Anki's schedulers wrote the log: 1 where the collection does not say."""
    row = db.execute("SELECT val FROM config WHERE KEY = 'schedVer'").fetchone()
    value = json.loads(row[0]) if row else None
    return value if type(value) is int else 1


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("a configuration is no blob")
    return value
