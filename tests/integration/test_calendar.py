"""The calendar feed: valid, without a word of any card, and gone when it is taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.services.plan.contract import Choice
from flashcards.services.reminders.icalendar import DayEvent, calendar
from flashcards.services.review.contract import Answer
from tests.integration.study_world import NOON, TODAY, SetClock
from tests.site import PASSWORD, Site, copy_data, new_id, open_site

URL = "https://cards.example.org"


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def site(prepared: Path, tmp_path: Path, clock: SetClock) -> Iterator[Site]:
    with open_site(copy_data(prepared, tmp_path), clock=clock, url=URL) as site:
        yield site


def parse(text: str) -> list[dict[str, str]]:
    """The events of a calendar, by the grammar of RFC 5545: folded lines, names with parameters, escapes."""
    assert text.endswith("\r\n")
    physical = text.split("\r\n")[:-1]
    assert all(len(line.encode()) <= 75 for line in physical)
    assert not any(character in line for line in physical for character in "\r\n")
    lines: list[str] = []
    for line in physical:
        if line.startswith(" "):
            lines[-1] += line[1:]
        else:
            lines.append(line)
    stack: list[str] = []
    events: list[dict[str, str]] = []
    head: dict[str, str] = {}
    for line in lines:
        found = re.fullmatch(r'([A-Z-]+)((?:;[A-Z-]+=[^;:",]+)*):(.*)', line)
        assert found, line
        name, _, value = found.groups()
        if name == "BEGIN":
            stack.append(value)
            if value == "VEVENT":
                events.append({})
        elif name == "END":
            assert stack.pop() == value
        else:
            target = events[-1] if stack[-1] == "VEVENT" else head
            assert name not in target, name
            target[name] = re.sub(r"\\(.)", lambda it: "\n" if it[1] == "n" else it[1], value)
    assert not stack
    assert head["VERSION"] == "2.0"
    assert head["PRODID"]
    for event in events:
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= set(event)
        assert re.fullmatch(r"\d{8}T\d{6}Z", event["DTSTAMP"])
    assert len({event["UID"] for event in events}) == len(events) > 0
    return events


def address(site: Site, client) -> str:  # type: ignore[no-untyped-def]
    """The path of the calendar as the page shows it."""
    found = re.search(rf"{URL}(/calendar/[^<]+\.ics)<", client.get("/settings/reminders").text)
    assert found
    return found[1]


def test_lines_are_folded_within_no_character_and_text_is_escaped() -> None:
    said = "Süß, scharf; und \\ so\nweiter – " * 9
    (event,) = parse(calendar("N", [DayEvent("u@x", TODAY, said)], NOON))
    assert event["SUMMARY"] == said
    assert (event["DTSTART"], event["DTEND"], event["DTSTAMP"]) == ("20260527", "20260528", "20260527T120000Z")


def test_the_days_to_come_with_numbers_and_minutes_and_nothing_else(site: Site, clock: SetClock) -> None:
    ann = site.learner("Ann")
    queue = site.services.review.queue(ann, limit=3)
    for card in queue.cards:
        site.services.review.answer(ann, Answer(new_id(), card.id, 5, at=clock()))
    title = "Interview at Example"
    site.services.plans.make(ann, Choice(title=title, day=TODAY + 20, minutes=20))
    client = site.client(ann)
    assert client.post("/settings/calendar", data={"what": "make"}).status_code == 303

    answer = site.client().get(address(site, client))

    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    events = parse(answer.text)
    by_day = {event["DTSTART"]: event["SUMMARY"] for event in events}
    assert by_day["20260528"] == "3 cards due, about 1 min"
    assert by_day["20260616"] == "Day of the plan"
    assert "interview" not in answer.text.lower()
    assert "Example" not in answer.text
    for event in events:
        assert re.fullmatch(r"[\d,]+ cards? due, about \d+ min|Day of the plan", event["SUMMARY"])

    clock.days(1)
    later = {event["UID"]: event for event in parse(site.client().get(address(site, client)).text)}
    first = {event["UID"]: event for event in events}
    assert later[next(uid for uid in first if "2026-05-28" in uid)]["SUMMARY"].startswith("3 cards due")


def test_a_calendar_without_anything_due_says_so(site: Site) -> None:
    client = site.client(site.learner("Ann"))
    client.post("/settings/calendar")
    (event,) = parse(client.get(address(site, client)).text)
    assert event["SUMMARY"] == "No cards are due"


def test_an_address_is_its_learners_and_ends_when_it_is_taken_back(site: Site) -> None:
    ann, ben = site.client(site.learner("Ann")), site.client(site.learner("Ben"))
    for client in (ann, ben):
        client.post("/settings/calendar")
    first, other = address(site, ann), address(site, ben)
    assert first != other
    swapped = first.replace("/1-", "/2-")
    made_up = [swapped, "/calendar/1-.ics", "/calendar/9-abc.ics", "/calendar/-.ics", "/calendar/²-a.ics"]
    assert [ann.get(path).status_code for path in made_up] == [404] * 5

    ann.post("/settings/calendar", data={"what": "make"})
    second = address(site, ann)
    assert (ann.get(first).status_code, ann.get(second).status_code) == (404, 200)
    ann.post("/settings/calendar", data={"what": "revoke"})
    assert ann.get(second).status_code == 404
    assert ".ics" not in ann.get("/settings/reminders").text
    ann.post("/settings/calendar", data={"what": "make"})
    assert address(site, ann) not in {first, second}
    assert ben.get(other).status_code == 200


def test_a_new_password_ends_the_address(site: Site) -> None:
    client = site.client(site.learner("Ann"))
    client.post("/settings/calendar")
    before = address(site, client)
    client.post("/settings/password", data={"old": PASSWORD, "new": "another horse battery"})
    assert client.get(before).status_code == 404


def test_without_the_servers_address_there_are_none(prepared: Path, tmp_path: Path) -> None:
    with open_site(copy_data(prepared, tmp_path)) as site:
        client = site.client(site.learner("Ann"))
        assert "FLASHCARDS_URL" in client.get("/settings/reminders").text
        assert client.post("/settings/calendar").status_code == 409
        assert client.get("/calendar/1-a.ics").status_code == 404


def test_an_address_of_somebody_who_left_is_never_a_newcomers(site: Site) -> None:
    site.learner("Ann")
    before = set[str]()
    for name in ("Ben", "Cid", "Dora"):
        client = site.client(site.learner(name))
        client.post("/settings/calendar")
        path = address(site, client)
        assert path not in before
        before.add(path)
        assert client.get(path).status_code == 200
        site.services.accounts.delete_learner(name)
        assert client.get(path).status_code == 404
