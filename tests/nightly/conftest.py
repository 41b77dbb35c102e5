"""A server beside which twenty honest learners are asked what they feel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.web_server import Served, server, write_decks
from tests.nightly.honest import HONEST


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_decks(tmp_path / "decks", 8, 50)
    return tmp_path


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    with server(folder, HONEST + 1) as served:
        yield served
