"""The seven coloured flags: set, found, taken back, kept through Anki and through an export."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from flashcards.errors import Conflict, Invalid, NotFound
from flashcards.services.accounts.facade import Learner
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.web.api import shapes
from tests.integration.anki_packages import add, collection, export
from tests.integration.anki_world import AnkiWorld, anki
from tests.integration.study_world import StudyWorld
from tests.integration.test_anki_import import ImportWorld
from tests.integration.test_api import API, checked, problem
from tests.integration.test_pages import hidden, text
from tests.integration.test_sets import ann, client, fields
from tests.site import Site, new_id

__all__ = ["ann", "client"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    yield world
    world.close()


def flags(world: StudyWorld, learner: Learner) -> dict[str, int]:
    """The flags of a learner's cards, by note."""
    return {card.note: card.flag for card in world.review.cards(learner, limit=500).items if card.flag}


def test_a_flag_is_set_found_and_taken_off(world: StudyWorld) -> None:
    world.deck("a", 3)
    ada, ben = world.learner(), world.learner("ben")
    world.answer(ada, "a#n1", 4)
    before = world.stored_state(ada)
    assert world.review.flag(ada, world.card("a#n1"), 1).card.flag == 1
    world.review.flag(ada, world.card("a#n2"), 7, also=[world.card("a#n3"), world.card("a#n2")])
    assert (flags(world, ada), flags(world, ben)) == ({"n1": 1, "n2": 7, "n3": 7}, {})
    found = {q: [card.note for card in world.review.cards(ada, q=q).items] for q in ("flag:1", "flag:7", "flag:0")}
    assert found == {"flag:1": ["n1"], "flag:7": ["n2", "n3"], "flag:0": []}
    assert {card.key: card.flag for card in world.review.queue(ada).cards} == {"a#n2/forward": 7, "a#n3/forward": 7}
    world.review.flag(ada, world.card("a#n2"), 0)
    assert flags(world, ada) == {"n1": 1, "n3": 7}
    assert world.stored_state(ada) == before  # new cards have no schedule still
    assert DoctorService(world.db).examine().findings == ()


def test_it_is_undone_like_any_action(world: StudyWorld) -> None:
    world.deck("a", 3)
    ada, card = world.learner(), world.card("a#n1")
    for flag in (2, 3):
        world.review.flag(ada, card, flag)
    world.review.flag(ada, card, 0, also=[world.card("a#n2")])
    assert world.review.last_action(ada).verb == "flag:0"  # type: ignore[union-attr]
    for left in ({"n1": 3}, {"n1": 2}, {}):
        undone = world.review.undo(ada)
        assert (flags(world, ada), undone.mode) == (left, "review")
    with pytest.raises(NotFound):
        world.review.undo(ada)
    world.answer(ada, "a#n1", 4)
    first = world.review.flag(ada, card, 5)
    world.review.act(ada, card, "suspend")
    with pytest.raises(Conflict):
        world.review.undo(ada, first.review_id)
    world.review.undo(ada)
    assert world.review.undo(ada, first.review_id).verb == "flag:5"
    assert world.review.undo(ada, first.review_id).card.flag == 0
    assert DoctorService(world.db).examine().findings == ()


def test_an_id_that_was_sent_before_changes_nothing(world: StudyWorld) -> None:
    world.deck("a", 2)
    ada, card, uid = world.learner(), world.card("a#n1"), str(uuid.uuid4())
    first = world.review.flag(ada, card, 2, id=uid)
    world.review.flag(ada, card, 4)
    again = world.review.flag(ada, card, 2, id=uid)
    assert (again.review_id, again.card.flag) == (first.review_id, 4)
    for other, flag in ((card, 3), (world.card("a#n2"), 2)):
        with pytest.raises(Conflict):
            world.review.flag(ada, other, flag, id=uid)
    for wrong in (8, -1, True):
        with pytest.raises(Invalid):
            world.review.flag(ada, card, wrong)
    with pytest.raises(NotFound):
        world.review.flag(ada, "999", 1)


def test_the_doctor_compares_flags_with_the_log(world: StudyWorld) -> None:
    world.deck("a", 2)
    ada = world.learner()
    world.review.flag(ada, world.card("a#n1"), 2)
    with world.db.write():
        world.db.execute("UPDATE card_flag SET flag = 3")
        world.db.execute("INSERT INTO card_flag VALUES (?, 999, 1, 0)", (ada.id,))
    found = DoctorService(world.db).examine().findings
    assert sorted(found) == ["1 flags on cards that are not there", "flags of cards: 2 are wrong"]


@pytest.mark.parametrize("wrong", ["flag:8", "flag:x", "flag:12", "flag:red"])
def test_a_search_for_what_is_no_flag_is_refused(world: StudyWorld, wrong: str) -> None:
    with pytest.raises(Invalid, match="write flag:1 to flag:7"):
        world.review.cards(world.learner(), q=wrong)


