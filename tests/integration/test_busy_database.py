"""Another process holds the database's write lock: reads go on, writers are told to come again."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from flashcards.errors import Unavailable
from flashcards.services.accounts.facade import Learner
from flashcards.storage import sqlite_database as storage
from flashcards.storage.database import HURRIED_SECONDS, RETRY_AFTER, Database
from flashcards.storage.fair_lock import MOMENT_SECONDS
from flashcards.web.server import THREADS
from flashcards.web.serving import workers
from tests.site import PASSWORD, Site, new_id
from tests.waiting import wait_for

FOR_EVER = 600.0
HOLDER = """
import sys
from flashcards.storage.sqlite_driver import driver
held = driver.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
"""


@contextmanager
def another_writer(path: Path) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        try:
            yield
        finally:
            process.communicate("")


@pytest.fixture
def ann(site: Site) -> Learner:
    return site.learner("Ann")


def ask(port: int, method: str, path: str, cookie: str = "", body: str = "") -> tuple[int, str | None]:
    """The status and Retry-After."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Origin": f"http://127.0.0.1:{port}", "Cookie": f"flashcards_session={cookie}"}
    if body:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        response.read()
        return response.status, response.getheader("Retry-After")
    finally:
        connection.close()


def test_reads_go_on_and_writers_come_again(
    site: Site, ann: Learner, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Those who wait would wait for ever: so whatever is answered below was not waited for.
    monkeypatch.setattr(storage, "HURRIED_SECONDS", FOR_EVER)
    monkeypatch.setattr(workers, "LONG_SECONDS", FOR_EVER)  # who waits keeps others from computing no longer either
    secret = site.secret(ann)
    with ThreadPoolExecutor(30) as pool, another_writer(site.config.database):
        waiting = [pool.submit(ask, port, "POST", "/settings/tokens", secret, "name=x") for _ in range(30)]
        # Most are told to come again; a few wait, and leave enough threads to whoever reads.
        wait_for(lambda: sum(future.done() for future in waiting) == 30 - storage.MOST_WAITING - 1)
        refused = [future.result() for future in waiting if future.done()]
        assert refused == [(503, str(RETRY_AFTER))] * len(refused)
        for path in ("/healthz", "/", "/review", "/decks", "/settings", "/stats"):
            assert ask(port, "GET", path, secret)[0] == 200
        assert ask(port, "POST", "/login", "", f"name=Ann&password={PASSWORD}") == (503, str(RETRY_AFTER))
    # Whoever waited has come through.
    assert [future.result()[0] for future in waiting].count(200) == storage.MOST_WAITING + 1
    assert storage.MOST_WAITING + 1 < THREADS - 1


def test_nobody_waits_longer_than_ten_seconds(
    site: Site, ann: Learner, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOMENT_SECONDS + 2 * HURRIED_SECONDS < 10  # for one's turn, and then for the lock
    monkeypatch.setattr(storage, "HURRIED_SECONDS", 0.2)
    secret = site.secret(ann)
    with ThreadPoolExecutor(8) as pool, another_writer(site.config.database):
        waiting = [pool.submit(ask, port, "POST", "/settings/tokens", secret, "name=x") for _ in range(8)]
        assert [future.result() for future in waiting] == [(503, str(RETRY_AFTER))] * 8
    assert ask(port, "POST", "/settings/tokens", secret, "name=x")[0] == 200


def waits_in_a_write(database: Database) -> tuple[object, ...] | None:
    with database.write():
        return database.one("PRAGMA busy_timeout")


def test_who_answers_a_page_waits_less_for_the_lock_of_another_process(site: Site) -> None:
    database = site.services.database

    def of_a_page(*, used_before: bool) -> tuple[object, ...] | None:
        if used_before:
            database.one("SELECT 1")
        database.hurry_thread(lambda: None)
        return waits_in_a_write(database)

    for used_before in (True, False):
        with ThreadPoolExecutor(1) as thread:
            waits = thread.submit(of_a_page, used_before=used_before).result()
        assert waits == (round(HURRIED_SECONDS * 1000),)


def test_the_use_of_a_session_is_noted_only_where_that_takes_no_waiting(
    site: Site, ann: Learner, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "HURRIED_SECONDS", FOR_EVER)
    secret, token = site.secret(ann), site.services.accounts.create_token(ann, "t")
    site.services.database.execute("UPDATE session SET seen_at = 0")
    with another_writer(site.config.database):
        assert ask(port, "GET", "/healthz", secret)[0] == 200
        assert site.services.accounts.by_session(secret) == ann
        assert site.services.accounts.by_token(token) == ann
    assert site.services.database.one("SELECT seen_at FROM session") == (0,)
    assert waits_in_a_write(site.services.database) == (10_000,)
    assert site.services.accounts.by_session(secret) == ann
    assert site.services.database.one("SELECT seen_at FROM session") != (0,)


def test_of_a_batch_of_answers_only_one_waits(site: Site, ann: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "HURRIED_SECONDS", 0.1)
    client = site.client(ann)
    cards = [card["id"] for card in client.get("/api/v1/queue").get_json()["cards"]]
    items = [{"id": new_id(), "card": card, "grade": 4} for card in cards * 10]
    waits: list[bool] = []
    begin = storage.SqliteDatabase._transaction

    def counted(self: storage.SqliteDatabase, connection: Any, statement: str) -> Iterator[None]:
        waits.append("IMMEDIATE" in statement)
        return begin(self, connection, statement)

    monkeypatch.setattr(storage.SqliteDatabase, "_transaction", counted)
    with another_writer(site.config.database):
        answer = client.post("/api/v1/reviews/batch", json={"items": items})
    assert [item["status"] for item in answer.get_json()["items"]] == [503] * len(items)
    assert sum(waits) == 1


def test_commands_and_jobs_are_more_patient(site: Site) -> None:
    database = site.services.database
    started, entered = threading.Event(), threading.Event()

    def write() -> None:
        started.set()
        with database.write():
            entered.set()
        database.close_thread()

    with database.write():
        thread = threading.Thread(target=write)
        thread.start()
        started.wait(10)
        assert not entered.wait(0.2)
        with pytest.raises(Unavailable, match="busy"):  # who does not wish to wait
            raise_busy(database)
    thread.join(10)
    assert entered.is_set()


def raise_busy(database: storage.SqliteDatabase) -> None:
    errors: list[Unavailable] = []

    def attempt() -> None:
        try:
            with database.write(wait=False):
                pass
        except Unavailable as error:
            errors.append(error)
        database.close_thread()

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join(10)
    raise errors[0]
