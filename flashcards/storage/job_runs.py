"""The rows of jobs and of their runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from flashcards.clock import CLOCKS_APART_MS
from flashcards.storage.database import Database
from flashcards.storage.models import Job, JobRun
from flashcards.storage.prepared import Query, prepared, storing


class JobRow(NamedTuple):
    """A job; `next_at` is None where it runs whenever something changes. Instants are epoch milliseconds."""

    name: str
    title: str
    rhythm: str
    next_at: int | None
    asked_at: int | None


class RunRow(NamedTuple):
    """A run of a job."""

    started_at: int
    finished_at: int
    ok: bool
    result: str


@prepared
def _jobs() -> Query:
    return Job.select(Job.name, Job.title, Job.rhythm, Job.next_at, Job.asked_at).order_by(Job.title)


@prepared
def _asked() -> Query:
    return Job.select(Job.name).where(Job.asked_at.is_null(False)).order_by(Job.asked_at, Job.name)


@prepared
def _ask(at: int, name: str) -> Query:
    return Job.update({Job.asked_at: at}).where(Job.name == name)


@prepared
def _answer(name: str) -> Query:
    return Job.update({Job.asked_at: None}).where(Job.name == name)


@prepared
def _set_next(at: int, name: str) -> Query:
    return Job.update({Job.next_at: at}).where(Job.name == name)


@prepared
def _forget(name: str) -> Query:
    return Job.delete().where(Job.name == name)


@prepared
def _runs(job: str, most: int) -> Query:
    columns = (JobRun.started_at, JobRun.finished_at, JobRun.ok, JobRun.result)
    return JobRun.select(*columns).where(JobRun.job == job).order_by(JobRun.started_at.desc()).limit(most)


@prepared
def _prune(job: str, before: int) -> Query:
    return JobRun.delete().where((JobRun.job == job) & (JobRun.started_at < before))


@prepared
def _forget_ahead(job: str, after: int) -> Query:
    return JobRun.delete().where((JobRun.job == job) & (JobRun.started_at > after))


_save = storing(Job, Job.name, Job.title, Job.rhythm, Job.next_at, key=[Job.name])
_add = storing(
    JobRun, JobRun.job, JobRun.started_at, JobRun.finished_at, JobRun.ok, JobRun.result,
    key=[JobRun.job, JobRun.started_at],
)  # fmt: skip


class JobRows:
    """Reads and writes of jobs, within the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self) -> list[JobRow]:
        """The jobs, by title."""
        return [JobRow(*row) for row in _jobs.all(self._db)]

    def asked(self) -> list[str]:
        """The jobs that somebody wants to run now, the first asked first."""
        return [name for (name,) in _asked.all(self._db)]

    def replace(self, jobs: Iterable[JobRow]) -> None:
        """Stores which jobs there are; what is asked of them stays."""
        kept = list(jobs)
        for gone in {row.name for row in self.all()} - {row.name for row in kept}:
            _forget.run(self._db, gone)
        _save.many(self._db, [row[:4] for row in kept])

    def ask(self, name: str, at: int) -> bool:
        """Notes that a run is wanted; whether there is such a job."""
        return bool(_ask.run(self._db, at, name).rowcount)

    def answer(self, names: Iterable[str]) -> None:
        """The runs that were wanted begin."""
        _answer.many(self._db, [(name,) for name in names])

    def set_next(self, name: str, at: int) -> None:
        """Stores when the job runs next."""
        _set_next.run(self._db, at, name)

    def runs(self, job: str, most: int) -> list[RunRow]:
        """The last runs of a job, the newest first."""
        return [RunRow(started, finished, bool(ok), result) for started, finished, ok, result in
                _runs.all(self._db, job, most)]  # fmt: skip

    def add_run(self, job: str, run: RunRow, keep: int) -> None:
        """Stores a run, and forgets all but the last `keep` of the job.

        Those that began long after it are of a clock that was ahead, as no job runs twice at once: they would pass for
        the last ones until that time comes.
        """
        _forget_ahead.run(self._db, job, run.finished_at + CLOCKS_APART_MS)
        _add.run(self._db, job, run.started_at, run.finished_at, int(run.ok), run.result)
        last = self.runs(job, keep)
        if len(last) == keep:
            _prune.run(self._db, job, last[-1].started_at)
