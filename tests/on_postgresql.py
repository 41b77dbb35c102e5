"""A pytest plugin: `pytest -p tests.on_postgresql ...` runs tests on a PostgreSQL server that it starts and stops."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.databases import OF_SQLITE, SERVER, prepare_server
from tests.postgresql_server import MISSING, is_installed, running_server

_open = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Starts the server, before any test is collected; processes of xdist share the one of their parent."""
    if SERVER in os.environ:
        return
    if not is_installed():
        pytest.exit(MISSING, returncode=0)
    server = _open.enter_context(running_server())
    prepare_server(server.url("postgres"))


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leaves out files that are about SQLite alone."""
    return True if collection_path.name in OF_SQLITE else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out tests that are about SQLite alone."""
    for item in items:
        reason = OF_SQLITE.get(f"{item.path.name}::{getattr(item, 'originalname', item.name)}")
        if reason:
            item.add_marker(pytest.mark.skip(reason=f"It is about SQLite alone: {reason}."))


def pytest_unconfigure() -> None:
    """Stops it."""
    _open.close()
