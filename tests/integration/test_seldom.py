"""What few need is loaded when it is asked for: its addresses are there from the start, and nothing else of it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from threading import Barrier, Thread

import pytest
from flask import Flask

from flashcards.late import made_late
from flashcards.web.app import FlashcardsApp
from flashcards.web.seldom import PAGES
from flashcards.web.shared.compiled_templates import FOLDER
from tests.databases import settings_for
from tests.site import DECKS, Site, copy_data, open_site

START = """
import os
import sys
import flashcards.cli.serve
from flashcards.config import Config
from flashcards.jobs.all import all_jobs
from flashcards.web.app import create_app
from flashcards.wiring import open_services
config = Config.from_env(os.environ)
services = open_services(config)
assert not services.sync.sync().new
all_jobs(services)
client = create_app(services, config).test_client()
assert client.get("/login", follow_redirects=True).status_code == 200
services.close()
print("\\n".join(sys.modules))
"""
NOT_LOADED = [
    "statistics",
    "tomllib",
    "flashcards.deckfiles.parse.deck",
    "flashcards.deckfiles.render.pool",
    "flashcards.domain.plan.plan",
    "flashcards.services.anki.importing",
    "flashcards.services.authoring.deck_editing",
    "flashcards.services.authoring.preview",
    "flashcards.services.export.facade",
    "flashcards.services.plan.facade",
    "flashcards.services.practice.facade",
    "flashcards.services.reminders.sending",
    "flashcards.services.reminders.courier",
    "flashcards.services.review.statistics",
    "flashcards.services.sync.changes",
    "flashcards.services.upkeep.doctor",
    *sorted({module for _, module in PAGES}),
]


def test_a_server_that_nobody_asks_for_it_loads_nothing_of_it(prepared: Path, tmp_path: Path) -> None:
    data = copy_data(prepared, tmp_path)
    environ = {**os.environ, **settings_for(data, DECKS)}
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True, env=environ)
    loaded = set(done.stdout.split())
    assert "flashcards.services.review.queue" in loaded, "what every learner needs is there from the start"
    assert [name for name in NOT_LOADED if name in loaded] == []


def test_every_page_is_where_its_address_says() -> None:
    for (_, module), pages in PAGES.items():
        for page in pages:
            _, _, name = page.split()
            assert callable(getattr(import_module(module), name)), (module, name)


def test_addresses_are_built_as_ever() -> None:
    app: Flask = FlashcardsApp(__name__)
    app.add_url_rule("/decks/<path:address>/edit", "edit", lambda address: address)
    with app.test_request_context("http://localhost/"):
        for _ in range(2):
            assert app.url_for("edit", address="a/b c") == "/decks/a/b%20c/edit"
            assert app.url_for("edit", address="a", more="1&2") == "/decks/a/edit?more=1%262"


def test_what_is_made_late_is_made_once_whoever_asks() -> None:
    together = Barrier(8)

    class Things:
        made = 0

        @made_late
        def thing(self) -> object:
            self.made += 1
            return object()

    things, found = Things(), []

    def ask() -> None:
        together.wait()
        found.append(things.thing)

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert things.made == 1
    assert len(set(map(id, found))) == 1


@pytest.fixture
def site_with_templates(prepared: Path, tmp_path: Path) -> Path:
    data = copy_data(prepared, tmp_path)
    with open_site(data, own_templates=True) as site:
        assert _login_page(site)
    assert list((data / FOLDER).iterdir())
    return data


def _login_page(site: Site) -> str:
    site.learner() if not site.services.accounts.learners() else None
    return site.client().get("/login").text


@pytest.mark.parametrize("damage", [b"", b"x", b"j2\x05\x00" * 100])
def test_a_damaged_template_is_compiled_anew(site_with_templates: Path, damage: bytes) -> None:
    kept = list((site_with_templates / FOLDER).iterdir())
    whole = {path: path.read_bytes() for path in kept}
    for path in kept:
        path.write_bytes(whole[path][: len(damage) // 2] + damage)
    with open_site(site_with_templates, own_templates=True) as site:
        assert "<form" in _login_page(site)
    assert all(path.read_bytes() == whole[path] for path in kept)


def test_pages_come_where_templates_cannot_be_kept(prepared: Path, tmp_path: Path) -> None:
    data = copy_data(prepared, tmp_path)
    (data / FOLDER).write_text("no folder")
    with open_site(data, own_templates=True) as site:
        assert "<form" in _login_page(site)


def test_kept_templates_are_the_owners_alone(site_with_templates: Path) -> None:
    folder = site_with_templates / FOLDER
    assert [path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())] == [0] * (
        1 + len(list(folder.iterdir()))
    )
