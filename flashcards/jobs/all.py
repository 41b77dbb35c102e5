"""Which jobs there are: the place to add one."""

from __future__ import annotations

from functools import partial

from flashcards.jobs.scheduler import Jobs, hourly_job, nightly_job, watch_job
from flashcards.wiring import Services

LOCK = "jobs.lock"
BACKUP_HOUR = 3


def all_jobs(services: Services) -> Jobs:
    """The jobs of a server over `services`, not yet started."""
    jobs = [
        watch_job(partial(services.sync.changed, wait=True), services.sync.sync),
        nightly_job("backup", services.backup.nightly, BACKUP_HOUR),
        nightly_job("attempts", services.accounts.forget_old, BACKUP_HOUR),
        nightly_job("memory", services.fits.nightly, BACKUP_HOUR),
        hourly_job("plans", lambda: services.plans.wake(services.accounts.learners())),
        nightly_job("history", services.history.catch_up, BACKUP_HOUR),
    ]
    return Jobs(jobs, services.config.data / LOCK, finish=services.release_thread)
