"""Studying ahead: cards of later days, logged, and no date moves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from flashcards.services.accounts.facade import Learner
from flashcards.services.review.facade import Answer, Left
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.counters import count_anew
from flashcards.web.api import shapes
from tests.integration.study_world import TODAY, StudyWorld
from tests.integration.test_pages import answer_all, hidden, text
from tests.site import Site, new_id


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    yield world
    world.close()


def keys(world: StudyWorld, learner: Learner, **more: Any) -> list[str]:
    """What can be studied ahead."""
    return world.queue_keys(learner, mode="ahead", **more)


def ahead(world: StudyWorld, learner: Learner, key: str, grade: int = 1) -> None:
    assert world.answer(learner, key, grade, mode="ahead").kind == "ahead"


def learnt(world: StudyWorld, **settings: Any) -> Learner:
    """A learner who has learnt a deck of five: n1 is due in one day from now, n2 in two, and so on."""
    world.deck("a", 5)
    learner = world.learner(**settings)
    for number in range(1, 6):
        world.answer(learner, f"a#n{number}", 4)
        world.review.act(learner, world.card(f"a#n{number}"), "due", due_on=TODAY + 10 + number)
    world.clock.days(10)
    return learner


def test_those_due_soonest_come_first_and_nothing_moves(world: StudyWorld) -> None:
    ada = learnt(world)
    before = world.stored_state(ada)
    assert world.queue_keys(ada) == []
    assert keys(world, ada) == [f"ahead:n{number}" for number in range(1, 6)]
    assert keys(world, ada, limit=2) == ["ahead:n1", "ahead:n2"]
    for grade, key in enumerate(["a#n1", "a#n2", "a#n3"]):
        ahead(world, ada, key, grade)
    assert world.stored_state(ada) == before
    assert keys(world, ada) == ["ahead:n4", "ahead:n5"]
    queue = world.review.queue(ada, mode="ahead")
    assert (queue.left, queue.total_today) == (Left(0, 0, 0, 2), 5)
    assert queue.cards[0].intervals == dict.fromkeys(range(6), 4)
    assert world.queue_keys(ada) == []  # nothing to drill either
    assert DoctorService(world.db).examine().findings == ()
    world.clock.days(1)
    assert world.queue_keys(ada) == ["due:n1"]
    assert keys(world, ada) == ["ahead:n2", "ahead:n3", "ahead:n4", "ahead:n5"]


def test_it_is_undone_like_any_answer(world: StudyWorld) -> None:
    ada = learnt(world)
    before = world.stored_state(ada)
    ahead(world, ada, "a#n1")
    undone = world.review.undo(ada)
    assert (undone.verb, undone.mode, undone.card.key) == ("answer", "ahead", "a#n1/forward")
    assert world.stored_state(ada) == before
    assert keys(world, ada)[0] == "ahead:n1"


def test_what_is_hidden_from_the_day_is_hidden_ahead(world: StudyWorld) -> None:
    ada = learnt(world)
    world.review.act(ada, world.card("a#n1"), "suspend")
    world.review.act(ada, world.card("a#n2"), "bury")
    world.remove("a#n3")
    assert keys(world, ada) == ["ahead:n4", "ahead:n5"]
    assert keys(world, ada, deck="a", exclude=[world.card("a#n4")]) == ["ahead:n5"]
    assert keys(world, ada, tag="none") == []
    world.review.set_deck_active(ada, "a", False)
    assert keys(world, ada) == []


def test_siblings_come_apart(world: StudyWorld) -> None:
    world.deck("b", {"x": ("c1", "c2", "c3"), "y": ("forward",)})
    ada = world.learner()
    for key, due in (("b#x/c1", 13), ("b#x/c2", 11), ("b#x/c3", 11), ("b#y", 12)):
        world.review.act(ada, world.card(key), "due", due_on=TODAY + due)
    world.clock.days(10)
    assert keys(world, ada) == ["ahead:x/c2", "ahead:y"]
    ahead(world, ada, "b#x/c2")
    assert keys(world, ada) == ["ahead:y"]
    world.review.undo(ada)
    # Answered on a device that had it early: it moved today, and hides its siblings.
    world.review.act(ada, world.card("b#x/c1"), "due", due_on=TODAY + 10)
    world.answer(ada, "b#x/c1", 4)
    assert keys(world, ada) == ["ahead:x/c1", "ahead:y"]


def test_a_card_of_today_comes_after_the_others_of_its_date(world: StudyWorld) -> None:
    world.deck("a", 2)
    ada = world.learner()
    world.review.act(ada, world.card("a#n2"), "due", due_on=TODAY + 1)
    world.answer(ada, "a#n1", 4)
    assert keys(world, ada) == ["ahead:n2", "ahead:n1"]


def test_a_thousand_are_offered_at_a_time_and_then_the_next(world: StudyWorld) -> None:
    world.deck("a", {f"n{number}": ("c1", "c2") for number in range(1010)})
    ada = world.learner()
    with world.db.write():
        world.db.execute(
            "INSERT INTO schedule(learner_id, card_id, note_id, ordinal, deck_id, due_on, interval)"
            " SELECT ?, c.id, c.note_id, c.ordinal, n.deck_id, ? + n.position, 6"
            " FROM card c JOIN note n ON n.id = c.note_id",
            (ada.id, TODAY + 1),
        )
        count_anew(world.db)
    assert world.review.queue(ada, mode="ahead").left.ahead == 1000
    world.review.answer_many(ada, [world.an_answer(f"a#n{number}/c1", 4, mode="ahead") for number in range(1000)])
    assert keys(world, ada) == [f"ahead:n{number}/c1" for number in range(1000, 1010)]


def test_confusable_cards_come_apart_ahead_too(world: StudyWorld) -> None:
    ada = learnt(world)
    world.alike("a#n1", "a#n2", "a#n3")
    assert keys(world, ada) == ["ahead:n1", "ahead:n4", "ahead:n2", "ahead:n5", "ahead:n3"]


# --- the pages and the API


@pytest.fixture
def ann(site: Site) -> Learner:
    return site.learner("Ann")


@pytest.fixture
def client(site: Site, ann: Learner) -> FlaskClient:
    return site.client(ann)


def test_the_api(client: FlaskClient, site: Site, ann: Learner) -> None:
    answer_all(client)
    queue = client.get("/api/v1/queue?mode=ahead&deck=languages/capitals").json
    shapes.QUEUE.read(queue)
    assert queue["left"] == {"due": 0, "new": 0, "drill": 0, "ahead": 5}
    assert {card["kind"] for card in queue["cards"]} == {"ahead"}
    card = queue["cards"][0]
    assert card["intervals"] == {str(quality): 1 for quality in range(6)}
    sent = client.post("/api/v1/reviews", json={"id": new_id(), "card": card["id"], "grade": 1, "mode": "ahead"})
    assert (sent.status_code, sent.json["kind"], sent.json["interval"]) == (201, "ahead", 1)
    assert client.get("/api/v1/queue?mode=ahead&deck=languages/capitals").json["left"]["ahead"] == 4
    assert client.delete(f"/api/v1/reviews/{sent.json['id']}").json["mode"] == "ahead"
    assert set(client.get("/api/v1/queue?mode=review").json["left"]) == {"due", "new", "drill"}
    for mode in ("mock", "x", "AHEAD"):
        refused = client.get("/api/v1/queue", query_string={"mode": mode})
        assert (refused.status_code, refused.json["field"]) == (422, "mode")


def test_pages_offer_it_when_nothing_is_left(client: FlaskClient) -> None:
    assert "Study ahead" not in client.get("/").text
    answer_all(client)
    for path, address in (
        ("/", "/review?mode=ahead"),
        ("/done", "/review?mode=ahead"),
        ("/done?deck=languages/capitals", "/review?deck=languages%2Fcapitals&amp;mode=ahead"),
        ("/done?tag=geography", "/review?tag=geography&amp;mode=ahead"),
    ):
        page = client.get(path).text
        assert f'href="{address}">Study ahead</a>' in page, path
        assert "Answers are logged and change no dates." in text(page)
    assert "You may study ahead: 5 cards" in text(client.get("/done?deck=languages/capitals").text)
    assert "Study ahead" not in client.get("/done?tag=none").text


def test_by_forms_alone(client: FlaskClient, site: Site, ann: Learner) -> None:
    answer_all(client)
    page = client.get("/review?mode=ahead&deck=languages/capitals").text
    assert "Studying ahead: answers change no dates." in text(page)
    fields = hidden(page, "grade-form")
    shown = client.get("/review", query_string={"mode": "ahead", "deck": "languages/capitals", "show": "1",
                                                "card": fields["card"]}).text  # fmt: skip
    assert re.findall(r"<small>(.*?)</small>", shown) == ["date stays"] * 4
    done = client.post("/review/answer", data={**hidden(shown, "grade-form"), "grade": "1"})
    assert done.location == "/review?deck=languages%2Fcapitals&mode=ahead"
    following = client.get(done.location).text
    assert '<progress id="progress" value="1" max="5"' in following
    back = client.post("/review/undo", data=hidden(following, "undo-form"))
    assert back.location.startswith(f"/review?deck=languages%2Fcapitals&mode=ahead&card={fields['card']}&undone=")
    assert hidden(client.get(back.location).text, "grade-form")["card"] == fields["card"]
    assert answer_all(client, query="?mode=ahead&deck=languages/capitals") == 5
    rows = [row for row in site.services.review.log(ann) if row.kind == "ahead" and not row.undone]
    assert len(rows) == 5
    assert all(row.before == row.after for row in rows)
    end = client.get("/review?mode=ahead&deck=languages/capitals")
    assert end.location == "/done?deck=languages%2Fcapitals&mode=ahead"
    page = text(client.get(end.location).text)
    assert "Nothing left to study ahead." in page
    assert "Study ahead" not in page
    undone = client.post("/review/undo", data={"mode": "ahead", "deck": "languages/capitals"})
    assert "mode=ahead" in undone.location


def test_the_end_of_it_leads_back_to_what_is_left_today(client: FlaskClient) -> None:
    page = text(client.get("/done?mode=ahead").text)
    assert "Nothing left to study ahead." in page
    assert "20 cards left for today." in page
    assert "Review them" in page


def test_undoing_a_review_leaves_the_study_ahead(client: FlaskClient, site: Site, ann: Learner) -> None:
    card = site.services.review.queue(ann).cards[0].id
    site.services.review.answer(ann, Answer(new_id(), card, 4))
    undone = client.post("/review/undo", data={"mode": "ahead"})
    assert undone.location.startswith(f"/review?card={card}&undone=")


@pytest.mark.parametrize("path", ["/review", "/done"])
def test_an_unknown_mode_is_refused(client: FlaskClient, path: str) -> None:
    response = client.get(path, query_string={"mode": "cram<b>"})
    assert response.status_code == 422
    assert "There is no mode of review &#39;cram&lt;b&gt;&#39;" in response.text
