"""Searching and browsing: what is found in what words, and what is done to those that are picked."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from flashcards.errors import Invalid, NotFound
from flashcards.services.accounts.facade import Learner
from flashcards.services.authoring.deck_editing import NEW
from flashcards.services.review.facade import Answer
from tests.integration.test_authoring import ann, prepared_to_write, site
from tests.integration.test_pages import text
from tests.site import Site, new_id

__all__ = ["ann", "prepared_to_write", "site"]

DECK = """\
---
tags: [search]
---

## Café au lait? {#cafe .drink}

Un café, with naïve Straße.

## 机器学习 {#ml}

让计算机从数据中学习。

## 日本語の勉強 {#jp}

べんきょうする

## Which operator is `->`? {#arrow .core}

It "maps" overfitting to C++ and f(x).

## Not yet {#later .draft}

Hidden overfitting.
"""


Search = Callable[..., list[str]]
CAFE = "## Café au lait? {#cafe .drink}\n\nUn café, with naïve Straße.\n"


@pytest.fixture
def found(site: Site, ann: Learner) -> Search:
    site.services.authoring.save("search.md", DECK, NEW)

    def search(q: str, who: Learner = ann) -> list[str]:
        return [card.note for card in site.services.review.cards(who, q=q, limit=500).items]

    return search


def test_words_are_found_in_any_script(found: Search) -> None:
    assert found("cafe naive") == ["cafe"]
    assert found("CAFÉ") == ["cafe"]
    assert found("caf") == ["cafe"]  # the beginning of a word
    assert found("学习 deck:search") == ["ml"]
    assert found("习学") == []
    assert found("计算机 数据 deck:search") == ["ml"]
    assert found("勉強 tag:search") == found("べんきょう") == ["jp"]
    assert found('"un café"') == ["cafe"]
    assert found('"café un"') == []
    assert found("f(x)") == found("c++ maps") == ["arrow"]
    assert found("“un café”") == found("„un café“") == ["cafe"]
    assert found("C++") == found("c++ deck:search") == ["arrow"]  # no word that begins with c
    assert found("Tag:search Is:new ID:cafe") == ["cafe"]
    assert found("tag:search ->") == ["cafe", "ml", "jp", "arrow"]
    assert found("no-such-word") == []


def test_the_rest_of_the_language(site: Site, ann: Learner, found: Search) -> None:
    review, ben = site.services.review, site.learner("Ben")
    assert found("overfitting") == found("overfitting", ben) == ["arrow"]  # a draft has no cards yet
    assert found("deck:search tag:core") == found("id:arrow") == ["arrow"]
    [card] = review.cards(ann, q="id:cafe").items
    assert [one.id for one in review.cards(ann, q=f"id:{card.id}").items] == [card.id]
    review.answer(ann, Answer(new_id(), card.id, 3))
    assert found("deck:search is:scheduled prop:ease<2.5 prop:interval=1 prop:due>0 prop:reviews>=1") == ["cafe"]
    assert found("deck:search is:due") == []
    review.act(ann, card.id, "due", due_on=review.study_day(ann))
    assert found("deck:search is:due") == []  # it was asked today
    [other] = review.cards(ann, q="id:jp").items
    review.act(ann, other.id, "due", due_on=review.study_day(ann))
    assert found("is:due") == ["jp"]
    assert review.today(ann).due == 1
    review.act(ann, other.id, "bury")
    assert (found("is:due"), found("is:buried")) == ([], ["jp"])
    review.act(ann, other.id, "unbury")
    assert (found("is:due"), found("is:buried")) == (["jp"], [])
    review.set_deck_active(ann, "search", False)
    assert found("is:due") == []
    review.set_deck_active(ann, "search", True)
    review.act(ann, card.id, "suspend")
    assert found("is:suspended") == ["cafe"]
    assert found("is:leech") == []
    source = site.services.authoring.source("search.md")
    site.services.authoring.save(
        source.path,
        source.text.replace(CAFE, ""),
        source.version,
    )
    assert found("café") == []
    assert found("café is:removed") == ["cafe"]
    with pytest.raises(NotFound):
        found("deck:nowhere")
    with pytest.raises(Invalid):
        found("is:asleep")


TERMS = (
    "cafe", '"un café"', "c++", "学习", "deck:search", "tag:core", "tag:search", "tag:none", "id:jp", "flag:0",
    "is:new", "is:due", "is:scheduled", "is:buried", "is:suspended", "is:leech", "is:failed", "is:changed", "is:missed",
    "flag:2", "prop:ease<2.5", "prop:interval=1", "prop:due>0", "prop:lapses=0", "prop:reviews>=1", "prop:recall<0.999",
)  # fmt: skip


@pytest.mark.parametrize("term", TERMS)
def test_a_minus_leaves_out_what_the_term_finds(site: Site, ann: Learner, found: Search, term: str) -> None:
    """Each card is found with the term or without it, also where what is asked of it is not known."""
    review = site.services.review
    for note, verb in (("jp", "bury"), ("ml", "suspend")):
        [card] = review.cards(ann, q=f"id:{note}").items
        review.act(ann, card.id, verb)
    [card] = review.cards(ann, q="id:cafe").items
    review.answer(ann, Answer(new_id(), card.id, 1))
    review.flag(ann, card.id, 2)
    every, having, lacking = found(""), found(term), found(f"-{term}")
    assert sorted(having + lacking) == sorted(every)
    assert found(f"{term} -{term}") == []
    assert found(f"tag:search -{term} -id:arrow") == [note for note in lacking if note in {"cafe", "ml", "jp"}]


def test_who_is_left_out_of_what_is_gone(found: Search) -> None:
    assert "cafe" not in found("-deck:search")
    assert found("deck:search -tag:core -学习") == ["cafe", "jp"]
    assert found("-is:removed deck:search") == found("deck:search")
    with pytest.raises(NotFound):
        found("-deck:nowhere")


def test_an_edit_is_found_at_once_and_the_old_words_are_not(site: Site, ann: Learner, found: Search) -> None:
    source = site.services.authoring.source("search.md")
    site.services.authoring.save(source.path, source.text.replace("naïve", "clever"), source.version)
    assert found("clever") == ["cafe"]
    assert found("naive") == []


def test_pages_give_every_card_once(site: Site, ann: Learner, found: Search) -> None:
    for q in ("", "the"):
        whole = [card.id for card in site.services.review.cards(ann, q=q, limit=500).items]
        seen, since = [], None
        while True:
            page = site.services.review.cards(ann, q=q, since=since, limit=3)
            seen += [card.id for card in page.items]
            since = page.next
            if since is None:
                break
        assert seen == whole
        assert len(set(seen)) == len(seen)
        assert seen


@settings(max_examples=150)
@given(q=st.text(st.sampled_from('ab 学"*()-+:^~\\{}\0.ANDORNOT'), max_size=20))
def test_no_search_breaks(site: Site, ann: Learner, q: str) -> None:
    try:
        found = site.services.review.cards(ann, q=q, limit=500)
    except (Invalid, NotFound):
        return
    every = {card.id for card in site.services.review.cards(ann, limit=500).items}
    assert {card.id for card in found.items} <= every
    assert q.strip() or len(found.items) == len(every)


# --- the page


@pytest.fixture
def client(site: Site, ann: Learner) -> FlaskClient:
    return site.client(ann)


def test_the_page_lists_and_acts_in_one_action(site: Site, ann: Learner, client: FlaskClient) -> None:
    page = client.get("/browse?q=capital").text
    cards = re.findall(r'name="card" value="(\d+)"', page)
    assert len(cards) > 2
    answer = client.post("/browse", data={"q": "capital", "card": cards[:2], "verb": "suspend", "id": new_id()})
    assert answer.status_code == 303
    told = client.get(answer.location).text
    assert "Suspended: asked no more." in told
    assert {card.id for card in site.services.review.cards(ann, q="is:suspended").items} == set(cards[:2])
    undo = re.search(r'name="undo" value="([^"]+)"', told)
    assert undo
    client.post("/browse", data={"q": "capital", "verb": "undo", "undo": undo[1]})
    assert site.services.review.cards(ann, q="is:suspended").items == ()


def test_what_is_done_on_a_later_page_leads_back_to_it(site: Site, ann: Learner, client: FlaskClient) -> None:
    since = site.services.review.cards(ann, limit=5).next
    later = client.get("/browse", query_string={"since": since}).text
    hidden = re.search(r'name="since" value="([^"]+)"', later)
    card = re.search(r'name="card" value="(\d+)"', later)
    assert hidden
    assert card
    done = client.post("/browse", data={"since": hidden[1], "card": card[1], "verb": "bury", "id": new_id()})
    first = re.search(r'name="card" value="(\d+)"', client.get(done.location).text)
    assert first
    assert first[1] == card[1]


def test_tags_lead_to_the_source_line(client: FlaskClient) -> None:
    cards = re.findall(r'name="card" value="(\d+)"', client.get("/browse?q=id:iceland").text)
    page = client.post("/browse", data={"card": cards, "verb": "tag"}).text
    assert "## What is the capital of Iceland? {#iceland .typed}" in page
    assert "/decks/languages/capitals/edit?line=13" in page


def test_what_is_wrong_is_said(site: Site, client: FlaskClient) -> None:
    wrong = client.get("/browse?q=is:asleep")
    assert wrong.status_code == 422
    assert "is:asleep is not known" in text(wrong.text)
    assert 'value="is:asleep"' in wrong.text
    assert "No card is found" in client.get("/browse?q=zzzz").text
    for q in ("-(bias)", "%", '""', '"unclosed bias', "tag:"):
        wrong = client.get("/browse", query_string={"q": q})
        assert wrong.status_code == 422, q
        assert 'role="alert"' in wrong.text
        assert "Study these" not in wrong.text
        assert client.get("/api/v1/cards", query_string={"q": q}).get_json()["field"] == "q"
    nothing = client.post("/browse", data={"q": "capital", "verb": "suspend"})
    assert nothing.status_code == 422
    assert "No card was picked" in nothing.text
    assert 'value="capital"' in nothing.text
    assert 'name="card"' in nothing.text
    assert client.post("/browse", data={"verb": "explode", "card": "1"}).status_code == 422
    assert client.get("/browse?since=x").status_code == 422
    reader = site.client(site.learner("Ben"))
    assert 'value="tag"' not in reader.get("/browse").text
    assert reader.post("/browse", data={"verb": "tag", "card": "1"}).status_code == 403


def test_the_api_takes_the_same_searches(client: FlaskClient) -> None:
    items = client.get("/api/v1/cards?q=capital+is:new").json["items"]
    assert items
    assert all("capital" in item["title"].lower() for item in items)
    assert client.get("/api/v1/cards?q=prop:x").status_code == 422
