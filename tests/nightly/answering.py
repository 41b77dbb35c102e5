"""What the power cuts cut: threads that answer, and write down what was acknowledged, in a process that is watched."""

from __future__ import annotations

import os
import sys
import threading
import uuid
from pathlib import Path

from flashcards.services.accounts.facade import AccountService
from flashcards.services.review.facade import Answer, ReviewService
from flashcards.storage.database import Database
from tests.integration.study_world import KEY, SetClock


def main(folder: Path, now: int, answers: int, names: list[str]) -> None:
    """Every learner answers in a thread of their own; each id that is acknowledged goes to a file of the folder."""
    clock = SetClock(now)
    database = Database.open(folder / "flashcards.sqlite3")
    cards = [str(card) for (card,) in database.all("SELECT id FROM card")]
    service = ReviewService(database, clock)
    accounts = AccountService(database, clock, secret_key=KEY)
    acknowledged = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def answer(name: str) -> None:
        learner = accounts.find(name)
        for number in range(answers):
            uid = str(uuid.uuid4())
            service.answer(learner, Answer(uid, cards[number % len(cards)], number % 6))
            os.write(acknowledged, uid.encode())
            if number % 7 == 6:
                service.undo(learner)
        database.close_thread()

    threads = [threading.Thread(target=answer, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
