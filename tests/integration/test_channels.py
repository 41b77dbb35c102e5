"""Reminders to learners' own addresses through Apprise: real endpoints on loopback, well-behaved and hostile ones."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from flashcards.errors import Invalid
from flashcards.mail_server import MailServer
from flashcards.services.reminders import courier
from flashcards.services.reminders.courier import Courier, Outcome, Parcel
from flashcards.services.reminders.sending import Ran
from tests.integration.endpoint_world import Endpoint, http_endpoint
from tests.integration.smtp_world import Mailbox, free_port, smtp_server
from tests.integration.study_world import DAY_MS, SetClock
from tests.integration.test_reminders import HOUR, MIDNIGHT, URL, subscribed
from tests.site import Site, copy_data, open_site

KEY = bytes(range(32))
HERE = ip_network("127.0.0.0/8")
SEVEN = MIDNIGHT + DAY_MS + 7 * HOUR


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Endpoints that never answer are waited for no longer than needed."""
    monkeypatch.setattr(courier, "SECONDS", 3.0)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with http_endpoint(Endpoint()) as endpoint:
        yield endpoint


@pytest.fixture
def site(prepared: Path, tmp_path: Path, clock: SetClock) -> Iterator[Site]:
    with open_site(copy_data(prepared, tmp_path), clock=clock, url=URL, allowed_networks=(HERE,)) as site:
        yield site


def send(endpoint: Endpoint) -> Outcome:
    """What comes of a message to it, its network allowed."""
    here = Courier(KEY, [HERE])
    return here.send(Parcel(here.look(endpoint.url()).sealed, "Two cards", "About 1 min"))


# --- a learner's page


def test_an_address_is_added_tested_and_removed_on_its_page(site: Site, endpoint: Endpoint) -> None:
    client = site.client(site.learner("Ann"))
    answer = client.post("/settings/reminders/addresses", data={"url": endpoint.url("my-secret-topic")})
    assert answer.location == "/settings/reminders?done=address"
    page = client.get("/settings/reminders").text
    assert "ntfy at 127.0.0.1, …pic" in page

    assert client.post("/settings/reminders/addresses/1", data={"what": "test"}).status_code == 303
    assert endpoint.titles() == ["A test: reminders reach you"]
    assert f"{URL}/reminders/stop/" in endpoint.got[0]["message"]

    assert client.post("/settings/reminders/addresses/1", data={"what": "remove"}).status_code == 303
    assert "127.0.0.1" not in client.get("/settings/reminders").text
    assert client.post("/settings/reminders/addresses/1", data={"what": "test"}).status_code == 404


