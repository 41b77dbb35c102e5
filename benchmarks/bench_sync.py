"""Sync of 10,000 notes in 200 files: the first time, unchanged, and with one file edited."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from pathlib import Path

import markdown

from benchmarks.collection import write_collection
from benchmarks.common import Row, format_row
from flashcards.clock import system_clock
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.domain.card import Cloze
from flashcards.services.sync.run import SyncService
from flashcards.storage.database import Database, migrate
from flashcards.storage.decks import DeckStore

FILES, NOTES = 200, 50
REPEATS = 5
MOST_TIMES_MARKDOWN = 1.5
"""Reading, rendering and storing, in processor time, which is the same on however many cores it is spent."""


def run() -> list[Row]:
    """Times a service on a real database; files are dated in the past, so that nothing waits for them."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "decks"
        write_collection(root, files=FILES, notes=NOTES)
        for path in root.rglob("*.md"):
            _date(path, 100)
        database = Path(folder) / "flashcards.sqlite3"
        migrate(database)
        opened = Database.open(database)
        try:
            return _rows(SyncService(DeckStore(opened), root, system_clock), root)
        finally:
            opened.close()


def _rows(service: SyncService, root: Path) -> list[Row]:
    name = f"sync of {FILES * NOTES:,} notes in {FILES} files"
    before = _processor()
    first = _timed(service, new=FILES * NOTES * 12 // 10)
    worked = _processor() - before
    peer = _python_markdown(root)
    unchanged = min(_timed(service) for _ in range(REPEATS))
    path = root / "topic-3" / "deck-3.md"
    text = path.read_text("utf-8")
    edits = []
    for number in range(REPEATS):
        path.write_text(text.replace("It names", f"In case {number} it names", 1), "utf-8")
        _date(path, 90 - number)
        edits.append(_timed(service, edited=1))
    began = time.perf_counter()
    service.changed()
    watch = time.perf_counter() - began
    return [
        Row(f"{name}, the first, rendering included", first, "s", 5),
        Row(
            "the same: the processor, all processes together",
            worked,
            "s",
            MOST_TIMES_MARKDOWN * peer,
            worked / peer,
            note=f"Python-Markdown alone {peer:.2f} s of one core",
        ),
        Row(f"{name}, unchanged", unchanged, "s", 0.3),
        Row(f"{name}, one file edited", sorted(edits)[REPEATS // 2], "s", 0.3, note="median of 5"),
        Row("has anything changed? (the watcher's look)", watch * 1000, "ms", 50),
    ]


def _processor() -> float:
    """The processor time of this process and of its children that have ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _python_markdown(root: Path) -> float:
    """The processor time that Python-Markdown alone takes for the same questions, answers and lists."""
    texts = []
    for path in sorted(root.rglob("*.md")):
        for note in parse_deck(path.name, path.read_bytes()).deck.notes:
            content = note.content
            sides = (
                (content.heading, content.body) if isinstance(content, Cloze) else (content.question, content.answer)
            )
            texts += [*sides, *note.rubric]
    parser = markdown.Markdown(extensions=["extra", "sane_lists"])
    began = time.process_time()
    for text in texts:
        parser.reset()
        parser.convert(text)
    return time.process_time() - began


def _timed(service: SyncService, *, new: int = 0, edited: int = 0) -> float:
    began = time.perf_counter()
    report = service.sync()
    seconds = time.perf_counter() - began
    if (report.new, report.edited, report.errors) != (new, edited, ()):
        raise RuntimeError(f"the sync did something else: {report}")
    return seconds


def _date(path: Path, seconds_ago: int) -> None:
    when = time.time() - seconds_ago
    os.utime(path, (when, when))


if __name__ == "__main__":
    for row in run():
        print(format_row(row))
