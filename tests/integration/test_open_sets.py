"""Sets that were begun stand on Today until they are done or ended; one count of their cards everywhere."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from flashcards.cli.commands import run
from flashcards.domain.study_day import date_of
from flashcards.services.accounts.facade import Learner
from flashcards.services.review.facade import Answer
from tests.databases import settings_for
from tests.site import Site, new_id

API = "/api/v1"
SEARCH = "deck:programming"


@pytest.fixture
def ann(site: Site) -> Learner:
    return site.learner()


def begin(site: Site, ann: Learner, q: str = SEARCH, mode: str = "review") -> str:
    made, _ = site.services.review.make_set(ann, id=new_id(), mode=mode, q=q)
    while site.services.clock() == made.made_at:  # the newest stands first: none is of the same millisecond
        pass
    return made.id


def right(site: Site, ann: Learner, set_id: str, count: int) -> None:
    review = site.services.review
    for card in review.set_queue(ann, set_id, limit=count).cards:
        review.answer(ann, Answer(new_id(), card.id, 4, "cram"))


def on_today(site: Site, ann: Learner) -> list[str]:
    page: Any = BeautifulSoup(site.client(ann).get("/").text, "html.parser")
    return [" ".join(it.form.span.get_text(" ").split()) for it in page.select(".begun li")]


def test_a_set_stands_on_today_until_it_is_done(site: Site, ann: Learner) -> None:
    assert on_today(site, ann) == []
    made = begin(site, ann)
    assert on_today(site, ann) == ["Set deck:programming , made today: 5 of 5 cards left"]
    right(site, ann, made, 2)
    assert on_today(site, ann) == ["Set deck:programming , made today: 3 of 5 cards left"]
    page: Any = BeautifulSoup(site.client(ann).get("/").text, "html.parser")
    assert site.client(ann).get(page.select_one(".begun a")["href"]).status_code == 200
    right(site, ann, made, 3)
    assert on_today(site, ann) == []
    assert site.client(ann).get(f"/done?set={made}").status_code == 200


def test_it_stands_there_under_a_plan_too(site: Site, ann: Learner) -> None:
    begin(site, ann)
    site.client(ann).post(f"{API}/plans", json={"date": later(site, ann), "minutes": 15})
    assert on_today(site, ann) == ["Set deck:programming , made today: 5 of 5 cards left"]


def later(site: Site, ann: Learner) -> str:
    return str(date_of(site.services.review.study_day(ann) + 14))


def test_it_can_be_ended_and_nothing_that_was_answered_is_lost(site: Site, ann: Learner) -> None:
    made, client = begin(site, ann), site.client(ann)
    right(site, ann, made, 2)
    page: Any = BeautifulSoup(client.get("/").text, "html.parser")
    action = page.select_one(".begun form")["action"]
    for _ in range(2):  # a second click does no harm
        reply = client.post(action)
        assert (reply.status_code, reply.location) == (303, "/")
    assert on_today(site, ann) == []
    assert len(site.services.review.log(ann)) == 2


def test_a_set_begun_twice_stands_there_once_and_both_get_done(site: Site, ann: Learner) -> None:
    begin(site, ann)
    newer = begin(site, ann)
    other = begin(site, ann, "deck:languages")
    assert [it.made.id for it in site.services.review.open_sets(ann)] == [other, newer]
    right(site, ann, newer, 5)
    assert [it.made.id for it in site.services.review.open_sets(ann)] == [other]


def test_what_fails_is_left_until_it_is_right_twice(site: Site, ann: Learner) -> None:
    made, review = begin(site, ann, mode="cram"), site.services.review
    failed = review.set_queue(ann, made, limit=1).cards[0].id
    review.answer(ann, Answer(new_id(), failed, 1, "cram"))
    right(site, ann, made, 4)
    for left in (1, 1):
        assert [it.left for it in review.open_sets(ann)] == [left]
        review.answer(ann, Answer(new_id(), failed, 4, "cram"))
    assert review.open_sets(ann) == ()


def test_the_search_the_set_and_today_count_the_same_cards(site: Site, ann: Learner) -> None:
    review = site.services.review
    away, *failed = [it.id for it in review.cards(ann, q="deck:science").items][:3]
    for card in (away, *failed):
        review.answer(ann, Answer(new_id(), card, 1))
    review.act(ann, away, "suspend")
    for q in ("is:failed", SEARCH):
        made = begin(site, ann, q)
        cards = review.study_set(ann, made).cards
        browsed: Any = BeautifulSoup(site.client(ann).get("/browse", query_string={"q": q}).text, "html.parser")
        assert browsed.select_one(".foundbar b").text == f"{cards} cards"
        assert review.set_queue(ann, made).left.total == cards
        assert on_today(site, ann)[0].endswith(f": {cards} of {cards} cards left")


def test_others_see_and_end_nothing_of_it(site: Site, ann: Learner) -> None:
    made = begin(site, ann)
    ben = site.client(site.learner("Ben"))
    assert ben.get(f"{API}/sets").get_json() == {"items": [], "next": None}
    assert ben.delete(f"{API}/sets/{made}").status_code == 404
    ben.post(f"/study/{made}/end")
    assert len(on_today(site, ann)) == 1


def test_over_the_api(site: Site, ann: Learner) -> None:
    made, client = begin(site, ann), site.client(ann)
    right(site, ann, made, 1)
    [item] = client.get(f"{API}/sets").get_json()["items"]
    assert (item["set"]["id"], item["set"]["cards"], item["left"]) == (made, 5, 4)
    assert client.delete(f"{API}/sets/{made}").get_json() == {"items": [], "next": None}
    assert client.delete(f"{API}/sets/{made}").status_code == 404


def test_in_the_terminal(
    site: Site, ann: Learner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in settings_for(site.config.data, site.config.decks).items():
        monkeypatch.setenv(name, value)
    made = begin(site, ann)
    assert run(["sets", "list"]) == 0
    assert f"{made}\t" in (said := capsys.readouterr().out)
    assert "5 of 5 cards left\tdeck:programming" in said
    assert run(["sets", "list", "--json"]) == 0
    assert '"left": 5' in capsys.readouterr().out
    assert run(["sets", "end", made]) == 0
    assert run(["sets", "end", made]) == 1
    assert run(["sets", "list"]) == 0
    assert "No set is open." in capsys.readouterr().err
