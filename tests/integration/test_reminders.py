"""Reminders by mail: a real SMTP server, a clock that is set; at the hour, only where cards are due, never twice."""

from __future__ import annotations

import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flashcards.domain.study_day import zone
from flashcards.errors import Unavailable
from flashcards.mail_server import MailServer
from flashcards.services.accounts.facade import Learner
from flashcards.services.reminders.sending import Ran
from flashcards.services.reminders.smtp import Mail, Mailer
from flashcards.services.review.contract import Answer
from tests.integration.smtp_world import Mailbox, free_port, smtp_server
from tests.integration.study_world import DAY_MS, NOON, SetClock
from tests.integration.test_busy_database import another_writer
from tests.site import PASSWORD, Site, copy_data, new_id, open_site

URL = "https://cards.example.org"
HOUR = 3_600_000
MIDNIGHT = NOON - 12 * HOUR


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
    data = copy_data(prepared, tmp_path)
    server = MailServer("127.0.0.1", port)
    with open_site(data, clock=clock, url=URL, mail=server, mail_from="cards@example.org") as site:
        yield site


def subscribed(site: Site, name: str, hour: str = "07:00", *, cards: int = 2, **settings: object) -> Learner:
    """A learner with a confirmed address; `cards` of theirs are due from tomorrow on."""
    learner = site.learner(name, **settings)
    for card in site.services.review.queue(learner, limit=cards).cards if cards else ():
        site.services.review.answer(learner, Answer(new_id(), card.id, 5, at=site.services.clock()))
    with site.services.database.write():
        site.services.database.execute(
            "UPDATE learner SET email = ?, email_verified_at = 1, reminder = ? WHERE id = ?",
            (f"{name.lower()}@example.org", hour, learner.id),
        )
    return learner


def link(box: Mailbox, what: str) -> str:
    """The path of the last mail's link."""
    found = re.search(rf"{URL}(/reminders/{what}/\S+)", box.mails[-1].get_content())
    assert found
    return found[1]


def test_an_address_is_confirmed_by_a_button_behind_a_link(site: Site, box: Mailbox) -> None:
    client = site.client(site.learner("Ann"))
    assert "Send a test" not in client.get("/settings/reminders").text
    answer = client.post("/settings/reminders", data={"email": " ann@example.org ", "hour": "07:00"})
    assert answer.location == "/settings/reminders?done=confirm"
    assert "Not confirmed yet" in client.get("/settings/reminders").text
    assert client.post("/settings/reminders/test").status_code == 409
    path, guest = link(box, "confirm"), site.client()

    assert "ann@example.org" in guest.get(path).text
    assert client.post("/settings/reminders/test").status_code == 409  # looking confirms nothing
    assert "is confirmed" in guest.post(path).text
    assert client.post("/settings/reminders/test").status_code == 303

    assert [mail["Subject"] for mail in box.mails] == [
        "Confirm your address for reminders",
        "A test: reminders reach you",
    ]
    assert all(mail["From"] == "Flashcards <cards@example.org>" for mail in box.mails)
    # Another address is another's: it is confirmed anew, and the old link confirms nothing.
    client.post("/settings/reminders", data={"email": "other@example.org", "hour": "07:00"})
    assert guest.post(path).status_code == 404
    assert client.post("/settings/reminders/test").status_code == 409


def test_a_link_to_confirm_ends_and_a_made_up_one_is_none(site: Site, box: Mailbox, clock: SetClock) -> None:
    client = site.client(site.learner("Ann"))
    client.post("/settings/reminders", data={"email": "ann@example.org", "hour": "07:00"})
    path = link(box, "confirm")
    assert site.client().get(path.replace("/1-", "/2-")).status_code == 404
    assert site.client().post("/reminders/confirm/1-").status_code == 404
    clock.days(4)
    assert site.client().post(path).status_code == 404


