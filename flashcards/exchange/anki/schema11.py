"""Note types, decks and settings as collections of schema 11 hold them: JSON in the one row of `col`."""

from __future__ import annotations

import json
import math
import sqlite3
from typing import Any

from flashcards.exchange.anki.package_values import NoteType, Template, moment


def note_types(db: sqlite3.Connection) -> dict[int, NoteType]:
    """The note types by id. Raises ValueError where the JSON is not what it should be."""
    return {int(id_): _note_type(int(id_), value) for id_, value in _mapping(db, "models").items()}


def decks(db: sqlite3.Connection) -> dict[int, str]:
    """The full names of the decks by id."""
    return {int(id_): str(value["name"]) for id_, value in _mapping(db, "decks").items()}


def descriptions(db: sqlite3.Connection) -> dict[int, str]:
    """What decks say of themselves, as HTML, by id."""
    return {int(id_): str(value.get("desc") or "") for id_, value in _mapping(db, "decks").items()}


def presets(db: sqlite3.Connection) -> dict[int, tuple[float, ...]]:
    """FSRS's numbers in the presets of decks, by deck: of its newest version that a preset has."""
    numbers = {str(id_): _fsrs_numbers(value) for id_, value in _mapping(db, "dconf").items()}
    used = {int(id_): numbers.get(str(value.get("conf")), ()) for id_, value in _mapping(db, "decks").items()}
    return {deck: found for deck, found in used.items() if found}


def _fsrs_numbers(preset: dict[str, Any]) -> tuple[float, ...]:
    for version in ("fsrsParams6", "fsrsParams5", "fsrsWeights"):
        found = preset.get(version)
        if isinstance(found, list) and found:
            return tuple(float(it) if isinstance(it, int | float) else math.nan for it in found)
    return ()


def offset(db: sqlite3.Connection) -> int | None:
    """Minutes west of UTC on the day on which the collection was made; None where it is too old to know."""
    value = _mapping(db, "conf").get("creationOffset")
    return value if isinstance(value, int) else None


def scheduler(db: sqlite3.Connection) -> int:
    """Which of Anki's schedulers wrote the log: 1 where the collection does not say."""
    value = _mapping(db, "conf").get("schedVer")
    return value if type(value) is int else 1


def _mapping(db: sqlite3.Connection, column: str) -> dict[str, Any]:
    (text,) = db.execute(f"SELECT {column} FROM col").fetchone()
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(f"col.{column} is no mapping")
    return value


def _note_type(id_: int, value: dict[str, Any]) -> NoteType:
    fields = sorted(value["flds"], key=lambda field: int(field.get("ord", 0)))
    templates = sorted(value["tmpls"], key=lambda template: int(template.get("ord", 0)))
    return NoteType(
        id_,
        str(value["name"]),
        value.get("type") == 1,
        tuple(str(field["name"]) for field in fields),
        tuple(Template(str(t["name"]), str(t.get("qfmt", "")), str(t.get("afmt", ""))) for t in templates),
        int(value.get("originalStockKind") or 0),
        moment(value.get("mod")),
    )
