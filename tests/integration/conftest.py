"""The app for tests over HTTP; decks are read once and copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site import Site, copy_data, open_site, prepared_data


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared_data(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[Site]:
    with open_site(copy_data(prepared, tmp_path)) as site:
        yield site
