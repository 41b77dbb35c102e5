"""What a database server and the way to it may do to an answer: a sentence, nothing lost, nothing doubled, and on."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from flashcards.config import Config
from flashcards.errors import Unavailable
from flashcards.services.review.facade import Answer, ReviewService
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.database import Database, migrate
from flashcards.storage.postgresql_database import PostgresqlDatabase
from flashcards.web.app import create_app
from flashcards.wiring import open_services
from tests.integration.study_world import SetClock, StudyWorld
from tests.postgresql_server import Server
from tests.site import Site, new_id


@pytest.fixture
def world(world_on_server: StudyWorld) -> StudyWorld:
    return world_on_server


class Cutting:
    """Cuts the connection before a statement, or behind it: the server has done it, and nobody hears of that."""

    def __init__(self, server: Server, monkeypatch: pytest.MonkeyPatch, number: int, *, behind: bool) -> None:
        self.server, self.number, self.behind = server, number, behind
        self.told: list[str] = []
        for name in ("_run", "_tell"):  # what is heard of, and what goes out with the next of those
            monkeypatch.setattr(PostgresqlDatabase, name, self._cutting(getattr(PostgresqlDatabase, name)))

    def _cutting(self, usual: Any) -> Any:
        def cut(database: PostgresqlDatabase, sql: str, params: Any = None) -> Any:
            self.told.append(sql)
            is_it = len(self.told) == self.number
            if is_it and not self.behind:
                self.cut(database)
            result = usual(database, sql, params)
            if is_it and self.behind:
                self.cut(database)
            return result

        return cut

    def cut(self, database: PostgresqlDatabase) -> None:
        import psycopg

        with psycopg.connect(self.server.url("postgres"), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 60000)", (database.connection().info.backend_pid,))


@pytest.mark.parametrize("behind", [False, True], ids=["before", "behind"])
def test_a_connection_that_is_lost_at_any_statement_of_an_answer(
    world: StudyWorld, server: Server, monkeypatch: pytest.MonkeyPatch, behind: bool
) -> None:
    """The browser sends the answer again, as it does after any fault: it is there once, and the log is whole."""
    world.deck("d", 60)
    ada, refused = world.learner(), list[Unavailable]()
    for number in itertools.count(1):
        answer = Answer(new_id(), world.card(f"d#n{number}"), 4)
        with monkeypatch.context() as patch:
            cutting = Cutting(server, patch, number, behind=behind)
            try:
                world.review.answer(ada, answer)
            except Unavailable as error:
                refused.append(error)
        statements = len(cutting.told)
        again = world.review.answer(ada, answer)
        assert again.seq == number, "each answer is there once, and in its place"
        if statements < number:
            break
    assert len(refused) > 5, "an answer is more than five statements"
    assert all("cannot be reached" in str(error) and error.retry_after for error in refused)
    assert world.db.all("SELECT count(*), count(DISTINCT uid) FROM review") == [(number, number)]
    assert DoctorService(world.db).examine().ok


def test_a_commit_of_which_nobody_heard_is_found_by_the_same_answer(
    world: StudyWorld, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is killed when the commit is on its disk and before it says so."""
    world.deck("d", 2)
    ada = world.learner()
    answer = world.an_answer("d#n1", 4)
    runs = PostgresqlDatabase._run

    def killed(database: PostgresqlDatabase, sql: str, params: Any = None) -> Any:
        result = runs(database, sql, params)
        if sql == "COMMIT":
            server.stop()
            raise Unavailable("The database cannot be reached.", retry_after=5)
        return result

    with monkeypatch.context() as patch:
        patch.setattr(PostgresqlDatabase, "_run", killed)
        with pytest.raises(Unavailable):
            world.review.answer(ada, answer)
    with pytest.raises(Unavailable, match="cannot be reached"):
        world.review.answer(ada, answer)
    server.start()
    again = world.review.answer(ada, answer)
    assert (again.seq, again.created) == (1, False)
    assert world.answer(ada, "d#n2", 4).seq == 2
    assert DoctorService(world.db).examine().ok


def test_while_the_server_is_gone_pages_say_so_and_then_go_on(server: Server, tmp_path: Path) -> None:
    (tmp_path / "decks").mkdir()
    (tmp_path / "decks" / "a.md").write_text("## Why?\n\nBecause.\n")
    config = Config(
        data=tmp_path / "data", decks=tmp_path / "decks", own_decks=True, database=server.new_database(), signup="open"
    )
    services = open_services(config)
    services.sync.sync()
    site = Site(config, services, create_app(services, config))
    ann = site.learner()
    client = site.client(ann)
    (card,) = (card.id for card in services.review.queue(ann).cards)
    answer = {"id": new_id(), "card": card, "grade": 4}
    server.stop("fast")
    try:
        page, stored = client.get("/"), client.post("/api/v1/reviews", json=answer)
        health = client.get("/readyz")
    finally:
        server.start()
    assert (page.status_code, stored.status_code, health.status_code) == (503, 503, 503)
    assert "cannot be reached" in page.text
    assert "Traceback" not in page.text
    assert int(stored.headers["Retry-After"]) > 0
    assert client.get("/").status_code == 200
    assert client.post("/api/v1/reviews", json=answer).status_code in {200, 201}
    assert services.doctor.examine().ok
    services.close()


def test_clocks_of_two_hosts_that_are_a_minute_apart(world: StudyWorld) -> None:
    """Who answers on the one host and then on the other has a whole log, in the order in which it came."""
    world.deck("d", 4)
    ada = world.learner()
    behind = ReviewService(world.db, SetClock(world.clock.now - 60_000))
    for number in range(1, 5):
        review = behind if number % 2 else world.review
        assert review.answer(ada, Answer(new_id(), world.card(f"d#n{number}"), 4)).seq == number
        world.clock.seconds(5)
    world.review.undo(ada)
    assert DoctorService(world.db).examine().ok


def test_another_order_of_letters_is_ours_all_the_same(server: Server) -> None:
    """A database that sorts as dictionaries do: texts are compared by bytes, as everywhere."""
    address = server.new_database("LOCALE_PROVIDER icu ICU_LOCALE 'de'")
    migrate(address)
    database = Database.open(address)
    with database.write():
        for path in ("b", "B", "ä", "a", "Z"):
            database.execute("INSERT INTO folder(path) VALUES (?)", (path,))
    assert [path for (path,) in database.all("SELECT path FROM folder ORDER BY path")] == ["B", "Z", "a", "b", "ä"]
    database.close()
