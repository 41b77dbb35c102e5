"""What `test_kill` and `test_concurrency` run in processes of their own: threads that answer and report."""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection
from pathlib import Path

from flashcards.services.accounts.facade import AccountService
from flashcards.services.review.facade import Answer, ReviewService
from flashcards.storage.database import Database
from tests.integration.study_world import KEY, SetClock

Sent = list[tuple[str, str]]
"""(answer's id, card) pairs."""


def work(path: Path, names: list[str], now: int, answers: list[Sent], report: Connection) -> None:
    """Each thread sends its answers, again and again each one twice, and reports every id that is stored.

    Ids are reported after `answer` has returned: what is reported must never be lost.
    """
    clock = SetClock(now)
    database = Database.open(path)
    service = ReviewService(database, clock)
    accounts = AccountService(database, clock, secret_key=KEY)
    turn = threading.Lock()

    def send(name: str, mine: Sent) -> None:
        learner = accounts.find(name)
        for uid, card in mine:
            for _ in range(2):
                service.answer(learner, Answer(uid, card, 4))
            with turn:
                report.send_bytes(uid.encode())
        database.close_thread()

    threads = [
        threading.Thread(target=send, args=(names[number % len(names)], mine), daemon=True)
        for number, mine in enumerate(answers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report.close()
    database.close()
