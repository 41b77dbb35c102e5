"""A mail server that is slow, down, hostile, or lies: it is waited for so long and no longer, and it is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path

import pytest

from flashcards.errors import Unavailable
from flashcards.jobs.all import all_jobs
from flashcards.mail_server import MailServer
from flashcards.services.reminders import smtp
from flashcards.services.reminders.smtp import Mail, Mailer
from tests.integration.endpoint_world import Endpoint, http_endpoint
from tests.integration.smtp_world import bad_smtp_server, free_port
from tests.integration.study_world import DAY_MS, SetClock
from tests.integration.test_jobs import said, wait_for
from tests.integration.test_reminders import HOUR, MIDNIGHT, URL, subscribed
from tests.site import Site, copy_data, open_site

HERE = ip_network("127.0.0.0/8")
SEVEN = MIDNIGHT + DAY_MS + 7 * HOUR
SILENT = "it did not answer within 1 seconds"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for no longer than needed."""
    monkeypatch.setattr(smtp, "SECONDS", 1.0)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def site(prepared: Path, tmp_path: Path, clock: SetClock, port: int) -> Iterator[Site]:
    mail = {"mail": MailServer("127.0.0.1", port), "mail_from": "cards@example.org", "allowed_networks": (HERE,)}
    with open_site(copy_data(prepared, tmp_path), clock=clock, url=URL, **mail) as site:
        yield site


@pytest.mark.timeout(60)
@pytest.mark.parametrize("at", ["", "EHLO", "RCPT", "DATA", "."])
@pytest.mark.parametrize(
    ("manner", "why"),
    [
        ("silent", SILENT),
        ("drips", SILENT),
        ("drips lines", SILENT),
        ("endless", "its answer has no end"),
        ("drops", "Connection unexpectedly closed"),
        ("busy", "421 Come again"),
        ("nonsense", "it does not answer as a mail server does"),
    ],
)
def test_each_fault_of_a_mail_server_is_bounded_and_said(port: int, manner: str, at: str, why: str) -> None:
    with bad_smtp_server(port, manner, at) as server, pytest.raises(Unavailable) as caught:
        Mailer(MailServer("127.0.0.1", port), "cards@example.org").send(Mail("ann@example.org", "s", "t"))
    assert why in str(caught.value)
    assert "b'" not in str(caught.value)
    assert server.taken == (at == ".")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("manner", ["silent", "drips", "endless", "drops", "busy", "nonsense"])
def test_a_mail_that_a_bad_server_may_have_taken_is_not_sent_twice(
    site: Site, port: int, clock: SetClock, manner: str
) -> None:
    subscribed(site, "Ann")
    clock.now = SEVEN
    with bad_smtp_server(port, manner, at=".") as server:
        for _ in range(3):
            with suppress(Unavailable):
                site.services.sending.run()
            clock.seconds(300)
    assert server.taken == 1


@pytest.mark.timeout(120)
def test_a_mail_server_that_never_answers_is_said_once_and_disturbs_nothing_else(
    site: Site, port: int, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has a sentence, the administrator's page has it at each run; pages, other jobs and ways go on."""
    chief = site.learner("Chief")
    subscribed(site, "Ann")
    clock.now = SEVEN
    page = site.client(chief)
    jobs = all_jobs(site.services)
    with http_endpoint(Endpoint()) as endpoint, bad_smtp_server(port, "drips") as server:
        site.services.channels.add(site.services.accounts.find("Ann"), endpoint.url())
        jobs.start()
        try:
            for run in range(1, 4):
                assert wait_for(lambda run=run: len(site.services.job_log.runs("reminders")) >= run, 30)  # type: ignore[misc]
                told = page.get("/admin/jobs").text
                assert f"The mail server 127.0.0.1:{port} cannot be used: {SILENT}" in told
                clock.seconds(300)
                site.services.job_log.ask("reminders")
            for other in ("plans", "backup"):
                assert wait_for(lambda other=other: bool(site.services.job_log.runs(other)), 30)  # type: ignore[misc]
                assert site.services.job_log.runs(other)[0].ok
            assert endpoint.titles() == ["2 cards are due"]
            assert server.taken == 0
            sentences = [line for line, _ in said(caplog) if "mail server" in line]
            assert len(sentences) == 1
            assert not [line for line, place in said(caplog) if place]
        finally:
            jobs.stop()
