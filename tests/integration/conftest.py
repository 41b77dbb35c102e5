"""The app for tests over HTTP; decks are read once and copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import give_back, on_postgresql
from tests.site import Site, copy_data, open_site, prepared_data


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared_data(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[Site]:
    with open_site(copy_data(prepared, tmp_path)) as site:
        yield site


@pytest.fixture(autouse=True)
def databases_given_back(request: pytest.FixtureRequest) -> Iterator[None]:
    """On a server, the databases of a test go with its folder."""
    folder = request.getfixturevalue("tmp_path") if on_postgresql() and "tmp_path" in request.fixturenames else None
    yield
    if folder is not None:
        give_back(folder)
