"""The plan that is followed, at one address of the API and as one command."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from werkzeug.datastructures import MultiDict

from flashcards.cli.commands import run
from flashcards.clock import system_clock
from flashcards.services.accounts.facade import Learner
from tests.databases import settings_for
from tests.integration.plan_world import on
from tests.site import DECKS, Site, copy_data, new_id, open_site

API = "/api/v1"
DAY_MS = 86_400_000
MEMBERS = {
    "id", "followed", "date", "minutes", "time", "about", "off", "style", "title", "days_left", "today", "known",
    "without", "by_deck", "left_out", "more", "path",
}  # fmt: skip


@pytest.fixture
def ann(site: Site) -> Learner:
    return site.learner()


def test_it_is_made_read_and_ended_at_one_address(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    assert client.get(f"{API}/plan").status_code == 404
    assert client.delete(f"{API}/plan").status_code == 404
    asked = {"date": on(site, ann, 14), "minutes": 15, "off": [on(site, ann, 3)], "style": "sure", "time": "09:30"}
    tried = client.post(f"{API}/plan/preview", json=asked)
    assert (tried.status_code, tried.json["id"], tried.json["followed"]) == (200, None, False)
    assert client.get(f"{API}/plans").json["items"] == []
    made = client.put(f"{API}/plan", json=asked)
    assert (made.status_code, made.json.keys()) == (200, MEMBERS)
    assert made.json == tried.json | {"id": 1, "followed": True}
    assert {name: made.json[name] for name in asked} == asked
    assert (made.json["days_left"], made.json["about"]) == (14, [])
    assert made.json["known"]["low"] <= made.json["known"]["median"] <= made.json["known"]["high"]
    of = made.json["known"]["of"]
    assert made.json["without"]["of"] == of == sum(it["of"] for it in made.json["by_deck"])
    assert made.json["more"].keys() == {"minutes", "known"}
    assert made.json["path"][-1] == {
        "day": asked["date"], "known": made.json["known"]["median"], "without": made.json["without"]["median"],
    }  # fmt: skip
    queue = client.get(f"{API}/queue?limit=0").json
    assert (queue["plan"], queue["left"]["new"]) == (1, made.json["today"]["new"])
    assert client.put(f"{API}/plan", json=asked).json == client.get(f"{API}/plan").json == made.json
    assert client.delete(f"{API}/plan").json == made.json
    assert client.get(f"{API}/plan").status_code == 404
    assert [it["ended"] for it in client.get(f"{API}/plans").json["items"]] == [True]


def test_its_day_is_of_new_due_and_early_cards(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    cards = [it["id"] for it in client.get(f"{API}/cards?limit=4").json["items"]]
    for card, days in zip(cards, (0, 0, 9, 9), strict=True):
        client.post(f"{API}/cards/{card}/due", json={"due_on": on(site, ann, days)})
    for days in (1, 2, 40):
        found = client.put(f"{API}/plan", json={"date": on(site, ann, days), "minutes": 60}).json
        left = client.get(f"{API}/queue?limit=0").json["left"]
        assert found["today"] == {"minutes": found["today"]["minutes"], "new": left["new"], "due": left["due"],
                                  "early": left["plan"]}  # fmt: skip


def test_what_its_day_promised_stays_when_it_is_answered(prepared: Path, tmp_path: Path) -> None:
    day = 0
    with open_site(copy_data(prepared, tmp_path), clock=lambda: system_clock() + day * DAY_MS) as site:
        ann = site.learner()
        client = site.client(ann)
        cards = [it["id"] for it in client.get(f"{API}/cards?limit=3").json["items"]]
        for answered in (cards, cards[:1]):
            for card in answered:
                client.post(f"{API}/reviews", json={"id": new_id(), "card": card, "grade": 4})
            day += 1
        promised = client.put(f"{API}/plan", json={"date": on(site, ann, 5), "minutes": 60}).json["today"]
        assert (promised["due"], promised["early"]) == (2, 1)
        assert promised["new"] > 0
        while queue := client.get(f"{API}/queue?limit=1").json["cards"]:
            mode = "plan" if queue[0]["kind"] == "plan" else "review"
            client.post(f"{API}/reviews", json={"id": new_id(), "card": queue[0]["id"], "grade": 4, "mode": mode})
        assert client.get(f"{API}/plan").json["today"] == promised


def test_the_same_id_is_the_same_plan(site: Site, ann: Learner) -> None:
    client, uid = site.client(ann), new_id()
    asked = {"id": uid, "date": on(site, ann, 14), "minutes": 15}
    assert client.put(f"{API}/plan", json=asked).json["id"] == 1
    assert client.put(f"{API}/plan", json=asked | {"id": uid.upper()}).json["id"] == 1
    assert client.put(f"{API}/plan", json=asked | {"minutes": 30}).json["minutes"] == 30
    other = client.put(f"{API}/plan", json={"date": on(site, ann, 20), "minutes": 10}).json
    assert (other["id"], other["minutes"]) == (2, 10)
    assert [(it["id"], it["followed"]) for it in client.get(f"{API}/plans").json["items"]] == [(2, True), (1, False)]
    changed = {"date": on(site, ann, 21), "minutes": 30}
    assert client.put(f"{API}/plans/1", json=changed).json["followed"] is False  # by its number, of whatever client
    again = client.put(f"{API}/plan", json=asked).json
    assert (again["id"], again["minutes"], again["date"]) == (1, 15, asked["date"])
    assert len(client.get(f"{API}/plans").json["items"]) == 2
    assert client.post(f"{API}/plans/2/follow").json["followed"] is True
    assert client.get(f"{API}/plan").json["id"] == 2
    assert client.post(f"{API}/plans/3/follow").status_code == 404


def test_what_it_is_about_has_weights(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    asked = {"date": on(site, ann, 14), "minutes": 15}
    about = [{"deck": "science", "weight": 3}, {"deck": "languages"}]
    found = client.put(f"{API}/plan", json=asked | {"about": about}).json
    assert found["about"] == [{"deck": "science", "weight": 3}, {"deck": "languages", "weight": 2}]
    assert {it["deck"] for it in found["by_deck"]} == {"science", "languages"}
    everything = client.get(f"{API}/cards?limit=500").json["items"]
    tag = next(tag for it in everything for tag in it["tags"])
    about = [{"search": f"tag:{tag}", "weight": 1}, {"search": "is:new deck:languages", "weight": 3}]
    found = client.put(f"{API}/plan", json=asked | {"about": about}).json
    assert found["about"] == about
    assert client.get(f"{API}/plan").json["about"] == about
    stored = client.get(f"{API}/plans/{found['id']}").json
    assert (stored["tags"], stored["q"]) == ([tag], "is:new deck:languages")
    assert {it["weight"] for it in client.post(f"{API}/plans/outlook", json={
        **asked, "q": "deck:languages", "weights": {"search:": 3}}).json["folders"]} == {3}  # fmt: skip
    signed = client.post(f"{API}/plan/preview", json=asked | {"about": [{"search": f"tag:#{tag}", "weight": 3}]}).json
    assert signed["about"] == [{"search": f"tag:{tag}", "weight": 3}]
    without = client.post(f"{API}/plan/preview", json=asked | {"about": [{"search": f"-tag:{tag}"}]}).json
    assert without["about"] == [{"search": f"-tag:{tag}", "weight": 2}]
    assert without["known"]["of"] < len(everything)
    page = client.get("/plan").text
    assert "“is:new deck:languages”" in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"about": [{"weight": 2}]}, "about"),
        ({"about": [{"deck": "science", "search": "x"}]}, "about"),
        ({"about": [{"deck": "science"}, {"deck": "gone"}]}, "about"),
        ({"about": [{"search": " "}]}, "about"),
        ({"about": [{"search": "one"}, {"search": "two"}]}, "about"),
        ({"about": [{"search": "is:foo"}]}, "q"),
        ({"about": [{"search": "is:due"}]}, "q"),
        ({"about": [{"deck": "science", "weight": 0}]}, "weight"),
        ({"about": "science"}, "about"),
        ({"off": ["soon"]}, "off[0]"),
        ({"date": "2001-01-01"}, "date"),
        ({"minutes": 0}, "minutes"),
        ({"style": "fast"}, "style"),
        ({"id": "1"}, "id"),
    ],
)
def test_what_cannot_be_is_refused(site: Site, ann: Learner, change: dict[str, object], field: str) -> None:
    client = site.client(ann)
    for send, address in ((client.put, "/plan"), (client.post, "/plan/preview")):
        reply = send(f"{API}{address}", json={"date": on(site, ann, 14), "minutes": 15, **change})
        assert (reply.status_code, reply.json["field"]) == (422, field)
    assert client.get(f"{API}/plans").json["items"] == []


def test_of_which_nothing_is_left(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    asked = {"date": on(site, ann, 14), "minutes": 15, "about": [{"deck": "science/physics"}]}
    where = next(
        it["address"] for it in client.get(f"{API}/decks").json["items"] if it["address"].startswith("science")
    )
    asked["about"] = [{"deck": where}]
    client.put(f"{API}/plan", json=asked)
    client.post(f"/decks/{where}", data={"active": "0"})
    for it in client.get(f"{API}/cards?deck={where}").json["items"]:
        client.post(f"{API}/cards/{it['id']}/suspend")
    found = client.get(f"{API}/plan").json
    assert (found["known"]["of"], found["by_deck"], found["path"]) == (0, [], [])
    assert client.delete(f"{API}/plan").status_code == 200


@pytest.fixture
def terminal(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings_for(copy_data(prepared, tmp_path), DECKS).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin", __import__("io").StringIO("correct horse battery\n"))
    assert run(["user", "add", "ann", "--password-stdin"]) == 0


def test_the_terminal(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    day, off = str(date.today() + timedelta(14)), str(date.today() + timedelta(5))
    assert run(["plan"]) == 1
    assert run(["plan", "--json"]) == 1
    assert "no plan is followed" in capsys.readouterr().err
    made = ["plan", "set", "--date", day, "--minutes", "15", "--deck", "languages", "--off", off]
    assert run(made) == 0
    assert "Plan 1 is followed" in capsys.readouterr().err
    assert run([*made, "--json"]) == 0  # once more: the same plan
    out = json.loads(capsys.readouterr().out)
    assert (out["id"], out["date"], out["minutes"]) == (1, day, 15)
    assert run(["plan"]) == 0
    assert "known on the day, in eight of ten runs" in capsys.readouterr().out
    for args in (["plan", "--json"], ["plan", "--json", "--user", "ann"], ["plan", "--user", "ann", "show", "--json"]):
        assert run(args) == 0
        assert json.loads(capsys.readouterr().out)["id"] == 1
    assert run(["plan", "--user", "zed", "show"]) == 1
    assert run(["plan", "set", "--minutes", "15"]) == 2
    assert run(["plan", "end"]) == 0
    assert run(["plan"]) == 1


@pytest.mark.parametrize("more", [["--deck", "languages", "--deck", "langauges"], ["--weight", "langauges=3"]])
def test_a_deck_that_is_not_there_is_named(terminal: None, capsys: pytest.CaptureFixture[str], more: list[str]) -> None:
    day = str(date.today() + timedelta(14))
    for args in (["plan", "try", day], ["plan", "make", day], ["plan", "set", "--date", day]):
        assert run([*args, *more]) == 2
        assert "'langauges'" in capsys.readouterr().err
    assert run(["plan", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_page_keeps_what_it_has_no_control_for(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    off, about = on(site, ann, 3), [{"search": "deck:languages", "weight": 3}]
    asked = {"id": new_id(), "date": on(site, ann, 14), "minutes": 15, "off": [off], "about": about}
    made = client.put(f"{API}/plan", json=asked).json
    page = BeautifulSoup(client.get("/plan").text, "html.parser")
    assert page.select_one('form[action="/plan"][method="post"]') is None  # nothing was changed
    tuned = {}
    for field in page.select("#tune input"):
        if field.get("type") not in ("radio", "checkbox") or field.has_attr("checked"):
            tuned.setdefault(str(field["name"]), []).append(str(field.get("value", "")))
    tuned["minutes"] = ["20"]
    page = BeautifulSoup(client.get("/plan", query_string=tuned).text, "html.parser")
    keep = page.select_one('form[action="/plan"][method="post"]')
    assert keep is not None
    fields = MultiDict((str(it["name"]), str(it.get("value", ""))) for it in keep.select("input"))
    assert client.post("/plan", data=fields).status_code == 303
    found = client.get(f"{API}/plan").json
    assert (found["id"], found["minutes"], found["off"], found["about"]) == (made["id"], 20, [off], about)
    assert client.put(f"{API}/plan", json=asked).json["id"] == made["id"]