def test_an_address_is_nowhere_whole_again(site: Site, endpoint: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ann = site.learner("Ann")
    client = site.client(ann)
    client.post("/settings/reminders/addresses", data={"url": endpoint.url("my-secret-topic")})
    endpoint.manner = "status"
    told = client.post("/settings/reminders/addresses/1", data={"what": "test"})
    assert (told.status_code, "answered with the status 500" in told.text) == (503, True)
    assert "answered with the status 500" in client.get("/settings/reminders").text
    files = [it for it in site.config.data.rglob("*") if it.is_file()]
    assert not any(b"my-secret-topic" in it.read_bytes() for it in files)
    assert "my-secret-topic" not in client.get("/settings/reminders").text + caplog.text + told.text
    exported = client.get("/export/json").text
    assert "my-secret-topic" not in exported


def test_there_are_three_at_most_and_another_learner_s_is_none(site: Site, endpoint: Endpoint) -> None:
    client, other = site.client(site.learner("Ann")), site.client(site.learner("Ben"))
    codes = [
        client.post("/settings/reminders/addresses", data={"url": endpoint.url(f"topic{number}")}).status_code
        for number in range(4)
    ]
    assert codes == [303, 303, 303, 409]
    assert other.post("/settings/reminders/addresses/1", data={"what": "remove"}).status_code == 404
    assert other.post("/settings/reminders/addresses/1", data={"what": "test"}).status_code == 404
    assert endpoint.got == []


def test_nobody_floods_a_phone_through_us(site: Site, endpoint: Endpoint) -> None:
    client = site.client(site.learner("Ann"))
    client.post("/settings/reminders/addresses", data={"url": endpoint.url()})
    codes = [client.post("/settings/reminders/addresses/1", data={"what": "test"}).status_code for _ in range(11)]
    assert codes == [303] * 9 + [429] * 2
    assert len(endpoint.got) == 9


@pytest.mark.parametrize(
    ("url", "says"), [("", "Give an address"), ("ntfys://10.1.2.3/a", "private network"), ("file:///x", "do not go to")]
)
def test_what_is_no_address_is_said_and_not_stored(site: Site, url: str, says: str) -> None:
    ann = site.learner("Ann")
    answer = site.client(ann).post("/settings/reminders/addresses", data={"url": url})
    assert (answer.status_code, says in answer.text) == (422, True)
    assert site.services.channels.of(ann) == []


# --- networks


def test_a_private_network_is_refused_unless_the_keeper_named_it(endpoint: Endpoint) -> None:
    with pytest.raises(Invalid, match=r"127\.0\.0\.1 lies in a private network"):
        Courier(KEY, []).look(endpoint.url())
    # An address that was stored while it was allowed, or whose name now leads elsewhere.
    sealed = Courier(KEY, [HERE]).look(endpoint.url()).sealed
    outcome = Courier(KEY, []).send(Parcel(sealed, "t", "b"))
    assert (outcome.ok, outcome.unknown, "private network" in outcome.why) == (False, False, True)
    by_name = Courier(KEY, [HERE, ip_network("::1/128")]).look(f"ntfy://localhost:{endpoint.port}/a").sealed
    assert "private network" in Courier(KEY, []).send(Parcel(by_name, "t", "b")).why
    assert endpoint.got == []
    assert Courier(KEY, [HERE]).send(Parcel(sealed, "t", "b")).ok


# --- endpoints that are slow, down, hostile, or lie


def test_a_redirect_is_not_followed(endpoint: Endpoint) -> None:
    with http_endpoint(Endpoint()) as elsewhere:
        endpoint.manner, endpoint.elsewhere = "redirect", f"http://127.0.0.1:{elsewhere.port}/"
        outcome = send(endpoint)
        assert (outcome.ok, outcome.unknown, "a redirect" in outcome.why) == (False, False, True)
        assert (len(endpoint.got), elsewhere.got) == (1, [])


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("manner", "why", "unknown"),
    [
        ("status", "it answered with the status 500", False),
        ("silent", "it did not answer within 3 seconds", True),
        ("drops", "it broke off the connection", True),
        ("endless", "", True),
        ("drips", "it did not answer within 6 seconds", True),
    ],
)
def test_each_fault_is_bounded_and_said(endpoint: Endpoint, manner: str, why: str, unknown: bool) -> None:
    endpoint.manner = manner
    outcome = send(endpoint)
    assert not outcome.ok
    assert (outcome.unknown, why in outcome.why) == (unknown, True)
    assert len(endpoint.got) == 1


def test_one_that_lies_is_believed_once(endpoint: Endpoint) -> None:
    endpoint.manner = "lies"
    assert send(endpoint).ok
    assert endpoint.titles() == ["Two cards"]


def test_one_that_is_down_is_said_to_be(endpoint: Endpoint) -> None:
    port = free_port()
    here = Courier(KEY, [HERE])
    outcome = here.send(Parcel(here.look(f"ntfy://127.0.0.1:{port}/a").sealed, "t", "b"))
    assert outcome == Outcome(False, False, "it cannot be reached")


def test_an_address_sealed_with_another_key_is_not_read(endpoint: Endpoint) -> None:
    sealed = Courier(bytes(32), [HERE]).look(endpoint.url()).sealed
    assert "another key" in Courier(KEY, [HERE]).send(Parcel(sealed, "t", "b")).why


# --- the job


