"""A database server that is killed a hundred times while learners answer: none lost, none doubled.

`FLASHCARDS_KILLS=10` kills it less often. The server is killed, and not the machine: its disk goes on.
"""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path

import pytest

from flashcards.database_address import ServerAddress
from flashcards.errors import Unavailable
from flashcards.services.accounts.facade import Learner
from flashcards.services.review.facade import Answer
from flashcards.services.upkeep.doctor import DoctorService
from tests.integration.study_world import StudyWorld
from tests.postgresql_server import MISSING, is_installed, running_server
from tests.site import new_id

pytestmark = pytest.mark.skipif(not is_installed(), reason=MISSING)
KILLS = int(os.environ.get("FLASHCARDS_KILLS", "100"))
THREADS, CARDS = 4, 1_000


class Answering:
    """A learner who answers, and sends an answer again until it is acknowledged."""

    def __init__(self, world: StudyWorld, learner: Learner, cards: list[str], seed: int) -> None:
        self.acknowledged: list[str] = []
        self.refused: list[Unavailable] = []
        self._world, self._learner, self._cards = world, learner, cards
        self._rng = random.Random(seed)
        self._over = threading.Event()
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._guarded)
        self.thread.start()

    def stop(self) -> None:
        self._over.set()
        self.thread.join()
        if self.error is not None:
            raise self.error

    def _guarded(self) -> None:
        try:
            self._run()
        except BaseException as error:  # noqa: BLE001  # raised in the test's own thread
            self.error = error
        finally:
            self._world.db.close_thread()

    def _run(self) -> None:
        while not self._over.is_set():
            answer = Answer(new_id(), self._rng.choice(self._cards), 4)
            while True:
                try:
                    self._world.review.answer(self._learner, answer)
                except Unavailable as error:
                    self.refused.append(error)
                    time.sleep(0.02)
                else:
                    break
            self.acknowledged.append(answer.id)


def test_no_acknowledged_answer_is_lost_or_doubled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_server(("max_connections=40", "shared_buffers=32MB")) as server:
        address = ServerAddress(server.url("postgres"))
        monkeypatch.setattr("tests.databases.address_of", lambda _file: address)
        world = StudyWorld(tmp_path)
        world.deck("d", CARDS)
        people = [world.learner("ada"), world.learner("ben")]
        cards = [str(card) for (card,) in world.db.all("SELECT id FROM card")]
        rng = random.Random(7)
        answering = [Answering(world, people[number % 2], cards, number) for number in range(THREADS)]
        try:
            for _ in range(KILLS):
                before = sum(len(one.acknowledged) for one in answering)
                while sum(len(one.acknowledged) for one in answering) < before + 3 * THREADS:
                    assert all(one.thread.is_alive() for one in answering)
                    time.sleep(0.005)
                time.sleep(rng.uniform(0, 0.05))
                server.stop()
                server.start()
        finally:
            for one in answering:
                one.stop()
        acknowledged = [uid for one in answering for uid in one.acknowledged]
        stored = [uid for (uid,) in world.db.all("SELECT uid FROM review")]
        assert sorted(stored) == sorted(acknowledged), "each was sent until it was there, and is there once"
        assert sum(len(one.refused) for one in answering) >= KILLS
        for learner in people:
            log = world.db.all("SELECT seq FROM review WHERE learner_id = ? ORDER BY seq", (learner.id,))
            assert [seq for (seq,) in log] == list(range(1, len(log) + 1))
        report = DoctorService(world.db).examine()
        assert report.ok, report.findings
        print(f"{KILLS} kills, {len(stored)} answers, none lost, none doubled")
        world.close()
