"""Few requests are worked on at once, and none of those that wait or take long stands in the others' way."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from flashcards.storage import group_sync
from flashcards.web.server import THREADS
from flashcards.web.serving import workers
from flashcards.web.serving.workers import AT_ONCE, Workers
from tests.integration.conftest import served
from tests.site import Site, copy_data, new_id, open_site
from tests.waiting import wait_for

FOR_EVER = 600.0


def ask(port: int, path: str, cookie: str = "", body: Any = None) -> int:
    """The status of the answer."""
    return said(port, path, cookie, body)[0]


def said(port: int, path: str, cookie: str = "", body: Any = None) -> tuple[int, bytes]:
    """The status of the answer, and what it says."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Origin": f"http://127.0.0.1:{port}", "Cookie": f"flashcards_session={cookie}"}
    try:
        if body is None:
            connection.request("GET", path, headers=headers)
        else:
            connection.request("POST", path, json.dumps(body), headers | {"Content-Type": "application/json"})
        with connection.getresponse() as response:
            return response.status, response.read()
    finally:
        connection.close()


def before_each(site: Site, monkeypatch: pytest.MonkeyPatch, work: Callable[[str], None]) -> None:
    """Lets the thread of each request do some work first, which is told the address."""
    usual = site.app.wsgi_app

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        work(environ["PATH_INFO"])
        return usual(environ, start_response)

    monkeypatch.setattr(site.app, "wsgi_app", app)


def test_few_requests_are_worked_on_at_once(site: Site, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LONG_SECONDS", FOR_EVER)
    together = threading.Barrier(AT_ONCE)
    lock, at_once, most = threading.Lock(), 0, 0

    def work(_path: str) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        together.wait(60)  # so many are
        with lock:
            at_once -= 1

    before_each(site, monkeypatch, work)
    with ThreadPoolExecutor(4 * AT_ONCE) as pool:
        asked = [pool.submit(ask, port, "/healthz") for _ in range(4 * AT_ONCE)]
        assert {future.result() for future in asked} == {200}
    assert most == AT_ONCE < THREADS


def test_what_takes_long_keeps_no_place(site: Site, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LONG_SECONDS", 0.05)
    site.learner("Ann")
    began: list[str] = []
    end = threading.Event()

    def work(path: str) -> None:
        if path == "/login":
            began.append(path)
            assert end.wait(60)

    before_each(site, monkeypatch, work)
    with ThreadPoolExecutor(THREADS) as pool:
        long = [pool.submit(ask, port, "/login") for _ in range(THREADS - 1)]
        try:
            wait_for(lambda: len(began) == THREADS - 1)
            assert ask(port, "/healthz") == 200
        finally:
            end.set()
        assert {future.result() for future in long} == {200}


def test_who_waits_for_the_disk_keeps_no_place(site: Site, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LONG_SECONDS", FOR_EVER)
    ann = site.learner("Ann")
    secret = site.secret(ann)
    cards = site.services.review.queue(ann, limit=THREADS - 1).cards
    answers = [{"id": new_id(), "card": card.id, "grade": 4} for card in cards]
    assert len(answers) == THREADS - 1 > AT_ONCE
    go_on = threading.Event()

    def sync(_log: Path, opened: int | None) -> int | None:
        assert go_on.wait(60)
        return opened

    monkeypatch.setattr(group_sync, "_to_disk", sync)
    with ThreadPoolExecutor(THREADS) as pool:
        asked = [pool.submit(ask, port, "/api/v1/reviews", secret, answer) for answer in answers]
        try:
            wait_for(lambda: len(site.services.review.log(ann)) == len(answers))  # all wait for the disk
            assert ask(port, "/decks", secret) == 200
        finally:
            go_on.set()
        assert {future.result() for future in asked} == {201}


def test_who_waits_for_the_turn_to_write_keeps_no_place(site: Site, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LONG_SECONDS", FOR_EVER)
    ann = site.learner("Ann")
    secret = site.secret(ann)
    cards = site.services.review.queue(ann, limit=AT_ONCE).cards
    answers = [{"id": new_id(), "card": card.id, "grade": 4} for card in cards]
    began: list[str] = []
    before_each(site, monkeypatch, began.append)
    with ThreadPoolExecutor(THREADS) as pool:
        with site.services.database.write():
            asked = [pool.submit(ask, port, "/api/v1/reviews", secret, answer) for answer in answers]
            wait_for(lambda: len(began) == AT_ONCE)
            assert ask(port, "/decks", secret) == 200
        assert {future.result() for future in asked} == {201}


@pytest.mark.parametrize("base", ["", "/cards"])
def test_where_the_disk_fails_nobody_who_was_held_back_for_others_is_told_that_it_was_stored(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    """Each is told what the app says of a disk that failed, as whoever waits for it itself."""
    with open_site(copy_data(prepared, tmp_path), base_path=base) as site, served(site) as port:
        _fail_for_several(site, port, base, monkeypatch)


def _fail_for_several(site: Site, port: int, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LONG_SECONDS", FOR_EVER)
    monkeypatch.setattr(workers, "ALONE_SECONDS", FOR_EVER)
    ann = site.learner("Ann")
    secret = site.secret(ann)
    cards = site.services.review.queue(ann, limit=4).cards
    answers = [{"id": new_id(), "card": card.id, "grade": 4} for card in cards]
    assert len(answers) > 1
    come, go_on = threading.Semaphore(0), threading.Event()

    def work(_path: str) -> None:
        come.release()
        assert go_on.wait(60)

    asked_for, usual = [], Workers.do

    async def counted(self: Workers, environ: dict[str, Any], *given: Any) -> Any:
        asked_for.append(environ["PATH_INFO"])
        return await usual(self, environ, *given)

    synced: list[str] = []

    def fail(_log: Path, _opened: int | None) -> int | None:
        synced.append(threading.current_thread().name)
        raise OSError(errno.EIO, "Input/output error")

    before_each(site, monkeypatch, work)
    monkeypatch.setattr(Workers, "do", counted)
    monkeypatch.setattr(group_sync, "_to_disk", fail)
    with ThreadPoolExecutor(len(answers)) as pool:
        asked = [pool.submit(said, port, f"{base}/api/v1/reviews", secret, answer) for answer in answers]
        assert come.acquire(timeout=60)  # one has the only place
        wait_for(lambda: len(asked_for) == len(answers))  # the others wait for it
        go_on.set()
        results = [future.result() for future in asked]
    assert synced[0] == "web_disk"
    for status, body in results:
        assert status == 503
        assert "failed (Input/output error)" in json.loads(body)["detail"]
