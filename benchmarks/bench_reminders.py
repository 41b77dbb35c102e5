"""Reminders of ten thousand learners with one hour: who is asked, for whom nothing is due, and a thousand mails."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.common import Row, format_row
from flashcards.mail_server import MailServer
from tests.integration.smtp_world import Mailbox, free_port, smtp_server
from tests.integration.study_world import SetClock
from tests.site import Site, open_site, prepared_data

LEARNERS, DUE = 10_000, 1_000


def run() -> list[Row]:
    """One run of the job in which nothing is due for anybody, then one a day later with cards for some."""
    clock, port, box = SetClock(), free_port(), Mailbox()
    server = MailServer("127.0.0.1", port)
    with (
        tempfile.TemporaryDirectory() as folder,
        smtp_server(box, port),
        open_site(
            prepared_data(Path(folder) / "data"), clock=clock, url="https://c.example.org", mail=server,
            mail_from="cards@example.org",
        ) as site,
    ):  # fmt: skip
        _learners(site)
        idle = _seconds(site)
        clock.days(1)
        _due(site)
        some = _seconds(site)
        assert len(box.mails) == DUE
    return [
        Row(f"{LEARNERS:,} reminders planned, nothing due", idle, "s", limit=5),
        Row(f"The same with cards for {DUE:,} and their mails", some, "s", note="the mail server is in this process"),
    ]


def _seconds(site: Site) -> float:
    began = time.perf_counter()
    site.services.reminders.run()
    return time.perf_counter() - began


def _learners(site: Site) -> None:
    with site.services.database.write():
        site.services.database.executemany(
            "INSERT INTO learner(name, name_key, password_hash, created_at, email, email_verified_at, reminder)"
            " VALUES (?1, ?1, '', 0, ?1 || '@example.org', 1, '07:00')",
            [(f"p{number}",) for number in range(LEARNERS)],
        )


def _due(site: Site) -> None:
    today = site.services.clock() // 86_400_000
    with site.services.database.write():
        site.services.database.execute(
            "INSERT INTO schedule(learner_id, card_id, note_id, ordinal, deck_id, repetition, interval, due_on)"
            " SELECT learner.id, card.id, card.note_id, card.ordinal, note.deck_id, 1, 1, ?1 FROM learner, card"
            " JOIN note ON note.id = card.note_id WHERE learner.id <= ?2"
            " AND card.id = (SELECT min(id) FROM card) ORDER BY learner.id",
            (today, DUE),
        )


if __name__ == "__main__":
    for row in run():
        print(format_row(row))
