"""How the property tests run: the same examples in every run, so that what is red was broken by the change at hand.

`make explore` looks for new ones; put what it finds into the test as an ``@example``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.chromium import MISSING, find_chromium
from tests.databases import give_back, on_postgresql

# No timing decides a test, and a fresh `tmp_path` for each example is not needed where the file is written anew.
ANYWHERE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])

settings.register_profile("settled", ANYWHERE, derandomize=True)
settings.register_profile("explore", ANYWHERE, max_examples=1000)
settings.load_profile("settled")


NIGHTLY = Path(__file__).parent / "nightly"


def runs_nightly(config: pytest.Config) -> bool:
    """Whether the tests that are marked with `nightly` were asked for."""
    return "nightly" in str(config.getoption("markexpr"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long is left out, whatever else was asked for, unless it is named: `-m nightly`."""
    if not runs_nightly(config):
        left_out = [item for item in items if item.get_closest_marker("nightly")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("nightly")]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What takes long runs where it is named, as `.ci/nightly` does, and not with the rest."""
    return True if collection_path == NIGHTLY and not any("nightly" in arg for arg in config.args) else None


@pytest.fixture(autouse=True)
def databases_given_back(request: pytest.FixtureRequest) -> Iterator[None]:
    """On a server, the databases of a test go with its folder."""
    folder = request.getfixturevalue("tmp_path") if on_postgresql() and "tmp_path" in request.fixturenames else None
    yield
    if folder is not None:
        give_back(folder)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The last thing that is read says what was left out."""
    if not find_chromium():
        terminalreporter.write_line(MISSING)
