"""`make demo`: a server with a year of a learner's life, started anew when code or templates change."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
import uuid
from pathlib import Path

from flashcards.clock import system_clock
from flashcards.services.review.facade import Answer
from flashcards.wiring import Services, open_services
from tests.site import config_for

CHECKOUT = Path(__file__).resolve().parent.parent
NAME, PASSWORD = "demo", "demo-demo"
DAYS = 365
DAY_MS = 86_400_000
WATCHED = ("flashcards", "templates")


class MovedClock:
    """A clock that goes on when it is told to, in epoch milliseconds."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def main() -> None:
    data = CHECKOUT / ".data" / "demo"
    if not (data / "flashcards.sqlite3").exists():
        print(f"Living a year of a learner's life in {data.relative_to(CHECKOUT)} (once)", flush=True)
        live_a_year(data)
    print(f"Log in as {NAME}, password {PASSWORD}", flush=True)
    serve_and_reload(data)


def live_a_year(data: Path, days: int = DAYS) -> None:
    """Fills `data` with an account and its answers, one session a day, some days left out."""
    clock = MovedClock(system_clock() - days * DAY_MS)
    services = open_services(config_for(data, CHECKOUT / "decks"), clock)
    try:
        services.sync.sync()
        services.accounts.sign_up(NAME, PASSWORD, code=None, timezone="UTC", remote="demo")
        chance = random.Random(1)
        for _ in range(days):
            if chance.random() > 0.15:
                one_session(services, chance, clock)
            clock.now += DAY_MS - clock.now % DAY_MS + chance.randrange(8, 20) * 3_600_000
    finally:
        services.close()


def one_session(services: Services, chance: random.Random, clock: MovedClock) -> None:
    """A day's answers; the clock goes on with them."""
    learner = services.accounts.find(NAME)
    for card in services.review.queue(learner, limit=60).cards:
        took = chance.randrange(3_000, 25_000)
        clock.now += took
        grade = chance.choices((1, 3, 4, 5), (12, 10, 68, 10))[0]
        services.review.answer(learner, Answer(str(uuid.uuid4()), card.id, grade, took_ms=took))


def serve_and_reload(data: Path) -> None:
    """Serves until Ctrl+C; a saved file starts the server anew."""
    environment = {**os.environ, "FLASHCARDS_DATA": str(data), "FLASHCARDS_DECKS": str(CHECKOUT / "decks")}
    while True:
        seen = state_of_code()
        server = subprocess.Popen([sys.executable, "-m", "flashcards", "serve"], cwd=CHECKOUT, env=environment)
        try:
            while state_of_code() == seen:
                time.sleep(0.5)
        except KeyboardInterrupt:
            return
        finally:
            server.terminate()
            server.wait()
        print("Changed: starting anew", flush=True)


def state_of_code() -> dict[Path, int]:
    """When each file of code was changed last."""
    files = (path for folder in WATCHED for path in (CHECKOUT / folder).rglob("*") if path.suffix in {".py", ".html"})
    return {path: path.stat().st_mtime_ns for path in files}


if __name__ == "__main__":
    main()
