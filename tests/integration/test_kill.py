"""A process that is killed a hundred times in the middle of answers: none lost, none doubled."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
import uuid
from pathlib import Path

from flashcards.services.upkeep.doctor import DoctorService
from tests.integration import kill_worker
from tests.integration.study_world import StudyWorld

KILLS = int(os.environ.get("FLASHCARDS_KILLS", "110"))
THREADS, CARDS = 4, 3_000
NAMES = ["ada", "ben"]


def test_no_acknowledged_answer_is_lost_or_doubled(tmp_path: Path) -> None:
    world = StudyWorld(tmp_path)
    world.deck("d", CARDS)
    world.each_learner(NAMES, lambda learner: None)
    cards = [str(card) for (card,) in world.db.all("SELECT id FROM card")]
    world.db.close_thread()  # the writers are elsewhere, and die there
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([kill_worker.__name__])
    rng = random.Random(11)
    acknowledged: list[str] = []
    unsure: list[tuple[int, str, str]] = []  # sent by the threads when their process died
    for _ in range(KILLS):
        # Each process begins with the answers of which the last one had not heard.
        plans = [[(str(uuid.uuid4()), rng.choice(cards)) for _ in range(400)] for _ in range(THREADS)]
        for thread, uid, card in unsure:
            plans[thread].insert(0, (uid, card))
        reader, writer = context.Pipe(duplex=False)
        process = context.Process(target=kill_worker.work, args=(world.path, NAMES, world.clock(), plans, writer))
        process.start()
        writer.close()
        # So many answers, however long the machine takes for them; the moment after the last of them is any.
        acknowledged += [reader.recv_bytes().decode() for _ in range(rng.randint(THREADS + 1, 3 * THREADS))]
        time.sleep(rng.uniform(0, 0.01))
        process.kill()
        process.join()
        assert process.exitcode == -9
        heard = _drained(reader)
        acknowledged += heard
        known = set(acknowledged)
        unsure = [
            (thread, *next((sent for sent in plan if sent[0] not in known), plan[0]))
            for thread, plan in enumerate(plans)
        ]

    stored = [uid for (uid,) in world.db.all("SELECT uid FROM review")]
    assert len(stored) == len(set(stored))
    assert set(acknowledged) <= set(stored)
    assert len(acknowledged) > KILLS * THREADS
    # At most the one answer of each thread was stored without having been reported, and came again.
    assert len(set(stored) - set(acknowledged)) <= THREADS
    for learner in (1, 2):
        seqs = [seq for (seq,) in world.db.all("SELECT seq FROM review WHERE learner_id = ? ORDER BY seq", (learner,))]
        assert seqs == list(range(1, len(seqs) + 1))
    report = DoctorService(world.db).examine()
    assert report.ok, report.findings
    print(f"{KILLS} kills, {len(stored)} answers, {len(set(stored) - set(acknowledged))} of them unheard")
    world.close()


def _drained(reader: multiprocessing.connection.Connection) -> list[str]:
    heard = []
    try:
        while True:
            heard.append(reader.recv_bytes().decode())
    except (EOFError, OSError):
        reader.close()
    return heard
