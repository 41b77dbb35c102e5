"""The page of memory and its part of the API, over HTTP."""

from __future__ import annotations

import random
import re
import time

import pytest
from flask.testing import FlaskClient

from flashcards.services.review.facade import Answer
from flashcards.storage.memory import MemoryRows
from tests.integration.study_world import DAY_MS
from tests.site import Site


def study(site: Site, client_name: str, days: int, cards: int) -> None:
    """The first cards once a day, two of three remembered."""
    learner = site.services.accounts.find(client_name)
    now = site.services.clock()
    chance = random.Random(3)
    for day in range(days, 0, -1):
        for card in site.services.review.cards(learner, limit=cards).items:
            number = f"00000000-0000-4000-8000-{day:04d}{int(card.id):08d}"
            grade = 4 if chance.random() < 0.66 else 1
            site.services.review.answer(learner, Answer(number, card.id, grade, mode="cram", at=now - day * DAY_MS))


def client_of(site: Site) -> FlaskClient:
    return site.client(site.learner("ann"))


def test_a_new_learner_is_told_what_will_come(site: Site) -> None:
    client = client_of(site)
    page = client.get("/stats/memory").text
    assert "Nothing has been answered yet" in page
    assert 'aria-current="true">Memory' in page
    assert client.get("/api/v1/memory").json["answers"] == 0


def test_one_answer_says_what_is_known_and_that_nothing_can_be_judged(site: Site) -> None:
    client = client_of(site)
    study(site, "ann", 1, 1)
    page = client.get("/stats/memory").text
    assert "Nothing to judge yet" in page
    assert re.search(r"<dd>1<small>of [\d,]+ cards, expected", page)


def test_the_log_is_walked_once_until_it_changes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(site)
    study(site, "ann", 6, 5)
    walked = []
    walk = MemoryRows.whole_log
    monkeypatch.setattr(MemoryRows, "whole_log", lambda rows, learner: walked.append(learner) or walk(rows, learner))

    def seen() -> tuple[int, float]:
        found = client.get("/api/v1/memory").json
        return found["answers"], found["log_loss"]

    before = seen()
    assert (seen(), len(walked)) == (before, 1)
    ann = site.services.accounts.find("ann")
    card = site.services.review.cards(ann, limit=1).items[0].id
    site.services.review.answer(ann, Answer("00000000-0000-4000-9000-000000000001", card, 1, mode="cram"))
    answered = seen()
    assert (answered[0], len(walked)) == (26, 2)
    site.services.review.undo(ann)
    assert seen() == before
    site.services.review.act(ann, card, "reset")
    assert seen() == before  # what came before the reset can be judged
    site.services.review.answer(ann, Answer("00000000-0000-4000-9000-000000000002", card, 1, mode="cram"))
    assert seen() == before  # the first answer after it cannot
    site.services.review.undo(ann)
    site.services.review.undo(ann)  # the reset
    site.services.review.answer(ann, Answer("00000000-0000-4000-9000-000000000003", card, 1, mode="cram"))
    assert seen() == answered


def test_few_answers_are_judged_by_the_model_as_it_comes(site: Site) -> None:
    client = client_of(site)
    study(site, "ann", 6, 5)
    page = client.get("/stats/memory").text
    assert "25 first answers of a day" in page
    assert "So few answers say little" in page
    assert "From 200 such answers on" in page
    assert "Fit now" not in page
    assert client.post("/api/v1/memory/fit", headers={"Origin": "http://localhost"}).status_code == 409
    found = client.get("/api/v1/memory").json
    assert (found["answers"], found["fitted_on"], found["way"]) == (25, None, "defaults")
    assert found["log_loss"] == found["log_loss_defaults"]
    assert found["known"]["seen"] == 5


def test_a_fit_is_made_on_request_and_shown(site: Site) -> None:
    client = client_of(site)
    study(site, "ann", 22, 10)
    assert "Fit now" in client.get("/stats/memory").text
    learner = site.services.accounts.find("ann")
    assert client.post("/stats/memory/fit", data={"learner": learner.id}).status_code == 303
    deadline = time.monotonic() + 60
    while site.services.work.is_running(learner.id, "fit"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    page = client.get("/stats/memory").text
    assert "Last fitted on" in page
    assert "on 210 answers" in page
    assert "Retention by week" in page
    found = client.get("/api/v1/memory").json
    assert (found["answers"], found["fitted_on"]) == (210, 210)
    assert sum(it["answers"] for it in found["bins"]) == 210


def test_a_card_of_the_api_says_its_recall(site: Site) -> None:
    client = client_of(site)
    study(site, "ann", 3, 1)
    items = client.get("/api/v1/cards?q=prop:recall>0").json["items"]
    (card,) = items
    assert 0 < card["recall"] < 1
    assert card["stability"] > 0
    assert 1 <= card["difficulty"] <= 10
    assert client.get(f"/api/v1/cards/{card['id']}").json["recall"] == card["recall"]
    assert client.get("/api/v1/cards?q=prop:recall=0.5").status_code == 422
    page = client.get(f"/cards/{card['id']}").text
    assert "<dt>Recall</dt>" in page
