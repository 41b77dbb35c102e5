"""The app for tests over HTTP; decks are read once and copied."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flashcards.storage.database import Database
from flashcards.web.server import bind, make_server
from tests.integration.study_world import StudyWorld
from tests.postgresql_server import MISSING, Server, is_installed, running_server
from tests.site import Site, copy_data, open_site, prepared_data


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared_data(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[Site]:
    with open_site(copy_data(prepared, tmp_path)) as site:
        yield site


@pytest.fixture
def port(site: Site) -> Iterator[int]:
    """Where the site is served: by our own server, in a thread."""
    with served(site) as port:
        yield port


@contextmanager
def served(site: Site) -> Iterator[int]:
    """Serves a site by our own server, in a thread; gives the port."""
    listener = bind("127.0.0.1", 0)
    server = make_server(site.app, listener)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.stop()
        thread.join(10)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL server, for tests of what is different there."""
    if not is_installed():
        pytest.skip(MISSING)
    with running_server() as server:
        yield server


@pytest.fixture
def world_on_server(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StudyWorld]:
    """Cards and a learner in a new database on the server."""
    address = server.new_database()
    with monkeypatch.context() as patch:
        patch.setattr("tests.databases.address_of", lambda _file: address)
        world = StudyWorld(tmp_path)
    yield world
    world.close()


@pytest.fixture(autouse=True)
def databases_closed(databases_given_back: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test or its helper opened is closed when it is over, also where it fails halfway.

    From 3.13 on Python warns of what is not. Of what the program itself leaves open it shall go on to do so.
    """
    open_one, opened = Database.open, list[Database]()

    def noted(*address: Any, **how: Any) -> Database:
        database = open_one(*address, **how)
        if sys._getframe(1).f_globals["__name__"].startswith("tests."):
            opened.append(database)
        return database

    monkeypatch.setattr(Database, "open", staticmethod(noted))
    yield
    for database in opened:
        database.close()
