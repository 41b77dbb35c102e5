"""Sets: exactly the cards that were chosen, frozen when they start; what failed is right twice before it is done."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from flashcards.errors import Conflict, Invalid, NotFound
from flashcards.services.accounts.facade import Learner
from flashcards.services.review.facade import Answer, Found, Left
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.web.api import shapes
from tests.integration.study_world import TODAY, StudyWorld, short
from tests.integration.test_api import API, checked, problem
from tests.integration.test_pages import hidden, text
from tests.site import Site, new_id


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    yield world
    world.close()


@pytest.fixture
def ada(world: StudyWorld) -> Learner:
    """She has learnt three of five cards: n1 is due today, n2 and n3 are not; n4 and n5 are new."""
    world.deck("a", 5, note_tags={"n1": ["x"], "n2": ["x"], "n5": ["x"]})
    ada = world.learner()
    for number in (1, 2, 3):
        world.answer(ada, f"a#n{number}", 4)
    world.clock.days(10)
    world.review.act(ada, world.card("a#n1"), "due", due_on=TODAY + 10)
    for number in (2, 3):
        world.review.act(ada, world.card(f"a#n{number}"), "due", due_on=TODAY + 20)
    return ada


def made(world: StudyWorld, learner: Learner, q: str, mode: str = "cram") -> str:
    uid = str(uuid.uuid4())
    world.review.make_set(learner, id=uid, mode=mode, q=q)
    return uid


def kinds(world: StudyWorld, learner: Learner, set_id: str, **more: Any) -> dict[str, str]:
    """The cards that are left of a set, with their kinds."""
    return {short(card.key): card.kind for card in world.review.set_queue(learner, set_id, **more).cards}


def next_card(world: StudyWorld, learner: Learner, set_id: str) -> str | None:
    cards = world.review.set_queue(learner, set_id, limit=1).cards
    return short(cards[0].key) if cards else None


def test_cram_asks_all_that_was_found_and_moves_nothing(world: StudyWorld, ada: Learner) -> None:
    before = world.stored_state(ada)
    mine = made(world, ada, "tag:x")
    assert kinds(world, ada, mine) == {"n1": "cram", "n2": "cram", "n5": "cram"}
    queue = world.review.set_queue(ada, mine)
    assert (queue.left, queue.total_today) == (Left(0, 0, 0, cram=3), 3)
    [n2] = [card for card in queue.cards if card.key.startswith("a#n2/")]
    assert n2.intervals == dict.fromkeys(range(6), 10)
    for key in ("a#n1", "a#n2", "a#n5"):
        assert world.answer(ada, key, 3, mode="cram").kind == "cram"
    queue = world.review.set_queue(ada, mine)
    assert (queue.left.total, queue.total_today, queue.cards) == (0, 3, ())
    assert world.stored_state(ada) == before
    assert DoctorService(world.db).examine().findings == ()


def test_what_is_due_or_new_moves_as_usual_and_the_rest_stays(world: StudyWorld, ada: Learner) -> None:
    assert world.review.found(ada, "deck:a") == Found(5, due=1, new=2)
    mine = made(world, ada, "deck:a", "review")
    assert kinds(world, ada, mine) == {"n1": "due", "n2": "cram", "n3": "cram", "n4": "new", "n5": "new"}
    assert world.review.set_queue(ada, mine).left == Left(1, 2, 0, cram=2)
    assert world.answer(ada, "a#n1", 4).kind == "scheduled"
    assert world.answer(ada, "a#n2", 4, mode="cram").kind == "cram"
    schedules = [world.schedule(ada, key) for key in ("a#n1", "a#n2")]
    assert [it.due_on for it in schedules if it] == [TODAY + 16, TODAY + 20]


def test_a_failed_card_comes_until_it_is_right_twice_in_a_row(world: StudyWorld, ada: Learner) -> None:
    mine = made(world, ada, "tag:x deck:a is:scheduled")
    given = [("n1", 1), ("n2", 4), ("n1", 4), ("n1", 2), ("n1", 3)]
    for key, grade in given:
        world.clock.seconds(5)
        world.answer(ada, f"a#{key}", grade, mode="cram")
    [last] = world.review.set_queue(ada, mine).cards
    assert (short(last.key), last.rights) == ("n1", 1)
    world.review.undo(ada)
    assert world.review.set_queue(ada, mine).cards[0].rights == 2
    for _ in range(2):
        world.answer(ada, "a#n1", 3, mode="cram")
    assert kinds(world, ada, mine) == {}


def test_what_was_failed_waits_behind_what_was_not_asked(world: StudyWorld, ada: Learner) -> None:
    mine = made(world, ada, "deck:a")
    order = list(kinds(world, ada, mine))
    for key in order[:2]:
        world.clock.seconds(5)
        world.answer(ada, f"a#{key}", 1, mode="cram")
    assert list(kinds(world, ada, mine)) == [*order[2:], *order[:2]]
    assert list(kinds(world, ada, mine, limit=2)) == order[2:4]
    held = [world.card(f"a#{key}") for key in order[2:]]
    assert list(kinds(world, ada, mine, exclude=held)) == order[:2]


def test_a_card_failed_when_due_is_drilled_within_the_set(world: StudyWorld, ada: Learner) -> None:
    mine = made(world, ada, "id:n1", "review")
    for grade, comes in ((1, {"n1": "drill"}), (4, {"n1": "cram"}), (4, {})):
        [card] = world.review.set_queue(ada, mine).cards
        mode = "cram" if card.kind == "cram" else "review"
        world.clock.seconds(5)
        world.answer(ada, "a#n1", grade, mode=mode)
        assert kinds(world, ada, mine) == comes
    assert [row[1:4:2] for row in world.log(ada)[-3:]] == [("scheduled", 1), ("drill", 4), ("cram", 4)]


def test_membership_is_frozen(world: StudyWorld, ada: Learner) -> None:
    mine = made(world, ada, "is:due", "review")
    world.answer(ada, "a#n1", 1)
    world.review.act(ada, world.card("a#n2"), "due", due_on=TODAY + 10)
    assert world.review.cards(ada, q="is:due").items[0].note == "n2"
    assert kinds(world, ada, mine) == {"n1": "drill"}
    everything = made(world, ada, "deck:a")
    world.remove("a#n3")
    assert sorted(kinds(world, ada, everything)) == ["n1", "n2", "n4", "n5"]


def test_what_is_put_away_leaves_the_set_and_what_was_away_before_is_in_it(world: StudyWorld, ada: Learner) -> None:
    world.review.act(ada, world.card("a#n1"), "suspend")
    world.review.act(ada, world.card("a#n4"), "bury")
    mine = made(world, ada, "deck:a", "review")
    assert kinds(world, ada, mine) == {"n1": "cram", "n2": "cram", "n3": "cram", "n4": "cram", "n5": "new"}
    for key, verb in (("n2", "suspend"), ("n3", "bury")):
        world.review.act(ada, world.card(f"a#{key}"), verb)
    assert sorted(kinds(world, ada, mine)) == ["n1", "n4", "n5"]
    world.review.act(ada, world.card("a#n2"), "unsuspend")
    world.review.undo(ada)
    world.review.undo(ada)
    assert sorted(kinds(world, ada, mine)) == ["n1", "n3", "n4", "n5"]


def test_answers_of_before_do_not_count_and_a_set_goes_on_tomorrow(world: StudyWorld, ada: Learner) -> None:
    world.answer(ada, "a#n2", 1, mode="cram")
    mine = made(world, ada, "id:n2")
    assert kinds(world, ada, mine) == {"n2": "cram"}
    assert world.review.set_queue(ada, mine).cards[0].rights == 1
    world.answer(ada, "a#n2", 1, mode="cram", at=world.clock() - 600_000)  # by a clock that is slow
    world.clock.days(1)
    assert world.review.set_queue(ada, mine).cards[0].rights == 2
    world.clock.days(70)
    made(world, ada, "id:n2")
    with pytest.raises(NotFound):
        world.review.set_queue(ada, mine)


def test_a_set_is_made_once(world: StudyWorld, ada: Learner) -> None:
    ben, uid = world.learner("ben"), str(uuid.uuid4())
    first, new = world.review.make_set(ada, id=uid.upper(), mode="cram", q=" tag:x ")
    world.answer(ada, "a#n1", 4)
    again, repeated = world.review.make_set(ada, id=uid, mode="cram", q="tag:x")
    assert (first, new, repeated) == (again, True, False)
    assert (first.query, first.cards, first.mode) == ("tag:x", 3, "cram")
    for more in ({"q": "tag:y", "mode": "cram"}, {"q": "tag:x", "mode": "review"}):
        with pytest.raises(Conflict):
            world.review.make_set(ada, id=uid, **more)
    assert world.review.make_set(ben, id=uid, mode="review", q="deck:a")[1]  # everybody's ids are their own
    assert world.review.study_set(ada, uid) == first


def test_cards_can_be_named(world: StudyWorld, ada: Learner) -> None:
    named = [world.card("a#n3"), world.card("a#n1"), world.card("a#n3")]
    uid = str(uuid.uuid4())
    assert world.review.make_set(ada, id=uid, mode="cram", cards=named)[0].cards == 2
    assert not world.review.make_set(ada, id=uid, mode="cram", cards=named[:2])[1]
    assert sorted(kinds(world, ada, uid)) == ["n1", "n3"]
    with pytest.raises(Conflict):
        world.review.make_set(ada, id=uid, mode="cram", cards=named[:1])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"q": "tag:nothing"}, "q"),
        ({"q": "is:odd"}, "q"),
        ({"q": "is:removed"}, "q"),
        ({"q": "tag:x", "mode": "ahead"}, "mode"),
        ({"q": "tag:x", "id": "1"}, "id"),
        ({"q": "tag:x", "cards": ["1"]}, "q"),
        ({}, "q"),
        ({"cards": []}, "cards"),
        ({"cards": [str(number) for number in range(501)]}, "cards"),
    ],
)
def test_what_cannot_be_is_refused(world: StudyWorld, ada: Learner, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        world.review.make_set(ada, **({"id": str(uuid.uuid4()), "mode": "cram"} | wrong))
    assert refused.value.field == field
    assert not world.db.all("SELECT 1 FROM study_set")


def test_drafts_and_cards_of_nobody_are_in_no_set(world: StudyWorld, ada: Learner) -> None:
    world.deck("b", 2, drafts=["n1"])
    assert sorted(kinds(world, ada, made(world, ada, "deck:b"))) == ["n2"]
    for cards, wrong in ((["999"], NotFound), (["x"], NotFound), ([world.card("b#n1")], NotFound)):
        with pytest.raises(wrong):
            world.review.make_set(ada, id=str(uuid.uuid4()), mode="cram", cards=cards)


def test_siblings_lie_apart_and_new_cards_keep_their_order(world: StudyWorld) -> None:
    world.deck("c", {"a": ("c1", "c2", "c3"), "b": ("c1", "c2", "c3")})
    ada = world.learner()
    assert list(kinds(world, ada, made(world, ada, "deck:c", "review"))) == [
        "a/c1", "a/c2", "a/c3", "b/c1", "b/c2", "b/c3",
    ]  # fmt: skip
    for note in "ab":
        for gap in (1, 2, 3):
            world.answer(ada, f"c#{note}/c{gap}", 4)
    order = list(kinds(world, ada, made(world, ada, "deck:c")))
    assert [sorted(key[0] for key in order[at : at + 2]) for at in (0, 2, 4)] == [["a", "b"]] * 3


def test_the_day_queue_of_a_search(world: StudyWorld, ada: Learner) -> None:
    def asked(q: str, **more: Any) -> list[str]:
        queue = world.review.search_queue(ada, q, **more)
        return [f"{card.kind}:{short(card.key)}" for card in queue.cards]

    assert asked("") == world.queue_keys(ada)
    assert asked("tag:x") == ["due:n1", "new:n5"]
    assert asked("tag:x", mode="ahead") == ["ahead:n2"]
    assert sorted(asked("tag:x", mode="cram")) == ["cram:n1", "cram:n2", "cram:n5"]
    assert asked("tag:x", mode="cram", deck="a", limit=0) == []
    assert asked("tag:nothing") == asked("tag:nothing", mode="cram") == []
    world.answer(ada, "a#n1", 1, mode="cram")
    world.answer(ada, "a#n2", 4, mode="cram")
    assert sorted(asked("tag:x", mode="cram")) == ["cram:n1", "cram:n5"]
    assert world.review.search_queue(ada, "tag:x", mode="cram").left == Left(0, 0, 0, cram=2)
    world.clock.days(1)
    assert len(asked("tag:x", mode="cram")) == 3


def test_failed_today_leeches_and_changed_are_searches(world: StudyWorld, ada: Learner) -> None:
    def found(q: str) -> list[str]:
        return [card.note for card in world.review.cards(ada, q=q).items]

    assert found("is:failed") == found("is:changed") == []
    world.answer(ada, "a#n1", 1)
    world.answer(ada, "a#n2", 2, mode="cram")
    world.answer(ada, "a#n3", 3, mode="cram")
    assert found("is:failed") == ["n1", "n2"]
    with world.db.write():
        world.db.execute("UPDATE note SET revision = 2 WHERE key IN ('n3', 'n4')")
    assert found("is:changed") == ["n3"]  # n4 was never answered
    world.answer(ada, "a#n3", 4, mode="cram")
    assert found("is:changed") == []
    world.clock.days(1)
    assert found("is:failed") == []


@pytest.fixture
def ann(site: Site) -> Learner:
    return site.learner("Ann", new_per_day=100)


@pytest.fixture
def client(site: Site, ann: Learner) -> FlaskClient:
    return site.client(ann)


def test_by_the_api(site: Site, ann: Learner, client: FlaskClient) -> None:
    body = {"id": new_id(), "q": "deck:languages/capitals", "mode": "review"}
    first = client.post(f"{API}/sets", json=body)
    assert first.status_code == 201
    assert first.headers["Location"] == f"{API}/sets/{body['id']}"
    again = client.post(f"{API}/sets", json=body)
    assert (again.status_code, again.json) == (200, checked(shapes.STUDY_SET, first.json))
    assert client.get(f"{API}/sets/{body['id']}").json == first.json
    queue = client.get(f"{API}/queue", query_string={"set": body["id"], "limit": 2}).json
    assert queue["left"]["cram"] == 0
    assert queue["left"]["new"] == queue["total_today"] == first.json["cards"]
    assert [card["rights"] for card in queue["cards"]] == [1, 1]
    problem(client.post(f"{API}/sets", json=body | {"mode": "cram"}), 409)
    problem(client.post(f"{API}/sets", json=body | {"id": new_id(), "q": "no-such-word"}), 422, "q")
    problem(client.post(f"{API}/sets", json={"id": new_id(), "mode": "cram"}), 422, "q")
    problem(client.post(f"{API}/sets", json={"id": new_id(), "mode": "cram", "q": "deck:nowhere"}), 404)
    problem(client.get(f"{API}/queue?set={new_id()}"), 404)
    ben = site.client(site.learner("Ben"))
    problem(ben.get(f"{API}/sets/{body['id']}"), 404)
    problem(ben.get(f"{API}/queue?set={body['id']}"), 404)
    crammed = client.get(f"{API}/queue", query_string={"q": "deck:languages/capitals", "mode": "cram"}).json
    assert crammed["left"]["cram"] == first.json["cards"]
    problem(client.get(f"{API}/queue?q=is:odd"), 422, "q")


def fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that is sent to `action`."""
    found = re.search(rf'<form method="post" action="{action}".*?</form>', page, re.S)
    assert found
    pairs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found[0])
    return {name: html.unescape(value) for name, value in pairs}


