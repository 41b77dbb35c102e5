"""Figures for Prometheus: for who has the token, read by Prometheus's own parser, and not loaded where not wished."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flashcards.cli.logs import JsonLines
from flashcards.config import Config
from flashcards.errors import Invalid
from flashcards.services.accounts.origin import ORIGIN, SERVER, Origin
from tests.site import PASSWORD, Site, open_site

TOKEN = "0123456789abcdef"


def figures(site: Site) -> dict[tuple[str, tuple[str, ...]], float]:
    answer = site.client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_requests_and_the_state_of_the_service(tmp_path: Path) -> None:
    with open_site(tmp_path, metrics_token=TOKEN) as site:
        ann = site.learner("Ann")
        client = site.client(ann)
        for path in ("/stats", "/stats", "/wp-login.php", "/decks/nothing"):
            client.get(path)
        client.open("/stats", method="BREW")
        site.services.backup.nightly()
        found = figures(site)
        assert found["flashcards_requests_total", ("stats", "GET", "200")] == 2
        assert found["flashcards_requests_total", ("other", "GET", "404")] == 1
        assert found["flashcards_request_seconds_count", ("stats",)] == 3
        assert (found["flashcards_learners", ()], found["flashcards_log_rows", ()]) == (1, 0)
        assert found["flashcards_database_bytes", ()] > 4096
        assert found["flashcards_backup_ok", ()] == 1
        assert found["flashcards_backup_timestamp_seconds", ()] > 1_700_000_000
        assert "wp-login" not in repr(found)
        assert "Ann" not in repr(found)


@pytest.mark.parametrize(
    "given", ["", "Bearer", f"Bearer {TOKEN}0", f"Basic {TOKEN}", f"bearer {TOKEN.upper()}", "Bearer é"]
)
def test_nobody_else_sees_them(tmp_path: Path, given: str) -> None:
    with open_site(tmp_path, metrics_token=TOKEN) as site:
        client = site.client(site.learner("Ann"))  # an administrator's login is no token
        assert client.get("/metrics", headers={"Authorization": given}).status_code == 401


def test_without_the_setting_there_is_no_such_page_and_nothing_is_loaded(tmp_path: Path) -> None:
    with open_site(tmp_path) as site:
        assert site.client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    program = (
        "import sys; from flashcards.web.app import create_app; import flashcards.wiring;"
        "print([name for name in ('prometheus_client', 'smtplib') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_a_weak_token_and_an_unknown_log_are_named(tmp_path: Path) -> None:
    environ = {"FLASHCARDS_DATA": str(tmp_path), "FLASHCARDS_METRICS_TOKEN": "short", "FLASHCARDS_LOG": "xml"}
    with pytest.raises(Invalid) as caught:
        Config.from_env(environ)
    token, log = str(caught.value).splitlines()
    assert "16 letters" in token
    assert "short" not in token
    assert log == "FLASHCARDS_LOG=xml: give one of text, json"


def test_a_log_of_json_has_the_requests_id_that_what_happened_has(tmp_path: Path) -> None:
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(JsonLines().format(record))  # type: ignore[method-assign]
    logger = logging.getLogger("flashcards.accounts")
    logger.addHandler(handler)
    try:
        with open_site(tmp_path) as site:
            site.learner("Ann")
            site.client().post("/login", data={"name": "Ann", "password": "wrong\nhorse"})
            site.client().post("/login", data={"name": "Ann", "password": PASSWORD})
            ORIGIN.set(Origin("web", 1, "203.0.113.0/24", "abc"))
            logger.warning('two\nlines "quoted"')
    finally:
        ORIGIN.set(SERVER)
        logger.removeHandler(handler)
    failed, plain = map(json.loads, records)
    assert failed["message"] == "a login as Ann from 127.0.0.1 failed: wrong password"
    assert (failed["level"], failed["logger"], len(failed["request"])) == ("warning", "flashcards.accounts", 12)
    assert plain["message"] == 'two\nlines "quoted"'
    assert (plain["request"], plain["network"]) == ("abc", "203.0.113.0/24")
    assert all("\n" not in record for record in records)


def test_a_crash_has_its_trace_in_the_same_line() -> None:
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        record = logging.LogRecord(
            "flashcards.web", logging.ERROR, __file__, 1, "GET %s failed", ("/x",), sys.exc_info()
        )
    told = json.loads(JsonLines().format(record))
    assert told["message"] == "GET /x failed"
    assert "RuntimeError: broken" in told["trace"]
