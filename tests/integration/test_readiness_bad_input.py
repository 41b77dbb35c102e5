"""A log and a plan as they should not be, over HTTP: a sentence or a sane number each time, and nothing is lost.

A date today, past or in ten years and zero minutes over the API are in `test_plan_interfaces`, minutes on the pages in
`test_plan_pages`.
"""

from __future__ import annotations

import io
import math
import random
import re
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flashcards.domain.study_day import date_of
from flashcards.services.accounts.facade import Learner
from tests.integration.plan_world import on
from tests.integration.test_anki_hostile import with_collection
from tests.integration.test_anki_memory import OWN, fitted_package
from tests.site import DECKS, Site, copy_data, new_id, open_site

API = "/api/v1"
DAY_MS = 86_400_000
NOON = 20_700 * DAY_MS + 12 * 3_600_000
PAGES = ("/", "/plan", "/stats", "/stats/memory", "/settings/scheduler", "/review")


class SetClock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def site(prepared: Path, tmp_path: Path, clock: SetClock) -> Iterator[Site]:
    """A site whose decks and clock can be changed."""
    shutil.copytree(DECKS, tmp_path / "decks")
    with open_site(copy_data(prepared, tmp_path), tmp_path / "decks", clock=clock) as made:
        yield made


@pytest.fixture
def ann(site: Site) -> Learner:
    return site.learner("Ann", new_per_day=100)


@pytest.fixture
def client(site: Site, ann: Learner) -> FlaskClient:
    return site.client(ann)


def said(reply: TestResponse) -> str:
    page = BeautifulSoup(reply.text, "html.parser")
    return " ".join((page.main or page).get_text(" ").split())


def cards(client: FlaskClient, count: int) -> list[str]:
    return [it["id"] for it in client.get(f"{API}/cards?limit={count}").get_json()["items"]]


def answer(card: str, grade: int, at: int | None = None, **more: Any) -> dict[str, Any]:
    when = {} if at is None else {"at": instant(at)}
    return {"id": new_id(), "card": card, "grade": grade, **when, **more}


def instant(at: int) -> str:
    return (datetime(1970, 1, 1) + timedelta(milliseconds=at)).isoformat(timespec="milliseconds") + "Z"


def send(client: FlaskClient, items: list[dict[str, Any]]) -> None:
    """Sends answers as a device does that was offline; every one is taken."""
    for start in range(0, len(items), 500):
        reply = client.post(f"{API}/reviews/batch", json={"items": items[start : start + 500]}).get_json()
        assert {it["status"] for it in reply["items"]} == {201}


def daily(chosen: list[str], days: Iterable[int], grade: Any) -> list[dict[str, Any]]:
    """Each card once a day, so many days ago."""
    return [answer(card, grade(), NOON - ago * DAY_MS + place * 60_000)
            for ago in sorted(days, reverse=True) for place, card in enumerate(chosen)]  # fmt: skip


def log(client: FlaskClient) -> list[dict[str, Any]]:
    """The whole log."""
    found, since = [], ""
    while True:
        page = client.get(f"{API}/reviews?limit=500&since={since}").get_json()
        found += page["items"]
        if not page["next"]:
            return found
        since = page["next"]


def numbers(value: object) -> Iterator[float]:
    if isinstance(value, dict):
        for it in value.values():
            yield from numbers(it)
    elif isinstance(value, list):
        for it in value:
            yield from numbers(it)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def outlook(site: Site, ann: Learner, client: FlaskClient) -> dict[str, Any]:
    """What a plan would bring: numbers within what there is."""
    reply = client.post(f"{API}/plans/outlook", json={"date": on(site, ann, 14), "minutes": 20})
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.get_json()
    known = found["known"]
    assert 0 <= known["low"] <= known["median"] <= known["high"] <= found["cards"]
    return found


def assert_sane(site: Site, ann: Learner, client: FlaskClient, answers: int | None = None) -> dict[str, Any]:
    """Every page opens, every figure is a number, nothing of the log is lost, the doctor finds nothing; the memory."""
    for page in PAGES:
        assert client.get(page).status_code in (200, 303), page
    memory: dict[str, Any] = client.get(f"{API}/memory").get_json()
    for found in (memory, client.get(f"{API}/stats").get_json(), outlook(site, ann, client)):
        assert all(math.isfinite(it) for it in numbers(found))
    assert 0 <= memory["known"]["recalled"] <= memory["known"]["seen"] <= memory["known"]["cards"]
    if answers is not None:
        assert sum(it["grade"] is not None for it in log(client)) == answers
    report = site.services.doctor.examine()
    assert report.ok, report.findings
    return memory


