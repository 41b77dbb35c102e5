"""Ids that nobody has, of any shape, wherever an id is taken: not found or refused, in words, never a crash."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flashcards.web.api.operations import OPERATIONS
from tests.site import Site, copy_data, new_id, open_site

IDS = [
    "x" * 1000, "1" * 1000, "999999", "0", "-1", "1.0", "+1", "1 ", "0x1", "\0", "1\0", "..", "../../etc/passwd", "a/b",
    "\\", "%00", "é", "½", "１２", "٣", "💥", "<script>", "'; DROP TABLE card", "9223372036854775808",
    "00000000-0000-0000-0000-000000000000", "{}",
]  # fmt: skip
RAW = [*(quote(id_, safe="") for id_ in IDS), "%FF", "%ED%A0%80", "%2e%2e%2fx"]
REFUSED = {404, 405, 422}
UNDER = re.compile(r"<(?:\w+:)?\w+>")
BODY = {"due_on": "2027-01-01"}
FIELDS = ("card", "id", "deck", "tag", "since", "exclude", "q", "state", "limit", "mode")


@pytest.fixture(scope="module")
def site(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(copy_data(prepared, tmp_path_factory.mktemp("strange"))) as site:
        yield site


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[FlaskClient]:
    """In the end nothing may have been stored."""
    ann = site.learner("Ann")
    yield site.client(ann)
    assert site.services.review.log(ann) == ()


def in_words(response: TestResponse, *also: int) -> None:
    """The answer is no crash, and says something."""
    assert response.status_code in {*REFUSED, *also}, f"{response.request.method} {response.request.path}"
    if response.mimetype == "application/problem+json":
        assert len(response.json["detail"]) > 10
    elif response.status_code in REFUSED:
        assert response.mimetype == "text/html"
        assert "<h1" in response.text


@pytest.mark.parametrize("path", sorted({op.path for op in OPERATIONS if "<" in op.path}))
def test_addresses_of_the_api(client: FlaskClient, path: str) -> None:
    methods = [op.method for op in OPERATIONS if op.path == path]
    for strange in RAW:
        for method in methods:
            more = {"json": BODY} if method in {"POST", "PUT", "PATCH"} else {}
            repeatable = (204,) if method == "DELETE" else ()  # what is gone may be deleted again
            in_words(client.open(f"/api/v1{UNDER.sub(strange, path)}", method=method, **more), *repeatable)


def test_addresses_of_pages(site: Site, client: FlaskClient) -> None:
    rules = [rule for rule in site.app.url_map.iter_rules() if rule.arguments and not rule.rule.startswith("/api/")]
    assert len(rules) > 5
    for rule in rules:
        for strange in RAW:
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                # A deck's form is sent back to the deck's page; one slash too many is mended.
                in_words(client.open(UNDER.sub(strange, rule.rule), method=method), 303, 308)


@pytest.mark.parametrize("strange", IDS)
def test_ids_in_bodies(client: FlaskClient, strange: str) -> None:
    card = "999999"
    for field in ("card", "id"):
        body = {"id": new_id(), "card": card, "grade": 4, field: strange}
        in_words(client.post("/api/v1/reviews", json=body))
        (item,) = client.post("/api/v1/reviews/batch", json={"items": [body]}).json["items"]
        assert item["status"] in REFUSED
        assert item["body"]["detail"]
    in_words(client.post(f"/api/v1/cards/{card}/bury", json={"id": strange}))


@pytest.mark.parametrize("strange", IDS)
def test_ids_in_forms(client: FlaskClient, strange: str) -> None:
    answer = {"id": new_id(), "card": "999999", "grade": "4", "asked_at": "1"}
    for field in ("card", "id", "grade", "asked_at"):
        in_words(client.post("/review/answer", data=answer | {field: strange}))
    for form in ({"card": strange, "verb": "bury"}, {"card": "999999", "id": strange, "verb": "bury"}):
        in_words(client.post("/review/act", data=form))
    in_words(client.post("/review/undo", data={"id": strange}), 303)  # nothing to take back: to the review


@pytest.mark.parametrize("strange", IDS)
def test_ids_in_queries(client: FlaskClient, strange: str) -> None:
    for path in ("/queue", "/cards", "/reviews", "/decks/version", "/stats"):
        for field in FIELDS:
            in_words(client.get(f"/api/v1{path}", query_string={field: strange}), 200)
    for path in ("/review", "/done", "/browse", "/stats", "/analysis"):
        for field in (*FIELDS, "asked_at", "days"):
            in_words(client.get(path, query_string={field: strange}), 200, 303)


def test_a_strange_id_is_not_given_back_as_html(client: FlaskClient) -> None:
    for path in ("/cards/<script>alert(1)</script>", "/decks/<script>alert(1)</script>", "/review?mode=<script>"):
        assert "<script>alert" not in client.get(path).text
    assert json.loads(client.get("/api/v1/cards/<b>").text)["status"] == 404
