"""Reminders of ten thousand learners with one hour: nothing due, a thousand mails, and cards due for all of them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.common import Row, format_row
from flashcards.mail_server import MailServer
from tests.integration.smtp_world import Mailbox, free_port, smtp_server
from tests.integration.study_world import SetClock
from tests.site import Site, open_site, prepared_data

LEARNERS, DUE, CARDS = 10_000, 1_000, 20


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
        idle = _seconds(site.services.sending.run)
        clock.days(1)
        _due(site, 0, DUE)
        some = _seconds(site.services.sending.run)
        assert len(box.mails) == DUE
        clock.days(1)
        _due(site, DUE, LEARNERS)
        all_due = _seconds(site.services.sending.plan)
        assert len(site.services.sending.plan().todos) == LEARNERS
    return [
        Row(f"{LEARNERS:,} reminders planned, nothing due", idle, "s", limit=5),
        Row(f"{LEARNERS:,} reminders planned, {CARDS} cards due for each", all_due, "s", limit=5),
        Row(f"{DUE:,} of them due, planned and mailed", some, "s", note="the mail server is in this process"),
    ]


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _learners(site: Site) -> None:
    with site.services.database.write():
        site.services.database.executemany(
            "INSERT INTO learner(name, name_key, password_hash, created_at, email, email_verified_at, reminder)"
            " VALUES (?1, ?1, '', 0, ?1 || '@example.org', 1, '07:00')",
            [(f"p{number}",) for number in range(LEARNERS)],
        )


def _due(site: Site, first: int, last: int) -> None:
    """The first cards are due for the learners after `first` up to `last`."""
    today = site.services.clock() // 86_400_000
    with site.services.database.write():
        site.services.database.execute(
            "INSERT INTO schedule(learner_id, card_id, note_id, ordinal, deck_id, repetition, interval, due_on)"
            " SELECT learner.id, card.id, card.note_id, card.ordinal, note.deck_id, 1, 1, ?1 FROM learner, card"
            " JOIN note ON note.id = card.note_id WHERE learner.id > ?2 AND learner.id <= ?3"
            " AND card.id IN (SELECT id FROM card ORDER BY id LIMIT ?4) ORDER BY learner.id",
            (today, first, last, CARDS),
        )


if __name__ == "__main__":
    for row in run():
        print(format_row(row))
