"""The jobs and when they run. Each is one service call, idempotent, and safe to run late.

Everything is in UTC: a local hour can come twice, or never, on the days when clocks change.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from flashcards.clock import system_clock
from flashcards.errors import FlashcardsError
from flashcards.jobs.leader import Leadership

LOG = logging.getLogger("flashcards.jobs")

WATCH_SECONDS = 0.5
"""How often the decks folder is looked at: a saved file is on the page within a second and a half."""


@dataclass(frozen=True, slots=True)
class Job:
    """`work` runs at `trigger`; `at_start` also as soon as this process leads, so that none is lost."""

    name: str
    work: Callable[[], object]
    trigger: IntervalTrigger | CronTrigger
    at_start: bool = False


def watch_job(changed: Callable[[], bool], sync: Callable[[], object]) -> Job:
    """Reads the decks when a file of theirs has changed."""

    def work() -> None:
        if changed():
            sync()

    return Job("decks", work, IntervalTrigger(seconds=WATCH_SECONDS, timezone="UTC"))


def nightly_job(name: str, work: Callable[[], object], hour: int) -> Job:
    """Runs at `hour` UTC, and at start: the work itself knows whether it is due."""
    return Job(name, work, CronTrigger(hour=hour, minute=0, timezone="UTC"), at_start=True)


def hourly_job(name: str, work: Callable[[], object]) -> Job:
    """Runs at every full hour, and at start."""
    return Job(name, work, CronTrigger(minute=0, timezone="UTC"), at_start=True)


class Jobs:
    """Runs the jobs in background threads while this process leads; stands by while another does."""

    def __init__(self, jobs: list[Job], lock: Path, finish: Callable[[], None] = lambda: None) -> None:
        """`finish` is called in the worker's thread after each run, to let go of its database connection."""
        self._jobs = jobs
        self._leadership = Leadership(lock)
        self._finish = finish
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(2)},
            # A late run is better than none (the default forgives one second), and one is enough.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def start(self) -> None:
        """Starts the background threads and returns."""
        self._scheduler.add_job(self._lead, IntervalTrigger(seconds=2, timezone="UTC"), id="lead", name="lead")
        self._scheduler.start()
        self._lead()

    def stop(self) -> None:
        """Waits for the running job, then stops."""
        self._scheduler.shutdown(wait=True)
        self._leadership.release()

    def _lead(self) -> None:
        if self._scheduler.get_job("lead") is None or not self._leadership.acquire():
            return
        try:
            self._scheduler.remove_job("lead")
        except JobLookupError:  # stopped in this very moment: nobody is to be led
            return
        for job in self._jobs:
            # The first run is brought forward; a second job for it would have to be removed after its run, and
            # APScheduler's thread dies of that removal where the scheduler is being shut down meanwhile.
            first = {"next_run_time": datetime.fromtimestamp(system_clock() / 1000, UTC)} if job.at_start else {}
            self._scheduler.add_job(self._guarded(job), job.trigger, id=job.name, name=job.name, **first)

    def _guarded(self, job: Job) -> Callable[[], None]:
        """One failing run must not end the job: it is logged, and the next one tries again."""
        last: list[str] = [""]

        def run() -> None:
            try:
                job.work()
                last[0] = ""
            except FlashcardsError as error:
                if error.told() != last[0]:  # the same trouble twice a second is said once
                    LOG.warning("%s: %s", job.name, error.told())
                last[0] = error.told()
            except Exception:
                LOG.exception("%s: the job failed", job.name)
            finally:
                self._finish()

        return run
