"""PostgreSQL on loopback, waiting for its disk: answers beside their bare statements, the due query, moves, a copy."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import bench_moves
from benchmarks.common import Row, format_row
from benchmarks.study_data import NOW, TODAY, History
from flashcards.database_address import ServerAddress
from flashcards.services.review.facade import Answer, ReviewService
from flashcards.services.upkeep.moving import copy_database
from flashcards.storage.database import Database
from flashcards.storage.queues import QueueRows
from tests.integration.smtp_world import free_port
from tests.postgresql_server import MISSING, Listening, Server, is_installed

ROUNDS, A_ROUND, AT_ONCE = 10, 100, 8
SCHEDULES, DUE = 1_000_000, 20
LOG_ROWS = 318_000
Statement = tuple[str, Any]
"""SQL as the driver is given it, with its values."""


def run() -> list[Row]:
    """All of them on one server, which is stopped at the end."""
    if not is_installed():
        print(f"  {MISSING}")
        return []
    with tempfile.TemporaryDirectory() as folder, _server() as server:
        history = History(Path(folder), schedules=10_000, due=5_000)
        new = lambda: _copy(history, server)  # noqa: E731
        rows = [*_one_after_the_other(history, new), *_at_once(history, new), _due_query(history, new())]
        history.close()
        moves = bench_moves.measure(server.new_database(), Path(folder) / "decks")
        return [*rows, *(replace(row, name=f"{row.name}, PostgreSQL") for row in moves), _copied(Path(folder), server)]


@contextmanager
def _server() -> Iterator[Server]:
    """A server with the settings that it comes with; on the disk, not in memory as for tests."""
    folder = Path(tempfile.mkdtemp(prefix="flashcards-bench-"))
    server = Server(folder, (), Listening("127.0.0.1", free_port(), "127.0.0.1/32"))
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _copy(history: History, server: Server) -> ServerAddress:
    address = ServerAddress(server.network_url(server.new_database().name))
    copy_database(history.path, address, lambda _proof: None)
    return address


# --- answers


def _one_after_the_other(history: History, new: Callable[[], ServerAddress]) -> list[Row]:
    """Rounds in turn on databases of the same making: the service, and what it said, said by the driver alone."""
    answers = _answers(history, ROUNDS * A_ROUND)
    said = iter(_recorded(new(), history, answers))
    ours, bare = Database.open(new()), _driver(new())
    service, cards = ReviewService(ours, lambda: NOW), iter(answers)
    times: dict[str, list[float]] = {"service": [], "driver": []}
    for _ in range(ROUNDS):
        times["driver"].append(_seconds(lambda: _say(bare, islice(said, A_ROUND))))
        times["service"].append(_seconds(lambda: _answer(service, history, islice(cards, A_ROUND))))
    ours.close()
    bare.close()
    rates = {name: A_ROUND / statistics.median(taken) for name, taken in times.items()}
    ratio = rates["service"] / rates["driver"]
    return [
        Row("answers through the service, PostgreSQL, one thread", rates["service"], "1/s", note="durable"),
        Row("the same statements through psycopg", rates["driver"], "1/s"),
        Row("service / psycopg", ratio, "", limit=0.8, ratio=ratio, better="higher"),
    ]


def _at_once(history: History, new: Callable[[], ServerAddress]) -> list[Row]:
    """The same by eight connections, all of one learner."""
    answers = _answers(history, ROUNDS * A_ROUND)
    said = _recorded(new(), history, answers)
    ours, there = Database.open(new()), new()
    service = ReviewService(ours, lambda: NOW)
    bare = [_driver(there) for _ in range(AT_ONCE)]
    times: dict[str, list[float]] = {"service": [], "driver": []}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for first in range(0, len(answers), A_ROUND):
            ours_now, theirs_now = answers[first : first + A_ROUND], said[first : first + A_ROUND]
            times["driver"].append(_together(threads, lambda at: _say(bare[at], theirs_now[at::AT_ONCE])))  # noqa: B023
            times["service"].append(
                _together(threads, lambda at: _answer(service, history, ours_now[at::AT_ONCE]))  # noqa: B023
            )
    ours.close()
    for connection in bare:
        connection.close()
    rates = {name: A_ROUND / statistics.median(taken) for name, taken in times.items()}
    ratio = rates["service"] / rates["driver"]
    return [
        Row(f"answers of one learner, {AT_ONCE} connections", rates["service"], "1/s"),
        Row(f"the same statements through psycopg, {AT_ONCE} connections", rates["driver"], "1/s"),
        Row("service / psycopg, one learner", ratio, "", limit=0.8, ratio=ratio, better="higher"),
    ]


def _answers(history: History, count: int) -> list[Answer]:
    return [Answer(str(uuid.uuid4()), str(card), 4, took_ms=5000) for card in history.due_cards(count)]


def _answer(service: ReviewService, history: History, answers: Iterable[Answer]) -> None:
    for answer in answers:
        assert service.answer(history.learner, answer).kind == "scheduled"


def _recorded(address: ServerAddress, history: History, answers: list[Answer]) -> list[list[Statement]]:
    """What the service says to a database for each answer, transactions and locks included."""
    database = Database.open(address)
    service = ReviewService(database, lambda: NOW)
    said: list[Statement] = []

    def recording(usual: Any) -> Any:
        def run(sql: str, params: Any = None) -> Any:
            said.append((sql, params))
            return usual(sql, params)

        return run

    database._run = recording(database._run)  # type: ignore[attr-defined]  # all that is said passes here
    database._tell = recording(database._tell)  # type: ignore[attr-defined]  # or here
    found = []
    for answer in answers:
        said.clear()
        _answer(service, history, [answer])
        found.append(list(said))
    database.close()
    return found


def _driver(address: ServerAddress) -> Any:
    """A connection of the driver's with the settings of ours, which no code of ours stands before."""
    database = Database.open(address)
    connection = database.connection()
    connection.execute("SELECT 1")
    return connection


