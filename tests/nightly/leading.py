"""A process that leads for an hour: `python -m tests.nightly.leading DATA DECKS PORT START FIRST DIE`.

Minute by minute of a clock that is set, from the minute `FIRST` on, it sends the reminders that are due. At the minute
`DIE` it is killed, as `kill -9` does; 60 and more: it lives to the hour's end.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from ipaddress import ip_network
from pathlib import Path

from flashcards.jobs.leader import Leadership
from flashcards.mail_server import MailServer
from tests.site import open_site

MINUTE = 60_000


def main(data: Path, decks: Path, port: int, start: int, first: int, die: int) -> None:
    """Leads, once nobody else does."""
    leader = Leadership(data / "jobs.lock")
    for _ in range(600):
        if leader.acquire():
            break
        time.sleep(0.1)
    else:
        raise SystemExit("somebody else leads")
    now = start

    def clock() -> int:
        return now

    with open_site(
        data, decks, clock=clock, url="https://c.example.org", mail=MailServer("127.0.0.1", port),
        mail_from="c@example.org", allowed_networks=(ip_network("127.0.0.0/8"),),
    ) as site:  # fmt: skip
        for minute in range(first, 60):
            now = start + minute * MINUTE
            if minute == die:
                os.kill(os.getpid(), signal.SIGKILL)
            site.services.sending.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
