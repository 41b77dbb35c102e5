"""Which jobs there are: the place to add one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from flashcards.counted import counted
from flashcards.jobs.leader import Leadership
from flashcards.jobs.scheduler import Jobs, hourly_job, nightly_job, often_job, watch_job
from flashcards.services.sync.watch import Watch
from flashcards.storage.plans import PlanRows

if TYPE_CHECKING:
    from flashcards.services.reminders.sending import Ran
    from flashcards.services.sync.run import SyncReport
    from flashcards.wiring import Services

LOCK = "jobs.lock"
BACKUP_HOUR = 3


def all_jobs(services: Services) -> Jobs:
    """The jobs of a server over `services`, not yet started."""
    watch = Watch(services.config.decks, partial(services.sync.changed, wait=True))
    jobs = [
        watch_job(watch.changed, services.sync.sync, watch.rest, "Reading decks", _sync_words),
        nightly_job("backup", services.backup.nightly, BACKUP_HOUR, "Backup", _backup_words),
        nightly_job("attempts", partial(_forget, services), BACKUP_HOUR, "Forgetting logins that are over"),
        nightly_job("memory", lambda: services.fits.nightly(), BACKUP_HOUR, "Fitting memories", _fits_words),
        hourly_job("plans", partial(_wake_plans, services), "Days of plans", _plans_words),
        nightly_job("history", lambda: services.history.catch_up(), BACKUP_HOUR, "History of decks", _history_words),
    ]
    if services.sends:
        jobs.append(often_job("reminders", lambda: services.sending.run(), "Reminders and letters", _reminder_words))
    # Files of one folder may be shared by hosts whose locks are not: with a server, it is the server that knows.
    lease = services.database.lease("jobs") or Leadership(services.config.data / LOCK)
    return Jobs(jobs, lease, finish=services.release_thread, log=services.job_log)


def _forget(services: Services) -> None:
    services.accounts.forget_old()
    services.invites.forget_over()


def _wake_plans(services: Services) -> int:
    """Looks after plans; where nobody follows one, nothing of them is loaded for that."""
    if not PlanRows(services.database).followers():
        return 0
    return services.plans.wake(services.accounts.learners())


def _sync_words(result: object) -> str:
    report = cast("SyncReport", result)
    files = counted(len(report.changed_paths), "file read", "files read")
    return f"{files}. {counted(len(report.errors), 'error')}." if report.errors else f"{files}."


def _backup_words(result: object) -> str:
    made = cast("Path | None", result)
    return f"Made {made.name}." if made else "Nothing to do: today's is there, or nobody has an account yet."


def _fits_words(result: object) -> str:
    return f"{counted(cast('int', result), 'learner fitted', 'learners fitted')}."


def _plans_words(result: object) -> str:
    return f"{counted(cast('int', result), 'plan looked after', 'plans looked after')}."


def _history_words(result: object) -> str:
    return "Recorded what was changed outside of the browser." if result else "Nothing was changed past the browser."


def _reminder_words(result: object) -> str:
    ran = cast("Ran", result)
    words = [f"{counted(ran.sent, 'message sent', 'messages sent')}."]
    words += [f"Nothing due for {ran.nothing:,}."] if ran.nothing else []
    words += [f"{ran.refused:,} refused by the mail server."] if ran.refused else []
    words += [f"{ran.failed:,} did not arrive; the log says why."] if ran.failed else []
    return " ".join(words)
