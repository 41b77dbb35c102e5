"""Choosing a scheduler over HTTP and in the terminal."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient

from tests.databases import settings_for
from tests.integration.test_commands import run
from tests.integration.test_memory_pages import study
from tests.site import Site, new_id

PAGE = "/settings/scheduler"


@pytest.fixture
def client(site: Site) -> FlaskClient:
    found = site.client(site.learner("ann"))
    learner = site.services.accounts.find("ann")
    for card in site.services.review.queue(learner, limit=10).cards:
        body = {"id": new_id(), "card": card.id, "grade": 4}
        assert found.post("/api/v1/reviews", json=body).status_code == 201
    return found


def dates(client: FlaskClient) -> list[str]:
    return [card["due_on"] for card in client.get("/api/v1/cards?state=scheduled").json["items"]]


def test_the_page_shows_what_would_change_before_anything_does(client: FlaskClient) -> None:
    assert "What would change" not in client.get(PAGE).text
    before = dates(client)
    page = client.get(f"{PAGE}?scheduler=fsrs-6&retention=85").text
    assert "What would change" in page
    assert "Then: FSRS-6, 85% remembered" in page
    assert "10 cards with a date" in page
    assert dates(client) == before
    assert client.get("/api/v1/scheduler").json == {"items": [], "next": None}


@pytest.mark.parametrize("retention", ["69", "98", "", "many", "nan"])
def test_a_retention_that_cannot_be_is_named(client: FlaskClient, retention: str) -> None:
    got = client.get(PAGE, query_string={"scheduler": "fsrs-6", "retention": retention})
    assert got.status_code == (200 if not retention else 422)
    if retention:
        assert 'class="wrong"' in got.text
        assert "What would change" not in got.text


@pytest.mark.parametrize("retention", ["0.9", "69.9", "97.1", "200", "nan"])
def test_the_limits_are_named_as_the_field_asks_for_them(client: FlaskClient, site: Site, retention: str) -> None:
    """In percent: whoever followed limits that are parts of one was refused again."""
    learner = site.services.accounts.find("ann").id
    form = {"learner": learner, "scheduler": "fsrs-6", "retention": retention}
    for got in (client.get(PAGE, query_string=form), client.post(PAGE, data={**form, "when": "next"})):
        assert got.status_code == 422
        assert "Give a percentage from 70 to 97." in got.text
    assert client.get(PAGE, query_string={"scheduler": "fsrs-6", "retention": "97 %"}).status_code == 200


def test_chosen_at_once_and_undone(client: FlaskClient, site: Site) -> None:
    learner = site.services.accounts.find("ann")
    before = dates(client)
    form = {"learner": learner.id, "scheduler": "fsrs-6", "retention": "90", "when": "now", "id": new_id()}
    assert client.post(PAGE, data=form).headers["Location"] == f"{PAGE}?done=moved"
    assert client.post(PAGE, data=form).status_code == 303  # a second click
    moved = dates(client)
    assert moved != before
    page = client.get(f"{PAGE}?done=moved").text
    assert "the dates are moved" in page
    id_ = re.search(r'action="/settings/scheduler/undo">.*?name="id" value="([^"]+)"', page, re.DOTALL)
    assert id_
    assert client.post(f"{PAGE}/undo", data={"learner": learner.id, "id": id_[1]}).status_code == 303
    assert dates(client) == before
    assert client.get("/api/v1/me").json["scheduler"] == "sm2"


def test_card_by_card_is_what_me_does(client: FlaskClient) -> None:
    before = dates(client)
    me = client.patch("/api/v1/me", json={"scheduler": "fsrs-6", "desired_retention": 0.85}).json
    assert (me["scheduler"], me["desired_retention"]) == ("fsrs-6", 0.85)
    assert dates(client) == before
    card = client.get("/api/v1/queue").json["cards"][0]
    body = {"id": new_id(), "card": card["id"], "grade": 5}
    answered = client.post("/api/v1/reviews", json=body).json
    assert answered["interval"] == card["intervals"]["5"] > 1
    assert client.patch("/api/v1/me", json={"desired_retention": 0.5}).status_code == 422
    assert client.patch("/api/v1/me", json={"scheduler": "sm3"}).status_code == 422
    assert client.get("/api/v1/me").json["desired_retention"] == 0.85


def test_the_api_previews_chooses_for_a_folder_and_says_what_moved(client: FlaskClient) -> None:
    deck = client.get("/api/v1/cards?state=scheduled").json["items"][0]["deck"]
    wish = {"scheduler": "fsrs-6", "desired_retention": 0.9, "deck": deck}
    found = client.post("/api/v1/scheduler/preview", json=wish).json
    assert found["cards"] > 0
    assert len(found["then"]["days"]) == 30
    made = client.put("/api/v1/scheduler", json=wish | {"at_once": True}).json
    assert (made["deck"], made["moved"]) == (deck, found["cards"])
    assert client.get("/api/v1/scheduler").json["items"] == [
        {"deck": deck, "scheduler": "fsrs-6", "desired_retention": 0.9}
    ]
    assert client.delete(f"/api/v1/reviews/{made['review']}").status_code == 200
    assert client.get("/api/v1/scheduler").json == {"items": [], "next": None}
    assert client.put("/api/v1/scheduler", json=wish | {"deck": "nowhere"}).status_code == 404


def test_a_folder_is_given_back(client: FlaskClient, site: Site) -> None:
    learner = site.services.accounts.find("ann")
    deck = client.get("/api/v1/cards?state=scheduled").json["items"][0]["deck"].partition("/")[0]
    client.post(PAGE, data={"learner": learner.id, "scheduler": "fsrs-6", "retention": "90", "folder": deck})
    assert f"Forget the choice for {deck}" in client.get(PAGE).text
    client.post(PAGE, data={"learner": learner.id, "folder": deck, "forget": "1"})
    assert f"Forget the choice for {deck}" not in client.get(PAGE).text


def test_the_terminal_says_the_same(client: FlaskClient, site: Site, tmp_path: object) -> None:
    study(site, "ann", 3, 4)
    data = settings_for(site.config.data, site.config.decks)
    where = site.config.data
    assert run(where, "scheduler", **data).stdout == "everything: sm2\n"
    found = json.loads(run(where, "scheduler", "fsrs-6", "--preview", "--json", **data).stdout)
    assert found["cards"] == 10
    assert "10 dates moved" in run(where, "scheduler", "fsrs-6", "--at-once", **data).stdout
    assert run(where, "scheduler", **data).stdout == "everything: fsrs-6, 90% remembered\n"
    assert run(where, "scheduler", "fsrs-6", "--retention", "0.5", **data).returncode == 2
    assert "There is too little to fit" in run(where, "fit", **data).stderr
    assert run(where, "doctor", **data).returncode == 0
