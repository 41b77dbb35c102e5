"""Pages of a learner among very many decks, through the app: what a page costs is what it shows."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import study_data
from benchmarks.common import Row, format_row
from benchmarks.web_server import configuration
from flashcards.web.app import create_app
from flashcards.wiring import open_services

DECKS, CARDS_EACH, DUE, ROUNDS = 10_000, 10, 500, 7
PAGES = {
    "one deck": ("/decks/folder/d5", 15), "Decks": ("/decks", 150), "the folder of all": ("/decks/folder/", 150),
    "Today": ("/", 60),
}  # fmt: skip


def run() -> list[Row]:
    """10,000 decks of ten cards each in one folder."""
    with tempfile.TemporaryDirectory() as folder:
        config = configuration(Path(folder))
        config.data.mkdir()
        config.decks.mkdir()
        history = study_data.History(
            Path(folder), schedules=DECKS * CARDS_EACH, due=DUE, cards_a_deck=CARDS_EACH
        )  # fmt: skip
        history.close()
        history.path.rename(config.database)
        services = open_services(config, lambda: study_data.NOW)
        client = create_app(services, config).test_client()
        [learner] = services.accounts.learners()
        client.set_cookie("flashcards_session", services.accounts.start_session(learner, "benchmark"))
        rows = [
            Row(f"{name} among {DECKS:,} decks", _milliseconds(client, path), "ms", limit)
            for name, (path, limit) in PAGES.items()
        ]
        services.close()
    return rows


def _milliseconds(client: object, path: str) -> float:
    """Of the processor: what a page costs, whatever else the machine does."""
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time()
        answer = client.get(path, headers={"Accept-Encoding": "gzip"})  # type: ignore[attr-defined]
        taken.append((time.process_time() - started) * 1000)
        assert answer.status_code == 200
    return statistics.median(taken[1:])


if __name__ == "__main__":
    for row in run():
        print(format_row(row))
