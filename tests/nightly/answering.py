"""What the power cuts cut: a server that answers, reads decks, mails and backs up, in a process that is watched.

What was acknowledged, and what a mail server took, it writes down in files of its data folder.
"""

from __future__ import annotations

import os
import sys
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from flashcards.errors import FlashcardsError
from flashcards.services.review.facade import Answer
from tests.integration.smtp_world import Mailbox, smtp_server
from tests.integration.study_world import DAY_MS, SetClock
from tests.nightly.at_work import cards_that_stay, grade_of, run_together, site_at, version_of, write_deck

BACKUPS = 8
"""As many are made by hand, besides the nights'."""


class Noting(Mailbox):
    """Writes down who got the mail of which day, before it says so."""

    def __init__(self, file: int, clock: SetClock) -> None:
        super().__init__()
        self._file, self._clock = file, clock

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        os.write(self._file, f"{envelope.rcpt_tos[0]} {self._clock() // DAY_MS}\n".encode())
        return await super().handle_DATA(server, session, envelope)


def main(data: Path, decks: Path, now: int, port: int, answers: int, names: list[str]) -> None:
    """Every learner answers in a thread of their own; everything else goes on until they are done, and once more."""
    clock = SetClock(now)
    acknowledged, mailed = (
        os.open(data / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND) for name in ("acknowledged", "mailed")
    )
    services = site_at(data, decks, clock, port)
    cards = cards_that_stay(services.database)
    answered = threading.Event()

    def answer(name: str) -> None:
        learner = services.accounts.find(name)
        for number in range(answers):
            uid, card = str(uuid.uuid4()), cards[number % len(cards)]
            services.review.answer(learner, Answer(uid, card, grade_of(card)))
            os.write(acknowledged, uid.encode())
            if number % 7 == 6:
                with suppress(FlashcardsError):  # a new day has begun since
                    services.review.undo(learner)
        services.release_thread()

    def again_and_again(do: Callable[[], object]) -> None:
        last = False
        while not last:
            last = answered.wait(0.05)
            do()
        services.release_thread()

    def mail() -> None:
        clock.days(1)
        services.sending.run()

    def sync() -> None:
        write_deck(decks, version_of(decks) + 1)
        assert not services.sync.sync().errors

    def back_up() -> None:
        services.backup.nightly()
        if len(list(services.backup.folder.glob("flashcards-*.zip"))) < BACKUPS:
            services.backup.backup()

    with smtp_server(Noting(mailed, clock), port):
        others = [threading.Thread(target=again_and_again, args=(do,)) for do in (mail, sync, back_up)]
        writers = [threading.Thread(target=answer, args=(name,)) for name in names]
        run_together(writers, others, answered)
    services.close()


if __name__ == "__main__":
    threading.excepthook = lambda about: (threading.__excepthook__(about), os._exit(3))  # type: ignore[assignment,func-returns-value]
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:6]), sys.argv[6:])
