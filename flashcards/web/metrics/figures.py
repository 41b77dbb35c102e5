"""What is counted and measured for Prometheus. No learner, deck, card or address is in it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from flashcards import __version__

if TYPE_CHECKING:
    from flashcards.wiring import Services

_AREAS = frozenset({
    "", "admin", "api", "browse", "calendar", "cards", "decks", "export", "import", "media", "plan", "practice",
    "review", "settings", "static", "stats",
})  # fmt: skip
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})


class Figures:
    """Counts the requests of an app, and measures the rest when it is asked."""

    def __init__(self, app: Flask) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "flashcards_requests", "Requests answered", ["area", "method", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "flashcards_request_seconds", "How long answers took to make", ["area"], registry=self._registry
        )
        self._version = self._gauge("version", "Which version runs", "version")
        self._learners = self._gauge("learners", "Accounts")
        self._answers = self._gauge("log_rows", "Answers and actions in all learners' logs")
        self._database = self._gauge("database_bytes", "The database's files")
        self._free = self._gauge("disk_free_bytes", "What is free on the disk of the data folder")
        self._backup = self._gauge("backup_timestamp_seconds", "When the last whole nightly backup was made")
        self._backup_ok = self._gauge("backup_ok", "Whether nothing keeps the next backup from it")
        self._job_at = self._gauge("job_run_timestamp_seconds", "When a job last ended", "job")
        self._job_ok = self._gauge("job_ok", "Whether a job's last run went well", "job")
        app.before_request(_begin)
        app.after_request(self._count)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"flashcards_{name}", about, labels, registry=self._registry)

    def _count(self, response: Response) -> Response:
        area = request.path.split("/", 2)[1]
        area = area if area in _AREAS else "other"  # anybody may ask for any address: labels are ours
        method = request.method if request.method in _METHODS else "other"
        self._requests.labels(area or "today", method, str(response.status_code)).inc()
        self._seconds.labels(area or "today").observe(time.perf_counter() - g.get("began", time.perf_counter()))
        return response

    def text(self, services: Services) -> tuple[bytes, str]:
        """The figures now, and the type of their text."""
        counts, sizes, backup = services.counts.now(), services.sizes.measure(), services.backup.state()
        self._version.labels(__version__).set(1)
        self._learners.set(counts.learners)
        self._answers.set(counts.log_rows)
        self._database.set(sizes.database)
        if sizes.free is not None:
            self._free.set(sizes.free)
        if backup.made_at is not None:
            self._backup.set(backup.made_at / 1000)
        self._backup_ok.set(int(not backup.trouble and not backup.late))
        for state in services.job_log.states():
            if runs := services.job_log.runs(state.job.name):
                self._job_at.labels(state.job.name).set(runs[0].finished_at / 1000)
                self._job_ok.labels(state.job.name).set(int(runs[0].ok))
        return generate_latest(self._registry), CONTENT_TYPE_LATEST


def _begin() -> None:
    g.began = time.perf_counter()
