"""A browser for each file of tests; a server and a learner for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from flashcards.services.accounts.facade import Learner
from tests.browser import axe
from tests.browser.chromium import Chromium
from tests.browser.live import Live, serve
from tests.chromium import find_chromium
from tests.conftest import runs_nightly
from tests.site import copy_data, prepared_data

HERE = Path(__file__).parent
PATIENCE_MS = 20_000
"""How long a page may take before a test gives it up: a loaded machine is slow, not wrong."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks the browser tests; where there is no Chromium, leaves them out, which tests/conftest.py says."""
    if not find_chromium():
        left_out = [item for item in items if HERE in item.path.parents]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(600 if runs_nightly(config) else 150))


@pytest.fixture(autouse=True)
def views(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """At night axe looks at each page in both schemes at each width."""
    if runs_nightly(request.config):
        monkeypatch.setattr(axe, "VIEWS", (*axe.VIEWS, *axe.OTHER_VIEWS))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """Not one for the whole run: a Chromium that has been through a hundred contexts can stop answering keys."""
    expect.set_options(timeout=PATIENCE_MS)
    chromium = Chromium()
    yield chromium
    chromium.close()


@pytest.fixture
def browser(chromium: Chromium) -> Browser:
    return chromium.browser()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared_data(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def live(prepared: Path, tmp_path: Path) -> Iterator[Live]:
    with serve(copy_data(prepared, tmp_path)) as live:
        yield live


@pytest.fixture
def ann(live: Live) -> Learner:
    return live.site.learner("Ann")


@pytest.fixture
def new_context(chromium: Chromium, live: Live) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser profiles of their own, logged in where a learner is given; a script error fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def make(learner: Learner | None = None, **options: Any) -> BrowserContext:
        context = chromium.browser().new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on(
            "console", lambda message: errors.append(message.text) if "Content Security" in message.text else None
        )
        if learner is not None:
            live.enter(context, learner)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        chromium.close_profile(context)
    assert not errors, errors


@pytest.fixture
def page(new_context: Callable[..., BrowserContext], ann: Learner) -> Page:
    """A page of Ann's."""
    return new_context(ann).new_page()