def test_no_answers_at_all(site: Site, ann: Learner, client: FlaskClient) -> None:
    memory = assert_sane(site, ann, client, 0)
    assert (memory["answers"], memory["log_loss"], memory["auc"], memory["fitted_on"]) == (0, None, None, None)
    assert outlook(site, ann, client)["known"]["median"] > 0
    refused = client.post(f"{API}/memory/fit")
    assert refused.status_code == 409
    assert "200 first answers" in refused.get_json()["detail"]
    preview = client.post(f"{API}/scheduler/preview", json={"scheduler": "fsrs-6"}).get_json()
    assert (preview["cards"], preview["moved"]) == (0, 0)


def test_one_answer(site: Site, ann: Learner, client: FlaskClient) -> None:
    send(client, [answer(cards(client, 1)[0], 4)])
    memory = assert_sane(site, ann, client, 1)
    assert (memory["answers"], memory["log_loss"], memory["known"]["seen"]) == (0, None, 1)
    assert client.post(f"{API}/memory/fit").status_code == 409


@pytest.mark.parametrize(
    ("days", "more", "wanted"),
    [(0, {}, "tomorrow"), (-400, {}, "tomorrow"), (3650, {}, "That is in 3,650 days"),
     (14, {"weight-languages": "0", "weight-programming": "0", "weight-science": "0"}, "Nothing is left to learn")],
)  # fmt: skip
def test_what_cannot_be_is_said_on_the_page_and_kept(
    site: Site, ann: Learner, client: FlaskClient, days: int, more: dict[str, str], wanted: str
) -> None:
    asked = {"date": on(site, ann, days), "minutes": "20", **more}
    for reply in (client.get("/plan", query_string=asked), client.post("/plan", data=asked)):
        assert reply.status_code == 422
        assert wanted in said(reply)
        assert asked["date"] in reply.text
    assert client.get(f"{API}/plans").get_json()["items"] == []
    assert_sane(site, ann, client, 0)


def test_weights_that_leave_nothing(site: Site, ann: Learner, client: FlaskClient) -> None:
    nothing = {"date": on(site, ann, 14), "minutes": 20, "weights": {"languages": 0, "programming": 0, "science": 0}}
    for address in ("/plans", "/plans/outlook"):
        refused = client.post(f"{API}{address}", json=nothing)
        assert refused.status_code == 422
        assert "Nothing is left to learn" in refused.get_json()["detail"]


def test_a_folder_vanishes_and_decks_change_under_a_plan(
    site: Site, ann: Learner, client: FlaskClient, tmp_path: Path, clock: SetClock
) -> None:
    asked = {"date": on(site, ann, 14), "minutes": 20, "decks": ["science", "languages/words"]}
    made = client.post(f"{API}/plans", json=asked)
    assert made.status_code == 201
    queue = client.get(f"{API}/queue?limit=100").get_json()
    send(client, [answer(it["id"], 4, mode="plan", took_ms=9_000) for it in queue["cards"][:6]])
    shutil.rmtree(tmp_path / "decks" / "science")
    words = tmp_path / "decks" / "languages" / "words.md"
    words.write_text(words.read_text() + "\n## One that is new {#brand-new}\n\nYes.\n")
    site.services.sync.sync()
    for day in range(2):
        clock.now = NOON + day * DAY_MS
        left = client.get(f"{API}/queue?limit=100").get_json()
        assert left["plan"] == 1
        assert {it["deck_address"] for it in left["cards"]} <= {"languages/words"}
        assert client.get("/plan").status_code == 200
        assert_sane(site, ann, client, 6)
    shutil.rmtree(tmp_path / "decks" / "languages")
    site.services.sync.sync()
    clock.now = NOON + 2 * DAY_MS
    assert client.get(f"{API}/queue").get_json()["cards"] == []
    for page in ("/", "/plan", "/review"):
        reply = client.get(page)
        assert reply.status_code in (200, 303, 422), page
    assert client.get(f"{API}/plans/1").get_json()["decks"] == ["science", "languages/words"]
    assert site.services.doctor.examine().ok


@pytest.mark.parametrize("took", [-1, 1.5, "long", 2**60])
def test_a_time_that_is_none_is_refused(site: Site, ann: Learner, client: FlaskClient, took: object) -> None:
    reply = client.post(f"{API}/reviews", json=answer(cards(client, 1)[0], 4, took_ms=took))
    assert reply.status_code == 422
    assert "took_ms" in reply.text
    assert_sane(site, ann, client, 0)


