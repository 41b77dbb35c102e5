"""A server at work, to be killed: answers, decks that change, reminders and backups, each in threads of their own.

What is begun and what is done is told over a pipe, a line each: ``begin sync``, ``done mail``, ``answered <id>``. An
answer is told when it was acknowledged: from then on it must never be lost.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from flashcards.mail_server import MailServer
from flashcards.services.review.facade import Answer
from flashcards.storage.database import Database
from flashcards.wiring import Services, open_services
from tests.integration.study_world import SetClock
from tests.site import PASSWORD, config_for

Sent = list[tuple[str, str]]
"""(answer's id, card) pairs."""
URL = "https://cards.example.org"
NOTES = 60


def grade_of(card: str) -> int:
    """Every other card is never known: of those some are due on every day."""
    return 4 if int(card) % 2 else 1


def deck_text(version: int) -> str:
    """A deck whose cards say which version they are of; with each the last notes are others."""
    stay = [_note(f"n{number}", version) for number in range(NOTES)]
    come_and_go = [_note(f"v{version % 5}-{number}", version) for number in range(3)]
    return "---\ntitle: At work\n---\n\n" + "".join([*stay, *come_and_go])


def _note(key: str, version: int) -> str:
    return f"## What is {key} called? {{#{key}}}\n\nIt is called *{key}*, says version {version}.\n\n"


def write_deck(decks: Path, version: int) -> None:
    """Saves the deck as an editor does: under another name first."""
    new = decks / ".at-work.tmp"
    new.write_text(deck_text(version), "utf-8")
    new.replace(decks / "at-work.md")


def version_of(decks: Path) -> int:
    """Which version of the deck is in the folder."""
    return int((decks / "at-work.md").read_text("utf-8").rpartition("version ")[2].partition(".")[0])


def site_at(data: Path, decks: Path, clock: SetClock, port: int) -> Services:
    """The services of a server that mails through the port."""
    mail = MailServer("127.0.0.1", port)
    return open_services(config_for(data, decks, url=URL, mail=mail, mail_from="c@example.org"), clock)


def begin(data: Path, decks: Path, port: int, names: Sequence[str]) -> None:
    """Makes a data folder with learners who want reminders, and the first version of the decks."""
    decks.mkdir()
    write_deck(decks, 1)
    services = site_at(data, decks, SetClock(), port)
    assert not services.sync.sync().errors
    accounts = services.accounts
    for name in names:
        accounts.sign_up(name, PASSWORD, code=accounts.setup_code(), timezone="UTC", remote="test")
    with services.database.write():
        services.database.execute(
            "UPDATE learner SET email = name || '@example.org', email_verified_at = 1, reminder = '07:00',"
            " new_per_day = 9999"
        )
    services.close()


def cards_that_stay(database: Database) -> list[str]:
    """Cards that are there whatever version of the deck is read."""
    rows = database.all("SELECT c.id FROM card c JOIN note n ON n.id = c.note_id WHERE n.key LIKE 'n%' ORDER BY 1")
    return [str(card) for (card,) in rows]


def run_together(writers: list[threading.Thread], others: list[threading.Thread], answered: threading.Event) -> None:
    """Runs all of them; when the writers have ended, `answered` says so to the others."""
    for thread in (*writers, *others):
        thread.start()
    for thread in writers:
        thread.join()
    answered.set()
    for thread in others:
        thread.join()


def work(data: Path, decks: Path, now: int, port: int, plans: dict[str, Sent], report: Connection) -> None:
    """Works until it is killed, or the answers are given and everything else was done once more."""
    services = site_at(data, decks, SetClock(now), port)
    turn = threading.Lock()
    answered = threading.Event()

    def tell(line: str) -> None:
        with turn:
            report.send_bytes(line.encode())

    def answer(name: str, mine: Sent) -> None:
        learner = services.accounts.find(name)
        for uid, card in mine:
            for _ in range(2):  # each comes twice, as from a browser that has not heard
                services.review.answer(learner, Answer(uid, card, grade_of(card)))
            tell(f"answered {uid}")
        services.release_thread()

    def again_and_again(what: str, do: Callable[[], object]) -> None:
        last = False
        while not last:
            last = answered.is_set()
            tell(f"begin {what}")
            do()
            tell(f"done {what}")
        services.release_thread()

    def sync() -> None:
        write_deck(decks, version_of(decks) + 1)
        assert not services.sync.sync().errors

    def back_up() -> None:
        services.backup.nightly()
        made = services.backup.backup()
        made.unlink()

    others = [
        threading.Thread(target=again_and_again, args=(what, do))
        for what, do in (("sync", sync), ("backup", back_up), ("mail", services.sending.run))
    ]
    writers = [threading.Thread(target=answer, args=it) for it in plans.items()]
    run_together(writers, others, answered)
    services.close()
    report.close()


def main(data: Path, decks: Path, now: int, port: int, plans: dict[str, Sent], report: Connection) -> None:
    """`work`, in a process that ends with whatever went wrong in any of its threads."""
    threading.excepthook = lambda about: (threading.__excepthook__(about), os._exit(3))  # type: ignore[assignment,func-returns-value]
    work(data, decks, now, port, plans, report)
