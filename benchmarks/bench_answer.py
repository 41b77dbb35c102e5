"""One answer through the service, durable, beside its two bare statements through the driver."""

from __future__ import annotations

import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from benchmarks.common import Row, format_row
from benchmarks.study_data import NOW, TODAY, History
from flashcards.services.review.facade import Answer
from flashcards.storage import reviews
from flashcards.storage.dialects import SQLITE

ROUNDS, A_ROUND = 20, 100


def run() -> list[Row]:
    """The two alternate in rounds, on databases of the same making, so that the disk treats both alike."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        (Path(folder) / "raw").mkdir()
        histories = [History(Path(folder), schedules=10_000, due=5_000)]
        histories.append(History(Path(folder) / "raw", schedules=10_000, due=5_000))
        service, raw = (_service(histories[0]), _raw(histories[1]))
        times: dict[str, list[float]] = {"service": [], "raw": []}
        for _ in range(ROUNDS):
            times["raw"].append(_timed(raw))
            times["service"].append(_timed(service))
        for history in histories:
            history.close()
    rates = {name: A_ROUND / statistics.median(taken) for name, taken in times.items()}
    ratio = rates["service"] / rates["raw"]
    return [
        Row("answers through the service, one thread", rates["service"], "1/s", note="durable: fsync each"),
        Row("the same two statements through the driver", rates["raw"], "1/s"),
        Row("service / driver", ratio, "", limit=0.5, ratio=ratio, better="higher"),
    ]


def _timed(one: Callable[[], None]) -> float:
    started = time.perf_counter()
    for _ in range(A_ROUND):
        one()
    return time.perf_counter() - started


def _service(history: History) -> Callable[[], None]:
    cards = iter(history.due_cards(ROUNDS * A_ROUND))

    def one() -> None:
        answer = Answer(str(uuid.uuid4()), str(next(cards)), 4, took_ms=5000)
        assert history.review.answer(history.learner, answer).kind == "scheduled"

    return one


def _raw(history: History) -> Callable[[], None]:
    connection = history.db.connection()
    connection.execute("PRAGMA synchronous = FULL")  # whoever commits by themselves waits for the disk in the commit
    cards = iter(enumerate(history.due_cards(ROUNDS * A_ROUND), start=1))
    insert_log, update_schedule = (query.text(SQLITE) for query in (reviews.insert_log, reviews.update_schedule))
    before, after = (4, 250, 15, TODAY, 0, None), (5, 250, 38, TODAY + 38, 0, None)

    def one() -> None:
        seq, card = next(cards)
        uid = str(uuid.uuid4())
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            insert_log,
            (
                1,
                seq,
                uid,
                uid,
                card,
                card,
                NOW,
                TODAY,
                4,
                "scheduled",
                None,
                1,
                "sm2",
                *before,
                *after,
                5000,
                0,
                None,
                None,
                None,
            ),
        )
        connection.execute(update_schedule, (*after, 0, "sm2", 1, card))
        connection.execute("COMMIT")

    return one


if __name__ == "__main__":
    for row in run():
        print(format_row(row))