def test_impossible_times_make_no_impossible_day(site: Site, ann: Learner, client: FlaskClient) -> None:
    """An answer of a year's length, of no length, from 1970 and from next year: none takes the day, or moves its speed
    out of the possible."""
    assert client.post(f"{API}/plans", json={"date": on(site, ann, 14), "minutes": 20}).status_code == 201
    before = client.get(f"{API}/queue").get_json()["seconds_left"]
    a, b, c, d, *_ = cards(client, 10)
    send(client, [
        answer(a, 4, took_ms=2**50), answer(b, 4, took_ms=0),
        answer(c, 4, 0), answer(d, 4, NOON + 400 * DAY_MS, took_ms=10_000),
    ])  # fmt: skip
    assert max(it["took_ms"] or 0 for it in log(client)) <= 3_600_000
    assert client.get(f"{API}/queue").get_json()["seconds_left"] >= before - 600 - 5 * 30
    assert_sane(site, ann, client, 4)


@pytest.mark.parametrize("grade", [0, 5])
def test_grades_that_are_all_alike(site: Site, ann: Learner, client: FlaskClient, grade: int) -> None:
    """Every card failed, or known at once, every day: a fit does not run away."""
    send(client, daily(cards(client, 12), range(1, 26), lambda: grade))
    fitted = client.post(f"{API}/memory/fit")
    assert fitted.status_code == 200, fitted.text
    assert_sane(site, ann, client, 300)
    name = site.services.report.report(ann).predictor
    assert 0.2 <= name.calibration.slope <= 5
    assert abs(name.calibration.intercept) < 10
    assert client.put(f"{API}/scheduler", json={"scheduler": "fsrs-6", "at_once": True}).status_code == 200
    assert client.post(f"{API}/plans", json={"date": on(site, ann, 10), "minutes": 20}).status_code == 201
    assert client.get(f"{API}/queue").get_json()["left"]
    assert_sane(site, ann, client, 300)


@pytest.mark.parametrize("zones", [("Pacific/Auckland", "America/Los_Angeles"), ("Pacific/Pago_Pago", "Pacific/Apia")])
def test_a_time_zone_changed_in_the_middle(
    site: Site, ann: Learner, client: FlaskClient, clock: SetClock, zones: tuple[str, str]
) -> None:
    chance, chosen = random.Random(4), cards(client, 8)
    assert client.post(f"{API}/plans", json={"date": on(site, ann, 40), "minutes": 20}).status_code == 201
    sent = 0
    for day, zone in enumerate([zones[0]] * 6 + [zones[1]] * 6 + [zones[0]] * 2):
        clock.now = NOON + day * DAY_MS
        assert client.patch(f"{API}/me", json={"timezone": zone}).status_code == 200
        send(client, [answer(card, chance.choice((1, 4, 4, 5)), mode="plan") for card in chosen])
        sent += len(chosen)
        queue = client.get(f"{API}/queue").get_json()
        local = datetime.fromtimestamp(clock.now / 1000, ZoneInfo(zone)) - timedelta(hours=4)
        assert str(date_of(site.services.review.study_day(site.services.accounts.find("Ann")))) == str(local.date())
        assert queue["plan"] == 1
    assert_sane(site, site.services.accounts.find("Ann"), client, sent)


def test_two_devices_of_which_one_was_offline_for_a_week(
    site: Site, ann: Learner, client: FlaskClient, clock: SetClock
) -> None:
    """What the late one sends, sent twice, is as if it had come in its order; what was acknowledged stays."""
    chance, chosen = random.Random(5), cards(client, 10)
    assert client.post(f"{API}/plans", json={"date": on(site, ann, 30), "minutes": 20}).status_code == 201
    late: list[dict[str, Any]] = []
    sent = 0
    for day in range(8):
        clock.now = NOON + day * DAY_MS
        client.get(f"{API}/queue")
        send(client, [answer(card, chance.choice((1, 4, 5)), mode="plan") for card in chosen[:7]])
        sent += 7
        late += [answer(card, chance.choice((1, 4)), clock.now - 3_600_000, mode="plan") for card in chosen[4:]]
    before = log(client)
    send(client, late)
    again = client.post(f"{API}/reviews/batch", json={"items": late}).get_json()["items"]
    assert {it["status"] for it in again} == {200}
    assert log(client)[: len(before)] == before
    assert_sane(site, ann, client, sent + len(late))


