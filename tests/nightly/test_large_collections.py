"""What the others feel while one learner's collection is as large as it can be, and asked for all the time.

Times are printed and not judged: what is asserted is that every page came, and that nobody was refused but with the
words that the database is busy for a moment, which a browser's script answers by sending once more: on a machine that
computes something else as well, one writer may take half a second.
"""

from __future__ import annotations

import json
import time
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from benchmarks.load.http_client import Connection
from benchmarks.web_server import Served, configuration, server, write_decks
from flashcards.deckfiles.parse.find import MAX_LEVELS
from flashcards.storage.counters import count_anew
from flashcards.storage.database import Database
from tests.nightly.honest import HONEST, Bad, beside, refused_for_good
from tests.nightly.test_bad_clients import an_answer, asking

pytestmark = pytest.mark.timeout(900)

DUE, BIG, DECKS = 200_000, 50_000, 10_000
SIDE_BY_SIDE = 2
"""So many windows of the one with the large collection ask at once."""


def reading(served: Served, *paths: str) -> Bad:
    """Somebody who opens these pages one after the other, without a thought; each of them comes."""

    async def read(port: int, until: float) -> None:
        with closing(Connection(port)) as connection:
            for number in count():
                if time.perf_counter() > until:
                    return
                path = paths[number % len(paths)]
                status = (await connection.ask(asking(served, "GET", path), 60)).status
                assert status == 200, f"{path}: {status}"

    return read


def learning(served: Served) -> Bad:
    """Somebody who answers card after card of their queue, without a thought; the same once more where it is empty."""

    async def learn(port: int, until: float) -> None:
        cards, latest = list[str](), list[str]()
        with closing(Connection(port)) as connection:
            while time.perf_counter() < until:
                if not cards:
                    found = await connection.ask(asking(served, "GET", "/api/v1/queue?limit=20"), 60)
                    assert found.status == 200
                    latest = [card["id"] for card in json.loads(found.body())["cards"]] or latest
                    assert latest, "a queue that is empty from the start"
                    cards = latest.copy()
                kind, body = "Content-Type: application/json", an_answer(served, cards.pop())
                status = (await connection.ask(asking(served, "POST", "/api/v1/reviews", kind, body=body), 60)).status
                assert status in {200, 201}, status

    return learn


def fill(folder: Path, deck: str, cards: int, *, due: bool) -> None:
    """A deck of so many cards, written straight into the tables; `due`: the first learner is late with all of them."""
    database = Database.open(configuration(folder).database)
    try:
        with database.write():
            (number,) = database.all(
                "INSERT INTO deck(key, path, title, position, cards) VALUES (?1, ?1 || '.md', 'Large', 900, ?2)"
                " RETURNING id", (deck, cards),
            )[0]  # fmt: skip
            first = int((database.one("SELECT max(id) FROM note") or (0,))[0])
            database.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?3)"
                " INSERT INTO note(id, deck_id, key, explicit, guid, kind, position, line, title, question, answer,"
                " source, render_key, modified_at) SELECT ?2 + i, ?1, 'n' || i, 1, 'large' || i, 'basic', i, i,"
                " 'Title ' || i, 'What is ' || i || '?', 'It is this.', '', 'large' || i, 0 FROM n",
                (number, first, cards),
            )
            database.execute(
                "INSERT INTO rendering(key, which, question_html, answer_html) SELECT render_key, 'forward',"
                " '<p>' || question || '</p>', '<p>It is this.</p>' FROM note WHERE deck_id = ?", (number,),
            )  # fmt: skip
            database.execute(
                "INSERT INTO card(note_id, which, ordinal) SELECT id, 'forward', 0 FROM note WHERE deck_id = ?",
                (number,),
            )
            if due:
                database.execute(
                    "INSERT INTO schedule(learner_id, card_id, note_id, ordinal, deck_id, repetition, ease, interval,"
                    " due_on) SELECT 1, c.id, n.id, 0, n.deck_id, 3, 130 + n.id % 150, 1 + n.id % 90, ?2 - n.id % 300"
                    " FROM note n JOIN card c ON c.note_id = n.id WHERE n.deck_id = ?1",
                    (number, int(time.time()) // 86_400),
                )
            count_anew(database)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.close()


def test_a_learner_with_very_many_due_cards(folder: Path, served: Served) -> None:
    fill(folder, "large", DUE, due=True)
    bad = [learning(served), reading(served, "/", "/review", "/stats", "/decks", "/browse?q=is:due")]
    measured = beside(served, f"a learner with {DUE:,} due cards, in {SIDE_BY_SIDE} windows", bad * SIDE_BY_SIDE)
    assert refused_for_good(measured) == {}


def test_a_very_large_deck(folder: Path, served: Served) -> None:
    fill(folder, "large", BIG, due=False)
    paths = ("/decks/large", "/browse?q=deck:large", "/stats?deck=large", "/api/v1/cards?q=deck:large", "/")
    bad = [reading(served, *paths), learning(served)]
    measured = beside(served, f"a deck of {BIG:,} cards, in {SIDE_BY_SIDE} windows", bad * SIDE_BY_SIDE)
    assert refused_for_good(measured) == {}


def test_very_many_decks(tmp_path: Path) -> None:
    write_decks(tmp_path / "decks", 8, 50)
    write_decks(tmp_path / "decks" / "many", DECKS, 1)
    with server(tmp_path, HONEST + 1) as served:
        paths = ("/decks", "/", "/stats", "/decks/many/", "/decks/many/deck-077", "/browse?q=deck:many", "/review")
        bad = [reading(served, *paths), learning(served)]
        measured = beside(served, f"{DECKS:,} decks, in {SIDE_BY_SIDE} windows", bad * SIDE_BY_SIDE)
        assert refused_for_good(measured) == {}


def test_decks_nested_as_deep_as_they_may_be(tmp_path: Path) -> None:
    write_decks(tmp_path / "decks", 8, 50)
    deep = tmp_path / "decks"
    for level in range(MAX_LEVELS - 1):
        deep /= f"level-{level}"
        write_decks(deep, 20, 1)
    with server(tmp_path, HONEST + 1) as served:
        inner = deep.relative_to(tmp_path / "decks").as_posix()
        paths = ("/decks", f"/decks/{inner}/", f"/decks/{inner}/deck-007", "/stats", f"/stats?deck={inner}", "/")
        bad = [reading(served, *paths), learning(served)]
        name = f"decks nested {MAX_LEVELS} deep, in {SIDE_BY_SIDE} windows"
        assert refused_for_good(beside(served, name, bad * SIDE_BY_SIDE)) == {}
