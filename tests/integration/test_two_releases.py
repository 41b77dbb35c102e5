"""Two releases on one database: the older one says so and does nothing, whatever it was doing."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flashcards.config import Config
from flashcards.database_address import DatabaseAddress
from flashcards.errors import Unavailable
from flashcards.services.review.facade import Answer
from flashcards.storage import database as databases
from flashcards.storage.database import Database, migrate
from flashcards.web.app import create_app
from flashcards.wiring import examine, open_services
from tests.integration.test_jobs import wait_for
from tests.postgresql_server import Server
from tests.site import Site, new_id

NEWER = "newer version of this program"
UP = """
from tests.integration import test_two_releases

def up(_migrator, database, **_):
    database.execute_sql("ALTER TABLE learner ADD COLUMN tomorrow bigint NOT NULL DEFAULT 7")
    test_two_releases.meanwhile()
"""
_meanwhile: list[Callable[[], None]] = []


def meanwhile() -> None:
    """What a test does in the middle of the newer program's migration."""
    for do in _meanwhile:
        do()


@pytest.fixture
def site(server: Server, tmp_path: Path) -> Iterator[Site]:
    """The older program, at work, on a server."""
    yield from at_work(tmp_path, server.new_database())


@pytest.fixture
def site_on_file(tmp_path: Path) -> Iterator[Site]:
    """The same on a file."""
    yield from at_work(tmp_path, tmp_path / "data" / "flashcards.sqlite3")


def at_work(tmp_path: Path, database: DatabaseAddress) -> Iterator[Site]:
    (tmp_path / "decks").mkdir()
    (tmp_path / "decks" / "a.md").write_text("".join(f"## Why {n}?\n\nBecause.\n\n" for n in range(9)))
    config = Config(data=tmp_path / "data", decks=tmp_path / "decks", own_decks=True, database=database, signup="open")
    services = open_services(config)
    services.sync.sync()
    yield Site(config, services, create_app(services, config))
    services.close()


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Makes this a newer program while it is entered."""
    folder = tmp_path / "migrations"
    shutil.copytree(databases.MIGRATIONS, folder)
    (folder / "9999_of_tomorrow.py").write_text(UP)
    with monkeypatch.context() as patch:
        patch.setattr(databases, "MIGRATIONS", folder)
        yield patch
    _meanwhile.clear()


def test_an_older_one_that_runs_says_so_and_stores_nothing(site: Site, newer: pytest.MonkeyPatch) -> None:
    newer.undo()
    ann = site.learner()
    client = site.client(ann)
    cards = [card.id for card in site.services.review.queue(ann).cards]
    site.services.review.answer(ann, Answer(new_id(), cards[0], 4))
    folder = site.config.data.parent / "migrations"
    newer.setattr(databases, "MIGRATIONS", folder)
    assert migrate(site.config.database) == ["9999_of_tomorrow"]
    newer.undo()

    page = client.get("/")
    stored = client.post("/api/v1/reviews", json={"id": new_id(), "card": cards[1], "grade": 4})
    assert (page.status_code, stored.status_code, client.get("/readyz").status_code) == (503, 503, 503)
    assert NEWER in page.text
    with pytest.raises(Unavailable, match=NEWER):
        site.services.sync.sync()
    with pytest.raises(Unavailable, match=NEWER):
        open_services(site.config)
    with pytest.raises(Unavailable, match=NEWER):
        site.services.backup.backup()

    newer.setattr(databases, "MIGRATIONS", folder)
    database = Database.open(site.config.database)
    assert database.all("SELECT count(*), max(tomorrow) FROM review, learner WHERE learner.id = learner_id") == [(1, 7)]
    database.close()
    assert examine(site.config).findings == ()


def test_one_that_waited_to_write_while_the_newer_one_migrated_does_not(site: Site, newer: pytest.MonkeyPatch) -> None:
    ann = site.learner()
    (card, *_) = (card.id for card in site.services.review.queue(ann).cards)
    said: list[BaseException] = []

    def answer() -> None:
        try:
            site.services.review.answer(ann, Answer(new_id(), card, 4))
        except Unavailable as error:
            said.append(error)
        finally:
            site.services.release_thread()

    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    watch = site.services.database
    thread = threading.Thread(target=answer)

    def begin() -> None:
        thread.start()
        assert wait_for(lambda: watch.one(waiting) == (1,))

    _meanwhile.append(begin)
    migrate(site.config.database)
    thread.join()
    assert [error.retry_after for error in said] == [5], "it can be sent again, to the newer program"
    database = Database.open(site.config.database)
    assert database.one("SELECT count(*) FROM review") == (0,)
    database.close()


def test_a_newer_one_does_not_use_an_older_database_unless_it_migrates(site: Site, newer: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match="older than this program: it needs a migration"):
        Database.open(site.config.database)
    services = open_services(site.config)
    services.close()
    assert [path.name[:15] for path in site.services.backup.folder.iterdir()] == ["before-upgrade-"]


def test_an_older_one_on_a_file_stores_nothing_once_a_newer_one_has_upgraded_it(
    site_on_file: Site, newer: pytest.MonkeyPatch
) -> None:
    """A command of the newer program upgrades the file while the older program's server runs on."""
    site, folder = site_on_file, site_on_file.config.data.parent / "migrations"
    newer.undo()
    ann = site.learner()
    client = site.client(ann)
    cards = [card.id for card in site.services.review.queue(ann).cards]

    def answer(card: int) -> int:
        return client.post("/api/v1/reviews", json={"id": new_id(), "card": card, "grade": 4}).status_code

    assert answer(cards[0]) == 201
    newer.setattr(databases, "MIGRATIONS", folder)
    assert migrate(site.config.database) == ["9999_of_tomorrow"]

    assert (answer(cards[1]), client.get("/readyz").status_code) == (503, 503)
    (site.config.decks / "b.md").write_text("## And now?\n\nLater.\n")
    with pytest.raises(Unavailable, match=NEWER):
        site.services.sync.sync()
    with pytest.raises(Unavailable, match=NEWER):
        site.services.accounts.create_token(ann, "late")

    database = Database.open(site.config.database)  # the newer program goes on
    with database.write():
        database.execute("UPDATE learner SET tomorrow = 8")
    assert database.all("SELECT count(*), max(tomorrow) FROM review, learner WHERE learner.id = learner_id") == [(1, 8)]
    database.close()
