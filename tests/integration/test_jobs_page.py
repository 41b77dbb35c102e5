"""What the jobs did is kept, shown to administrators, and a run can be asked for from another process."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from apscheduler.triggers.cron import CronTrigger

from flashcards.errors import NotFound, Unavailable
from flashcards.jobs.all import all_jobs
from flashcards.jobs.leader import Leadership
from flashcards.jobs.scheduler import Job, Jobs, watch_job
from flashcards.services.upkeep.job_log import KEPT, JobLog, JobRow
from flashcards.storage.database import Database
from tests.databases import opened
from tests.integration.study_world import NOON, SetClock
from tests.integration.test_jobs import often, wait_for
from tests.site import Site, open_site

NAMES = {"decks", "backup", "attempts", "memory", "plans", "history"}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = opened(tmp_path / "flashcards.sqlite3")
    yield database
    database.close()


@pytest.fixture
def log(database: Database) -> JobLog:
    return JobLog(database, SetClock())


def job(name: str = "work") -> JobRow:
    return JobRow(name, name.title(), "every night", NOON + 1000, None)


def test_only_the_last_runs_of_each_job_are_kept(log: JobLog) -> None:
    log.begin([job("one"), job("other")])
    log.ran("other", 1, True, "Done.", None)
    for number in range(KEPT + 20):
        log.ran("one", number, True, f"run {number}", None)

    runs = log.runs("one")
    assert [run.result for run in runs] == [f"run {number}" for number in range(KEPT + 19, 19, -1)]
    assert len(log.runs("other")) == 1


def test_failures_in_a_row_are_counted_and_the_next_run_is_known(log: JobLog) -> None:
    log.begin([job()])
    for at, ok in ((1, False), (2, True), (3, False), (4, False)):
        log.ran("work", at, ok, "so", NOON + at)

    (state,) = log.states()
    assert (state.failures, state.last and state.last.started_at, state.job.next_at, state.late) == (
        2,
        4,
        NOON + 4,
        False,
    )


def test_runs_of_a_clock_that_was_ahead_hide_no_later_ones(database: Database) -> None:
    clock = SetClock()
    log = JobLog(database, clock)
    log.begin([job()])
    clock.days(1500)
    for number in range(KEPT):
        log.ran("work", clock.now + number, True, "Done.", None)
    clock.days(-1500)
    log.ran("work", clock.now, False, "The disk is full.", None)

    (state,) = log.states()
    assert state.last
    assert (state.last.result, state.failures) == ("The disk is full.", 1)


def test_a_job_that_should_have_run_is_late(log: JobLog) -> None:
    log.begin([job()._replace(next_at=NOON - 3_600_000)])
    assert [state.late for state in log.states()] == [True]


def test_jobs_of_an_older_release_go_and_wishes_stay(log: JobLog) -> None:
    log.begin([job("one"), job("gone")])
    log.ask("one")
    log.begin([job("one"), job("new")])

    assert [state.job.name for state in log.states()] == ["new", "one"]
    assert log.take_asked() == ["one"]
    assert log.take_asked() == []
    with pytest.raises(NotFound):
        log.ask("gone")


def test_runs_of_every_kind_are_noted_and_idle_looks_are_not(tmp_path: Path, database: Database) -> None:
    calls: list[int] = []
    log = JobLog(database, itertools.count(NOON).__next__)  # runs at one instant would be one row

    def changed() -> bool:
        calls.append(1)
        if 2 < len(calls) < 6:
            raise Unavailable("the folder is away")
        return len(calls) in {2, 8}

    watch = often(watch_job(changed, lambda: 3, lambda: 0.05).work, "decks")
    watch = Job("decks", watch.work, watch.trigger, words=lambda found: f"{found} files read.")
    jobs = Jobs([watch], Leadership(tmp_path / "lock"), log=log)
    jobs.start()
    try:
        assert wait_for(lambda: len(calls) > 12)
    finally:
        jobs.stop()

    told = [(run.ok, run.result) for run in reversed(log.runs("decks"))]
    assert told == [
        (True, "3 files read."),
        (False, "the folder is away"),
        (True, "It works again."),
        (True, "3 files read."),
    ]


def test_a_job_that_raises_is_noted_and_others_go_on(tmp_path: Path, log: JobLog) -> None:
    def breaks() -> None:
        raise ZeroDivisionError

    trigger = CronTrigger(hour=3, timezone="UTC")
    jobs = Jobs(
        [Job("bad", breaks, trigger, at_start=True), Job("good", lambda: 1, trigger, at_start=True)],
        Leadership(tmp_path / "lock"),
        log=log,
    )
    jobs.start()
    try:
        assert wait_for(lambda: bool(log.runs("bad") and log.runs("good")))
    finally:
        jobs.stop()

    assert [(run.ok, run.result) for run in log.runs("bad") + log.runs("good")] == [
        (False, "It failed (ZeroDivisionError): the log says where."),
        (True, "Done."),
    ]
    assert all(state.job.next_at for state in log.states())


def test_a_run_that_is_asked_for_comes_within_seconds(tmp_path: Path, log: JobLog) -> None:
    ran: list[int] = []
    jobs = Jobs(
        [Job("work", lambda: ran.append(1), CronTrigger(year=2099, timezone="UTC"))],
        Leadership(tmp_path / "lock"),
        log=log,
    )
    jobs.start()
    try:
        assert ran == []
        log.ask("work")
        assert wait_for(lambda: bool(ran))
    finally:
        jobs.stop()
    assert len(ran) == 1


def test_the_page_shows_jobs_sizes_and_decks_with_errors(prepared: Path, tmp_path: Path, site: Site) -> None:
    ann = site.learner("Ann")
    client = site.client(ann)
    assert "No process has run the jobs yet" in client.get("/admin/jobs").text
    assert 'href="/admin/jobs"' in client.get("/settings").text

    jobs = all_jobs(site.services)
    jobs.start()
    try:
        idle = NAMES - {"decks"}
        assert wait_for(lambda: {it.job.name for it in site.services.job_log.states() if it.last} >= idle, 30)
    finally:
        jobs.stop()

    page = client.get("/admin/jobs").text
    assert {it.job.name for it in site.services.job_log.states()} == NAMES
    assert "Made nightly-" in page
    assert "1 file</small>" in page
    assert "no errors in their files" in page
    answer = client.post("/admin/jobs/backup/run")
    assert (answer.status_code, answer.location) == (303, "/admin/jobs?asked=backup")
    assert "Backup runs within seconds" in client.get(answer.location).text
    assert client.post("/admin/jobs/nothing/run").status_code == 404


def test_a_deck_with_errors_is_named(tmp_path: Path) -> None:
    """And found, whatever signs its name holds."""
    decks = tmp_path / "decks"
    decks.mkdir()
    (decks / "good.md").write_text("# Good\n\n## Question?\n\nAnswer.\n", "utf-8")
    for name in ("C# & 100%? of it", "bad"):
        (decks / f"{name}.md").write_text("## Question?\n\nAnswer.\n\n## Nothing below\n", "utf-8")
    with open_site(tmp_path / "data", decks) as site:
        assert site.services.sync.sync().errors
        assert {deck.address for deck in site.services.decks.failing()} == {"C# & 100%? of it", "bad"}
        client = site.client(site.learner())
        for page in ("/admin/jobs", "/", "/decks", "/stats", "/browse", "/analysis", "/stats/memory"):
            links = set(re.findall(r'href="(/decks/[^"]+)"', client.get(page).text))
            assert {client.get(unescape(link)).status_code for link in links} <= {200}, (page, links)
            assert len(links) >= 2 or page not in {"/admin/jobs", "/", "/decks"}
