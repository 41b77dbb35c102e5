"""What an author waits for while typing: the preview of a deck of 100 cards after a keystroke, on the server."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.collection import deck_text
from benchmarks.common import Row
from flashcards.clock import system_clock
from flashcards.services.authoring.preview import PreviewService
from flashcards.services.sync.run import SyncService
from flashcards.storage.database import Database, migrate
from flashcards.storage.decks import DeckStore
from flashcards.storage.note_cards import NoteCards
from flashcards.web.api.authoring import preview_json

NOTES = 84  # two in ten are cloze notes of two cards: about 100 cards
KEYSTROKES = 40


def run() -> Iterator[Row]:
    """Parsing, rendering of the changed note in the child, matching, and the JSON, of one keystroke each."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as name:
        folder = Path(name)
        (folder / "decks").mkdir()
        migrate(folder / "db")
        database = Database.open(folder / "db")
        (folder / "decks" / "deck.md").write_text(deck_text(1, NOTES), "utf-8")
        SyncService(DeckStore(database), folder / "decks", system_clock).sync()
        service = PreviewService(DeckStore(database), NoteCards(database), folder / "decks")
        try:
            yield from _typing(service)
        finally:
            service.close()
            database.close()


def _typing(service: PreviewService) -> Iterator[Row]:
    text = deck_text(1, NOTES)
    preview = service.preview("deck", text)
    cards = sum(len(note.cards) for note in preview.notes)
    known = frozenset(note.render_key for note in preview.notes)
    times = []
    for number in range(KEYSTROKES):
        typed = text.replace("the exception", "the exception" + "s" * (number + 1), 1)
        started = time.perf_counter()
        preview_json(service.preview("deck", typed), known)
        times.append((time.perf_counter() - started) * 1000)
    yield Row(f"preview of {cards} cards after a keystroke, median", statistics.median(times), "ms", 150)
    slow = statistics.quantiles(times, n=10)[-1]
    yield Row(f"preview of {cards} cards after a keystroke, 90th percentile", slow, "ms", 150)
