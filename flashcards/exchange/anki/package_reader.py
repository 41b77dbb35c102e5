"""Reads an Anki package (.apkg, .colpkg; legacy and modern) in a child process with a bound on time and memory.

A package is a stranger's file: whatever it does to the child (bombs, loops, crashes of a C library), the parent
gets a `Package` or a `PackageError`. The child hands over plain JSON lines and media files in a folder.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flashcards import apart
from flashcards.exchange.anki import container
from flashcards.exchange.anki.collection_reader import CollectionReader
from flashcards.exchange.anki.package_values import (
    Converted,
    Limits,
    NoteType,
    Package,
    PackageError,
    PackedCard,
    PackedNote,
    PackedReview,
    Template,
)
from flashcards.exchange.anki.to_notes import convert_all
from flashcards.temporary import TemporaryFolder

_REFUSED = 3
_STUB = ("latest Anki version", "newer version of Anki")
_MANY = 1000
_BLOCK = 250
_ENCODE = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), check_circular=False).encode
_ROWS = "rows.jsonl"
_CONVERTED = "converted-{}.json"
_MEDIA = "media"
_NOT_WHOLE = (
    "The package could not be read: it asked for more than {} MB of memory, or its database is damaged. Export fewer"
    " decks at once, or export it from Anki again."
)


@contextmanager
def reading_package(path: Path, limits: Limits | None = None) -> Iterator[Package]:
    """The package at `path`; its media files exist until the block ends.

    Raises PackageError (the message says what to do) where it is none, is damaged, or asks for too much.
    """
    limits = limits or Limits()
    with TemporaryFolder() as folder:
        _run_child(path, Path(folder), limits)
        yield _collect(Path(folder))


def _run_child(path: Path, folder: Path, limits: Limits) -> None:
    arguments = json.dumps([str(path.absolute()), str(folder), asdict(limits)])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    child = apart.start(
        [sys.executable, "-P", "-m", __name__, arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
    )  # fmt: skip
    try:
        said, _ = child.communicate(timeout=limits.seconds)
    except subprocess.TimeoutExpired as error:
        raise PackageError(f"Reading the package took more than {limits.seconds} s, and was stopped.") from error
    finally:
        apart.end(child)  # with those that share its work: alone they would go on
        child.communicate()
    if child.returncode == _REFUSED:
        raise PackageError(said.decode("utf-8", "replace").strip())
    if child.returncode == -signal.SIGXCPU:
        raise PackageError("Reading the package took too long, and was stopped.")
    if child.returncode:
        raise PackageError(_NOT_WHOLE.format(limits.memory >> 20))


def _collect(folder: Path) -> Package:
    with (folder / _ROWS).open(encoding="utf-8") as lines:
        header = json.loads(next(lines))
        notes = tuple(
            PackedNote(id_, guid, type_, modified, tuple(tags), tuple(fields))
            for id_, guid, type_, modified, tags, fields in _rows(lines)
        )
        cards = tuple(map(PackedCard._make, _rows(lines)))
        reviews = tuple(map(PackedReview._make, _rows(lines)))
    blocks = ((folder / _CONVERTED.format(start)).read_text("utf-8") for start in range(0, len(notes), _BLOCK))
    converted = tuple(_converted(row) for block in blocks for row in json.loads(block))
    return Package(
        note_types={row[0]: _note_type(row) for row in header["note_types"]},
        decks=dict(header["decks"]),
        descriptions=dict(header["descriptions"]),
        notes=notes,
        cards=cards,
        reviews=reviews,
        converted=converted,
        media={name: folder / _MEDIA / entry for name, entry in header["media"]},
        created_at=header["created_at"],
        offset=header["offset"],
        notices=tuple(header["notices"]),
        long_guids=header["long_guids"],
        presets={deck: tuple(numbers) for deck, numbers in header["presets"]},
    )


def _rows(lines: Iterator[str]) -> Iterator[list[Any]]:
    """The rows of one table: lines of several rows each, up to an empty one."""
    while block := json.loads(next(lines)):
        yield from block


def _converted(row: list[Any]) -> Converted:
    return Converted._make(tuple(value) if isinstance(value, list) else value for value in row)


def _note_type(row: list[Any]) -> NoteType:
    id_, name, cloze, fields, templates, stock, changed = row
    return NoteType(id_, name, cloze, tuple(fields), tuple(Template(*each) for each in templates), stock, changed)


# In the child --------------------------------------------------------------------------------------------


def _read(path: Path, folder: Path, limits: Limits) -> None:
    """Unpacks and checks everything; writes what `_collect` reads."""
    with container.opened(path, limits) as package:
        database = folder / "collection.sqlite3"
        package.collection(database)
        reader = CollectionReader(database, limits)
        try:
            types = reader.note_types()
            header = {
                "note_types": [
                    (t.id, t.name, t.cloze, t.fields, t.templates, t.stock, t.changed) for t in types.values()
                ],
                "decks": list(reader.decks().items()),
                "descriptions": [pair for pair in reader.descriptions().items() if pair[1]],
                "created_at": reader.created_at,
                "offset": reader.offset(),
                "presets": list(reader.presets().items()),
            }
            notes = list(reader.notes())
            _refuse_stub(notes)
            with _converting(notes, types, folder):
                cards, reviews = list(reader.cards()), list(reader.reviews())
                media, notices = _unpack_media(package, folder / _MEDIA, limits)
                header |= {"long_guids": reader.long_guids, "media": media, "notices": [*reader.notices, *notices]}
                _write(folder / _ROWS, header, notes, cards, reviews)
        finally:
            reader.close()
        database.unlink()


def _write(path: Path, header: dict[str, Any], *tables: Sequence[object]) -> None:
    with path.open("w", encoding="utf-8") as output:
        output.write(_ENCODE(header) + "\n")
        for table in tables:
            output.writelines(_lines(table))
            output.write("[]\n")


def _lines(rows: Sequence[object]) -> Iterator[str]:
    """A table as lines of some hundred rows each: a line for each row takes twice as long to write and to read."""
    return (_ENCODE(rows[start : start + _BLOCK]) + "\n" for start in range(0, len(rows), _BLOCK))


@contextmanager
def _converting(notes: list[PackedNote], types: dict[int, NoteType], folder: Path) -> Iterator[None]:
    """Reading HTML is most of the work of an import: where there is much of it, two processes share it, beside what
    the block does.
    """
    starts = range(0, len(notes), _BLOCK)
    if len(notes) < _MANY or (os.cpu_count() or 1) < 2:
        yield
        for start in starts:
            _convert_block(notes, types, folder, start)
        return
    # They are forked with the notes in hand, and write what becomes of them: nothing large goes to and fro.
    with multiprocessing.get_context("fork").Pool(2, _hand_over, (notes, types, folder)) as pool:
        converted = pool.map_async(_convert_handed, starts, chunksize=1)
        yield
        converted.get()


_handed: tuple[list[PackedNote], dict[int, NoteType], Path] = ([], {}, Path())


def _hand_over(notes: list[PackedNote], types: dict[int, NoteType], folder: Path) -> None:
    global _handed
    _handed = notes, types, folder
    gc.freeze()  # to look through the notes for garbage would copy their pages


def _convert_handed(start: int) -> None:
    _convert_block(*_handed, start)


def _convert_block(notes: list[PackedNote], types: dict[int, NoteType], folder: Path, start: int) -> None:
    text = _ENCODE(convert_all(notes[start : start + _BLOCK], types))
    (folder / _CONVERTED.format(start)).write_text(text, encoding="utf-8")


def _refuse_stub(notes: list[PackedNote]) -> None:
    """Every modern package carries an empty collection for old programs; alone, it says nothing."""
    if len(notes) == 1 and any(words in notes[0].fields[0] for words in _STUB):
        raise PackageError(
            "The package holds only the note that asks for a newer Anki: its real collection is missing. Export it from"
            " Anki again, with 'Support older Anki versions' ticked if need be."
        )


def _unpack_media(
    package: container.Container, folder: Path, limits: Limits
) -> tuple[list[tuple[str, str]], list[str]]:
    folder.mkdir()
    found: dict[str, str] = {}
    notices: list[str] = []
    total = 0
    for number, entry in enumerate(package.media_entries()):
        if not _is_plain_name(entry.name) or entry.name in found:
            notices.append(f"A media file with the name {entry.name[:80]!r} was left out: it is no plain file name.")
            continue
        total += package.media_file(entry, folder / str(number))
        if total > limits.media:
            raise PackageError(f"The media of the package are more than {limits.media >> 20} MB: export fewer decks.")
        found[entry.name] = str(number)
    return list(found.items()), notices


def _is_plain_name(name: str) -> bool:
    return 0 < len(name) <= 255 and name not in {".", ".."} and not set(name) & set("/\\\0") and name.isprintable()


def _limit(limits: Limits) -> None:
    """Bounds what this process may take; where the system has no such bound, the parent's clock remains."""
    import resource

    for what, value in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(what, (value, value + (1 if what == resource.RLIMIT_CPU else 0)))
        except (ValueError, OSError):  # macOS refuses some of them
            continue


def _child(arguments: str) -> int:
    path, folder, values = json.loads(arguments)
    limits = Limits(**values)
    _limit(limits)
    try:
        _read(Path(path), Path(folder), limits)
    except PackageError as error:
        sys.stdout.buffer.write(str(error).encode("utf-8", "replace"))
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(_child(sys.argv[1]))
