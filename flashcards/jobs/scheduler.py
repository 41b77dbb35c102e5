"""The jobs and when they run. Each is one service call, idempotent, and safe to run late.

Everything is in UTC: a local hour can come twice, or never, on the days when clocks change.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

from flashcards.clock import system_clock
from flashcards.errors import FlashcardsError
from flashcards.jobs.clock_watch import ClockWatch
from flashcards.services.upkeep.job_log import JobLog, JobRow
from flashcards.storage.database import Lease

LOG = logging.getLogger("flashcards.jobs")

LEAD_SECONDS = 2
"""How often a process asks whether it leads."""

NOTHING = object()
"""What a job gives that had nothing to do: such a run is not worth a line."""


def _done(_result: object) -> str:
    return "Done."


class RestTrigger(BaseTrigger):  # type: ignore[misc]
    """Again after as many seconds as `rest` says."""

    def __init__(self, rest: Callable[[], float]) -> None:
        self._rest = rest

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """When to run next; what was missed while this machine slept is not made up for."""
        return now + timedelta(seconds=self._rest())


@dataclass(frozen=True, slots=True)
class Job:
    """`work` runs at `trigger`; `at_start` also as soon as this process leads, so that none is lost.

    For people: `title` and `rhythm` say what it does and when, `words` what came of a run.
    """

    name: str
    work: Callable[[], object]
    trigger: RestTrigger | CronTrigger
    at_start: bool = False
    title: str = ""
    rhythm: str = ""
    words: Callable[[object], str] = _done


def watch_job(
    changed: Callable[[], bool],
    sync: Callable[[], object],
    rest: Callable[[], float],
    title: str = "",
    words: Callable[[object], str] = _done,
) -> Job:
    """Reads the decks when a file of theirs has changed; `rest` says for how many seconds not to look again."""

    def work() -> object:
        return sync() if changed() else NOTHING

    return Job("decks", work, RestTrigger(rest), title=title, rhythm="when a file changes", words=words)


def nightly_job(
    name: str, work: Callable[[], object], hour: int, title: str = "", words: Callable[[object], str] = _done
) -> Job:
    """Runs at `hour` UTC, and at start: the work itself knows whether it is due."""
    trigger = CronTrigger(hour=hour, minute=0, timezone="UTC")
    rhythm = f"every night at {hour:02d}:00 UTC, and when the server starts"
    return Job(name, work, trigger, at_start=True, title=title, rhythm=rhythm, words=words)


def hourly_job(name: str, work: Callable[[], object], title: str = "", words: Callable[[object], str] = _done) -> Job:
    """Runs at every full hour, and at start."""
    trigger = CronTrigger(minute=0, timezone="UTC")
    return Job(name, work, trigger, at_start=True, title=title, rhythm="every hour", words=words)


def often_job(name: str, work: Callable[[], object], title: str, words: Callable[[object], str]) -> Job:
    """Runs every five minutes, and at start."""
    trigger = CronTrigger(minute="*/5", timezone="UTC")
    return Job(name, work, trigger, at_start=True, title=title, rhythm="every five minutes", words=words)


class _Threads(BasePoolExecutor):  # type: ignore[misc]
    """Threads that APScheduler does not wait for when it is shut down.

    It would with its locks held, and a run that ends meanwhile asks for one of them: both would wait for ever.
    """

    def __init__(self, number: int) -> None:
        self._threads = ThreadPoolExecutor(number)
        super().__init__(self._threads)

    def join(self) -> None:
        """Waits for the runs that are under way, and for those that wait for one of the threads."""
        self._threads.shutdown(wait=True)


class Jobs:
    """Runs the jobs in background threads while this process leads; stands by while another does."""

    def __init__(
        self, jobs: list[Job], lease: Lease, finish: Callable[[], None] = lambda: None, log: JobLog | None = None
    ) -> None:
        """Who holds the `lease` leads. `finish` is called in the worker's thread after each run, to let go of its
        database connection.

        `log` keeps what came of each run, and knows which jobs somebody wants to run now.
        """
        self._jobs = jobs
        self._log = log
        self._lease = lease
        self._leads = False
        self._trouble = ""
        self._finish = finish
        # A lease is asked for by a thread of its own: long jobs must not let it run out.
        # So are wishes: it keeps its connection to the database, as to open one costs a hundred times the question.
        self._threads = {"default": _Threads(2), "lead": _Threads(1), "asked": _Threads(1)}
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors=self._threads,
            # A late run is better than none (the default forgives one second), and one is enough.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._clock_watch = ClockWatch(lambda: system_clock(), self._plan_anew)

    def start(self) -> None:
        """Starts the background threads and returns."""
        self._scheduler.start()
        self._lead()
        self._scheduler.add_job(self._lead, RestTrigger(lambda: LEAD_SECONDS), id="lead", name="lead", executor="lead")
        self._clock_watch.start()

    def stop(self) -> None:
        """Plans no more runs, waits for those that are under way, and stops."""
        self._clock_watch.stop()
        self._scheduler.shutdown(wait=False)
        for threads in self._threads.values():
            threads.join()
        self._lease.release()

    def _lead(self) -> None:
        """Takes over where nobody leads, and stands by where another process does."""
        try:
            leads = self._lease.holds() if self._leads else self._lease.acquire()
            if leads and not self._leads:
                self._take_over()
        except FlashcardsError as error:
            leads = False
            self._say(error.told())
        else:
            self._trouble = ""
        if self._leads and not leads:
            LOG.warning("this process no longer leads: the jobs are another one's until it leads again")
        self._leads = leads

    def _say(self, trouble: str) -> None:
        if trouble != self._trouble:  # the same trouble every other second is said once
            LOG.warning("lead: %s", trouble)
        self._trouble = trouble

    def _take_over(self) -> None:
        try:
            for job in self._jobs:
                self._schedule(job)
        except JobLookupError:  # stopped in this very moment: nobody is to be led
            return
        if self._log is not None:
            self._begin_log(self._log)
            self._scheduler.add_job(
                self._run_asked,
                RestTrigger(lambda: LEAD_SECONDS),
                id="asked",
                name="asked",
                executor="asked",
                replace_existing=True,
            )

    def _begin_log(self, log: JobLog) -> None:
        try:
            log.begin(JobRow(it.name, it.title or it.name, it.rhythm, _next(it), None) for it in self._jobs)
        finally:
            self._finish()

    def _plan_anew(self) -> None:
        """The clock was set back: what is planned by the time that it had would wait until it has it again."""
        LOG.warning("the clock was set back: the jobs are planned anew")
        for planned in self._scheduler.get_jobs():
            self._bring_forward(planned.id, planned.trigger.get_next_fire_time(None, _now()))
        if self._leads and self._log is not None:
            self._begin_log(self._log)

    def _schedule(self, job: Job) -> None:
        # The first run is brought forward; a second job for it would have to be removed after its run, and
        # APScheduler's thread dies of that removal where the scheduler is being shut down meanwhile.
        first = {"next_run_time": _now()} if job.at_start else {}
        if self._scheduler.get_job(job.name) is None:
            self._scheduler.add_job(self._guarded(job), job.trigger, id=job.name, name=job.name, **first)
        elif first:  # it has led before
            self._scheduler.modify_job(job.name, **first)

    def _run_asked(self) -> None:
        """Brings forward the runs that somebody wants now."""
        assert self._log is not None
        if not self._lease.holds():
            return
        try:
            for name in self._log.take_asked():
                self._scheduler.modify_job(name, next_run_time=_now())
        except JobLookupError:  # of an older release, or stopped meanwhile
            return
        except FlashcardsError as error:
            LOG.warning("asked: %s", error.told())
            self._finish()

    def _guarded(self, job: Job) -> Callable[[], None]:
        """One failing run must not end the job: it is logged, and the next one tries again."""
        last = ""

        def run() -> None:
            nonlocal last
            if not self._lease.holds():
                return
            try:
                last = self._run(job, last)
            finally:
                self._finish()
                if isinstance(job.trigger, RestTrigger):
                    self._bring_forward(job.name, job.trigger.get_next_fire_time(None, _now()))

        return run

    def _bring_forward(self, name: str, until: datetime) -> None:
        """After a run that shortened its rest, or a change of the clock: APScheduler asks for the next time when a run
        begins."""
        planned = self._scheduler.get_job(name)
        if planned is not None and planned.next_run_time is not None and until < planned.next_run_time:
            with suppress(JobLookupError):  # stopped meanwhile
                self._scheduler.modify_job(name, next_run_time=until)

    def _run(self, job: Job, before: str) -> str:
        """Runs a job, and notes what came of it; returns what went wrong, empty for nothing. `before`: the time before.

        The same trouble every other second is said once; that of a night each night.
        """
        started = self._log.now() if self._log else 0
        try:
            result = job.work()
            words = "It works again." if result is NOTHING else job.words(result)
        except FlashcardsError as error:
            told = error.told()
            if told != before:
                LOG.warning("%s: %s", job.name, told)
        except Exception as error:
            told = f"It failed ({type(error).__name__}): the log says where."
            if told != before or job.at_start:
                LOG.exception("%s: the job failed", job.name)
        else:
            if result is not NOTHING or before:
                self._note(job, started, True, words)
            return ""
        if told != before or job.at_start:
            self._note(job, started, False, told)
        return told

    def _note(self, job: Job, started: int, ok: bool, result: str) -> None:
        if self._log is not None:
            self._log.ran(job.name, started, ok, result, _next(job))


def _now() -> datetime:
    return datetime.fromtimestamp(system_clock() / 1000, UTC)


def _next(job: Job) -> int | None:
    """When the job runs next, in epoch milliseconds; None where it only looks for changes all the time."""
    if not isinstance(job.trigger, CronTrigger):
        return None
    # A moment later: a run at the full hour is not its own next one.
    found = job.trigger.get_next_fire_time(None, _now() + timedelta(seconds=1))
    return round(found.timestamp() * 1000) if found else None
