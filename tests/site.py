"""The whole app over a temporary data folder, for tests: real services, real files, a real database."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket

from flashcards.clock import Clock, system_clock
from flashcards.config import Config
from flashcards.services.accounts import sign_up
from flashcards.services.accounts.facade import Learner
from flashcards.services.accounts.passwords import hash_password
from flashcards.web.app import create_app
from flashcards.web.shared.compiled_templates import CompiledTemplates
from flashcards.wiring import Services, open_services
from tests.databases import address_of, copy_of

DECKS = Path(__file__).parent / "data" / "decks"
PASSWORD = "correct horse battery"
HOST = "http://localhost"
SAME_ORIGIN = {"Origin": HOST}


def config_for(data: Path, decks: Path = DECKS, **more: Any) -> Config:
    """A configuration with everything below `data`, open for sign-up."""
    values = {"signup": "open", **more}
    return Config(data=data, decks=decks, own_decks=True, database=address_of(data / "flashcards.sqlite3"), **values)


@dataclass
class Site:
    """An app and what is behind it."""

    config: Config
    services: Services
    app: Flask

    def learner(self, name: str = "Ann", **settings: Any) -> Learner:
        """An account; the first one is an author and administrator."""
        accounts = self.services.accounts
        with patch.object(sign_up, "hash_password", _hashed_once):
            made = accounts.sign_up(name, PASSWORD, code=accounts.setup_code(), timezone="UTC", remote="test")
        return accounts.save_settings(made, **settings) if settings else made

    def secret(self, learner: Learner) -> str:
        """A login's secret, as the cookie holds it."""
        return self.services.accounts.start_session(learner, "test")

    def client(self, learner: Learner | None = None) -> FlaskClient:
        """A client that sends writes as a page of ours does; logged in where a learner is given."""
        client = self.app.test_client()
        client.environ_base["HTTP_ORIGIN"] = HOST
        if learner is not None:
            client.set_cookie("flashcards_session", self.secret(learner))
        return client


@cache
def _hashed_once(password: str) -> str:
    """A true hash, and the same for every learner: each would take as long as a login may."""
    return hash_password(password)


class _CompiledOnce(CompiledTemplates):
    """Templates, compiled once for all sites of a run: nearly half of what a test of a page took went into that."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """From memory; the same name with another base path, or after a change, is another template."""
        if kept := self._kept.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Into memory."""
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_COMPILED = _CompiledOnce()


def make_app(services: Services, config: Config) -> Flask:
    """The app, with templates that another app may have compiled already."""
    app = create_app(services, config)
    app.jinja_env.bytecode_cache = _COMPILED
    return app


def prepared_data(folder: Path, decks: Path = DECKS) -> Path:
    """A data folder whose database knows the decks; to be copied by each test, which saves the rendering."""
    services = open_services(config_for(folder, decks))
    report = services.sync.sync()
    services.close()
    assert not report.errors, report.errors
    return folder


@contextmanager
def open_site(
    data: Path, decks: Path = DECKS, *, clock: Clock = system_clock, own_templates: bool = False, **more: Any
) -> Iterator[Site]:
    """The app over `data`; its `clock` may be one that is set.

    `own_templates` keeps compiled templates in `data`, as the program does, and takes none of another app.
    """
    config = config_for(data, decks, **more)
    services = open_services(config, clock)
    try:
        yield Site(config, services, (create_app if own_templates else make_app)(services, config))
    finally:
        services.close()


def copy_data(prepared: Path, folder: Path) -> Path:
    """A data folder of one's own."""
    return _copied(prepared, folder / "data", "flashcards.sqlite3")


def copy_decks_and_data(prepared: Path, tmp_path: Path) -> Path:
    """A folder of one's own with `decks` and `data`."""
    return _copied(prepared, tmp_path / "own", "data/flashcards.sqlite3")


def _copied(prepared: Path, folder: Path, database: str) -> Path:
    """A folder, and the database in it, which may be one on a server."""
    shutil.copytree(prepared, folder)
    copy_of(prepared / database, folder / database)
    return folder


def new_id() -> str:
    """An answer's id."""
    return str(uuid.uuid4())