def wants(site: Site, name: str, *urls: str, hour: str = "07:00", **settings: object) -> int:
    """A learner with cards due tomorrow who is told so at these addresses alone."""
    learner = subscribed(site, name, hour, **settings)  # type: ignore[arg-type]
    for url in urls:
        site.services.channels.add(learner, url)
    return learner.id


def test_it_comes_once_at_the_hour_and_one_link_stops_it(site: Site, endpoint: Endpoint, clock: SetClock) -> None:
    wants(site, "Ann", endpoint.url("ann"), endpoint.url("ann-too"))
    clock.now = SEVEN - 300_000
    assert site.services.sending.run() == Ran()
    clock.now = SEVEN
    assert site.services.sending.run() == Ran(sent=2)
    assert site.services.sending.run() == Ran()
    assert sorted(it["topic"] for it in endpoint.got) == ["ann", "ann-too"]
    assert endpoint.titles() == ["2 cards are due"] * 2
    path = endpoint.got[0]["message"].partition(URL + "/reminders/stop/")[2].split()[0]
    assert site.client().post(f"/reminders/stop/{path}").status_code == 200
    clock.days(1)
    assert site.services.sending.run() == Ran()


def test_one_that_certainly_did_not_arrive_is_tried_again_ever_later(
    site: Site, endpoint: Endpoint, clock: SetClock
) -> None:
    wants(site, "Ann", endpoint.url())
    endpoint.manner = "status"
    tries: list[int] = []
    for step in range(0, 6 * 60, 5):
        clock.now = SEVEN + step * 60_000
        before = len(endpoint.got)
        site.services.sending.run()
        tries += [step] * (len(endpoint.got) - before)
    assert tries == [0, 5, 15, 35, 75, 155, 315]
    endpoint.manner = "ntfy"
    clock.now = SEVEN + DAY_MS
    assert site.services.sending.run() == Ran(sent=1)
    assert site.services.channels.of(site.services.accounts.find("Ann"))[0].trouble == ""


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("manner", ["silent", "drops", "endless", "drips"])
def test_one_that_may_have_arrived_is_not_sent_twice(
    site: Site, endpoint: Endpoint, clock: SetClock, manner: str
) -> None:
    wants(site, "Ann", endpoint.url())
    clock.now, endpoint.manner = SEVEN, manner
    assert site.services.sending.run() == Ran(failed=1)
    clock.now, endpoint.manner = SEVEN + 3_600_000, "ntfy"
    assert site.services.sending.run() == Ran()
    assert len(endpoint.got) == 1


@pytest.mark.usefixtures("impatient")
def test_hostile_endpoints_keep_nobody_else_from_theirs(site: Site, endpoint: Endpoint, clock: SetClock) -> None:
    with http_endpoint(Endpoint()) as bad:
        bad.manner = "drips"
        for number in range(2):
            wants(site, f"Bad{number}", *(bad.url(f"bad{number}-{which}") for which in range(2)))
        wants(site, "Zoe", endpoint.url("zoe"))
        clock.now = SEVEN
        assert site.services.sending.run() == Ran(sent=1, failed=4)
    assert endpoint.titles() == ["2 cards are due"]


def test_mail_comes_though_an_address_fails_and_the_other_way_round(
    prepared: Path, tmp_path: Path, endpoint: Endpoint, clock: SetClock
) -> None:
    port, box = free_port(), Mailbox()
    more = {"mail": MailServer("127.0.0.1", port), "mail_from": "cards@example.org", "allowed_networks": (HERE,)}
    with open_site(copy_data(prepared, tmp_path), clock=clock, url=URL, **more) as site:
        wants(site, "Ann", endpoint.url())
        clock.now = SEVEN
        with pytest.raises(Exception, match="mail server"):
            site.services.sending.run()
        assert endpoint.titles() == ["2 cards are due"]
        with smtp_server(box, port):
            assert site.services.sending.run() == Ran(sent=1)
        assert len(box.mails) == len(endpoint.got) == 1