@pytest.mark.parametrize(
    ("email", "hour", "says"),
    [
        ("ann", "07:00", "Give one mail address"),
        ("ann@example.org\r\nBcc: all@example.org", "07:00", "Give one mail address"),
        ("a@b.c, d@e.f", "07:00", "Give one mail address"),
        ("", "07:00", "Give an address"),
        ("ann@example.org", "25:00", "Choose an hour"),
    ],
)
def test_what_is_no_address_or_hour_is_said_and_not_stored(
    site: Site, box: Mailbox, email: str, hour: str, says: str
) -> None:
    ann = site.learner("Ann")
    answer = site.client(ann).post("/settings/reminders", data={"email": email, "hour": hour})
    assert answer.status_code == 422 or answer.status_code == 400
    assert says in answer.text
    assert site.services.reminders.wishes(ann).email is None
    assert box.mails == []


def test_nobody_floods_a_mailbox_through_us(site: Site, box: Mailbox) -> None:
    client = site.client(site.learner("Ann"))
    codes = [
        client.post("/settings/reminders", data={"email": f"{number}@example.org", "hour": "07:00"}).status_code
        for number in range(7)
    ]
    assert codes == [303] * 5 + [429] * 2
    assert len(box.mails) == 5


def test_one_link_stops_them_by_a_button_and_by_one_click(site: Site, box: Mailbox, clock: SetClock) -> None:
    ann = subscribed(site, "Ann")
    client = site.client(ann)
    client.post("/settings/reminders/test")
    path = link(box, "stop")
    assert box.mails[-1]["List-Unsubscribe"] == f"<{URL}{path}>"
    assert box.mails[-1]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    assert "Stop them" in site.client().get(path).text
    assert site.services.reminders.wishes(ann).reminder == "07:00"
    mail_program = site.app.test_client()  # it says nothing of where it comes from
    assert mail_program.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert site.services.reminders.wishes(ann).reminder is None
    assert site.client().post(path.replace("/1-", "/9-")).status_code == 404
    clock.now = MIDNIGHT + DAY_MS + 7 * HOUR
    assert site.services.sending.run() == Ran()


