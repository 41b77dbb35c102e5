"""Plans and holidays over the API and in the terminal."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from flashcards.cli.commands import run
from flashcards.services.accounts.facade import Learner
from flashcards.services.plan.contract import Choice
from tests.databases import settings_for
from tests.integration.plan_world import on
from tests.site import DECKS, Site, copy_data

API = "/api/v1"


@pytest.fixture
def ann(site: Site) -> Learner:
    return site.learner()


def test_a_plan_through_its_life(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    asked = {"date": on(site, ann, 14), "minutes": 15, "time": "09:30", "weights": {"science": 3}, "weekdays_off": [6]}
    outlook = client.post(f"{API}/plans/outlook", json=asked).json
    assert outlook["known"]["low"] <= outlook["known"]["median"] <= outlook["known"]["high"] <= outlook["cards"]
    assert {it["path"] for it in outlook["folders"]} == {"languages", "programming", "science"}
    assert client.get(f"{API}/plans").json == {"items": [], "next": None}
    made = client.post(f"{API}/plans", json=asked)
    assert (made.status_code, made.headers["Location"]) == (201, f"{API}/plans/1")
    assert made.json["followed"] is True
    assert made.json["time"] == "09:30"
    queue = client.get(f"{API}/queue").json
    assert queue["plan"] == 1
    assert queue["left"].keys() >= {"due", "new", "drill", "plan"}
    changed = client.put(f"{API}/plans/1", json={"date": on(site, ann, 20), "minutes": 30})
    assert (changed.json["minutes"], changed.json["weights"], changed.json["followed"]) == (30, {}, True)
    client.get(f"{API}/queue")
    assert [it["minutes"] for it in client.get(f"{API}/plans/1/days").json["items"]] in ([30], [0])
    assert client.patch(f"{API}/plans/1", json={"followed": False}).json["followed"] is False
    assert client.get(f"{API}/queue").json["plan"] is None
    assert client.patch(f"{API}/plans/1", json={"followed": True}).json["followed"] is True
    ended = client.patch(f"{API}/plans/1", json={"ended": True, "outcome": "Trees."}).json
    assert (ended["ended"], ended["followed"], ended["outcome"]) == (True, False, "Trees.")
    assert client.delete(f"{API}/plans/1").json["outcome"] == "Trees."
    assert client.get(f"{API}/plans/1").status_code == 404


@pytest.mark.parametrize(
    ("days", "more", "field"),
    [(0, {}, "date"), (-1, {}, "date"), (3650, {}, "date"), (5, {"minutes": 0}, "minutes"),
     (5, {"weights": {"science": 4}}, "weights.science"), (5, {"decks": ["gone"]}, "decks"),
     (5, {"decks": ["science", "gone"]}, "decks"), (5, {"weights": {"gone": 0}}, "weights"),
     (5, {"style": "fast"}, "style"), (5, {"time": "25:00"}, "time")],
)  # fmt: skip
def test_what_cannot_be_is_refused(site: Site, ann: Learner, days: int, more: dict[str, object], field: str) -> None:
    client = site.client(ann)
    for path in ("/plans", "/plans/outlook"):
        reply = client.post(f"{API}{path}", json={"date": on(site, ann, days), "minutes": 15, **more})
        assert (reply.status_code, reply.json["field"]) == (422, field)


def test_a_holiday(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    first, last = on(site, ann, 3), on(site, ann, 6)
    made = client.post(f"{API}/breaks", json={"first": first, "last": last})
    assert (made.status_code, made.json) == (201, {"first": first, "last": last, "moved": 0})
    assert made.headers["Location"] == f"{API}/breaks/{first}"
    assert client.get(f"{API}/breaks").json["items"] == [{"first": first, "last": last}]
    assert client.post(f"{API}/breaks", json={"first": last, "last": first}).json["field"] == "last"
    assert client.delete(f"{API}/breaks/{first}").json == {"first": first, "last": last}
    assert client.delete(f"{API}/breaks/{first}").status_code == 404
    assert client.delete(f"{API}/breaks/soon").status_code == 422


def test_the_terminal(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in settings_for(copy_data(prepared, tmp_path), DECKS).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin", __import__("io").StringIO("correct horse battery\n"))
    assert run(["user", "add", "ann", "--password-stdin"]) == 0
    day = str(date.today() + timedelta(14))
    assert run(["plan", "show"]) == 1
    assert "no plan is followed" in capsys.readouterr().err
    assert run(["plan", "list"]) == 0
    assert capsys.readouterr() == ("", "There are no plans: make one with flashcards plan make DATE.\n")
    assert run(["plan", "try", day, "--minutes", "15", "--deck", "languages"]) == 0
    assert "known on the day, in eight of ten runs" in capsys.readouterr().out
    assert run(["plan", "make", day, "--minutes", "15", "--weight", "science=3"]) == 0
    assert "Plan 1 is followed" in capsys.readouterr().err
    assert run(["plan", "minutes", "20"]) == 0
    assert run(["plan", "list", "--json"]) == 0
    assert '"minutes": 20' in capsys.readouterr().out
    assert run(["plan", "make", day, "--weight", "science"]) == 2
    assert run(["plan", "make", "2001-01-01"]) == 2
    assert "past" in capsys.readouterr().err
    assert run(["plan", "leave"]) == 0
    assert run(["plan", "follow", "1"]) == 0
    assert run(["plan", "end", "--outcome", "Well."]) == 0


def test_a_plan_over_the_api_goes_on_being_changed_when_a_deck_that_it_names_is_gone(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    asked = {"date": on(site, ann, 14), "minutes": 15, "decks": ["science", "left"], "weights": {"left": 0}}
    day = site.services.review.study_day(ann) + 14
    made = site.services.plans.make(ann, Choice(day, 10, decks=("science",), weights={"left": 0}))  # it was there once
    refused = client.put(f"{API}/plans/{made.id}", json=asked)
    assert (refused.status_code, refused.json["field"]) == (422, "decks")
    changed = client.put(f"{API}/plans/{made.id}", json={**asked, "decks": ["science"]})
    assert (changed.status_code, changed.json.get("minutes")) == (200, 15), changed.json
