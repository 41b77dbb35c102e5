"""What a health check asks: whether an answer would be stored."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.errors import Unavailable
from flashcards.services.upkeep import ready
from tests.site import Site, copy_data, open_site


@pytest.fixture
def site(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(ready, "FRESH_SECONDS", 0.0)
    with open_site(copy_data(prepared, tmp_path)) as site:
        yield site


def test_a_server_that_can_write_is_ready(site: Site) -> None:
    response = site.client().get("/readyz")
    assert (response.status_code, response.json) == (200, {"status": "ready"})
    assert response.headers["Cache-Control"] == "no-store"
    assert not list(site.config.data.glob(".ready-*"))


def test_a_full_disk_is_not_ready_and_the_reason_is_for_the_log(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ready.os, "fsync", full)
    with caplog.at_level(logging.WARNING):
        response = site.client().get("/readyz")
    assert (response.status_code, response.json) == (503, {"status": "not ready"})
    assert "No space left on device" in caplog.text
    assert str(site.config.data) not in response.text
    assert site.client().get("/healthz").status_code == 200


def test_a_database_that_somebody_holds_is_not_ready(site: Site) -> None:
    held, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with site.services.database.write():
            held.set()
            leave.wait(30)
        site.services.database.close_thread()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)
    try:
        site.services.database.hurry_thread(lambda: None)
        with pytest.raises(Unavailable, match="busy"):
            site.services.ready.check()
    finally:
        leave.set()
        holder.join()


def test_a_database_that_was_moved_away_takes_no_answer(site: Site) -> None:
    path = site.config.database
    if not isinstance(path, Path):
        pytest.skip("a server's database is no file")
    moved = path.with_name("moved.sqlite3")
    path.rename(moved)
    client = site.client()
    assert client.get("/readyz").status_code == 503
    with pytest.raises(Unavailable, match="moved or replaced"), site.services.database.write():
        pass
    path.touch()  # another file in its place is not it either
    assert client.get("/readyz").status_code == 503
    moved.replace(path)
    assert client.get("/readyz").status_code == 200
