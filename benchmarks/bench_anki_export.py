"""Writing an Anki package of notes that are rendered: against raw sqlite3 and zip, genanki, and Anki itself.

The notes are those of the built-in decks over and over, each with its number. Ours is measured three times: the
first export of a service, where the rendered fields are stored and each note is remembered as told to Anki (a write
of its own to our database); the same export again, where nothing is new to remember; and the writer alone.

Ours and raw write the same: for each note a row in `notes` and one in `cards`, every column with the same value but
for ids, into the same tables, then the same index, the same kind of zip at the same level. The raw writer is the
least that any writer could do: its tuples are ready before the clock starts, and it neither reads a database, nor
makes ids unique, nor checks a field, nor waits until the file is safe on the disk. genanki stores without
compression; Anki's exporter starts from a collection that already holds the notes. Each figure is the median of
paired runs, one job at a time.
"""

from __future__ import annotations

import gc
import json
import sqlite3
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

import genanki
from anki.collection import Collection, DeckIdLimit, ExportAnkiPackageOptions, ImportAnkiPackageRequest

from benchmarks.common import Row
from flashcards.bundled import bundled
from flashcards.deckfiles.render.jobs import ANKI_VERSION
from flashcards.exchange.anki import notetypes
from flashcards.exchange.anki import package_writer as ours
from flashcards.exchange.anki.fields import SEPARATOR
from flashcards.exchange.anki.notetypes import BASIC
from flashcards.exchange.anki.package_notes import PackageCard, PackageNote
from flashcards.exchange.anki.package_writer import writing_package
from flashcards.exchange.anki.scheduling import CREATED_AT
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.export.facade import ExportService
from flashcards.services.progress import no_progress
from flashcards.storage.database import Database, migrate

CREATED_MS = 1_790_000_000_000
DECKS = 60
DECK_NAMES = [f"Bench::Deck {number}" for number in range(DECKS)]
LIMIT = 2.5


def run() -> list[Row]:
    """10,000 and 100,000 notes."""
    rows: list[Row] = []
    for count, rounds in ((10_000, 7), (100_000, 3)):
        rows += _compare(count, rounds)
    return rows


