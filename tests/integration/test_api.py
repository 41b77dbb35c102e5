"""The HTTP interface as its users hold on to it."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from flashcards.services.accounts.facade import Learner
from flashcards.storage import group_sync
from flashcards.storage.database import Database
from flashcards.web.api import shapes
from flashcards.web.api.operations import OPERATIONS
from flashcards.web.api.schema import NO_NUL, Object
from tests.site import Site, copy_data, new_id, open_site

API = "/api/v1"


@pytest.fixture
def ann(site: Site) -> Learner:
    return site.learner("Ann", new_per_day=100)


@pytest.fixture
def client(site: Site, ann: Learner) -> FlaskClient:
    return site.client(ann)


@pytest.fixture(scope="module")
def refused(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A client for requests that must be refused; in the end nothing may have been stored."""
    with open_site(copy_data(prepared, tmp_path_factory.mktemp("refused"))) as site:
        learner = site.learner("Ann", new_per_day=100)
        yield site.client(learner)
        assert not site.services.review.log(learner)


def get(client: FlaskClient, path: str, shape: Object) -> Any:
    """The body of a 200, checked against what the OpenAPI document says of it, no member more."""
    response = client.get(API + path)
    assert response.status_code == 200, response.text
    return checked(shape, response.json)


def checked(shape: Object, body: Any) -> Any:
    shape.read(body)
    assert set(body) == {field.name for field in shape.fields}
    return body


def problem(response: Any, status: int, field: str | None = None) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    body = response.json
    shapes.PROBLEM.read(body)
    assert body["status"] == status
    assert body["detail"]
    assert body.get("field") == field
    return dict(body)


def first_card(client: FlaskClient, **query: str) -> dict[str, Any]:
    return dict(client.get(f"{API}/queue", query_string=query).json["cards"][0])


def answer(client: FlaskClient, card: str, grade: Any = 4, **more: Any) -> Any:
    return client.post(f"{API}/reviews", json={"id": new_id(), "card": card, "grade": grade, **more})


# --- decks and the queue


def test_decks(client: FlaskClient) -> None:
    body = get(client, "/decks", shapes.page_of(shapes.DECK))
    assert [deck["path"] for deck in body["items"]] == [
        "languages/capitals.md",
        "languages/words.md",
        "programming/python.md",
        "science/algebra.md",
        "science/extremes.md",
    ]
    assert body["next"] is None
    for deck in body["items"]:
        checked(shapes.DECK, deck)
    first = body["items"][0]
    assert (first["id"], first["title"], first["active"], first["cards"]) == ("languages/capitals", "Capitals", True, 5)
    assert (first["unseen"], first["new"], first["due"], first["drill"], first["errors"]) == (5, 5, 0, 0, 0)


def test_the_queue(client: FlaskClient) -> None:
    body = get(client, "/queue", shapes.QUEUE)
    assert len(body["cards"]) == 20
    assert body["left"] == {"due": 0, "new": 24, "drill": 0}  # of 26 cards two are siblings
    assert body["total_today"] == 24
    for card in body["cards"]:
        checked(shapes.QUEUE_CARD, card)
        assert list(card["intervals"]) == ["0", "1", "2", "3", "4", "5"]
        assert card["kind"] == "new"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("deck=languages/capitals", 5),
        ("deck=languages/capitals.md", 5),
        ("deck=languages", 9),
        ("deck=languages/", 9),
        ("tag=geography", 5), ("tag=geography&deck=science", 0), ("limit=3", 3), ("tag=none", 0),
    ],
)  # fmt: skip
def test_the_queue_is_limited_to_decks_and_tags(client: FlaskClient, query: str, count: int) -> None:
    body = get(client, f"/queue?{query}", shapes.QUEUE)
    assert len(body["cards"]) == count
    if "limit" not in query:
        assert body["left"]["new"] == count


def test_the_queue_passes_over_cards_that_are_held(client: FlaskClient) -> None:
    cards = [card["id"] for card in get(client, "/queue?limit=6", shapes.QUEUE)["cards"]]
    more = get(client, f"/queue?limit=4&exclude={cards[0]},{cards[1]}", shapes.QUEUE)
    assert [card["id"] for card in more["cards"]] == cards[2:6]
    assert more["left"]["new"] == 24