def test_a_mail_s_link_stops_them_whatever_was_made_anew_since(site: Site, box: Mailbox, clock: SetClock) -> None:
    ann = site.learner("Ann")
    client = site.client(ann)
    links = [site.services.reminders.stop_link(ann.id, what) for what in ("stop", "stop-letter")]
    client.post("/settings/calendar")
    client.post("/settings/password", data={"old": PASSWORD, "new": "another horse battery"})
    client.post("/settings/calendar", data={"what": "make"})
    for link in links:
        assert site.client().post(link.removeprefix(URL), data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert site.client().post(f"{links[0].removeprefix(URL)[:-1]}9").status_code == 404


def test_it_comes_at_the_hour_once_and_only_where_cards_are_due(site: Site, box: Mailbox, clock: SetClock) -> None:
    subscribed(site, "Ann")
    subscribed(site, "Ben", cards=0)
    subscribed(site, "Cy", "19:00", timezone="Asia/Tokyo")  # 10:00 UTC
    site.learner("Dan")
    seen: list[tuple[int, str]] = []
    for step in range(12 * 24):
        clock.now = MIDNIGHT + DAY_MS + step * 300_000
        before = len(box.mails)
        site.services.sending.run()
        seen += [(step * 5, mail["To"]) for mail in box.mails[before:]]

    assert seen == [(7 * 60, "ann@example.org"), (10 * 60, "cy@example.org")]
    mail = box.mails[0]
    assert mail["Subject"] == "2 cards are due"
    text = mail.get_content()
    assert f"{URL}/review" in text
    assert "about 1 min" in text
    assert "interview" not in mail.as_string().lower()
    assert len({mail["Message-ID"] for mail in box.mails}) == 2


def test_nothing_comes_on_a_break_or_after_the_cards_are_done(site: Site, box: Mailbox, clock: SetClock) -> None:
    ann, ben = subscribed(site, "Ann"), subscribed(site, "Ben")
    clock.now = MIDNIGHT + DAY_MS + 6 * HOUR
    for card in site.services.review.queue(ann, limit=100).cards:
        if card.kind == "due":
            site.services.review.answer(ann, Answer(new_id(), card.id, 5, at=clock()))
    today = site.services.review.study_day(ben)
    site.services.plans.add_break(ben, today, today)
    clock.now += HOUR
    assert site.services.sending.run() == Ran(nothing=2)
    assert box.mails == []


def test_a_mail_server_that_is_away_is_tried_again_and_the_mail_comes_once(
    site: Site, port: int, clock: SetClock
) -> None:
    subscribed(site, "Ann")
    clock.now = MIDNIGHT + DAY_MS + 7 * HOUR
    for _ in range(3):
        with pytest.raises(Unavailable, match=f"127.0.0.1:{port} cannot be used: Connection refused"):
            site.services.sending.run()
        clock.seconds(300)
    box = Mailbox()
    with smtp_server(box, port):
        assert [site.services.sending.run().sent for _ in range(3)] == [1, 0, 0]
    assert len(box.mails) == 1


def test_a_mail_that_the_server_puts_off_comes_later_and_others_do_not_wait(
    site: Site, box: Mailbox, clock: SetClock
) -> None:
    for name in ("Ann", "Ben", "Cy"):
        subscribed(site, name)
    clock.now = MIDNIGHT + DAY_MS + 7 * HOUR
    box.says["ann@example.org"] = "451 Later"
    box.refuses["ben@example.org"] = "550 Nobody of that name"
    assert site.services.sending.run() == Ran(sent=1, refused=1, failed=1)
    assert [mail["To"] for mail in box.mails] == ["cy@example.org"]

    box.says.clear()
    box.refuses.clear()
    clock.seconds(300)
    assert site.services.sending.run() == Ran(sent=1)
    assert [mail["To"] for mail in box.mails] == ["cy@example.org", "ann@example.org"]


def test_a_row_that_is_no_good_stops_nobody_else(site: Site, box: Mailbox, clock: SetClock) -> None:
    bad, ugly, _ = subscribed(site, "Ann"), subscribed(site, "Ben"), subscribed(site, "Cy")
    with site.services.database.write():  # as an import could bring them
        sql = "UPDATE learner SET email = ?, reminder = ? WHERE id = ?"
        site.services.database.execute(sql, ("a@b.example\r\nBcc: all@b.example", "07:00", bad.id))
        site.services.database.execute(sql, ("b@b.example", "soon", ugly.id))
    clock.now = MIDNIGHT + DAY_MS + 7 * HOUR
    assert site.services.sending.run() == Ran(sent=1)
    assert [mail["To"] for mail in box.mails] == ["cy@example.org"]


def test_where_nobody_knows_whether_it_was_taken_it_is_not_sent_twice(
    site: Site, box: Mailbox, clock: SetClock
) -> None:
    subscribed(site, "Ann")
    clock.now = MIDNIGHT + DAY_MS + 7 * HOUR
    box.drops_after_text = True
    with pytest.raises(Unavailable):
        site.services.sending.run()
    box.drops_after_text = False
    assert site.services.sending.run() == Ran()
    assert len(box.mails) == 1


def test_a_clock_that_jumps_sends_nothing_twice(site: Site, box: Mailbox, clock: SetClock) -> None:
    subscribed(site, "Ann")
    seven = MIDNIGHT + DAY_MS + 7 * HOUR
    for hours in (-1, 0, -30, 0, 2, 24, 0, -1, 24, 23, 24 * 40, 24, 24 * 40):
        clock.now = seven + hours * HOUR
        site.services.sending.run()
    # One of the day, one of the next, one of forty days on: each once, however often its hour came.
    assert len(box.mails) == len({mail["Message-ID"] for mail in box.mails}) == 3


def test_reminders_wait_while_somebody_holds_the_database(site: Site, box: Mailbox, clock: SetClock) -> None:
    subscribed(site, "Ann")
    clock.now = MIDNIGHT + DAY_MS + 7 * HOUR
    site.services.hurry_thread(lambda: None)  # the test does not wait as long as a job does
    with another_writer(site.config.data / "flashcards.sqlite3"), pytest.raises(Unavailable):
        site.services.sending.run()
    assert box.mails == []
    assert [site.services.sending.run() for _ in range(2)] == [Ran(sent=1), Ran()]
    assert len(box.mails) == 1


@pytest.mark.parametrize(
    "begins", [datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC)], ids=["spring", "autumn"]
)
def test_a_month_over_the_clock_changes_of_three_zones(
    site: Site, box: Mailbox, clock: SetClock, begins: datetime
) -> None:
    """New York, Berlin and Lord Howe (whose clocks move by half an hour) all change their clocks in these months."""
    start = int(begins.timestamp() * 1000)
    clock.now = start
    zones = {"Ann": "America/New_York", "Ben": "Europe/Berlin", "Cy": "Australia/Lord_Howe"}
    hours = {"Ann": "07:00", "Ben": "02:00", "Cy": "02:00"}  # those hours that are left out or come twice
    for name, zone_name in zones.items():
        subscribed(site, name, hours[name], timezone=zone_name)
    subscribed(site, "Dan", cards=0)
    arrived: dict[str, list[datetime]] = {name: [] for name in zones}
    for step in range(2 * 48, 33 * 48):
        clock.now = start + step * HOUR // 2
        before = len(box.mails)
        site.services.sending.run()
        for mail in box.mails[before:]:
            name = mail["To"].partition("@")[0].title()
            arrived[name].append(datetime.fromtimestamp(clock.now / 1000, zone(zones[name])))

    for name, times in arrived.items():
        days = [when.toordinal() for when in times]
        assert days == list(range(days[0], days[0] + 31)), name
        hour = int(hours[name][:2])
        moved = [when for when in times if (when.hour, when.minute) != (hour, 0)]
        # Of an hour that is left out the reminder comes as much later; all others are at their hour.
        assert len(moved) <= 1
        assert all(hour < when.hour + when.minute / 60 <= hour + 1 for when in moved)
        assert all(when.fold == 0 for when in times)