def test_a_scheduler_changed_twice_in_a_day(site: Site, ann: Learner, client: FlaskClient, clock: SetClock) -> None:
    """And back: every date is what SM-2 alone would have made of the same answers."""
    ben = site.learner("Ben", new_per_day=100)
    other = site.client(ben)
    chance, chosen = random.Random(6), cards(client, 6)
    sent = 0
    for day in range(10):
        clock.now = NOON + day * DAY_MS
        for scheduler in ("fsrs-6", "sm2"):
            wish = {"scheduler": scheduler, "desired_retention": 0.85, "at_once": day % 2 == 0}
            assert client.put(f"{API}/scheduler", json=wish).status_code == 200
            for card in chosen[:4]:
                clock.now += 60_000
                grade = chance.choice((1, 3, 4, 5))
                send(client, [answer(card, grade)])
                send(other, [answer(card, grade)])
                sent += 1
    assert client.put(f"{API}/scheduler", json={"scheduler": "sm2", "at_once": True}).status_code == 200
    mine, theirs = (
        {it["id"]: it["state"] for it in who.get(f"{API}/cards?limit=500").get_json()["items"]}
        for who in (client, other)
    )
    assert mine == theirs
    assert_sane(site, ann, client, sent)


def imported(client: FlaskClient, package: Path) -> str:
    """What the page says of an import with history, once it has ended."""
    file = (io.BytesIO(package.read_bytes()), "theirs.apkg")
    reply = client.post("/import", data={"into": "anki", "history": "on", "file": file})
    assert reply.status_code == 303
    for _ in range(1200):
        if client.get(f"{reply.location}/progress").get_json()["state"] != "running":
            break
        time.sleep(0.05)
    return said(client.get(reply.location))


_IMPOSSIBLE = (
    (-86_400_000, 4_000), (1_700_000_000_000, -4_000), (NOON + 400 * DAY_MS, 4_000), (9_007_199_254_740_993, 4_000),
)  # fmt: skip
_ODD = ((1, 4_000), (NOON + 3_600_000, 4_000), (1_700_000_060_000, 2**40))
"""Instants and durations that are strange, but can be: of 1970, of a clock an hour ahead, of 35 years."""


def test_impossible_times_from_anki(site: Site, ann: Learner, client: FlaskClient, tmp_path: Path) -> None:
    """What cannot be is left out and counted, what is odd takes no day and no speed out of the possible."""
    assert client.post(f"{API}/plans", json={"date": on(site, ann, 14), "minutes": 20}).status_code == 201
    before = client.get(f"{API}/queue").get_json()["seconds_left"]

    def log_them(db: sqlite3.Connection) -> None:
        columns = "id, cid, usn, ease, ivl, lastIvl, factor, time, type"
        for at, took in (*_IMPOSSIBLE, *_ODD):
            db.execute(
                f"INSERT INTO revlog({columns}) VALUES (?, (SELECT min(id) FROM cards), -1, 3, 10, 5, 2500, ?, 1)",
                (at, took),
            )

    package = with_collection(fitted_package(tmp_path / "anki", OWN, legacy=True), tmp_path / "odd.apkg", log_them)
    page = imported(client, package)
    assert "2 reviews with impossible values were left out" in page
    rows = [it for it in log(client) if it["grade"] is not None]
    assert len(rows) == len(_ODD)
    assert all("1970-01-01T00:00:00" <= it["at"] <= instant(NOON) for it in rows)
    assert all(0 <= (it["took_ms"] or 0) <= 3_600_000 for it in rows)
    assert client.get(f"{API}/queue").get_json()["seconds_left"] >= before - 20 * 60
    for address in ("/plan", "/stats", "/stats?view=cards", "/stats?view=memory"):
        text = said(client.get(address))
        assert not re.search(r"(?<![\d,])-\d|\bnan\b|\binf\b|19[67]\d|20[3-9]\d", text, re.I), address
    assert_sane(site, ann, client, len(_ODD))


def test_a_preset_with_numbers_out_of_range(site: Site, ann: Learner, client: FlaskClient, tmp_path: Path) -> None:
    wild = [5000.0, *OWN[1:4], -3.0, *OWN[5:20], 99.0]
    assert "beyond what the model allows" in imported(client, fitted_package(tmp_path / "anki", wild))
    found = site.services.report.report(ann).predictor.parameters.numbers
    assert (found[0], found[4], found[20]) == (100.0, 1.0, 0.8)
    assert_sane(site, ann, client)