def test_an_unknown_deck_is_not_found(refused: FlaskClient) -> None:
    assert "'no/such'" in problem(refused.get(f"{API}/queue?deck=no/such"), 404)["detail"]


@pytest.mark.parametrize("limit", ["501", "-1", "x", "1.5", "９", "9" * 30, ""])
@pytest.mark.parametrize("path", ["/queue", "/reviews", "/cards"])
def test_limits_are_whole_numbers_of_at_most_500(refused: FlaskClient, path: str, limit: str) -> None:
    refusal = problem(refused.get(API + path, query_string={"limit": limit}), 422, "limit")
    assert refusal["detail"].startswith("limit: give an integer")


# --- answers


def test_an_answer(client: FlaskClient, site: Site, ann: Learner) -> None:
    card = first_card(client)
    sent = {"id": new_id(), "card": card["id"], "grade": 4, "took_ms": 2500}
    first = client.post(f"{API}/reviews", json=sent)
    today = client.get(f"{API}/queue").json["study_day"]
    due = (datetime.fromisoformat(today) + timedelta(days=1)).date().isoformat()
    assert first.status_code == 201
    assert checked(shapes.ANSWERED, first.json) == {
        "id": sent["id"], "seq": 1, "card": card["id"], "kind": "scheduled", "repetition": 1, "ease": 250,
        "interval": 1, "due_on": due, "leech": False,
    }  # fmt: skip
    again = client.post(f"{API}/reviews", json=sent)
    assert (again.status_code, again.json) == (200, first.json)
    problem(client.post(f"{API}/reviews", json={**sent, "grade": 5}), 409)
    assert [row.took_ms for row in site.services.review.log(ann)] == [2500]


@pytest.mark.parametrize("grade", [True, False, 2.5, "3", None, [3], {}, -1, 6, 10**30])
def test_a_grade_is_an_integer_from_0_to_5(refused: FlaskClient, grade: Any) -> None:
    refusal = problem(answer(refused, first_card(refused)["id"], grade), 422, "grade")
    assert refusal["detail"].startswith("grade: give an integer")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "no uuid"),
        ("id", 7),
        ("id", None),
        ("id", ""),
        ("card", 7),
        ("card", None),
        ("mode", "fast"),
        ("mode", 1),
        ("at", "yesterday"),
        ("at", 12),
        ("at", "2026-11-22"),
        ("at", "2026-13-01T00:00:00Z"),
        ("at", "2026-11-22T10:00:00"),
        ("at", "0001-01-01T00:00:00+23:59"),
        ("took_ms", -1),
        ("took_ms", 1.5),
        ("took_ms", "5"),
        ("took_ms", True),
        ("card", "\ud800"), ("card", "1\x00"),
    ],
)  # fmt: skip
def test_every_field_is_checked(refused: FlaskClient, field: str, value: Any) -> None:
    body = {"id": new_id(), "card": first_card(refused)["id"], "grade": 4, field: value}
    assert problem(refused.post(f"{API}/reviews", json=body), 422, field)["title"] == "Unprocessable Entity"


@pytest.mark.parametrize(
    "at",
    ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00+00:01", "0000-00-00T00:00:00Z",
     "9999-12-31T23:59:60Z", "2026-11-22T24:00:00Z", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59-23:59", ""],
)  # fmt: skip
def test_absurd_instants_are_refused_in_words_or_count_as_now(refused: FlaskClient, at: str) -> None:
    body = {"id": new_id(), "card": "999999", "grade": 4, "at": at}
    single = refused.post(f"{API}/reviews", json=body)
    if at == "9999-12-31T23:59:59-23:59":  # far ahead, that is now: only the card is wrong
        problem(single, 404)
        return
    detail = problem(single, 422, "at")["detail"]
    assert detail.startswith("at: give an instant ")
    assert "2026-11-22T07:06:03Z" in detail
    (item,) = refused.post(f"{API}/reviews/batch", json={"items": [body]}).json["items"]
    assert (item["status"], item["body"]["field"], item["body"]["detail"]) == (422, "at", detail)


