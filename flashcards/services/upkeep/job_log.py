"""What the jobs did, for the administrator's page; and the wish that one runs now, for the process that leads.

It is all in the database: the page may be another process's than the jobs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flashcards.clock import Clock
from flashcards.errors import FlashcardsError, NotFound
from flashcards.storage.database import Database
from flashcards.storage.job_runs import JobRow, JobRows, RunRow

LOG = logging.getLogger("flashcards.jobs")

KEPT = 50
"""So many runs of each job are kept."""
_LATE_MS = 10 * 60_000
_LONGEST_RESULT = 500

__all__ = ["KEPT", "JobLog", "JobRow", "JobState", "RunRow"]


@dataclass(frozen=True, slots=True)
class JobState:
    """A job with its last run, None before the first; `failures` of the last runs in a row failed.

    `late`: it should have run by now, so no process runs the jobs, or one is stuck.
    """

    job: JobRow
    last: RunRow | None
    failures: int
    late: bool


class JobLog:
    """`JobLog(database, clock)`: writes for the jobs, reads for people."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._rows = JobRows(database)
        self._clock = clock

    def now(self) -> int:
        """Epoch milliseconds."""
        return self._clock()

    # --- for the jobs: a full disk must not end them

    def begin(self, jobs: Iterable[JobRow]) -> None:
        """This process leads from now on, with these jobs."""
        self._write(lambda: self._rows.replace(jobs))

    def ran(self, job: str, started_at: int, ok: bool, result: str, next_at: int | None) -> None:
        """Stores a run that is over, and when the next one is (None: unknown)."""
        run = RunRow(started_at, max(started_at, self._clock()), ok, result[:_LONGEST_RESULT])

        def write() -> None:
            self._rows.add_run(job, run, KEPT)
            if next_at is not None:
                self._rows.set_next(job, next_at)

        self._write(write)

    def take_asked(self) -> list[str]:
        """The jobs that somebody wants to run now; each is given once."""
        with self._db.read():
            asked = self._rows.asked()
        if asked and not self._write(lambda: self._rows.answer(asked)):
            return []  # they would be given again and again
        return asked

    def _write(self, what: Callable[[], object]) -> bool:
        try:
            with self._db.write():
                what()
        except FlashcardsError as error:
            LOG.warning("what the jobs did could not be stored: %s", error)
            return False
        return True

    # --- for people

    def states(self) -> list[JobState]:
        """Every job with its last run, by title."""
        with self._db.read():
            return [self._state(job) for job in self._rows.all()]

    def _state(self, job: JobRow) -> JobState:
        runs = self._rows.runs(job.name, KEPT)
        failures = next((number for number, run in enumerate(runs) if run.ok), len(runs))
        late = job.next_at is not None and self._clock() - job.next_at > _LATE_MS
        return JobState(job, runs[0] if runs else None, failures, late)

    def runs(self, job: str) -> list[RunRow]:
        """The runs of a job that are kept, the newest first."""
        return self._rows.runs(job, KEPT)

    def ask(self, job: str) -> None:
        """Lets the process that leads run the job within seconds. Raises NotFound."""
        with self._db.write():
            if not self._rows.ask(job, self._clock()):
                raise NotFound("There is no such job.")
