"""Searches kept under a name: on Browse, on Today where wished, with how many cards they find."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from flashcards.errors import Conflict, FlashcardsError, Invalid, NotFound
from flashcards.services.accounts.facade import Learner
from flashcards.web.api import searches as api
from tests.integration.study_world import StudyWorld
from tests.integration.test_api import API, checked, problem
from tests.integration.test_pages import text
from tests.integration.test_sets import ann, client, fields
from tests.site import Site, new_id

__all__ = ["ann", "client"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("a", 3, note_tags={"n1": ["x"]})
    yield world
    world.close()


def save(world: StudyWorld, learner: Learner, name: str, q: str, **more: bool) -> str:
    return world.review.save_search(learner, id=str(uuid.uuid4()), name=name, q=q, **more)[0].id


def names(world: StudyWorld, learner: Learner, **more: bool) -> list[tuple[str, int | None]]:
    return [(it.name, it.cards) for it in world.review.saved_searches(learner, **more)]


def test_they_are_kept_counted_ordered_and_forgotten(world: StudyWorld) -> None:
    ada, ben = world.learner(), world.learner("ben")
    new = save(world, ada, "  New   ones ", "is:new", on_today=True)
    tagged = save(world, ada, "Tagged", "tag:x")
    assert names(world, ada) == [("New ones", 3), ("Tagged", 1)]
    assert names(world, ada, on_today=True) == [("New ones", 3)]
    assert names(world, ben) == []
    world.answer(ada, "a#n1", 4)
    assert names(world, ada, on_today=True) == [("New ones", 2)]
    changed, is_new = world.review.save_search(ada, id=new, name="Unseen", q="is:new deck:a")
    assert (changed.name, changed.on_today, is_new) == ("Unseen", False, False)
    world.review.move_search_up(ada, tagged)
    world.review.move_search_up(ada, tagged)  # it is the first
    assert names(world, ada) == [("Tagged", 1), ("Unseen", 2)]
    for refused in (world.review.delete_search, world.review.move_search_up):
        with pytest.raises(NotFound):
            refused(ben, tagged)
    world.review.delete_search(ada, tagged)
    assert names(world, ada) == [("Unseen", 2)]


@pytest.mark.parametrize(
    ("name", "q", "wrong"),
    [
        ("", "is:new", Invalid),
        ("   ", "is:new", Invalid),
        ("x" * 61, "is:new", Invalid),
        ("a\0b", "is:new", Invalid),
        ("Fine", " ", Invalid),
        ("Fine", "is:odd", Invalid),
        ("Fine", "deck:nowhere", NotFound),
        ("TAKEN", "is:new", Conflict),
    ],
)
def test_what_cannot_be_is_refused(world: StudyWorld, name: str, q: str, wrong: type[FlashcardsError]) -> None:
    ada = world.learner()
    save(world, ada, "Taken", "tag:x")
    with pytest.raises(wrong):
        save(world, ada, name, q)
    assert names(world, ada) == [("Taken", 1)]


def test_there_is_an_end_to_them(world: StudyWorld) -> None:
    ada = world.learner()
    ids = [save(world, ada, f"Number {number}", "tag:x") for number in range(50)]
    with pytest.raises(Invalid, match="50 saved searches"):
        save(world, ada, "One more", "tag:x")
    assert not world.review.save_search(ada, id=ids[0], name="First", q="tag:x")[1]


def test_one_that_cannot_be_read_any_more_harms_no_page(site: Site, ann: Learner, client: FlaskClient) -> None:
    site.services.review.save_search(ann, id=new_id(), name="Gone", q="deck:programming", on_today=True)
    with site.services.database.write():
        site.services.database.execute(
            "UPDATE saved_search SET query = 'deck:nowhere is:odd' WHERE learner_id = ?", (ann.id,)
        )
    for address in ("/", "/browse", "/searches"):
        page = client.get(address)
        assert page.status_code == 200
        assert "Gone" in page.text
    assert "Cannot be read any more" in text(client.get("/searches").text)
    assert client.get(f"{API}/searches").json["items"][0]["cards"] is None


def test_by_the_api(client: FlaskClient) -> None:
    one, body = new_id(), {"name": "Capitals", "q": "deck:languages/capitals", "on_today": True}
    made = client.put(f"{API}/searches/{one}", json=body)
    assert (made.status_code, checked(api.SEARCH, made.json)["cards"]) == (201, 5)
    assert client.put(f"{API}/searches/{one}", json=body).status_code == 200
    assert client.get(f"{API}/searches").json == {"items": [made.json], "next": None}
    problem(client.put(f"{API}/searches/{new_id()}", json=body), 409)
    problem(client.put(f"{API}/searches/x", json=body), 422, "id")
    problem(client.put(f"{API}/searches/{one}", json=body | {"q": "is:odd"}), 422, "q")
    problem(client.put(f"{API}/searches/{one}", json={"q": "is:new"}), 422, "name")
    assert client.delete(f"{API}/searches/{one}").json == {"items": [], "next": None}
    problem(client.delete(f"{API}/searches/{one}"), 404)


def test_by_forms(site: Site, ann: Learner, client: FlaskClient) -> None:
    page = client.get("/browse?q=deck:languages/capitals").text
    form = fields(page, "/searches") | {"name": "Capitals <1>", "on_today": "on"}
    back = client.post("/searches", data=form)
    assert back.location == "/browse?q=deck%3Alanguages%2Fcapitals&done=saved"
    shown = text(client.get(back.location).text)
    assert "The search is saved." in shown
    assert "Save this search" not in shown
    assert "Capitals &lt;1&gt;" in client.get("/").text
    assert "Save this search" not in client.get("/browse?q=is:failed").text
    one = form["id"]
    assert client.post("/searches", data={**form, "name": "New", "q": "is:new", "back": ""}).location.endswith("saved")
    assert "Capitals &lt;1&gt;" not in client.get("/").text
    two = new_id()
    client.post("/searches", data={"id": two, "name": "Two", "q": "is:leech"})
    client.post("/searches", data={"id": two, "verb": "up"})
    assert [it.id for it in site.services.review.saved_searches(ann)] == [two, one]
    wrong = client.post("/searches", data={"id": new_id(), "name": "two", "q": "is:new"})
    assert wrong.status_code == 409
    assert "There is a search named two already" in text(wrong.text)
    assert 'value="is:new"' in wrong.text
    client.post("/searches", data={"id": one, "verb": "delete"})
    assert "is:new" not in client.get("/searches").text