@pytest.mark.parametrize("field", ["id", "card", "grade"])
def test_missing_fields_are_named(refused: FlaskClient, field: str) -> None:
    body = {"id": new_id(), "card": first_card(refused)["id"], "grade": 4}
    del body[field]
    assert problem(refused.post(f"{API}/reviews", json=body), 422, field)["detail"] == f"{field}: it is missing."


def test_unknown_fields_are_ignored(client: FlaskClient) -> None:
    assert answer(client, first_card(client)["id"], colour="red").status_code == 201


@pytest.mark.parametrize("card", ["999999", "x", "", "-1", "1.0", "99999999999999999999"])
def test_an_unknown_card_is_not_found(refused: FlaskClient, card: str) -> None:
    assert problem(answer(refused, card), 404)["detail"] == "There is no such card."


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"nonsense", b"[]", b'"x"', b"null", b"\xff{}", b'{"grade": NaN}', b"[" * 100_000, b"9" * 5000, b"{}x"],
)
def test_what_is_no_json_object_is_malformed(refused: FlaskClient, data: bytes) -> None:
    refusal = problem(refused.post(f"{API}/reviews", data=data, content_type="application/json"), 400)
    assert re.search("JSON|UTF-8", refusal["detail"])


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_other_media_types_are_refused(refused: FlaskClient, content_type: str) -> None:
    refusal = problem(refused.post(f"{API}/reviews", data=b"{}", content_type=content_type), 415)
    assert "application/json" in refusal["detail"]


def test_modes_leave_the_schedule_alone(client: FlaskClient) -> None:
    card = first_card(client)["id"]
    for mode in ("cram", "mock", "ahead"):
        assert answer(client, card, 5, mode=mode).json["kind"] == mode
    assert client.get(f"{API}/cards/{card}").json["state"] == "new"


def test_an_answer_keeps_its_instant(client: FlaskClient) -> None:
    card, at = first_card(client)["id"], "2026-01-05T08:00:00.250+01:00"
    assert answer(client, card, 4, at=at).status_code == 201
    row = client.get(f"{API}/reviews").json["items"][0]
    assert (row["at"], row["study_day"]) == ("2026-01-05T07:00:00.250Z", "2026-01-05")


def test_an_answer_from_the_future_counts_as_now(client: FlaskClient) -> None:
    answer(client, first_card(client)["id"], 4, at="2999-01-01T00:00:00Z")
    at = datetime.fromisoformat(client.get(f"{API}/reviews").json["items"][0]["at"])
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=5)


# --- batches


def test_a_batch_is_stored_one_by_one(client: FlaskClient, site: Site, ann: Learner) -> None:
    cards = [card["id"] for card in client.get(f"{API}/queue").json["cards"]]
    items: list[Any] = [{"id": new_id(), "card": card, "grade": 4} for card in cards[:3]]
    items += [{"id": new_id(), "card": "999999", "grade": 4}, {"id": new_id(), "card": cards[3], "grade": 3.5}, 7]
    items += [items[0], {**items[1], "grade": 1}, {"id": new_id(), "card": cards[3], "grade": 1}]
    response = client.post(f"{API}/reviews/batch", json={"items": items})
    body = checked(shapes.BATCH_REPLY, response.json)
    assert [item["status"] for item in body["items"]] == [201, 201, 201, 404, 422, 422, 200, 409, 201]
    assert body["items"][6]["body"] == body["items"][0]["body"]
    assert body["items"][4]["body"]["field"] == "grade"
    assert len(site.services.review.log(ann)) == 4


def test_a_batch_goes_by_the_clock_and_replies_in_order(client: FlaskClient, site: Site, ann: Learner) -> None:
    cards = [card["id"] for card in client.get(f"{API}/queue").json["cards"][:3]]
    times = ["2026-01-05T12:00:02Z", "2026-01-05T12:00:00Z", "2026-01-05T12:00:01Z"]
    items = [{"id": new_id(), "card": card, "grade": 4, "at": at} for card, at in zip(cards, times, strict=True)]
    body = client.post(f"{API}/reviews/batch", json={"items": items}).json
    assert [item["body"]["card"] for item in body["items"]] == cards
    assert [row.card for row in site.services.review.log(ann)] == [cards[1], cards[2], cards[0]]


