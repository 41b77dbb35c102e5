"""Import of an Anki package: 10,000 notes with 100,000 reviews, into decks and a learner's history."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.common import Row
from flashcards.exchange.anki.fields import SEPARATOR
from flashcards.exchange.anki.package_notes import PackageCard, PackageNote
from flashcards.exchange.anki.package_writer import writing_package
from flashcards.exchange.anki.scheduling import AnkiReview, AnkiSchedule

NOTES = 10_000
REVIEWS_EACH = 10
DECKS = 50
DAY_MS = 86_400_000
BEGAN = 1_700_000_000_000
MOST_SECONDS = 10
MOST_MEGABYTES = 300


def package(target: Path) -> None:
    """Notes as people write them: some formatting, a formula, a list; each card answered ten times."""
    with writing_package(target) as writer:
        writer.add_notes(_note(number) for number in range(NOTES))


def _note(number: int) -> PackageNote:
    question = f"What is <b>term {number}</b> of the glossary, and what is it <i>not</i>?"
    answer = f"It is <b>explanation {number}</b>,<br>where \\(x_{{{number}}} &lt; 3\\) holds."
    if number % 3 == 0:
        answer = f"<ul><li>the first of {number}</li><li>the second</li></ul>"
    elif number % 3 == 1:
        answer = f"Plainly the explanation of number {number}, in one sentence that goes on for a while."
    fields = SEPARATOR.join((question, answer, *[""] * 7))
    created = BEGAN + number
    log = [
        AnkiReview(created + turn * 7 * DAY_MS, 3, 7, 7, 2500, 5000, 0 if turn == 0 else 1)
        for turn in range(REVIEWS_EACH)
    ]
    card = PackageCard(0, f"Bench::Deck {number % DECKS}", AnkiSchedule(2, 2, 9900 + number % 60, 30, 2500, 10, 0), log)
    return PackageNote(f"bench{number}", "basic", created, BEGAN // 1000, ("bench",), fields, (card,))


def measure(folder: Path) -> None:
    """What is measured: in a process of its own, so that its memory is."""
    from flashcards.clock import system_clock
    from flashcards.services.accounts.facade import AccountService
    from flashcards.services.anki.importing import AnkiImportService
    from flashcards.services.sync.run import SyncService
    from flashcards.storage.database import Database, migrate
    from flashcards.storage.decks import DeckStore

    (folder / "decks").mkdir()
    migrate(folder / "db.sqlite3")
    database = Database.open(folder / "db.sqlite3")
    with database.write():
        database.execute("INSERT INTO learner(name, name_key, password_hash, created_at) VALUES ('a', 'a', '', 0)")
    learner = AccountService(database, system_clock, secret_key=bytes(32), signup="open").find("a")
    sync = SyncService(DeckStore(database), folder / "decks", system_clock)
    started = time.perf_counter()
    marks: dict[str, float] = {}

    def progress(what: str, done: int, total: int) -> None:
        marks.setdefault(what, time.perf_counter() - started)

    service = AnkiImportService(database, sync, folder / "decks", system_clock)
    report = service.bring(folder / "bench.apkg", folder / "decks/anki", learner, progress=progress)
    seconds = time.perf_counter() - started
    assert report.history is not None
    assert (report.notes, report.history.reviews) == (NOTES, NOTES * REVIEWS_EACH), report
    # The process and its largest child are not there at once for long: the larger of the two is what is needed.
    usage = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"seconds": seconds, "megabytes": [*usage], "marks": marks}))


def run() -> list[Row]:
    """The time of an import with history, and the memory that it takes."""
    with tempfile.TemporaryDirectory(prefix="flashcards-bench-") as folder:
        package(Path(folder) / "bench.apkg")
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.bench_anki_import", folder], capture_output=True, check=True, text=True
        )
    measured = json.loads(done.stdout)
    own, child = measured["megabytes"]
    what = f"import of {NOTES:,} notes with {NOTES * REVIEWS_EACH:,} reviews"
    return [
        Row(what, measured["seconds"], "s", MOST_SECONDS),
        Row(f"{what}: memory", max(own, child), "MB", MOST_MEGABYTES, note=f"itself {own:.0f}, its child {child:.0f}"),
    ]


if __name__ == "__main__":
    measure(Path(sys.argv[1]))
