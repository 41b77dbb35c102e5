"""Pages of a learner with a made-up history, through the app: what the processor takes for them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import study_data
from benchmarks.web_server import configuration
from flashcards.web.app import create_app
from flashcards.wiring import open_services


@contextmanager
def client_of(folder: Path, **history: int) -> Iterator[Any]:
    """A browser of the one learner of a `study_data.History`."""
    config = configuration(folder)
    config.data.mkdir()
    config.decks.mkdir()
    made = study_data.History(folder, **history)  # type: ignore[arg-type]
    made.close()
    made.path.rename(config.database)
    services = open_services(config, lambda: study_data.NOW)
    client = create_app(services, config).test_client()
    [learner] = services.accounts.learners()
    client.set_cookie("flashcards_session", services.accounts.start_session(learner, "benchmark"))
    yield client
    services.close()


def milliseconds(client: Any, path: str, rounds: int = 7) -> float:
    """Of the processor: what a page costs, whatever else the machine does."""
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        answer = client.get(path, headers={"Accept-Encoding": "gzip"})
        taken.append((time.process_time() - started) * 1000)
        assert answer.status_code == 200
    return statistics.median(taken[1:])
