"""The leader is killed in each minute of an hour, and in the moment after a mail was taken: once all the same."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

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