def _say(connection: Any, said: Iterable[list[Statement]]) -> None:
    for statements in said:
        for sql, params in statements:
            cursor = connection.execute(sql, params)
            if cursor.description:
                cursor.fetchall()


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _together(threads: ThreadPoolExecutor, work: Callable[[int], None]) -> float:
    """Seconds until the last of all threads is done; they are the same in each round, and so are their connections."""
    ready = threading.Barrier(AT_ONCE + 1)

    def one(at: int) -> None:
        ready.wait()
        work(at)

    running = [threads.submit(one, at) for at in range(AT_ONCE)]
    ready.wait()
    began = time.perf_counter()
    for it in running:
        it.result()
    return time.perf_counter() - began


# --- others


def _due_query(history: History, address: ServerAddress) -> Row:
    database = Database.open(address)
    with database.write():
        database.execute("DELETE FROM schedule")
        database.execute(
            "INSERT INTO schedule(learner_id, card_id, note_id, ordinal, deck_id, repetition, interval, due_on)"
            f" SELECT 1, n, n, 0, 1, 4, 15, CASE WHEN n % {SCHEDULES // DUE} = 0 THEN {TODAY} ELSE {TODAY} + 1 + n % 90"
            f" END FROM generate_series(1, {SCHEDULES}) n"
        )
    database.connection().execute("VACUUM ANALYZE schedule")
    queue = QueueRows(database)
    taken = []
    for _ in range(200):
        began = time.perf_counter()
        assert len(queue.due(history.learner.id, TODAY)) == DUE
        taken.append((time.perf_counter() - began) * 1000)
    database.close()
    return Row(f"due query, {SCHEDULES:,} schedules, {DUE} due, PostgreSQL", statistics.median(taken), "ms", limit=1)


def _copied(folder: Path, server: Server) -> Row:
    history = History(folder, schedules=20_000, due=1_000, log_rows=LOG_ROWS)
    history.close()
    address = ServerAddress(server.network_url(server.new_database().name))
    began = time.perf_counter()
    proofs = copy_database(history.path, address, lambda _proof: None)
    taken = time.perf_counter() - began
    rows = sum(proof.rows for proof in proofs)
    assert rows > 400_000, rows
    return Row(f"{rows:,} rows copied to PostgreSQL and proven equal", taken, "s", limit=60)


if __name__ == "__main__":
    for row in run():
        print(format_row(row))
