"""Below a path of its host the app does all that it does elsewhere: by keyboard, without a connection, at logout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.live import Live, answer, serve, until, wait_ready
from tests.site import PASSWORD, copy_data

BASE = "/cards"
SENT = "!Object.keys(localStorage).some((key) => key.startsWith('flashcards/cards.out.'))"


@pytest.fixture
def below(prepared: Path, tmp_path: Path) -> Iterator[Live]:
    with serve(copy_data(prepared, tmp_path), base_path=BASE) as live:
        yield live


def test_a_day_below_a_path(browser: Browser, below: Live) -> None:
    ann = below.site.learner("Ann")
    context = browser.new_context()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.goto(below.url)
    page.fill("[name=name]", "Ann")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{below.url}{BASE}/")

    page.goto(f"{below.url}{BASE}/review")
    wait_ready(page)
    answer(page, "4")
    wait_ready(page)
    until(page, SENT)
    assert len(below.log(ann)) == 1
    until(page, "navigator.serviceWorker.controller !== null")
    assert page.evaluate("navigator.serviceWorker.ready.then((it) => it.scope)") == f"{below.url}{BASE}/"
    assert page.evaluate("caches.keys().then((all) => all.every((name) => name.startsWith('flashcards/cards-')))")
    page.reload()
    wait_ready(page)

    below.stop()  # the page comes from what the worker kept, and an answer waits
    page.reload()
    wait_ready(page)
    answer(page, "4")
    until(page, SENT.removeprefix("!"))
    below.start()
    page.goto(f"{below.url}{BASE}/")
    until(page, SENT)
    assert len(below.log(ann)) == 2

    page.goto(f"{below.url}{BASE}/settings")
    page.locator("[data-logout]").click()
    expect(page).to_have_url(f"{below.url}{BASE}/login")
    beside = [url for url in asked if not url.startswith((f"{below.url}{BASE}", "data:")) and url != f"{below.url}/"]
    assert beside == []
    assert {cookie["path"] for cookie in context.cookies()} == {BASE}
    context.close()
