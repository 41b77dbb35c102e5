"""A server in a process of its own over a temporary data folder, for the benchmarks of the web.

`python -m benchmarks.web_server FOLDER` serves FOLDER/data, prints its port and a token, and ends with stdin.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flashcards.config import Config

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Served:
    """Where the server is, and who may ask it."""

    port: int
    pid: int
    token: str
    secret: str


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
def server(folder: Path) -> Iterator[Served]:
    """Starts the server and ends it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.web_server", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        told = json.loads(process.stdout.readline())
        yield Served(told["port"], process.pid, told["token"], told["secret"])
    finally:
        process.stdin.close()
        process.wait(30)


def main(folder: Path) -> None:
    import logging

    from flashcards.web.app import create_app
    from flashcards.web.server import bind, serve
    from flashcards.wiring import open_services

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # waiting for a thread is what we measure
    config = configuration(folder)
    services = open_services(config)
    services.sync.sync()
    accounts = services.accounts
    if accounts.signup_state().first:
        accounts.sign_up("Ann", PASSWORD, code=None, timezone="UTC", remote="")
    learner = accounts.save_settings(accounts.find("Ann"), new_per_day=9999)
    listener = bind("127.0.0.1", 0)
    told = {
        "port": listener.getsockname()[1],
        "token": accounts.create_token(learner, "benchmark"),
        "secret": accounts.start_session(learner, "benchmark"),
    }
    print(json.dumps(told), flush=True)
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    serve(create_app(services, config), listener)
    services.close()


def _end_with_stdin() -> None:
    import os
    import signal

    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
