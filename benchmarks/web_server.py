"""A server in a process of its own over a temporary data folder, for the benchmarks of the web.

`python -m benchmarks.web_server FOLDER LEARNERS MODULE:FUNCTION` serves FOLDER/data by that function, usually
`flashcards.web.server:serve`, prints its port and a token of the first learner and a login of each, ends with stdin.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flashcards.config import Config

if TYPE_CHECKING:
    from flashcards.services.accounts.facade import Learner
    from flashcards.wiring import Services

PASSWORD = "correct horse battery"
DUE_EACH = 300


@dataclass(frozen=True, slots=True)
class Served:
    """Where the server is, and who may ask it."""

    port: int
    pid: int
    token: str
    secrets: tuple[str, ...]

    @property
    def secret(self) -> str:
        """The login of the first learner."""
        return self.secrets[0]


def write_decks(folder: Path, decks: int, notes: int) -> None:
    """Decks of plain cards."""
    folder.mkdir(parents=True, exist_ok=True)
    for deck in range(decks):
        text = "".join(_note(deck, note) for note in range(notes))
        (folder / f"deck-{deck:03}.md").write_text(f"---\ntitle: Deck {deck}\n---\n\n{text}", "utf-8")


def _note(deck: int, note: int) -> str:
    question = f"## What is number {note} of deck {deck} called here? {{#n{note}}}"
    return f"{question}\n\nIt is called *{deck}-{note}*, and $x_{{{note}}}$ is its name.\n\n"


def configuration(folder: Path) -> Config:
    """Everything below `folder`."""
    data = folder / "data"
    return Config(
        data=data, decks=folder / "decks", own_decks=True, database=data / "flashcards.sqlite3", signup="open"
    )


@contextmanager
def server(
    folder: Path, learners: int = 1, serve: str = "flashcards.web.server:serve", *, open_files: int | None = None
) -> Iterator[Served]:
    """Starts the server and ends it; `open_files` is how many files the system lets it open."""
    command = [sys.executable, "-m", "benchmarks.web_server", str(folder), str(learners), serve]
    if open_files is not None:
        command = ["sh", "-c", f'ulimit -n {open_files}; exec "$@"', "sh", *command]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        told = json.loads(process.stdout.readline())
        yield Served(told["port"], process.pid, told["token"], tuple(told["secrets"]))
    finally:
        process.stdin.close()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            process.stdout.close()


def main(folder: Path, learners: int, serve: str) -> None:
    # A plain installation has no driver for PostgreSQL. That of the tests would count for 12 MB: peewee loads it.
    sys.modules["psycopg"] = None  # type: ignore[assignment]
    from flashcards.web.app import create_app
    from flashcards.web.server import bind
    from flashcards.wiring import open_services

    config = configuration(folder)
    services = open_services(config)
    services.sync.sync()
    people = _people(services, learners)
    listener = bind("127.0.0.1", 0)
    told = {
        "port": listener.getsockname()[1],
        "token": services.accounts.create_token(people[0], "benchmark"),
        "secrets": [services.accounts.start_session(learner, "benchmark") for learner in people],
    }
    print(json.dumps(told), flush=True)
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    module, _, function = serve.partition(":")
    getattr(importlib.import_module(module), function)(create_app(services, config), listener)
    services.close()


def _people(services: Services, count: int) -> list[Learner]:
    """The learners of the benchmark; only the first can log in, as hashing a password takes its time.

    Where there are several, each has been at it for long: `DUE_EACH` of their cards are due.
    """
    accounts = services.accounts
    if accounts.signup_state().first:
        accounts.sign_up("Ann", PASSWORD, code=None, timezone="UTC", remote="")
        if count == 1:
            return [accounts.save_settings(accounts.find("Ann"), new_per_day=9999)]
        today = services.review.study_day(accounts.find("Ann"))
        with services.database.write():
            services.database.executemany(
                "INSERT INTO learner(name, name_key, password_hash, timezone, created_at)"
                " VALUES (?1, ?1, '', 'UTC', 0)",
                [(f"learner {number}",) for number in range(1, count)],
            )
            services.database.execute(
                "INSERT INTO schedule"
                "(learner_id, card_id, note_id, ordinal, deck_id, repetition, ease, interval, due_on)"
                " SELECT l.id, c.id, c.note_id, c.ordinal, n.deck_id, 3, 250, 15, ?1 - (c.id + l.id) % 20"
                " FROM learner l JOIN card c ON (c.id * 7 + l.id) % (SELECT count(*) FROM card) < ?2"
                " JOIN note n ON n.id = c.note_id",
                (today, DUE_EACH),
            )
    return accounts.learners()[:count]


def _end_with_stdin() -> None:
    import os
    import signal

    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
