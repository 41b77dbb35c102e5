"""The pages of plans by form alone: what was said is followed, any whole minutes count, no date is lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup

from flashcards.cli.commands import run
from flashcards.services.accounts.facade import Learner
from flashcards.services.review.deck_list import ListedFolder
from flashcards.services.review.facade import Answer
from tests.databases import settings_for
from tests.integration.plan_world import on
from tests.site import Site, copy_data, open_site


@pytest.fixture
def ann(site: Site) -> Learner:
    return site.learner()


def soup(reply: Any) -> Any:
    return BeautifulSoup(reply.text, "html.parser")


def said(reply: Any) -> str:
    return " ".join(soup(reply).main.get_text(" ").split())


def minutes_of(reply: Any) -> str:
    return str(soup(reply).find(id="minutes")["value"])


def test_a_date_that_was_given_is_followed_whatever_is_pressed_next(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    reply = client.post("/welcome", data={"date": on(site, ann, 19), "minutes": "40"})
    assert (reply.status_code, reply.location) == (303, "/plan")
    assert "40 minutes today" in said(client.get("/"))
    [plan] = site.services.plans.plans(ann)
    assert (plan.minutes, plan.followed) == (40, True)


def test_the_first_questions_again_change_the_plan_that_is_followed(site: Site, ann: Learner) -> None:
    client, plans = site.client(ann), site.services.plans
    rounds = {"round": ["languages", "programming"]}
    client.post("/welcome", data={"date": on(site, ann, 19), "minutes": "40", **rounds})
    again = soup(client.get("/welcome"))
    assert (again.find(id="date")["value"], again.find(id="minutes")["value"]) == (on(site, ann, 19), "40")
    ticked = {it["value"] for it in again.find_all("input", {"name": "round"}) if it.has_attr("checked")}
    assert ticked == {"languages", "programming"}
    client.post("/welcome", data={"date": on(site, ann, 20), "minutes": "25", "round": ["science"]})
    [plan] = plans.plans(ann)
    assert (plan.minutes, plan.followed, plan.scope) == (25, True, {"decks": ["science"]})


def test_the_first_questions_again_keep_what_they_do_not_ask(site: Site, ann: Learner) -> None:
    client, plans = site.client(ann), site.services.plans
    tuned = {"date": on(site, ann, 19), "minutes": "40", "style": "sure", "off": "6", "time": "09:30"}
    client.post("/plan", data={**tuned, "weight-science": "3", "weight-languages": "0"})
    every = {"round": ["languages", "programming", "science"]}
    client.post("/welcome", data={"date": on(site, ann, 20), "minutes": "40", **every})
    choice = plans.choice(plans.plans(ann)[0])
    assert (choice.style, choice.weekdays_off, choice.minute) == ("sure", (6,), 570)
    assert choice.weights == {"science": 3}  # what was left out was ticked


def test_another_plan_leaves_the_first_as_it_is(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    client.post("/welcome", data={"date": on(site, ann, 19), "minutes": "40"})
    assert soup(client.get("/welcome?another=1")).find(id="date")["value"] == ""
    client.post("/welcome", data={"date": on(site, ann, 40), "minutes": "20", "another": "1"})
    newer, older = site.services.plans.plans(ann)
    assert [(it.minutes, it.followed) for it in (newer, older)] == [(20, True), (40, False)]


def listed(reply: Any) -> list[str]:
    """The lines of the list of plans, the buttons aside."""
    [section] = [it for it in soup(reply).main.find_all("section") if it.h2 and it.h2.text == "Plans"]
    for form in section.find_all("form"):
        form.extract()
    return [" ".join(it.get_text().split()) for it in (section.header.span, *section.find_all("li"))]


def test_the_list_of_plans_says_whether_one_is_followed(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    client.post("/welcome", data={"date": on(site, ann, 19), "minutes": "40"})
    assert listed(client.get("/plan"))[0] == "one is followed"
    client.post("/plan/leave")
    assert listed(client.get("/plan"))[0] == "none is followed"
    client.post("/welcome", data={"date": on(site, ann, 19), "minutes": "40", "another": "1"})
    assert listed(client.get("/plan?plan=1"))[0] == "one is followed"  # of the others


def test_plans_to_one_day_are_told_apart_by_what_they_ask_for(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    day = on(site, ann, 19)
    same = {"date": day, "minutes": "40"}
    for more in (
        {},
        {"round": "science"},
        {"round": ["science", "programming"]},
        {"weight-science": "0"},
        {"weight-science": "3", "weight-languages": "1"},
        {"tag": "geography"},
        {"q": "is:new"},
        {"style": "sure"},
        {"off": ["6", "0"]},
        {"time": "09:30"},
        {"title": "The bank"},
    ):
        assert client.post("/plan", data={**same, **more}).status_code == 303, more
    reply = client.get("/plan")
    _, *lines = listed(reply)
    assert len(set(lines)) == len(lines) == 11
    names = {it["aria-label"] for it in soup(reply).find_all("button", {"aria-label": True}) if it.text == "Delete"}
    assert len(names) == 10
    words = "\n".join(lines)
    for part in (
        "40 minutes a day, Science and Programming",
        "a day, without Science",
        "a day, more Science, less Languages",
        "a day, tagged geography",
        "a day, found by “is:new”",
        "a day, the core surely",
        "a day, off on Monday and Sunday",
        " at 09:30, 40 minutes a day",
        "The bank, ",
    ):
        assert part in words, part


def test_the_first_questions_say_what_they_need(site: Site, ann: Learner) -> None:
    page = soup(site.client(ann).get("/welcome"))
    assert "Only the minutes are needed" in page.main.text
    assert [it["name"] for it in page.main.find_all("input") if it.has_attr("required")] == ["minutes"]
    assert site.client(ann).post("/welcome", data={"minutes": "40"}).status_code == 303


def test_without_a_date_the_plan_is_left_and_kept(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    client.post("/welcome", data={"date": on(site, ann, 19), "minutes": "40"})
    client.post("/welcome", data={"date": "", "minutes": "40"})
    [plan] = site.services.plans.plans(ann)
    assert (plan.followed, site.services.accounts.find("Ann").new_per_day) == (False, 27)


def test_today_says_which_plan_is_not_followed_and_follows_it(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    client.post("/welcome", data={"date": on(site, ann, 19), "minutes": "40"})
    client.post("/plan/leave")
    page = client.get("/")
    assert "40 minutes a day, is not followed" in said(page)
    assert "Is there an interview ahead?" not in said(page)
    follow = next(it for it in soup(page).find_all("form") if it["action"].endswith("/follow"))
    client.post(follow["action"])
    assert "40 minutes today" in said(client.get("/"))
    site.services.plans.end(ann, 1)
    assert "Is there an interview ahead?" in said(client.get("/"))


@pytest.mark.parametrize("minutes", ["1", "7", " 40 ", "600"])
def test_any_whole_minutes_can_be_given(site: Site, ann: Learner, minutes: str) -> None:
    client, plans = site.client(ann), site.services.plans
    asked = {"date": on(site, ann, 19), "minutes": minutes}
    assert client.post("/welcome", data=asked).status_code == 303
    assert plans.plans(ann)[0].minutes == int(minutes)
    assert minutes_of(client.get("/plan")) == minutes.strip()
    assert minutes_of(client.get("/plan", query_string=asked)) == minutes.strip()
    assert client.post("/plan/1/minutes", data={"minutes": "33"}).status_code == 303
    assert plans.plans(ann)[0].minutes == 33
    api = {"date": on(site, ann, 30), "minutes": int(minutes)}
    assert client.post("/api/v1/plans", json=api).get_json()["minutes"] == int(minutes)


@pytest.mark.parametrize("minutes", ["", "0", "601", "-3", "4.5", "forty", "٤٠", "9" * 5000])
def test_other_minutes_are_refused_with_a_sentence_and_kept(site: Site, ann: Learner, minutes: str) -> None:
    client = site.client(ann)
    asked = {"date": on(site, ann, 19), "minutes": minutes}
    wanted = "Give a whole number of minutes a day, 1 to 600."
    for reply in (
        client.post("/welcome", data=asked),
        client.post("/welcome", data={"minutes": minutes}),
        client.post("/plan", data=asked),
        client.get("/plan", query_string=asked | {"minutes": minutes[:600]}),
    ):
        assert reply.status_code == 422
        assert wanted in said(reply)
        assert minutes_of(reply) in (minutes, minutes[:600])
    assert site.services.plans.plans(ann) == []
    for value in (0, 601, 4.5, "40"):
        reply = client.post("/api/v1/plans", json={"date": on(site, ann, 19), "minutes": value})
        assert (reply.status_code, reply.get_json()["field"]) == (422, "minutes")


def test_the_terminal_takes_any_whole_minutes(
    site: Site, ann: Learner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in settings_for(site.config.data, site.config.decks).items():
        monkeypatch.setenv(name, value)
    day = on(site, ann, 19)
    assert run(["plan", "make", day, "--minutes", "40"]) == 0
    assert run(["plan", "minutes", "0"]) == 2
    assert "Give a whole number of minutes a day, 1 to 600." in capsys.readouterr().err
    assert run(["plan", "make", day, "--minutes", "4.5"]) == 2
    assert [it.minutes for it in site.services.plans.plans(ann)] == [40]
    assert run(["plan", "list"]) == 0
    assert f"1\t{day}\t40 minutes\tfollowed" in capsys.readouterr().out


def effects(reply: Any) -> list[str]:
    return [it.text for it in soup(reply).select("#grade-form small")]


def test_under_a_plan_the_buttons_promise_no_day_of_their_own(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    own = ["today, then 1 d", "today, then 1 d", "1 d", "1 d"]
    assert effects(client.get("/review")) == own
    client.post("/plan", data={"date": on(site, ann, 19), "minutes": "40", "weight-science": "0"})
    by_plan = ["today", "today", "by plan", "later"]
    assert effects(client.get("/review")) == by_plan
    assert all(card["by_plan"] for card in client.get("/api/v1/queue").get_json()["cards"])
    # What the plan is not about comes again when its own date says so.
    assert effects(client.get("/review?deck=science")) == own
    for q, said in (("deck:programming", by_plan), ("deck:science", own)):
        made, _ = site.services.review.make_set(ann, id=str(uuid4()), mode="review", q=q)
        assert effects(client.get(f"/review?set={made.id}")) == said
    client.post("/plan/leave")
    assert effects(client.get("/review")) == own


def test_settings_say_that_the_plan_decides(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    sentence = "decides while you follow it: 40 minutes a day."
    pages = ("/settings", "/decks/programming/python")
    assert not any(sentence in said(client.get(path)) for path in pages)
    client.post("/welcome", data={"date": on(site, ann, 19), "minutes": "40"})
    assert [said(client.get(path)).count(sentence) for path in pages] == [3, 1]
    assert [it["href"] for it in soup(client.get("/settings")).select(".field small a")] == ["/plan"] * 3
    assert "it says which cards come when" in said(client.get("/settings/scheduler"))
    client.post("/plan/leave")
    assert not any(sentence in said(client.get(path)) for path in pages)
    assert "is not followed" in said(client.get("/settings"))


@pytest.mark.parametrize(("days", "offered"), [(1, True), (19, False)])
def test_close_to_the_day_a_round_of_practice_is_offered(site: Site, ann: Learner, days: int, offered: bool) -> None:
    client = site.client(ann)
    asked = {"date": on(site, ann, days), "minutes": "40"}
    # What it brings is worked out in a child process: there for the page, which would come without it at first.
    client.post("/api/v1/plans/outlook", json={"date": asked["date"], "minutes": 40})
    page = soup(client.get("/plan", query_string=asked))
    assert bool(page.select(".hero a[href='/practice']")) is offered


def test_under_a_plan_a_folder_counts_what_a_review_of_it_brings(site: Site) -> None:
    """The usual limit of new cards has no say while a plan is followed."""
    ann = site.learner("Ann", new_per_day=2)
    review = site.services.review
    site.client(ann).post("/welcome", data={"date": on(site, ann, 3), "minutes": "60"})
    folders = [row for row in review.deck_list(ann).rows if isinstance(row, ListedFolder)]

    assert folders
    assert {it.path: it.today for it in folders} == {
        it.path: review.queue(ann, deck=it.path).left.total for it in folders
    }
    assert sum(it.today for it in folders) > 2


@pytest.mark.parametrize("weights", [{}, {"weight-science": "0"}])
def test_a_row_of_today_counts_what_the_page_that_it_opens_asks(site: Site, weights: dict[str, str]) -> None:
    """Of folders that the plan is about and of others, with cards that failed and some that are due."""
    ann = site.learner("Ann", new_per_day=5)
    client, review, now = site.client(ann), site.services.review, site.services.clock()
    for card in review.queue(ann, deck="science", limit=9).cards[:4]:
        review.answer(ann, Answer(str(uuid4()), card.id, 4, at=now - 9 * 86_400_000))
    client.post("/plan", data={"date": on(site, ann, 9), "minutes": "8", **weights})
    for grade in (1, 4, 3):
        [card, *_] = review.queue(ann, limit=5).cards
        review.answer(ann, Answer(str(uuid4()), card.id, grade, "plan", took_ms=3_000))
    rows = {}
    for row in soup(client.get("/")).select("table.decks tbody tr"):
        name, *counts = row.find_all("td")
        rows[name.a["href"]] = sum(int(it.text) for it in counts if it.text.isdigit())
    reviews = {address: count for address, count in rows.items() if address.startswith("/review")}
    assert len(reviews) > 1
    # A review of what the plan is not about asks all that it has: the row leads to its page, which says so.
    assert ("/decks/science" in rows) is bool(weights)
    assert reviews == {address: int(soup(client.get(address)).find(id="left").text) for address in reviews}


@pytest.mark.parametrize(("back", "place"), [("plan", "/plan"), ("today", "/"), ("", "/settings#breaks")])
def test_a_break_that_cannot_be_is_asked_for_again_with_its_days(
    site: Site, ann: Learner, back: str, place: str
) -> None:
    client = site.client(ann)
    form = {"learner": ann.id, "back": back, "first": on(site, ann, 9), "last": on(site, ann, 5)}
    reply = client.post("/breaks", data=form)
    page = soup(reply)
    assert reply.status_code == 422
    assert "The break ends before it begins" in page.select_one("[role=alert]").text
    assert page.select_one("#last-wrong")
    assert page.select_one("#last")["aria-describedby"] == "last-wrong"
    assert [page.select_one(field)["value"] for field in ("#first", "#last")] == [form["first"], form["last"]]
    assert page.select_one("main .eyebrow a")["href"] == place
    again = page.select_one('form[action="/breaks"]')
    fields = {it["name"]: it["value"] for it in again.select("input")} | {"last": on(site, ann, 12)}
    assert client.post("/breaks", data=fields).headers["Location"] == place
    refused = client.post("/breaks", data=form | {"first": on(site, ann, 11), "last": on(site, ann, 20)})
    assert "take that one out first" in said(refused)
    assert soup(refused).select_one('form[action="/breaks/delete"]')
    assert client.post("/breaks", data=form | {"first": "soon"}).status_code == 422


def test_a_day_of_another_year_is_said_with_its_year(prepared: Path, tmp_path: Path) -> None:
    clock = lambda: int(datetime(2026, 12, 20, 12, tzinfo=UTC).timestamp() * 1000)  # noqa: E731
    with open_site(copy_data(prepared, tmp_path), clock=clock) as site:
        ann = site.learner()
        client = site.client(ann)
        near = said(client.get("/plan?date=2026-12-28&minutes=40"))
        assert "Plan for Monday 28 December, in 8 days" in near
        assert "Plan for Tuesday 5 January 2027, in 16 days" in said(client.get("/plan?date=2027-01-05&minutes=40"))
        client.post("/plan", data={"learner": ann.id, "date": "2027-01-05", "minutes": "40"})
        assert "Sunday 20 December ·" in said(client.get("/"))
        assert "on 5 January 2027" in said(client.get("/"))
        settings = said(client.get("/settings"))
        assert "Followed to Tuesday 5 January 2027, 40 minutes a day." in settings
        assert "plan to 5 January 2027 decides" in settings


@pytest.mark.parametrize(
    ("zone", "hour", "today"),
    [
        ("America/New_York", datetime(2027, 1, 1, 2, tzinfo=UTC), "Thursday 31 December ·"),
        ("Pacific/Auckland", datetime(2026, 12, 31, 20, tzinfo=UTC), "Friday 1 January ·"),
        ("UTC", datetime(2027, 1, 1, 2, tzinfo=UTC), "Thursday 31 December ·"),
    ],
)
def test_the_year_is_that_of_the_learners_day(
    prepared: Path, tmp_path: Path, zone: str, hour: datetime, today: str
) -> None:
    """On the evening before a new year it is another year in UTC, and at night the day before goes on."""
    with open_site(copy_data(prepared, tmp_path), clock=lambda: int(hour.timestamp() * 1000)) as site:
        ann = site.learner(timezone=zone)
        site.client(ann).post("/plan", data={"learner": ann.id, "date": on(site, ann, 9), "minutes": "40"})
        assert today in said(site.client(ann).get("/"))


def test_a_plan_whose_day_has_come_is_put_off_and_one_whose_day_is_over_asks_how_it_went(
    prepared: Path, tmp_path: Path
) -> None:
    now = datetime(2026, 12, 20, 12, tzinfo=UTC)
    with open_site(copy_data(prepared, tmp_path), clock=lambda: int(now.timestamp() * 1000)) as site:
        ann = site.learner()
        client = site.client(ann)
        client.post("/plan", data={"learner": ann.id, "date": "2026-12-22", "minutes": "40"})
        now += timedelta(days=2)
        page = client.get("/plan")
        assert (page.status_code, soup(page).h1.text) == (200, "Today is the day")
        assert "cannot be" not in said(page)
        assert soup(page).find(id="weights").has_attr("open")
        put_off = client.get("/plan?plan=1&date=2026-12-29&minutes=40")
        assert "in 7 days" in said(put_off)
        form = soup(put_off).select_one('form[method="post"][action="/plan"]')
        client.post("/plan", data={it["name"]: it["value"] for it in form.select("input")})
        assert "7 days left" in said(client.get("/"))
        now += timedelta(days=8)
        over = client.get("/plan")
        assert (over.status_code, over.location) == (303, "/plan/after")


def test_a_range_of_one_number_is_said_as_one(site: Site, ann: Learner) -> None:
    """As are the days of a break of one day."""
    client = site.client(ann)
    day = on(site, ann, 3)
    assert client.post("/breaks", data={"learner": ann.id, "first": day, "last": day}).status_code == 303
    plan = client.get("/plan", query_string={"date": on(site, ann, 1), "minutes": "1"})
    for page in (said(plan), said(client.get("/settings"))):
        assert not re.search(r"\b(\d[\d,]*|\d+ \w+ \d+) to \1\b", page), page
        assert "Take out" in page


def test_a_plan_of_an_address_whose_day_is_over_counts_no_days(site: Site, ann: Learner) -> None:
    for days, why in ((0, "That is today"), (-3, "That day is past")):
        reply = site.client(ann).get("/plan", query_string={"date": on(site, ann, days), "minutes": "30"})
        assert reply.status_code == 422
        assert why in said(reply)
        assert not re.search(r"in -?\d+ days?", said(reply))
