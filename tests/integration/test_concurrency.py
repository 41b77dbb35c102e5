"""Threads, processes, double clicks: exactly once, in one order, for everybody."""

from __future__ import annotations

import multiprocessing
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flashcards.errors import Conflict, FlashcardsError, NotFound
from flashcards.services.review.facade import Answered
from flashcards.services.upkeep.doctor import DoctorService
from tests.integration import kill_worker
from tests.integration.study_world import StudyWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    yield world
    world.close()


def at_once(world: StudyWorld, *tasks: Callable[[], object]) -> list[object]:
    """Runs the tasks together; gives what each returned or raised, in no order."""
    barrier, results = threading.Barrier(len(tasks)), []

    def run(task: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results.append(task())
        except FlashcardsError as error:
            results.append(error)
        world.db.close_thread()

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_double_click_is_one_answer(world: StudyWorld) -> None:
    world.deck("d", 25)
    ada = world.learner(new_per_day=99)
    for number in range(1, 26):
        answer = world.an_answer(f"d#n{number}", 4)
        results = at_once(world, *[lambda it=answer: world.review.answer(ada, it)] * 6)
        answered = [it for it in results if isinstance(it, Answered)]
        assert Counter(it.created for it in answered) == {True: 1, False: 5}
        assert len({(it.id, it.card, it.due_on, it.ease, it.kind) for it in answered}) == 1
    assert [seq for seq, *_ in world.log(ada)] == list(range(1, 26))
    assert DoctorService(world.db).examine().ok


def test_the_same_id_for_two_answers_at_once_is_one_of_them(world: StudyWorld) -> None:
    world.deck("d", 2)
    ada, uid = world.learner(), str(uuid.uuid4())
    answers = [world.an_answer("d#n1", 4, id=uid), world.an_answer("d#n2", 4, id=uid)]
    results = at_once(world, *[lambda it=it: world.review.answer(ada, it) for it in answers])
    assert {type(it) for it in results} == {Answered, Conflict}
    assert len(world.log(ada)) == 1


def test_two_devices_at_the_same_card_move_it_once(world: StudyWorld) -> None:
    world.deck("d", 20)
    ada = world.learner()
    for number in range(1, 21):
        tasks = [lambda number=number: world.answer(ada, f"d#n{number}", 4) for _ in range(3)]
        results = at_once(world, *tasks)
        assert Counter(it.kind for it in results if isinstance(it, Answered)) == {"scheduled": 1, "extra": 2}
    assert DoctorService(world.db).examine().ok


def test_undo_from_two_devices_takes_one_action_each(world: StudyWorld) -> None:
    world.deck("d", 9)
    ada = world.learner()
    for number in range(1, 6):
        world.answer(ada, f"d#n{number}", 1)
    results = at_once(world, *[lambda: world.review.undo(ada)] * 7)
    undone = [it.review_id for it in results if not isinstance(it, FlashcardsError)]  # type: ignore[attr-defined]
    assert len(undone) == len(set(undone)) == 5
    assert sum(isinstance(it, NotFound) for it in results) == 2
    assert world.stored_state(ada) == []


def test_answers_actions_and_undo_together_leave_a_log_that_replays(world: StudyWorld) -> None:
    world.deck("d", {f"n{number}": ("c1", "c2") for number in range(6)})
    ada = world.learner(suspend_leeches=True)

    def study(start: int) -> None:
        for step in range(40):
            key = f"d#n{(start + step) % 6}/c{1 + step % 2}"
            if step % 7 == 3:
                world.review.act(ada, world.card(key), "bury", whole_note=True)
            elif step % 5 == 4:
                world.review.undo(ada)
            else:
                world.answer(ada, key, (start + step) % 6)
            world.review.queue(ada)

    results = at_once(world, *[lambda start=start: study(start) for start in range(4)])
    assert results == [None] * 4
    report = DoctorService(world.db).examine()
    assert report.ok, report.findings


def test_two_processes(world: StudyWorld) -> None:
    world.deck("d", 200)
    world.each_learner(["ada", "ben"], lambda learner: None)
    cards = [str(card) for (card,) in world.db.all("SELECT id FROM card")]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([kill_worker.__name__])
    processes, readers = [], []
    sent = [(str(uuid.uuid4()), card) for card in cards[:60]]
    for _ in range(2):
        # Both send the same answers of two threads, and some of their own.
        own = [[(str(uuid.uuid4()), card) for card in cards[60:90]] for _ in range(2)]
        reader, writer = context.Pipe(duplex=False)
        plans = [sent[:30], sent[30:], *own]
        process = context.Process(
            target=kill_worker.work, args=(world.path, ["ada", "ben"], world.clock(), plans, writer)
        )
        process.start()
        writer.close()
        processes.append(process)
        readers.append(reader)
    for process, reader in zip(processes, readers, strict=True):
        process.join(60)
        assert process.exitcode == 0
        reader.close()
    assert world.db.one("SELECT count(*), count(DISTINCT uid) FROM review") == (60 + 4 * 30, 60 + 4 * 30)
    report = DoctorService(world.db).examine()
    assert report.ok, report.findings