# --- TLS, passwords, the text


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.mark.parametrize("smtps", [False, True], ids=["starttls", "smtps"])
def test_over_tls_with_a_password_and_only_with_a_good_certificate(certificate: Path, port: int, smtps: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    trusting = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    server = MailServer("127.0.0.1", port, "ada", "geheim", tls=smtps)
    mail, box = Mail("ann@example.org", "Grüße", "One.\n.dot\n..\nÜber\n"), Mailbox()
    with smtp_server(box, port, context=context, password="" if smtps else "geheim", smtps=smtps):
        with pytest.raises(Unavailable, match="certificate is not good"):
            Mailer(server, "cards@example.org").send(mail)
        if not smtps:
            with pytest.raises(Unavailable, match="user and password") as caught:
                Mailer(replace(server, password="wrong"), "cards@example.org", trusting).send(mail)
            assert "wrong" not in str(caught.value)
            Mailer(server, "cards@example.org", trusting).send(mail)
        else:
            Mailer(replace(server, user=""), "cards@example.org", trusting).send(mail)
    (got,) = box.mails
    assert (got["Subject"], got.get_content().replace("\r\n", "\n")) == ("Grüße", mail.text)
    assert smtps or box.encrypted == [True]


def test_a_password_is_not_sent_without_tls(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MailServer, "is_here", property(lambda self: False))
    with (
        smtp_server(Mailbox(), port),
        pytest.raises(Unavailable, match="it offers no TLS, and the password is not sent"),
    ):
        Mailer(MailServer("127.0.0.1", port, "ada", "geheim"), "a@example.org").send(Mail("b@example.org", "s", "t"))


# --- what is off


def test_where_nothing_is_set_there_are_none_and_nothing_is_loaded(prepared: Path, tmp_path: Path) -> None:
    with open_site(copy_data(prepared, tmp_path)) as site:
        client = site.client(site.learner("Ann"))
        assert "FLASHCARDS_SMTP_URL" in client.get("/settings/reminders").text
        assert client.post("/settings/reminders/addresses", data={"url": "ntfys://ntfy.sh/a"}).status_code == 409
        assert client.post("/settings/reminders", data={"email": "a@example.org", "hour": "07:00"}).status_code == 409
    look = (
        "import sys; from tests.site import open_site; from pathlib import Path\n"
        "from flashcards.jobs.all import all_jobs\n"
        "with open_site(Path(sys.argv[1]), url='https://c.example.org') as site: all_jobs(site.services)\n"
        "print(*('smtplib' in sys.modules, 'flashcards.services.reminders.smtp' in sys.modules,"
        " 'apprise' in sys.modules, 'requests' in sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", look, str(tmp_path / "data")], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["False"] * 4
