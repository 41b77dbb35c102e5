"""The weekly letter: what it says, once a week at the learner's hour, by mail and to other addresses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flashcards.domain.study_day import zone
from flashcards.mail_server import MailServer
from flashcards.services.accounts.people import Learner
from flashcards.services.plan.contract import Choice
from flashcards.services.reminders.sending import Ran
from flashcards.services.review.contract import Answer
from tests.integration.endpoint_world import Endpoint, http_endpoint
from tests.integration.smtp_world import Mailbox, free_port, smtp_server
from tests.integration.study_world import DAY_MS, NOON, SetClock
from tests.integration.test_channels import HERE
from tests.integration.test_reminders import HOUR, MIDNIGHT, URL
from tests.site import Site, copy_data, new_id, open_site

WEDNESDAY = MIDNIGHT
"""The clock begins on a Wednesday: 2026-05-27."""


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def box(port: int) -> Iterator[Mailbox]:
    box = Mailbox()
    with smtp_server(box, port):
        yield box


@pytest.fixture
def site(prepared: Path, tmp_path: Path, clock: SetClock, port: int) -> Iterator[Site]:
    more = {"mail": MailServer("127.0.0.1", port), "mail_from": "cards@example.org", "allowed_networks": (HERE,)}
    with open_site(copy_data(prepared, tmp_path), clock=clock, url=URL, **more) as site:
        yield site


def wants_letter(site: Site, name: str, letter: str, *, mail: bool = True, **settings: object) -> Learner:
    learner = site.learner(name, **settings)
    with site.services.database.write():
        site.services.database.execute(
            "UPDATE learner SET email = ?, email_verified_at = 1, letter = ? WHERE id = ?",
            (f"{name.lower()}@example.org" if mail else None, letter, learner.id),
        )
    return learner


def study(site: Site, learner: Learner, cards: int, took_ms: int = 60_000) -> None:
    for card in site.services.review.queue(learner, limit=cards).cards:
        answer = Answer(new_id(), card.id, 5, at=site.services.clock(), took_ms=took_ms)
        site.services.review.answer(learner, answer)


def test_it_says_what_was_done_in_the_week(site: Site, box: Mailbox, clock: SetClock) -> None:
    ann = wants_letter(site, "Ann", "3-18:00")  # Wednesdays
    clock.now = NOON + 5 * DAY_MS
    study(site, ann, 2)
    clock.days(1)
    study(site, ann, 1)
    clock.now = MIDNIGHT + 7 * DAY_MS + 18 * HOUR
    assert site.services.sending.run() == Ran(sent=1)
    (mail,) = box.mails
    text = mail.get_content()
    assert mail["Subject"] == "Your week"
    assert "Your week from 27 May to 2 June:" in text
    assert "3 answers on 2 days, in about 3 min." in text
    assert "2 days in a row so far." in text
    assert "You get this on Wednesdays at 18:00" in text
    assert "interview" not in mail.as_string().lower()
    assert "plan" not in text


def test_it_says_what_the_plan_expects_that_is_followed(site: Site, box: Mailbox, clock: SetClock) -> None:
    ann = wants_letter(site, "Ann", "3-18:00")
    study(site, ann, 2)
    clock.days(1)
    today = site.services.review.study_day(ann)
    site.services.plans.make(ann, Choice(day=today + 40, minutes=10))
    day = site.services.plans.today(ann)
    assert day is not None
    assert day.known is not None
    clock.now = MIDNIGHT + 7 * DAY_MS + 18 * HOUR
    site.services.sending.run()
    text = box.mails[-1].get_content()
    low, high = round(day.known.low), round(day.known.high)
    assert f"{low:,} to {high:,} cards known" in text or f"{high:,} cards known" in text
    assert "On the day of your plan, 7 July 2026" in text


def test_it_comes_once_though_it_comes_late_and_not_to_who_has_stopped(
    site: Site, box: Mailbox, clock: SetClock
) -> None:
    ann = wants_letter(site, "Ann", "3-07:00")
    study(site, ann, 1)
    clock.now = MIDNIGHT + 9 * DAY_MS + 6 * HOUR  # the server was away for two days, less an hour
    assert [site.services.sending.run() for _ in range(2)] == [Ran(sent=1), Ran()]
    seen = 1
    for hours in range(9 * 24, 60 * 24):
        clock.now = MIDNIGHT + hours * HOUR
        seen += site.services.sending.run().sent
    assert seen == len(box.mails) == 4  # weeks without an answer, until four have passed
    assert "No answers this time." in box.mails[-1].get_content()


def test_a_server_that_was_away_for_longer_sends_none_for_that_week(site: Site, box: Mailbox, clock: SetClock) -> None:
    study(site, wants_letter(site, "Ann", "3-07:00"), 1)
    clock.now = MIDNIGHT + 9 * DAY_MS + 7 * HOUR
    assert site.services.sending.run() == Ran()


def test_its_link_stops_it_alone_and_it_goes_to_other_addresses(site: Site, box: Mailbox, clock: SetClock) -> None:
    ann = wants_letter(site, "Ann", "3-18:00", mail=False)
    study(site, ann, 1)
    with http_endpoint(Endpoint()) as endpoint:
        site.services.channels.add(ann, endpoint.url())
        with site.services.database.write():
            site.services.database.execute("UPDATE learner SET reminder = '23:00'")
        clock.now = MIDNIGHT + 7 * DAY_MS + 18 * HOUR
        assert site.services.sending.run() == Ran(sent=1)
        assert endpoint.titles() == ["Your week"]
        link = endpoint.got[0]["message"].partition(f"{URL}/reminders/stop/")[2].split()[0]
    assert "Stop the weekly letter" in site.client().get(f"/reminders/stop/{link}").text
    assert site.client().post(f"/reminders/stop/{link}").status_code == 200
    wishes = site.services.reminders.wishes(ann)
    assert (wishes.letter, wishes.reminder) == (None, "23:00")


def test_it_is_chosen_on_the_page(site: Site, box: Mailbox) -> None:
    ann = site.learner("Ann")
    client = site.client(ann)
    wish = {"email": "ann@example.org", "hour": "", "letter_day": "7", "letter_hour": "09:00"}
    assert client.post("/settings/reminders", data=wish).location == "/settings/reminders?done=confirm"
    assert site.services.reminders.wishes(ann).letter == "7-09:00"
    page = client.get("/settings/reminders").text
    assert '<option value="7" selected>Sundays</option>' in page
    assert client.post("/settings/reminders", data=wish | {"letter_day": "8"}).status_code == 422
    client.post("/settings/reminders", data=wish | {"letter_day": ""})
    assert site.services.reminders.wishes(ann).letter is None


@pytest.mark.parametrize(
    "begins", [datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC)], ids=["spring", "autumn"]
)
def test_a_month_over_the_clock_changes_of_three_zones(
    site: Site, box: Mailbox, clock: SetClock, begins: datetime
) -> None:
    """On the very nights on which clocks change, at hours that are left out or come twice."""
    start = int(begins.timestamp() * 1000)
    clock.now = start
    zones = {"Ann": "America/New_York", "Ben": "Europe/Berlin", "Cy": "Australia/Lord_Howe"}
    learners = {name: wants_letter(site, name, "7-02:00", timezone=zone_name) for name, zone_name in zones.items()}
    arrived: dict[str, list[datetime]] = {name: [] for name in zones}
    for step in range(2 * 48, 33 * 48):
        clock.now = start + step * HOUR // 2
        if step % (4 * 48) == 0:
            for learner in learners.values():
                study(site, learner, 1)
        before = len(box.mails)
        site.services.sending.run()
        for mail in box.mails[before:]:
            name = mail["To"].partition("@")[0].title()
            arrived[name].append(datetime.fromtimestamp(clock.now / 1000, zone(zones[name])))
    for name, times in arrived.items():
        days = [when.date() for when in times]
        assert days == [days[0] + timedelta(weeks=week) for week in range(len(days))], name
        assert len(days) in {4, 5}
        assert all(when.isoweekday() == 7 and when.hour in {2, 3} and when.fold == 0 for when in times[1:])
