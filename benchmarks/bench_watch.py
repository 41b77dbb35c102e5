"""What a server costs to which nothing happens, and the watch over the decks folder alone."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks.common import Row, format_row, free_port, processor_seconds
from benchmarks.web_server import configuration, write_decks
from flashcards.services.sync import folder_events
from flashcards.services.sync.watch import Watch
from flashcards.wiring import open_services

DECKS, SECONDS = 1_000, 600
SETTLES, IDLE_SECONDS = 20, 60
LIMIT_PERCENT = 0.3


def run() -> list[Row]:
    """The whole server, its jobs and its watch among them, and the watch alone."""
    whole = f"a server of {DECKS:,} decks to which nothing happens"
    return [
        Row(whole, _idle(), "% core", limit=LIMIT_PERCENT),
        Row(f"the watch over {DECKS:,} decks alone", _watching(), "% core", limit=LIMIT_PERCENT),
        Row("the same where the system tells of nothing, and each file is looked at", _looking(), "% core"),
    ]


def _idle() -> float:
    """A minute of `flashcards serve`, once it has read its decks."""
    with tempfile.TemporaryDirectory() as name:
        config = configuration(Path(name))
        write_decks(config.decks, DECKS, 1)
        process = subprocess.Popen(
            [sys.executable, "-m", "flashcards", "serve", "--port", str(free_port())],
            env={**os.environ, "FLASHCARDS_DATA": str(config.data), "FLASHCARDS_DECKS": str(config.decks)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(SETTLES)
            before = processor_seconds(process.pid)
            time.sleep(IDLE_SECONDS)
            return (processor_seconds(process.pid) - before) / IDLE_SECONDS * 100
        finally:
            process.terminate()
            process.wait()


def _watching() -> float:
    """Ten minutes without a change, as often as the job asks, in its own time."""
    with tempfile.TemporaryDirectory() as name:
        config = configuration(Path(name))
        write_decks(config.decks, DECKS, 1)
        services = open_services(config)
        services.sync.sync()
        now = 0.0
        watch = Watch(config.decks, partial(services.sync.changed, wait=True), lambda: now)
        started = time.process_time()
        while now < SECONDS:
            now += watch.rest()
            assert not watch.changed()
        taken = time.process_time() - started
        services.close()
    return taken / SECONDS * 100


def _looking() -> float:
    """The same as on a network's file system."""
    local = folder_events.LOCAL
    folder_events.LOCAL = frozenset()
    try:
        return _watching()
    finally:
        folder_events.LOCAL = local


if __name__ == "__main__":
    for row in run():
        print(format_row(row))
