"""Jobs: one leader, a survivor takes over, a failing run is not the last."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from apscheduler.triggers.interval import IntervalTrigger

from flashcards.errors import DeckError, Unavailable
from flashcards.jobs.leader import Leadership
from flashcards.jobs.scheduler import Job, Jobs, nightly_job, watch_job

HOLD = """
import sys, time
from pathlib import Path
from flashcards.jobs.leader import Leadership
lead = Leadership(Path(sys.argv[1]))
print(lead.acquire(), flush=True)
time.sleep(60)
"""


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def often(work: Callable[[], object], name: str = "work") -> Job:
    return Job(name, work, IntervalTrigger(seconds=0.05, timezone="UTC"))


def test_one_leader_and_a_killed_one_gives_way(tmp_path: Path) -> None:
    lock = tmp_path / "jobs.lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == "True"
    mine = Leadership(lock)

    while_held = mine.acquire()
    holder.kill()
    holder.wait()
    holder.stdout.close()
    afterwards = mine.acquire()

    assert (while_held, afterwards, mine.acquire()) == (False, True, True)
    mine.release()


def test_two_schedulers_run_a_job_once_and_the_survivor_takes_over(tmp_path: Path) -> None:
    runs: dict[str, int] = {"first": 0, "second": 0}

    def count(who: str) -> Callable[[], object]:
        def work() -> None:
            runs[who] += 1

        return work

    first = Jobs([often(count("first"))], Leadership(tmp_path / "jobs.lock"))
    second = Jobs([often(count("second"))], Leadership(tmp_path / "jobs.lock"))
    first.start()
    second.start()
    try:
        assert wait_for(lambda: runs["first"] > 2)
        assert runs["second"] == 0
        first.stop()
        assert wait_for(lambda: runs["second"] > 2)
    finally:
        second.stop()


def test_a_failing_run_is_logged_once_and_the_next_one_comes(tmp_path: Path, caplog) -> None:  # type: ignore[no-untyped-def]
    calls: list[int] = []
    finished: list[int] = []

    def work() -> None:
        calls.append(1)
        if len(calls) < 4:
            raise Unavailable("the disk is full")

    jobs = Jobs([often(work)], Leadership(tmp_path / "lock"), finish=lambda: finished.append(1))
    jobs.start()
    try:
        assert wait_for(lambda: len(calls) > 5)
    finally:
        jobs.stop()

    assert [record.message for record in caplog.records if "disk is full" in record.message] == [
        "work: the disk is full"
    ]
    assert len(finished) >= 5


def test_a_decks_folder_that_goes_away_is_told_once_with_its_name(tmp_path: Path, caplog) -> None:  # type: ignore[no-untyped-def]
    looks: list[int] = []

    def changed() -> bool:
        looks.append(1)
        raise DeckError("the decks folder is not there", path="/srv/decks", code="decks-missing")

    jobs = Jobs([often(watch_job(changed, looks.clear).work)], Leadership(tmp_path / "lock"))
    jobs.start()
    try:
        assert wait_for(lambda: len(looks) > 3)
    finally:
        jobs.stop()

    assert [record.message for record in caplog.records] == ["work: /srv/decks: the decks folder is not there"]


def test_a_nightly_job_also_runs_when_the_server_starts(tmp_path: Path) -> None:
    ran = threading.Event()
    jobs = Jobs([nightly_job("backup", ran.set, hour=3)], Leadership(tmp_path / "lock"))
    jobs.start()
    try:
        assert ran.wait(10)
    finally:
        jobs.stop()


def test_stopping_right_after_the_first_run_leaves_no_broken_thread(tmp_path: Path) -> None:
    """A thread that dies of an exception fails the test that it dies in: warnings are errors here."""
    for attempt in range(60):
        ran = threading.Event()
        jobs = Jobs([nightly_job("backup", ran.set, hour=3)], Leadership(tmp_path / f"lock{attempt}"))
        jobs.start()
        assert ran.wait(10)
        jobs.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "APScheduler"]


def test_the_watch_reads_decks_only_when_something_changed() -> None:
    answers = iter([False, True, False])
    synced: list[int] = []
    job = watch_job(lambda: next(answers), lambda: synced.append(1))

    job.work()
    assert synced == []
    job.work()
    job.work()
    assert synced == [1]