def test_flags_go_to_anki_and_come_back(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    world = AnkiWorld(tmp_path / "here")
    world.write("a.md", "".join(f"## N {n}? {{#n{n}}}\n\n{n}\n\n" for n in range(1, 9)))
    world.sync()
    cards = [card.id for card in world.review.cards(world.learner).items]
    for number, card in enumerate(cards[:7], start=1):
        world.review.flag(world.learner, card, number)
    world.package(history=True)
    with anki(tmp_path / "there") as there:
        there.take(tmp_path / "here/out.apkg")
        ours = [there.note(f"a#n{number}").cards()[0] for number in range(1, 9)]
        assert [card.user_flag() for card in ours] == [1, 2, 3, 4, 5, 6, 7, 0]
        assert there.rows("SELECT count(*) FROM revlog") == [[0]]
    world.close()


def test_flags_come_from_anki_once(tmp_path: Path) -> None:
    world = ImportWorld(tmp_path)
    (tmp_path / "anki").mkdir()
    with collection(tmp_path / "anki") as opened:
        notes = [add(opened, "Basic", "Deck", f"q {number}", "a") for number in range(4)]
        for flag, note in ((3, notes[0]), (7, notes[1]), (1, notes[2])):
            opened.set_user_flag_for_cards(flag, [card.id for card in note.cards()])
        file = export(opened, tmp_path / "x.apkg", legacy=False)
    report = world.bring(file)
    assert (report.notices, report.history and report.history.flags) == ((), 3)

    def found(q: str) -> list[str]:
        return [card.title for card in world.review.cards(world.learner, q=q).items]

    assert [found(f"flag:{flag}") for flag in (3, 7, 1, 0)] == [["q 0"], ["q 1"], ["q 2"], ["q 3"]]
    [mine, off] = [world.review.cards(world.learner, q=f"flag:{flag}").items[0].id for flag in (3, 7)]
    world.review.flag(world.learner, mine, 5)
    world.review.flag(world.learner, off, 0)
    again = world.bring(file)
    assert again.history is not None
    assert again.history.flags == 0
    assert [found(f"flag:{flag}") for flag in (5, 7, 1)] == [["q 0"], [], ["q 2"]]
    assert DoctorService(world.db).examine().findings == ()
    for _ in range(3):  # both of ours, and the import
        world.review.undo(world.learner)
    assert found("flag:0") == ["q 0", "q 1", "q 2", "q 3"]
    world.close()


def test_by_the_api(site: Site, ann: Learner, client: FlaskClient) -> None:
    card = client.get(f"{API}/queue?limit=1").json["cards"][0]
    assert card["flag"] == 0
    body = {"id": new_id(), "flag": 4}
    acted = client.post(f"{API}/cards/{card['id']}/flag", json=body)
    assert (acted.status_code, checked(shapes.ACTED, acted.json)["card"]["flag"]) == (200, 4)
    assert client.post(f"{API}/cards/{card['id']}/flag", json=body).json == acted.json
    assert client.get(f"{API}/queue?limit=1").json["cards"][0]["flag"] == 4
    row = client.get(f"{API}/reviews").json["items"][-1]
    assert (row["kind"], row["verb"], row["grade"], row["before"]) == ("flag", "flag:4", None, row["after"])
    undone = client.delete(f"{API}/reviews/{body['id']}")
    assert (undone.status_code, undone.json["flag"], undone.json["verb"]) == (200, 0, "flag:4")
    problem(client.post(f"{API}/cards/{card['id']}/flag", json={"flag": 8}), 422, "flag")
    problem(client.post(f"{API}/cards/{card['id']}/flag", json={}), 422, "flag")
    problem(client.post(f"{API}/cards/999999/flag", json={"flag": 1}), 404)


def test_by_forms(site: Site, ann: Learner, client: FlaskClient) -> None:
    review = site.services.review
    page = client.get("/review").text
    form = hidden(page, "flag-form") | {"flag": "2"}
    back = client.post("/review/act", data=form)
    assert (back.status_code, back.location) == (303, f"/review?card={form['card']}")
    assert "Flag 2" in text(client.get(back.location).text)
    shown = client.get(f"/cards/{form['card']}").text
    assert 'value="2" aria-pressed="true"' in shown
    assert "Flag 2, orange by hand" in text(shown)
    posted = fields(shown, f"/cards/{form['card']}") | {"flag": "0", "id": new_id()}
    assert client.post(f"/cards/{form['card']}", data=posted).location == f"/cards/{form['card']}?done=flag"
    assert review.card(ann, form["card"]).flag == 0
    picked = [card.id for card in review.cards(ann, q="deck:languages/capitals").items]
    data = {"learner": str(ann.id), "card": picked, "flag": "6", "id": new_id(), "q": "deck:languages/capitals"}
    done = client.post("/browse", data=data)
    assert "done=flag" in done.location
    assert text(client.get(done.location).text).count("Flag 6") == 2 * len(picked)  # a column, and on a phone
    assert len(review.cards(ann, q="flag:6").items) == len(picked)
    for address in ("/browse", "/review/act", f"/cards/{form['card']}"):
        wrong = client.post(address, data={"learner": str(ann.id), "card": picked[0], "flag": "9"})
        assert wrong.status_code == 422