def _compare(count: int, rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        anki_export = _anki_exporter(folder, count)
        database = _database(folder, count)
        service = ExportService(database, folder, lambda _learner: 0)
        jobs: dict[str, Callable[[], object]] = {
            "first": lambda: service.anki(folder / "ours.apkg"),
            "ours": lambda: service.anki(folder / "ours.apkg"),
            "writer": lambda: _ours(folder / "writer.apkg", count),
            "raw": _raw_job(folder, count),
            "genanki": _genanki_job(folder, count),
            "anki": lambda: anki_export(folder / "anki.apkg"),
        }
        times: dict[str, list[float]] = {job: [] for job in jobs}
        for _ in range(rounds):
            _forget_exports(database)
            for job, work in jobs.items():
                gc.collect()
                started = time.perf_counter()
                work()
                times[job].append(time.perf_counter() - started)
    took = {job: statistics.median(seconds) for job, seconds in times.items()}
    writer = statistics.median(_pairs(times["writer"], times["raw"]))
    first = statistics.median(_pairs(times["first"], times["raw"]))
    ratios = {job: statistics.median(_pairs(times["ours"], times[job])) for job in jobs}
    return [
        Row(f"anki export of {count:,} notes", took["ours"], "s", ratio=ratios["raw"], note="ratio to raw"),
        Row(f"  over raw sqlite3 and zip ({took['raw']:.2f} s)", ratios["raw"], "times", limit=LIMIT),
        Row(f"  the first export over raw ({took['first']:.2f} s)", first, "times", limit=LIMIT),
        Row(f"  the writer alone over raw ({took['writer']:.2f} s)", writer, "times", limit=LIMIT),
        Row(f"  over genanki ({took['genanki']:.2f} s)", ratios["genanki"], "times", limit=1),
        Row(f"  over Anki's own exporter ({took['anki']:.2f} s)", ratios["anki"], "times", limit=1),
    ]


def _pairs(ours_: list[float], theirs: list[float]) -> list[float]:
    return [mine / other for mine, other in zip(ours_, theirs, strict=True)]


# --- the notes, the same for all -----------------------------------------------------------------------


@cache
def _built_in() -> list[list[str]]:
    """The fields of the basic notes that ship."""
    with tempfile.TemporaryDirectory() as name:
        package = FileExport(bundled("decks")).anki(Path(name) / "x.apkg", (), no_progress).path
        with zipfile.ZipFile(package) as archive:
            path = archive.extract("collection.anki2", name)
        db = sqlite3.connect(path)
        rows = db.execute("SELECT flds FROM notes WHERE mid = ? AND flds NOT LIKE '%<img%'", (BASIC.id,)).fetchall()
        db.close()
    return [fields.split("\x1f") for (fields,) in rows]


def _fields(number: int) -> tuple[str, ...]:
    notes = _built_in()
    question, answer, rubric, follow_ups, source, *_ = notes[number % len(notes)]
    return f"{number}. {question}", answer, rubric, follow_ups, source, "Section", "", "", f"d#note-{number}"


def _deck(number: int) -> str:
    return DECK_NAMES[number // 500 % DECKS]


def _guid(number: int) -> str:
    return f"00000000-0000-5000-8000-{number:012d}"


@cache
def _notes(count: int) -> list[PackageNote]:
    notes = []
    for number in range(count):
        fields, card = SEPARATOR.join(_fields(number)), PackageCard(0, _deck(number))
        notes.append(PackageNote(_guid(number), "basic", CREATED_MS, CREATED_MS // 1000, ("bench",), fields, (card,)))
    return notes


# --- the writers ---------------------------------------------------------------------------------------


def _ours(target: Path, count: int) -> None:
    with writing_package(target) as package:
        package.add_notes(_notes(count))


def _database(folder: Path, count: int) -> Database:
    """A database with the notes and their rendered fields, as sync and rendering leave them."""
    migrate(folder / "flashcards.sqlite3")
    db = Database.open(folder / "flashcards.sqlite3")
    with db.write():
        db.executemany(
            "INSERT INTO deck(id, key, path, title, position) VALUES (?, ?, ?, ?, ?)",
            [(d + 1, f"d{d}", f"bench/d{d}.md", f"Deck {d}", d) for d in range(DECKS)],
        )
        db.executemany(
            "INSERT INTO note(id, deck_id, key, explicit, guid, kind, position, line, section, title, question, answer,"
            " source, tags, render_key, modified_at)"
            " VALUES (?, ?, ?, 1, ?, 'basic', ?, 1, 'Section', '', '', '', '', '[\"bench\"]', ?, ?)",
            (
                (n + 1, n // 500 % DECKS + 1, f"n{n}", _guid(n), n, sha256(b"%d" % n).hexdigest(), CREATED_MS)
                for n in range(count)
            ),
        )
        db.execute("INSERT INTO revision SELECT id, 1, '', modified_at FROM note")
        db.execute("INSERT INTO card(note_id, which, ordinal) SELECT id, 'forward', 0 FROM note")
        db.executemany(
            "INSERT INTO anki_fields(note_id, render_key, version, created_at, first, rest, media)"
            " VALUES (?, ?, ?, ?, ?, ?, '')",
            (
                (n + 1, sha256(b"%d" % n).hexdigest(), ANKI_VERSION, CREATED_MS, fields[0], "\x1f".join(fields[1:5]))
                for n, fields in ((n, _fields(n)) for n in range(count))
            ),
        )
    return db


def _forget_exports(db: Database) -> None:
    """As if nothing had been exported yet."""
    with db.write():
        db.execute("DELETE FROM anki_export")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _raw_job(folder: Path, count: int) -> Callable[[], None]:
    """Everything is prepared but the writing itself."""
    deck_ids = {name: 1_100_000_000_000 + number for number, name in enumerate(DECK_NAMES)}
    stamp = CREATED_MS // 1000
    notes = [
        (CREATED_MS + n, _guid(n), BASIC.id, stamp, " bench ", "\x1f".join(_fields(n)), _fields(n)[0])
        for n in range(count)
    ]
    cards = [(CREATED_MS + n, CREATED_MS + n, deck_ids[_deck(n)], 0, stamp, n + 1) for n in range(count)]
    models = json.dumps({str(BASIC.id): notetypes.schema11(BASIC)})
    decks = json.dumps({str(id_): {"id": id_, "name": name} for name, id_ in deck_ids.items()})

    def write() -> None:
        path, target = folder / "raw.anki2", folder / "raw.apkg"
        path.unlink(missing_ok=True)
        db = sqlite3.connect(path, isolation_level=None)
        db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + ours._TABLES)
        db.execute("BEGIN")
        db.executemany(ours._NOTE_SQL, notes)
        db.executemany(ours._NEW_CARD_SQL, cards)
        values = (CREATED_AT, CREATED_MS, CREATED_MS, models, decks)
        db.execute("INSERT INTO col VALUES (1, ?, ?, ?, 11, 0, 0, 0, '{}', ?, ?, '{}', '{}')", values)
        db.execute(ours._INDEX)
        db.execute("COMMIT")
        db.close()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.write(path, "collection.anki2")
            archive.writestr("media", "{}")

    return write


def _genanki_job(folder: Path, count: int) -> Callable[[], None]:
    model = genanki.Model(
        BASIC.id,
        BASIC.name,
        fields=[{"name": name} for name in BASIC.field_names],
        templates=[
            {"name": template.name, "qfmt": template.front, "afmt": template.back} for template in BASIC.templates[:1]
        ],
        css=notetypes.CSS,
    )

    def write() -> None:
        decks = {name: genanki.Deck(1_100_000_000_000 + number, name) for number, name in enumerate(DECK_NAMES)}
        for n in range(count):
            note = genanki.Note(model=model, fields=list(_fields(n)), tags=["bench"], guid=_guid(n))
            decks[_deck(n)].add_note(note)
        genanki.Package(list(decks.values())).write_to_file(folder / "genanki.apkg")

    return write


def _anki_exporter(folder: Path, count: int) -> Callable[[Path], object]:
    """Anki's legacy exporter over a collection that holds the notes."""
    package = folder / "seed.apkg"
    _ours(package, count)
    collection = Collection(str(folder / "collection.anki2"))
    collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(package)))
    deck = collection.decks.id_for_name("Bench")
    assert deck is not None
    options = ExportAnkiPackageOptions(legacy=True, with_media=False)
    return lambda target: collection.export_anki_package(out_path=str(target), options=options, limit=DeckIdLimit(deck))


if __name__ == "__main__":
    from benchmarks.common import format_row

    for row in run():
        print(format_row(row))
