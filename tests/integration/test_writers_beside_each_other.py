"""Who waits for whom on a server, and what would happen without.

Each guard is taken away once, to see that the test that proves it would fail.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from flashcards.errors import Unavailable
from flashcards.services.accounts.facade import Learner
from flashcards.services.review import answers as module
from flashcards.services.review.facade import Answer, Answered, ReviewService
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.counters import follow_moves
from flashcards.storage.database import Database, IntegrityError, migrate, our_migrations
from flashcards.storage.postgresql_database import PostgresqlDatabase
from tests.integration.study_world import StudyWorld
from tests.postgresql_server import Server
from tests.site import new_id

LONG = 60.0
"""Seconds after which a test gives up: none of them waits by the clock."""


@pytest.fixture
def world(world_on_server: StudyWorld) -> StudyWorld:
    return world_on_server


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writers take no lock."""
    monkeypatch.setattr(PostgresqlDatabase, "_lock", lambda *_: None)


def waiting(world: StudyWorld) -> int:
    """How many connections wait for an advisory lock of this database."""
    row = world.db.one(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return int(row[0]) if row else 0


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not is_so():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


@contextmanager
def paused(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """The next answer stops when it has read and not yet written: (it has come so far, it may go on)."""
    has_read, may_go = threading.Event(), threading.Event()
    looks = module.beginning

    def stops(*arguments: Any) -> Any:
        found = looks(*arguments)
        if not has_read.is_set():
            has_read.set()
            assert may_go.wait(LONG)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(module, "beginning", stops)
        try:
            yield has_read, may_go
        finally:
            may_go.set()


def move(world: StudyWorld, note: int, was: int, deck: int) -> None:
    """As a sync moves a note to another deck."""
    with world.db.write():
        world.db.execute("UPDATE note SET deck_id = ? WHERE id = ?", (deck, note))
        for each in (deck, was):
            world._count(each)
        follow_moves(world.db, [note])
    world.db.close_thread()


def answer_meets_a_sync(world: StudyWorld, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An answer has read where its card is, and a sync moves it before the answer is stored; what the doctor finds."""
    old = world.deck("old", 1)
    new = world.deck("new", {"other": ("forward",)})
    ada, card = world.learner(), world.card("old#n1")
    (note,) = world.db.one("SELECT note_id FROM card WHERE id = ?", (int(card),)) or (0,)
    with ThreadPoolExecutor(2) as pool, paused(monkeypatch) as (has_read, may_go):
        answering = pool.submit(world.review.answer, ada, Answer(new_id(), card, 4))
        assert has_read.wait(LONG)
        syncing = pool.submit(move, world, note, old, new)
        wait_until(lambda: syncing.done() or waiting(world) == 1)
        may_go.set()
        answering.result(LONG)
        syncing.result(LONG)
    assert world.db.all("SELECT count(*) FROM review") == [(1,)]
    return list(DoctorService(world.db).examine().findings)


def test_an_answer_that_meets_a_sync_has_the_new_deck(world: StudyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answer_meets_a_sync(world, monkeypatch) == []


@pytest.mark.usefixtures("unguarded")
def test_without_its_lock_it_would_keep_the_old_one(world: StudyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answer_meets_a_sync(world, monkeypatch)


def sixteen(world: StudyWorld, ada: Learner, card: str, meet: Callable[[], object]) -> list[Answered | Exception]:
    """The same answer from sixteen connections at once."""
    uid, start = new_id(), threading.Barrier(16)

    def one(_number: int) -> Answered | Exception:
        meet()
        start.wait(LONG)
        try:
            return world.review.answer(ada, Answer(uid, card, 4))
        except (IntegrityError, Unavailable) as error:
            return error
        finally:
            world.db.close_thread()

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(one, range(16)))


def test_the_same_answer_from_sixteen_connections_is_stored_once(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada, card = world.learner(), world.card("d#n1")
    given = sixteen(world, ada, card, lambda: None)
    results = [one for one in given if isinstance(one, Answered)]
    assert len(results) == 16, given
    assert sum(one.created for one in results) == 1
    assert {(one.id, one.seq) for one in results} == {(results[0].id, results[0].seq)}
    assert world.db.all("SELECT count(*) FROM review") == [(1,)]
    assert DoctorService(world.db).examine().ok


@pytest.mark.usefixtures("unguarded")
def test_without_its_lock_most_of_them_would_fail(world: StudyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deck("d", 1)
    ada, card = world.learner(), world.card("d#n1")
    looks, all_have_read = module.beginning, threading.Barrier(16)

    def together(*arguments: Any) -> Any:
        found = looks(*arguments)
        all_have_read.wait(LONG)
        return found

    monkeypatch.setattr(module, "beginning", together)
    given = sixteen(world, ada, card, lambda: None)
    assert sum(isinstance(one, IntegrityError) for one in given) == 15


def test_learners_do_not_wait_for_each_other(world: StudyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """One answer is in the middle of its transaction: another learner's is stored, one's own waits."""
    world.deck("d", 3)
    ada, bob = world.learner("ada"), world.learner("bob")
    first, second, third = (world.card(f"d#n{number}") for number in (1, 2, 3))
    world.review.answer(bob, Answer(new_id(), first, 4))  # everybody's mark of the card is there already
    with ThreadPoolExecutor(2) as pool, paused(monkeypatch) as (has_read, may_go):
        held = pool.submit(world.review.answer, ada, Answer(new_id(), first, 4))
        assert has_read.wait(LONG)
        world.review.answer(bob, Answer(new_id(), second, 4))
        assert not held.done()
        own = pool.submit(world.review.answer, ada, Answer(new_id(), third, 4))
        wait_until(lambda: waiting(world) == 1)
        assert not own.done()
        may_go.set()
        assert [held.result(LONG).seq, own.result(LONG).seq] == [1, 2]
    assert DoctorService(world.db).examine().ok


def test_who_will_not_wait_for_the_learner_is_told_at_once(world: StudyWorld) -> None:
    ada, bob = world.learner("ada"), world.learner("bob")
    other = Database.open(world.db.address)
    with world.db.write(learner=ada.id):
        with other.write(wait=False, learner=bob.id):
            pass
        for learner in (ada.id, None):
            with pytest.raises(Unavailable, match="busy with other work"), other.write(wait=False, learner=learner):
                pass
    other.close()


def test_many_cards_at_once_never_wait_in_a_circle(world: StudyWorld) -> None:
    """Two learners set aside the same cards, in opposite orders: each marks all of them as answered."""
    world.deck("d", {f"n{number}": ("forward", "backward") for number in range(20)})
    people = [world.learner("ada"), world.learner("bob")]
    cards = [world.card(f"d#n{number}") for number in range(20)]
    reviews = [ReviewService(world.db, world.clock) for _ in people]
    start = threading.Barrier(2)

    def set_aside(which: int) -> None:
        order = cards if which == 0 else cards[::-1]
        start.wait(LONG)
        reviews[which].act(people[which], order[0], "suspend", whole_note=True, also=order[1:])
        world.db.close_thread()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(set_aside, (0, 1)))
    assert DoctorService(world.db).examine().ok


def starters(server: Server) -> list[int | type[Exception]]:
    """What comes of three that start at once on a new database: how many migrations each ran, or what it met."""
    address, start = server.new_database(), threading.Barrier(3)

    def one(_number: int) -> int | type[Exception]:
        start.wait(LONG)
        try:
            return len(migrate(address))
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what this asks for
            return type(error)

    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(one, range(3)))


def test_of_three_starters_one_makes_the_tables(server: Server) -> None:
    assert sorted(map(str, starters(server))) == sorted(["0", "0", str(len(our_migrations()))])


def test_without_their_turn_two_of_them_would_fail(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    all_have_looked = threading.Barrier(3)
    looks = PostgresqlDatabase.versions

    def together(database: PostgresqlDatabase) -> Any:
        found = looks(database)
        all_have_looked.wait(LONG)
        return found

    @contextmanager
    def no_turn(_database: PostgresqlDatabase, _name: str) -> Iterator[None]:
        yield

    monkeypatch.setattr(PostgresqlDatabase, "turn", no_turn)
    monkeypatch.setattr(PostgresqlDatabase, "versions", together)
    monkeypatch.setattr(PostgresqlDatabase, "_lock", lambda *_: None)
    ends = starters(server)
    assert sum(isinstance(end, int) for end in ends) == 1, ends
