"""The leader is killed in each minute of an hour, and in the moment after a message was taken: once all the same."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from tests.integration.endpoint_world import Endpoint, http_endpoint
from tests.integration.smtp_world import Mailbox, free_port, smtp_server
from tests.integration.study_world import DAY_MS, NOON, SetClock
from tests.integration.test_reminders import subscribed
from tests.nightly.leading import MINUTE
from tests.site import DECKS, open_site, prepared_data

STEP = int(os.environ.get("KILL_STEP", "1"))
"""Every so many minutes."""
ONE_UTC = NOON + DAY_MS - 11 * 60 * MINUTE
ZONES = {"Asia/Dhaka": 0, "Asia/Kathmandu": 15, "Asia/Kolkata": 30}
"""Where it is seven o'clock, and how many minutes after one o'clock in UTC."""
LOOPBACK = ip_network("127.0.0.0/8")
PEOPLE = {f"{zone.rpartition('/')[2].lower()}{n}@example.org" for zone in ZONES for n in (1, 2)}


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which cards are due for six people in the hour, and for a seventh none."""
    data = prepared_data(tmp_path_factory.mktemp("hour"))
    with open_site(data, clock=SetClock()) as site:
        for zone in ZONES:
            for number in (1, 2):
                subscribed(site, f"{zone.rpartition('/')[2]}{number}", timezone=zone)
        subscribed(site, "Idle", timezone="Asia/Dhaka", cards=0)
    return data


class KillingMailbox(Mailbox):
    """Kills who sends, once, when it has taken the mail of somebody and before it has said so."""

    def __init__(self) -> None:
        super().__init__()
        self.kills_at = ""
        self.sender: subprocess.Popen[bytes] | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        said = await super().handle_DATA(server, session, envelope)
        if self.sender and envelope.rcpt_tos == [self.kills_at]:
            self.sender.send_signal(signal.SIGKILL)
            self.sender.wait()
            self.sender = None
        return said


def leader(data: Path, port: int, first: int, die: int) -> subprocess.Popen[bytes]:
    arguments = [str(data), str(DECKS), str(port), str(ONE_UTC), str(first), str(die)]
    return subprocess.Popen([sys.executable, "-m", "tests.nightly.leading", *arguments])


def sent(box: Mailbox) -> Counter[str]:
    return Counter(str(mail["To"]) for mail in box.mails)


@pytest.mark.timeout(1800)
def test_killed_in_each_minute(hour: Path, tmp_path: Path) -> None:
    for minute in range(0, 60, STEP):
        data, box, port = Path(shutil.copytree(hour, tmp_path / str(minute))), Mailbox(), free_port()
        with smtp_server(box, port):
            assert leader(data, port, 0, minute).wait(120) == -signal.SIGKILL
            before = sum(2 for after in ZONES.values() if after < minute)
            assert sum(sent(box).values()) == before
            assert leader(data, port, minute, 60).wait(120) == 0
        assert sent(box) == Counter(dict.fromkeys(PEOPLE, 1)), minute
        shutil.rmtree(data)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("whose", sorted(PEOPLE))
def test_killed_when_the_mail_was_taken_and_nobody_had_heard(hour: Path, tmp_path: Path, whose: str) -> None:
    data, box, port = Path(shutil.copytree(hour, tmp_path / "data")), KillingMailbox(), free_port()
    with smtp_server(box, port):
        box.kills_at, box.sender = whose, leader(data, port, 0, 60)
        killed = box.sender
        assert killed.wait(120) == -signal.SIGKILL
        assert leader(data, port, 0, 60).wait(120) == 0
    assert sent(box) == Counter(dict.fromkeys(PEOPLE, 1))


class KillingEndpoint(Endpoint):
    """Kills who sends, when it has taken its message number `kills_at` and before it has said so."""

    def __init__(self) -> None:
        super().__init__()
        self.kills_at = 0
        self.sender: subprocess.Popen[bytes] | None = None

    def taken(self) -> None:
        if self.sender and len(self.got) == self.kills_at:
            self.sender.send_signal(signal.SIGKILL)
            self.sender.wait()

    def topics(self) -> Counter[str]:
        return Counter(it["topic"] for it in self.got)


@pytest.fixture(scope="module")
def addressed(hour: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The same, where each has an address besides, at a port of this machine."""
    data, port = Path(shutil.copytree(hour, tmp_path_factory.mktemp("addressed") / "data")), free_port()
    with open_site(data, clock=SetClock(), url="https://c.example.org", allowed_networks=(LOOPBACK,)) as site:
        for learner in site.services.accounts.learners():
            site.services.channels.add(learner, f"ntfy://127.0.0.1:{port}/{learner.name}")
    return data, port


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(1, len(PEOPLE) + 1))
def test_killed_while_an_address_takes_a_message(addressed: tuple[Path, int], tmp_path: Path, number: int) -> None:
    """Who was being told then may have lost their message, and gets none twice; all others get theirs."""
    made, there = addressed
    data, box, port = Path(shutil.copytree(made, tmp_path / "data")), Mailbox(), free_port()
    with smtp_server(box, port), http_endpoint(KillingEndpoint(), there) as endpoint:
        endpoint.kills_at, endpoint.sender = number, leader(data, port, 0, 60)
        killed = endpoint.sender
        assert killed.wait(120) == -signal.SIGKILL
        before = endpoint.topics()
        assert leader(data, port, 0, 60).wait(120) == 0
        told = endpoint.topics()
    assert sent(box) == Counter(dict.fromkeys(PEOPLE, 1))
    assert set(told.values()) == {1}
    assert before <= told
    missing = {person.partition("@")[0] for person in PEOPLE} - {name.lower() for name in told}
    of_that_minute = 2
    assert len(missing) < of_that_minute, "one was taken, the other one of that minute may be lost"
