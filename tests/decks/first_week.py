"""The first week of a learner who takes the defaults: `python -m tests.decks.first_week` lists its cards."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flashcards.config import Config
from flashcards.services.review.facade import Answer, QueueCard
from flashcards.wiring import Services, open_services

DECKS = Path(__file__).parents[2] / "decks"
MONDAY = int(datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp() * 1000)
DAY = 86_400_000


@dataclass
class SimulatedClock:
    """Stands still until it is moved."""

    now: int = MONDAY

    def __call__(self) -> int:
        return self.now


@contextmanager
def built_in_decks(clock: SimulatedClock) -> Iterator[Services]:
    """Services over a copy of the built-in decks in a temporary folder, with one learner, ada."""
    folder = Path(tempfile.mkdtemp(prefix="first-week-"))
    shutil.copytree(DECKS, folder / "decks")
    environ = {"FLASHCARDS_DATA": str(folder / "data"), "FLASHCARDS_DECKS": str(folder / "decks")}
    services = open_services(Config.from_env(environ), clock)
    try:
        services.sync.sync()
        services.accounts.add_learner("ada", "correct horse", author=False, admin=False, timezone="UTC")
        yield services
    finally:
        services.close()
        shutil.rmtree(folder)


def first_week(services: Services, clock: SimulatedClock, days: int = 7) -> list[list[QueueCard]]:
    """The cards of each day in the order in which they are asked; each is answered Good."""
    learner = services.accounts.find("ada")
    week = []
    for day in range(days):
        clock.now = MONDAY + day * DAY
        asked: list[QueueCard] = []
        while cards := services.review.queue(learner, limit=1).cards:
            asked.append(cards[0])
            services.review.answer(learner, Answer(id=str(uuid.uuid4()), card=cards[0].id, grade=4, took_ms=9000))
            clock.now += 10_000
        week.append(asked)
    return week


def main() -> None:
    clock = SimulatedClock()
    with built_in_decks(clock) as services:
        for number, day in enumerate(first_week(services, clock), 1):
            new = sum(card.kind == "new" for card in day)
            print(f"Day {number}: {new} new, {len(day) - new} due")
            for card in day:
                print(f"  {card.kind:<4} {card.key}")


if __name__ == "__main__":
    main()
