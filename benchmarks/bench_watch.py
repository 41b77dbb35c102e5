"""What a server costs to which nothing happens: the watch over the decks folder."""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks.common import Row, format_row
from benchmarks.web_server import configuration, write_decks
from flashcards.jobs.scheduler import WATCH_SECONDS
from flashcards.services.sync.watch import Watch
from flashcards.wiring import open_services

DECKS, SECONDS = 1_000, 600
LIMIT_PERCENT = 0.3


def run() -> list[Row]:
    """Ten minutes without a change, as often as the job asks, in its own time."""
    with tempfile.TemporaryDirectory() as name:
        config = configuration(Path(name))
        write_decks(config.decks, DECKS, 1)
        services = open_services(config)
        services.sync.sync()
        now = 0.0
        watch = Watch(config.decks, partial(services.sync.changed, wait=True), lambda: now)
        started = time.process_time()
        for _ in range(round(SECONDS / WATCH_SECONDS)):
            now += WATCH_SECONDS
            assert not watch.changed()
        taken = time.process_time() - started
        services.close()
    percent = taken / SECONDS * 100
    return [Row(f"watching {DECKS:,} decks", percent, "% core", limit=LIMIT_PERCENT)]


if __name__ == "__main__":
    for row in run():
        print(format_row(row))