def study(client: FlaskClient, page: str, *, cram: bool = False) -> str:
    """Presses *Study these* on a page; gives the address of the review."""
    form = {**fields(client.get(page).text, "/study"), **({"cram": "on"} if cram else {})}
    begun = client.post("/study", data=form)
    assert begun.status_code == 303, begun.text
    assert client.post("/study", data=form).location == begun.location
    return str(begun.location)


def answered(client: FlaskClient, address: str, grade: int) -> str:
    page = client.get(address).text
    form = hidden(page, "grade-form") | {"grade": grade}
    return str(client.post("/review/answer", data=form).location)


def test_a_set_by_forms(site: Site, ann: Learner, client: FlaskClient) -> None:
    found = client.get("/browse?q=deck:languages/capitals").text
    assert "5 cards 5 new move no date Study these 5" in text(found)
    address = study(client, "/browse?q=deck:languages/capitals", cram=True)
    page = client.get(address).text
    assert "A set: your schedule stays as it is." in text(page)
    assert [again in page for again in ("<small>again</small>", "<small>date stays</small>")] == [True, True]
    site.services.review.answer(ann, an_answer_elsewhere(site, ann))
    for grade in (1, 4, 4, 4, 4):
        assert answered(client, address, grade) == address
    assert site.services.review.set_queue(ann, address.partition("=")[2]).left.total == 1
    # What was failed says why it comes again.
    for said in ("Failed: it comes until right twice in a row.", "Once more right, and it is done."):
        shown = text(client.get(address).text)
        assert said in shown
        assert " again " in shown
        answered(client, address, 4)
    end = client.get(address)
    assert end.location == f"/done?{address.partition('?')[2]}"
    done = text(client.get(end.location).text)
    assert "The set is done: 5 cards." in done
    assert "7 answers in" in done  # of the set, not of the day
    assert "You remembered 4 of 5 first tries" in done
    assert "Study the 1 failed today" in done
    in_set = [row for row in site.services.review.log(ann) if row.kind != "scheduled"]
    assert {(row.kind, row.after.due_on) for row in in_set} == {("cram", None)}
    again = client.post("/review/undo", data={"learner": str(ann.id), "set": address.partition("=")[2]})
    assert again.location.startswith(address)
    assert "Go on" in text(client.get(end.location).text)


def an_answer_elsewhere(site: Site, ann: Learner) -> Answer:
    """To a card that is in no set."""
    [card] = site.services.review.queue(ann, deck="science", limit=1).cards
    return Answer(new_id(), card.id, 4)


@pytest.mark.parametrize(("page", "cards"), [("/decks/languages/capitals", 5), ("/decks/languages/", None)])
def test_decks_and_folders_are_studied_whole(client: FlaskClient, page: str, cards: int | None) -> None:
    address = study(client, page)
    shown = client.get(address).text
    assert "A set: your schedule stays as it is." in text(shown)
    total = client.get(f"{API}/queue?{address.partition('?')[2]}").json["total_today"]
    assert total == cards or (cards is None and total > 5)


def test_what_cannot_be_studied_is_said(site: Site, client: FlaskClient) -> None:
    assert "Study these" not in client.get("/browse?q=no-such-word").text
    assert "Study these" not in client.get("/browse?q=is:odd").text
    none = client.post("/study", data={"id": new_id(), "q": "no-such-word"})
    assert none.status_code == 422
    assert "No card is found: there is nothing to study." in text(none.text)
    for address in ("/review?set=x", f"/review?set={new_id()}", f"/done?set={new_id()}"):
        assert client.get(address).status_code == 404