def to_answer(site: Site, learner: Learner, count: int) -> list[dict[str, Any]]:
    cards = site.services.review.queue(learner, limit=count).cards
    return [{"id": new_id(), "card": card.id, "grade": 4} for card in cards]


def test_a_batch_waits_for_the_disk_once(
    client: FlaskClient, site: Site, ann: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs: list[Path] = []

    def sync(log: Path, opened: int | None) -> int | None:
        syncs.append(log)
        return opened

    monkeypatch.setattr(group_sync, "_to_disk", sync)
    items = to_answer(site, ann, 8)
    client.get(f"{API}/today")
    syncs.clear()
    body = client.post(f"{API}/reviews/batch", json={"items": items}).json
    assert [item["status"] for item in body["items"]] == [201] * 8
    assert len(syncs) == 1


def test_a_batch_that_the_disk_did_not_take_is_acknowledged_to_nobody(
    client: FlaskClient, site: Site, ann: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = to_answer(site, ann, 3)

    def fail(_log: Path, _opened: int | None) -> int | None:
        raise OSError(errno.EIO, "Input/output error")

    client.get(f"{API}/today")
    monkeypatch.setattr(group_sync, "_to_disk", fail)
    assert client.post(f"{API}/reviews/batch", json={"items": items}).status_code == 503


def test_a_batch_has_at_most_500_items(client: FlaskClient) -> None:
    problem(client.post(f"{API}/reviews/batch", json={"items": [{}] * 501}), 422, "items")
    assert client.post(f"{API}/reviews/batch", json={"items": [{}] * 500}).status_code == 200
    assert client.post(f"{API}/reviews/batch", json={"items": []}).json == {"items": []}


@pytest.mark.parametrize("items", [None, {}, "x", 3])
def test_a_batch_needs_a_list(refused: FlaskClient, items: Any) -> None:
    refusal = problem(refused.post(f"{API}/reviews/batch", json={"items": items}), 422, "items")
    assert refusal["detail"] == "items: give a list."


# --- undo and the log


def test_undo_gives_the_card_and_can_be_repeated(client: FlaskClient) -> None:
    card, review = first_card(client)["id"], new_id()
    client.post(f"{API}/reviews", json={"id": review, "card": card, "grade": 4})
    for _ in range(2):
        response = client.delete(f"{API}/reviews/{review}")
        assert response.status_code == 200
        assert checked(shapes.UNDONE, response.json)["state"] == "new"
        assert (response.json["id"], response.json["review"]) == (card, review)
    assert client.get(f"{API}/reviews").json["items"][0]["undone"] is True
    again = client.post(f"{API}/reviews", json={"id": review, "card": card, "grade": 4})
    assert again.status_code == 200
    assert client.get(f"{API}/cards/{card}").json["state"] == "new"


def test_only_the_last_action_can_be_undone(client: FlaskClient) -> None:
    cards, ids = client.get(f"{API}/queue").json["cards"], [new_id(), new_id()]
    for card, review in zip(cards, ids, strict=False):
        client.post(f"{API}/reviews", json={"id": review, "card": card["id"], "grade": 4})
    problem(client.delete(f"{API}/reviews/{ids[0]}"), 409)
    last = get(client, "/reviews/last", shapes.LAST)
    assert (last["review"], last["verb"], last["cards"]) == (ids[1], "answer", 1)
    assert client.delete(f"{API}/reviews/{ids[1]}").status_code == 200
    assert client.delete(f"{API}/reviews/{ids[0]}").status_code == 200
    problem(client.get(f"{API}/reviews/last"), 404)


@pytest.mark.parametrize("review", ["x", "0", "00000000-0000-4000-8000-000000000000"])
def test_undo_of_an_unknown_review_is_not_found(refused: FlaskClient, review: str) -> None:
    problem(refused.delete(f"{API}/reviews/{review}"), 404)


def test_the_log_comes_in_pages(client: FlaskClient) -> None:
    ids = []
    for card in client.get(f"{API}/queue").json["cards"][:5]:
        ids.append(answer(client, card["id"], 3).json["id"])
    seen, cursor = [], "0"
    while cursor is not None:
        body = get(client, f"/reviews?limit=2&since={cursor}", shapes.page_of(shapes.LOG_ROW))
        seen += [checked(shapes.LOG_ROW, row) for row in body["items"]]
        cursor = body["next"]
    assert [row["id"] for row in seen] == ids
    assert [row["seq"] for row in seen] == sorted(row["seq"] for row in seen)
    row = seen[0]
    assert (row["grade"], row["kind"], row["verb"], row["undone"]) == (3, "scheduled", None, False)
    assert (row["before"]["due_on"], row["before"]["ease"], row["after"]["ease"]) == (None, 250, 236)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["at"])
    assert get(client, f"/reviews?since={seen[-1]['seq']}", shapes.page_of(shapes.LOG_ROW)) == {
        "items": [],
        "next": None,
    }
    problem(client.get(f"{API}/reviews?since=x"), 422, "since")


@pytest.mark.parametrize("path", ["/reviews", "/cards"])
@pytest.mark.parametrize("limit", [500, 499])
def test_every_list_can_be_walked_to_its_end_at_its_largest_limit(
    site: Site, client: FlaskClient, path: str, limit: int
) -> None:
    card = first_card(client)["id"]
    for count in (500, 500, 3):
        items = [{"id": new_id(), "card": card, "grade": 4} for _ in range(count)]
        assert client.post(f"{API}/reviews/batch", json={"items": items}).status_code == 200
    with closing(Database.open(site.config.database)) as db, db.write():
        # As sync does, which gives cards their numbers itself.
        rows = [(card, f"c{number}", number, 1_000_000 + number) for number in range(101, 1104)]
        db.executemany(
            "INSERT INTO card(id, note_id, which, ordinal) SELECT ?4, note_id, ?2, ?3 FROM card WHERE id = ?1", rows
        )
    seen, cursor = [], ""
    while cursor is not None:
        more = f"&since={cursor}" if cursor else ""
        body = client.get(f"{API}{path}?limit={limit}{more}").json
        assert len(body["items"]) == limit or body["next"] is None
        seen += [row["id"] for row in body["items"]]
        cursor = body["next"]
    assert len(seen) == len(set(seen)) == {"/reviews": 1003, "/cards": 26 + 1003}[path]


def test_every_list_says_what_comes_next(client: FlaskClient) -> None:
    document = client.get(f"{API}/openapi.json").json
    lists = {}
    for path, operations in document["paths"].items():
        if "get" not in operations or "{" in path:
            continue
        content = operations["get"]["responses"]["200"]["content"].get("application/json", {"schema": {}})
        described = content["schema"].get("$ref", "").rpartition("/")[2]
        if "items" in document["components"]["schemas"].get(described, {}).get("properties", {}):
            lists[path] = document["components"]["schemas"][described]["required"]
    assert len(lists) >= 8
    assert {path for path, required in lists.items() if set(required) != {"items", "next"}} == set()
    for path in lists:
        body = client.get(path).json
        assert isinstance(body["items"], list)
        assert body["next"] is None


# --- cards


def test_a_card(client: FlaskClient) -> None:
    queued = first_card(client, deck="science/algebra")
    card = get(client, f"/cards/{queued['id']}", shapes.CARD)
    assert (card["key"], card["deck"], card["note"]) == (
        "science/algebra#softmax/forward",
        "science/algebra",
        "softmax",
    )
    assert (card["which"], card["state"], card["due_on"]) == ("forward", "new", None)
    assert (card["path"], card["line"], card["reviews"], card["ease"]) == ("science/algebra.md", 5, 0, 250)
    assert "<math" in card["question_html"]
    answer(client, queued["id"])
    card = get(client, f"/cards/{queued['id']}", shapes.CARD)
    assert (card["state"], card["repetition"], card["interval"], card["reviews"]) == ("scheduled", 1, 1, 1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", card["due_on"])


def test_cards_come_in_pages_and_can_be_searched(client: FlaskClient) -> None:
    seen, cursor = [], ""
    while cursor is not None:
        body = get(client, f"/cards?limit=10&since={cursor}", shapes.page_of(shapes.CARD))
        seen += [checked(shapes.CARD, card)["key"] for card in body["items"]]
        cursor = body["next"]
    assert len(seen) == len(set(seen)) == 26
    for query, keys in {
        "deck=languages/words&q=Hund": ["languages/words#hund/forward", "languages/words#hund/backward"],
        "tag=geography&q=Peru": ["languages/capitals#peru/forward"],
        "state=suspended": [],
    }.items():
        assert [card["key"] for card in get(client, f"/cards?{query}", shapes.page_of(shapes.CARD))["items"]] == keys
    problem(client.get(f"{API}/cards?state=lost"), 422, "state")


@pytest.mark.parametrize("verb", ["suspend", "unsuspend", "bury", "unbury", "reset"])
def test_actions(client: FlaskClient, verb: str) -> None:
    card = first_card(client)["id"]
    response = client.post(f"{API}/cards/{card}/{verb}")
    assert response.status_code == 200
    body = checked(shapes.ACTED, response.json)
    assert body["card"]["state"] == ("suspended" if verb == "suspend" else "new")
    assert (body["card"]["buried_until"] is not None) == (verb == "bury")
    assert client.delete(f"{API}/reviews/{body['review']}").json["state"] == "new"


def test_an_action_with_an_id_can_be_repeated(client: FlaskClient, site: Site, ann: Learner) -> None:
    card, sent = first_card(client)["id"], {"id": new_id()}
    first = client.post(f"{API}/cards/{card}/suspend", json=sent).json
    assert client.post(f"{API}/cards/{card}/suspend", json=sent).json["review"] == first["review"]
    assert len(site.services.review.log(ann)) == 1


def test_an_action_on_a_whole_note(client: FlaskClient) -> None:
    cards = client.get(f"{API}/cards?deck=languages/words&q=Hund").json["items"]
    acted = client.post(f"{API}/cards/{cards[0]['id']}/suspend", json={"whole_note": True}).json
    states = {card["state"] for card in client.get(f"{API}/cards?deck=languages/words&q=Hund").json["items"]}
    assert states == {"suspended"}
    client.delete(f"{API}/reviews/{acted['review']}")
    assert {client.get(f"{API}/cards/{card['id']}").json["state"] for card in cards} == {"new"}


def test_a_due_date_is_set(client: FlaskClient) -> None:
    card = first_card(client)["id"]
    body = client.post(f"{API}/cards/{card}/due", json={"due_on": "2030-02-28"}).json
    assert (body["card"]["due_on"], body["card"]["state"]) == ("2030-02-28", "scheduled")
    for wrong in ["2030-02-30", "soon", 5, None, "2030-2-3", "20300203"]:
        problem(client.post(f"{API}/cards/{card}/due", json={"due_on": wrong}), 422, "due_on")
    problem(client.post(f"{API}/cards/{card}/due", json={}), 422, "due_on")
    problem(client.post(f"{API}/cards/{card}/due", json={"due_on": "2030-01-01", "whole_note": 1}), 422, "whole_note")


def test_an_unknown_card_has_no_actions(refused: FlaskClient) -> None:
    assert problem(refused.post(f"{API}/cards/999999/suspend"), 404)["detail"] == "There is no such card."
    assert problem(refused.get(f"{API}/cards/999999"), 404)["detail"] == "There is no card 999999."
    assert problem(refused.post(f"{API}/cards/1/explode"), 404)["detail"].startswith("Nothing is at this address")


# --- the whole


def test_a_wrong_method_is_refused_and_the_right_one_named(refused: FlaskClient) -> None:
    response = refused.put(f"{API}/decks")
    problem(response, 405)
    assert "GET" in response.headers["Allow"]


def test_the_document_describes_every_address(client: FlaskClient, site: Site) -> None:
    document = client.get(f"{API}/openapi.json").json
    assert document["openapi"].startswith("3.1")
    described = {
        (re.sub(r"\{(\w+)\}", r"<\1>", path), method.upper())
        for path, operations in document["paths"].items()
        for method in operations
    }
    routed = {
        (re.sub(r"<\w+:", "<", rule.rule), method)
        for rule in site.app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert described == routed
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert references <= set(document["components"]["schemas"])
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)
    body = document["components"]["schemas"]["Answer"]
    assert body["properties"]["grade"]["maximum"] == 5
    assert body["required"] == ["id", "card", "grade"]


def test_the_document_says_what_each_operation_takes_and_gives(client: FlaskClient) -> None:
    paths = client.get(f"{API}/openapi.json").json["paths"]
    assert all(one["summary"] and one["description"] for operations in paths.values() for one in operations.values())
    assert list(paths[f"{API}/pictures"]["post"]["requestBody"]["content"]) == ["image/*"]
    assert "422" in paths[f"{API}/reviews"]["get"]["responses"]
    for path in ("source", "decks/version"):
        assert paths[f"{API}/{path}"]["get"]["responses"]["304"] == {"description": "Not Modified"}


def test_healthz(site: Site) -> None:
    assert site.client().get("/healthz").json == {"status": "ok"}


def test_ids_are_described_the_same_way_wherever_they_stand(client: FlaskClient) -> None:
    document = client.get(f"{API}/openapi.json").json
    schemas = document["components"]["schemas"]
    members = lambda *places: [schemas[name]["properties"][member] for name, member in places]  # noqa: E731
    reviews = members(
        ("Answer", "id"), ("Answered", "id"), ("Review", "id"), ("Acted", "review"), ("Undone", "review"),
        ("LastAction", "review"), ("Action", "id"), ("DueAction", "id"),
    )  # fmt: skip
    cards = members(("Answer", "card"), ("Answered", "card"), ("Review", "card"), ("QueueCard", "id"), ("Card", "id"))
    for operations in document["paths"].values():
        for one in operations.values():
            for parameter in one["parameters"]:
                if parameter["name"] in {"card_id", "review_id"}:
                    (cards if parameter["name"] == "card_id" else reviews).append(parameter["schema"])
    assert len(reviews) > 8
    assert len(cards) > 10
    bare = lambda described: {key: value for key, value in described.items() if key != "description"}  # noqa: E731
    assert all(bare(one) == {"type": "string", "format": "uuid"} for one in reviews)
    assert all(bare(one) == {"type": "string", "maxLength": 200, "pattern": NO_NUL} for one in cards)


# --- the description and the behaviour say the same


def test_an_address_that_names_something_may_name_what_is_not_there(client: FlaskClient) -> None:
    """Also where it cannot be the name of anything: that is no other answer."""
    document = client.get("/api/v1/openapi.json").get_json()
    named = [
        (path, method, operation) for path, methods in document["paths"].items() if "{" in path
        for method, operation in methods.items() if method in {"get", "post", "put", "patch", "delete"}
    ]  # fmt: skip
    assert len(named) > 20
    assert [(path, method) for path, method, it in named if "404" not in it["responses"]] == []


def test_every_member_and_parameter_is_described(client: FlaskClient) -> None:
    document = client.get(f"{API}/openapi.json").json
    silent = [
        f"{name}.{member}"
        for name, schema in document["components"]["schemas"].items()
        for member, described in schema["properties"].items()
        if not described.get("description")
    ]
    parameters = [
        (path, parameter["name"])
        for path, operations in document["paths"].items()
        for one in operations.values()
        for parameter in one["parameters"]
        if not (parameter.get("description") or parameter["schema"].get("description"))
    ]

    assert silent == []
    assert parameters == []


def test_a_whole_number_may_be_written_with_a_point(client: FlaskClient) -> None:
    assert answer(client, first_card(client)["id"], 4.0).status_code == 201


def test_what_is_said_of_a_long_input_has_an_end(refused: FlaskClient) -> None:
    refusal = problem(refused.get(f"{API}/queue", query_string={"deck": "x" * 999}), 404)

    assert len(refusal["detail"]) <= 1000


@pytest.mark.parametrize("query", [{"since": "x"}, {"since": "-1"}, {"since": "1\n"}])
def test_a_cursor_that_is_none_is_refused_by_name(refused: FlaskClient, query: dict[str, str]) -> None:
    refusal = problem(refused.get(f"{API}/reviews", query_string=query), 422, "since")

    assert refusal["detail"] == "since: give the cursor of the page before."


@pytest.mark.parametrize("days", ["0", "x", "99999", "-1"])
def test_a_period_that_is_none_is_refused_by_name(refused: FlaskClient, days: str) -> None:
    refusal = problem(refused.get(f"{API}/stats", query_string={"days": days}), 422, "days")

    assert refusal["detail"] == "days: give a number of days, or all."


def test_a_choice_may_not_be_empty(refused: FlaskClient) -> None:
    problem(refused.get(f"{API}/export.apkg?history="), 422, "history")


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/sets", {"id": new_id(), "mode": "cram", "cards": []}, "cards"),
        ("PATCH", "/me", {"name": ""}, "name"),
        ("PUT", f"/searches/{new_id()}", {"name": "All", "q": ""}, "q"),
    ],
    ids=["cards", "name", "q"],
)
def test_what_may_not_be_empty_says_so(
    refused: FlaskClient, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    refusal = problem(refused.open(API + path, method=method, json=body), 422, field)

    assert refusal["detail"] == f"{field}: it is empty."


def test_a_set_without_an_id_is_not_the_whole_queue(refused: FlaskClient) -> None:
    problem(refused.get(f"{API}/queue?set="), 404)


@pytest.mark.parametrize("name", ["last", "batch"])
def test_what_is_no_review_cannot_be_deleted_and_says_so(refused: FlaskClient, name: str) -> None:
    response = refused.delete(f"{API}/reviews/{name}")

    problem(response, 405)
    assert "DELETE" not in response.headers["Allow"]


def test_a_number_of_buttons_that_cannot_be_says_which_can(client: FlaskClient) -> None:
    for value in (5, 4.5, True, "4", None):
        reply = client.patch(f"{API}/me", json={"buttons": value})
        problem(reply, 422, "buttons")
        assert reply.json["detail"] == "buttons: give one of 4, 6."
    assert client.patch(f"{API}/me", json={"buttons": 6.0}).json["buttons"] == 6


def test_counts_alone(client: FlaskClient) -> None:
    body = checked(shapes.QUEUE, client.get(f"{API}/queue?limit=0").json)

    assert body["cards"] == []
    assert body["left"]["new"] > 0


def test_a_list_that_has_not_changed_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get(f"{API}/cards")
    again = client.get(f"{API}/cards", headers={"If-None-Match": first.headers["ETag"]})
    answer(client, first_card(client)["id"], 4)
    later = client.get(f"{API}/cards", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert later.status_code == 200


def test_what_was_made_has_an_address(client: FlaskClient) -> None:
    made = answer(client, first_card(client)["id"], 4)

    assert made.headers["Location"] == f"{API}/reviews/{made.json['id']}"
    assert client.delete(made.headers["Location"]).status_code == 200


def test_settings_are_read_and_changed(client: FlaskClient) -> None:
    before = client.get(f"{API}/me").json
    after = client.patch(f"{API}/me", json={"new_per_day": 7, "theme": "dark"}).json

    assert (before["name"], before["admin"]) == ("Ann", True)
    assert after == before | {"new_per_day": 7, "theme": "dark"}
    assert client.get(f"{API}/me").json == after


@pytest.mark.parametrize(
    ("field", "value"), [("new_per_day", -1), ("theme", "pink"), ("buttons", 5), ("timezone", "Mars/Olympus")]
)
def test_a_setting_that_cannot_be_changes_nothing(refused: FlaskClient, field: str, value: object) -> None:
    before = refused.get(f"{API}/me").json

    problem(refused.patch(f"{API}/me", json={"day_start": 7, field: value}), 422, field)
    assert refused.get(f"{API}/me").json == before
