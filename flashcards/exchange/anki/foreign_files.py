"""The files that keep what imports from Anki knew: read for exports, and brought to the layout of note types today."""

from __future__ import annotations

import fnmatch
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from flashcards.errors import Unavailable
from flashcards.exchange.anki.foreign import (
    LARGEST,
    PATTERN,
    VERSION,
    Dated,
    ForeignNotes,
    ForeignType,
    as_text,
    foreign_type,
    kept_whole,
    reverse_field,
)
from flashcards.exchange.anki.layouts import in_layout, places_now
from flashcards.exchange.anki.package_values import NoteType, Template, moment
from flashcards.exchange.anki.source_fields import SourceField
from flashcards.exchange.whole_file import whole_file

_T = TypeVar("_T")


def load(root: Path) -> ForeignNotes:
    """All that imports wrote below the decks folder. A file that is damaged counts for nothing."""
    found = ForeignNotes()
    for path, _, value in files(root):
        _add(found, value, path.parent.relative_to(root))
    return found


DAMAGED = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)
"""What reading such a file raises where it holds something else."""
_HALF = "\\ud"
"""What half of a character begins with in JSON, which is no text."""


def files(root: Path) -> Iterator[tuple[Path, bytes, dict[str, Any]]]:
    """Those files that can be read: the path, what stands in it, and what that says."""
    # os.walk, because a folder may vanish while it is looked at: rglob would raise.
    walked = (Path(folder) / name for folder, _, names in os.walk(root) for name in fnmatch.filter(names, PATTERN))
    for path in sorted(walked, key=_order):
        try:
            if path.is_file() and path.stat().st_size <= LARGEST:
                written = path.read_bytes()
                if (value := _read(written)) is not None:
                    yield path, written, value
        except (OSError, *DAMAGED):
            continue  # what it held goes out in our own note types, as if it had never come from Anki


def _read(written: bytes) -> dict[str, Any] | None:
    """What a file says; None where another version wrote it. Raises what is `DAMAGED`."""
    text = written.decode("utf-8")
    value: dict[str, Any] = json.loads(text)
    if value["version"] != VERSION:
        return None
    if not all(isinstance(of, dict) for name, of in value.items() if name not in ("version", "note_types")):
        raise TypeError("a member is no object")
    _add(ForeignNotes(), value, Path())
    if _HALF in text or _HALF.upper() in text:
        as_text(value).encode()
    return value


def _order(path: Path) -> tuple[Path, int, str]:
    """In a folder as imports wrote them: what stands in several files holds as the last one says."""
    number = path.stem.rpartition("-")[2]
    return path.parent, int(number) if number.isdecimal() else 0, path.name


def _add(found: ForeignNotes, value: dict[str, Any], folder: Path) -> None:
    types = {type_.id: type_ for type_ in map(type_of, value["note_types"])}
    changed = {id_: _changed(value, id_) for id_ in types}
    notes: dict[str, tuple[ForeignType, dict[int, str]]] = {}
    guids: dict[str, str] = {}
    for guid, (id_, kept, *own) in value["notes"].items():
        if int(id_) in types:
            notes[str(guid)] = types[int(id_)], {int(place): str(text) for place, text in kept.items()}
            guids |= {str(guid): str(*own)} if own else {}
    sources = {
        str(guid): {str(name): SourceField(str(html), str(digest)) for name, (html, digest) in fields.items()}
        for guid, fields in value.get("sources", {}).items()
    }
    dates = {str(guid): Dated(moment(at), str(digest)) for guid, (at, digest) in value.get("dates", {}).items()}
    tags = {
        str(guid): {str(word): tuple(map(str, names)) for word, names in of.items()}
        for guid, of in value.get("tags", {}).items()
    }
    media = {str(name): (folder / str(path)).as_posix() for name, path in value.get("media", {}).items()}
    # One name for two files: which of them a note means is not known, and Anki has both.
    unclear = {name for name, path in media.items() if found.media.get(name, path) != path}
    newer = {id_ for id_ in types if changed[id_] >= found.changed.get(id_, 0)}
    found.types |= {id_: types[id_] for id_ in newer}
    found.changed |= {id_: changed[id_] for id_ in newer}
    for guid in {*dates, *notes, *sources}:
        known, date = found.dates.get(guid), dates.get(guid)
        if known is None or (date is not None and date.at >= known.at):
            _take(guid, date if date and date.at else None, found.dates)
            _take(guid, notes.get(guid), found.notes)
            _take(guid, guids.get(guid), found.guids)
            _take(guid, sources.get(guid), found.sources)
            _take(guid, tags.get(guid), found.tags)
    found.media |= media
    found.media |= dict.fromkeys(unclear, "")


def type_of(row: list[Any]) -> ForeignType:
    id_, name, cloze, fields, templates, *places = row
    made = tuple(Template(*template) for template in templates)
    if any(place is not None and (type(place) is not int or not 0 <= place < len(fields)) for place in places):
        raise ValueError("the place of a field is none")
    if not all(isinstance(text, str) for text in (*fields, *(text for each in made for text in each))):
        raise ValueError("a field's name or a template is no text")
    type_ = ForeignType(int(id_), str(name), bool(cloze), tuple(fields), made, *places)
    # Earlier versions took any condition for one. A field that became one since is not ours to fill or to empty.
    return type_ if type_.reverse is None else type_._replace(reverse=reverse_field(type_))


def _changed(value: Mapping[str, Any], id_: int) -> int:
    """When a type changed last, as far as a file says; earlier versions did not."""
    return moment(value.get("changed", {}).get(str(id_)))


def _take(guid: str, value: _T | None, found: dict[str, _T]) -> None:
    """Puts what a later file says of a note in the place of what an earlier one said; it may say nothing."""
    found.pop(guid, None)
    if value is not None:
        found[guid] = value


def renew_layouts(root: Path, note_types: Mapping[int, NoteType]) -> None:
    """Brings the files below the decks folder to the layout that note types have in Anki now, which refuses notes of
    any other. Raises Unavailable.
    """
    for path, _, value in files(root):
        if not relaid(value, note_types):
            continue
        try:
            with whole_file(path) as stream:
                stream.write(as_text(value).encode())
        except OSError as error:
            raise Unavailable(f"{path} cannot be written: {error.strerror}.") from error


def relaid(value: dict[str, Any], note_types: Mapping[int, NoteType]) -> bool:
    """Brings what such a file holds to these layouts, where they are newer; whether any was another."""
    found = False
    for row in value["note_types"]:
        was = type_of(row)
        now = note_types.get(was.id)
        if now is None or now.cloze != was.cloze or now.changed < _changed(value, was.id):
            continue
        if (now.fields, now.templates) == (was.fields, was.templates):
            continue
        type_ = foreign_type(now) or kept_whole(now)
        places = places_now(was, type_)
        row[:] = in_layout(was, type_)
        for entry in value["notes"].values():
            if entry[0] == was.id:
                entry[1] = {str(places[int(at)]): text for at, text in entry[1].items() if int(at) in places}
        value.setdefault("changed", {})[str(was.id)] = now.changed
        found = True
    return found
