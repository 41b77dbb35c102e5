"""Jobs: one leader, a survivor takes over, a failing run is not the last."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import pytest
from apscheduler.triggers.interval import IntervalTrigger

from flashcards.clock import system_clock
from flashcards.errors import DeckError, Unavailable
from flashcards.jobs.leader import Leadership
from flashcards.jobs.scheduler import Job, Jobs, nightly_job, often_job, watch_job
from flashcards.services.upkeep.job_log import JobLog
from flashcards.storage.postgresql_lease import ServerLease
from tests.databases import opened

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


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, bool]]:
    """What we said in the log, each with whether a place in the program came with it.

    APScheduler's own lines say how busy the machine is.
    """
    ours = (it for it in caplog.records if it.name.startswith("flashcards"))
    return [(it.getMessage(), it.exc_info is not None) for it in ours]


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


@pytest.mark.parametrize("by", ["file", "server"])
def test_two_schedulers_run_a_job_once_and_the_survivor_takes_over(
    by: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Two processes of one host, by the lock of a file; or of two hosts, by the word of the database's server."""
    address = request.getfixturevalue("server").new_database() if by == "server" else None
    runs: dict[str, int] = {"first": 0, "second": 0}

    def candidate(who: str) -> Jobs:
        def work() -> None:
            runs[who] += 1

        return Jobs([often(work)], ServerLease(address, "jobs") if address else Leadership(tmp_path / "jobs.lock"))

    first, second = candidate("first"), candidate("second")
    first.start()
    second.start()
    try:
        assert wait_for(lambda: runs["first"] > 2)
        assert runs["second"] == 0
        first.stop()
        assert wait_for(lambda: runs["second"] > 2)
    finally:
        second.stop()


def test_a_clock_that_is_set_back_holds_no_job_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the machine starts with a wrong time: jobs would wait until it is that late again."""
    ahead = [timedelta(days=400)]
    database = opened(tmp_path / "flashcards.sqlite3")

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(time.time() + ahead[0].total_seconds(), tz)

    def shifted() -> int:
        return system_clock() + ahead[0] // timedelta(milliseconds=1)

    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Shifted)
    monkeypatch.setattr("flashcards.jobs.scheduler.system_clock", shifted)
    runs = {"decks": 0, "reminders": 0}

    def work(name: str) -> Callable[[], bool]:
        def count() -> bool:
            runs[name] += 1
            return False

        return count

    log = JobLog(database, shifted)
    jobs = Jobs(
        [watch_job(work("decks"), lambda: 0, lambda: 0.1), often_job("reminders", work("reminders"), "Reminders", str)],
        Leadership(tmp_path / "lock"),
        log=log,
    )
    jobs.start()
    try:
        assert wait_for(lambda: runs["decks"] > 2 and runs["reminders"] > 0)
        ahead[0] = timedelta()
        time.sleep(1.5)
        decks, reminders = runs.values()  # in these seconds a full five minutes may come as well
        assert wait_for(lambda: runs["decks"] > decks + 2)
        log.ask("reminders")
        assert wait_for(lambda: runs["reminders"] > reminders)
        assert all(it.job.next_at < system_clock() + 400_000 for it in log.states() if it.job.next_at)
    finally:
        jobs.stop()
        database.close()


def test_a_failing_run_is_logged_once_and_the_next_one_comes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
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

    assert said(caplog) == [("work: the disk is full", False)]
    assert len(finished) >= 5


def test_a_run_of_which_nothing_can_be_said_gives_its_connection_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[int] = []
    finished: list[int] = []
    jobs = Jobs(
        [replace(often(lambda: runs.append(1)), words=lambda _: f"{1 / 0}")],
        Leadership(tmp_path / "lock"),
        finish=lambda: finished.append(len(runs)),
    )
    jobs.start()
    try:
        assert wait_for(lambda: len(runs) > 3)
    finally:
        jobs.stop()

    assert finished == list(range(1, len(runs) + 1))
    # Where in the program it is, once, and not twenty times a second.
    assert said(caplog) == [("work: the job failed", True)]


def test_a_data_folder_in_which_nobody_can_lead_is_one_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "data"
    folder.write_text("no folder")
    ran = threading.Event()
    jobs = Jobs([often(ran.set)], Leadership(folder / "jobs.lock"))
    jobs.start()
    try:
        assert not ran.is_set()
        folder.unlink()
        assert ran.wait(10)
    finally:
        jobs.stop()

    assert said(caplog) == [(f"lead: The file {folder / 'jobs.lock'} cannot be used: File exists. No jobs run.", False)]


def test_a_decks_folder_that_goes_away_is_told_once_with_its_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[int] = []

    def changed() -> bool:
        looks.append(1)
        raise DeckError("the decks folder is not there", path="/srv/decks", code="decks-missing")

    jobs = Jobs([often(watch_job(changed, looks.clear, lambda: 0.05).work)], Leadership(tmp_path / "lock"))
    jobs.start()
    try:
        assert wait_for(lambda: len(looks) > 3)
    finally:
        jobs.stop()

    assert said(caplog) == [("work: /srv/decks: the decks folder is not there", False)]


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


def test_a_run_that_ends_while_the_jobs_are_being_stopped_holds_nothing_up(tmp_path: Path) -> None:
    runs, may_end = threading.Event(), threading.Event()

    def changed() -> bool:
        runs.set()
        assert may_end.wait(60)
        return False

    jobs = Jobs([watch_job(changed, lambda: None, lambda: 0.05)], Leadership(tmp_path / "lock"))
    jobs.start()
    assert runs.wait(60)
    stopping = threading.Thread(target=jobs.stop, daemon=True)
    stopping.start()
    time.sleep(0.3)  # it waits for the run by now, which asks the scheduler when it is next before it ends
    may_end.set()
    stopping.join(20)
    assert not stopping.is_alive()


def test_the_watch_reads_decks_only_when_something_changed() -> None:
    answers = iter([False, True, False])
    synced: list[int] = []
    job = watch_job(lambda: next(answers), lambda: synced.append(1), lambda: 0.05)

    job.work()
    assert synced == []
    job.work()
    job.work()
    assert synced == [1]


def test_after_a_change_the_next_look_does_not_wait_for_the_long_rest_of_before(tmp_path: Path) -> None:
    looks: list[int] = []
    asked: list[float] = []

    def rest() -> float:
        asked.append(600.0 if asked and not looks else 0.05)
        return asked[-1]

    def changed() -> bool:
        # Once for the first run, twice when that begins: whether more are due, and when the next one is.
        assert wait_for(lambda: len(asked) > 2)
        looks.append(1)
        return True

    jobs = Jobs([watch_job(changed, lambda: None, rest)], Leadership(tmp_path / "lock"))
    jobs.start()
    try:
        assert wait_for(lambda: len(looks) > 3)
    finally:
        jobs.stop()

    assert asked[:3] == [0.05, 600.0, 600.0]
