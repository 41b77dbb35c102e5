"""What a connection has compiled stays compiled: learners do not wait for it at each answer."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient

from flashcards.storage.sqlite_database import SqliteDatabase
from flashcards.storage.sqlite_driver import driver
from tests.site import Site, new_id

LINK = re.compile(r'href="(/[^"#]*)')
MOST_PAGES = 200


def see_every_page(site: Site, client: FlaskClient) -> None:
    """Follows every link, and asks the addresses of the API that need nothing more."""
    rules = site.app.url_map.iter_rules()
    waiting = [rule.rule for rule in rules if "GET" in (rule.methods or set()) and "<" not in rule.rule]
    seen: set[str] = set()
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.pop().replace("&amp;", "&")
        if address in seen or address.startswith(("/static/", "/media/")):
            continue
        seen.add(address)
        answer = client.get(address)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            waiting += LINK.findall(answer.text)
    assert len(seen) > 60


def answer(client: FlaskClient, card: str) -> None:
    given: dict[str, Any] = {"id": new_id(), "card": card, "grade": 4, "took_ms": 4000, "mode": "review"}
    stored = client.post("/api/v1/reviews/batch", json={"items": [given]})
    assert stored.get_json()["items"][0]["status"] == 201


def test_an_answer_compiles_nothing_anew_however_many_pages_were_shown_before(site: Site) -> None:
    database = site.services.database
    assert isinstance(database, SqliteDatabase)
    compiled = 0

    def compiling(*_what: object) -> int:
        nonlocal compiled
        compiled += 1
        return int(driver.SQLITE_OK)

    client = site.client(site.learner("Ann"))
    # SQLite asks it for each table and column while it compiles, and never while it runs.
    database.connection().set_authorizer(compiling)
    with database.write():
        database.connection().set_authorizer(compiling)
    cards = [card["id"] for card in client.get("/api/v1/queue?limit=5").get_json()["cards"]]
    see_every_page(site, client)
    compiled = 0
    answer(client, cards[0])
    assert compiled > 50, "the test sees nothing"
    answer(client, cards[1])
    compiled = 0
    answer(client, cards[2])
    assert compiled == 0
