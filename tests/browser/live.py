"""A real server over temporary data, a real Chromium, and what a learner does with them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect

from flashcards.services.accounts.facade import Learner
from flashcards.services.review.facade import LogRow
from flashcards.web.server import bind, make_server
from tests.chromium import find_chromium
from tests.site import DECKS, Site, open_site


def launch(playwright: Playwright) -> Browser:
    """A browser; with HEADED=1 in the environment one that can be watched."""
    watched = bool(os.environ.get("HEADED"))
    slow_mo = 300 if watched else None
    return playwright.chromium.launch(
        executable_path=find_chromium(), args=_flags(), headless=not watched, slow_mo=slow_mo
    )


def again_with(browser: Browser, flag: str) -> Browser:
    """Another browser like this one, started with a flag more."""
    return browser.browser_type.launch(executable_path=find_chromium(), args=[*_flags(), flag])


def _flags() -> list[str]:
    return ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]


class Live:
    """A site that is served, can be stopped, and started again at the same address."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.services = site.services
        self._listener = bind("127.0.0.1", 0)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._begin()

    def _begin(self) -> None:
        self._server = make_server(self.site.app, self._listener)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """No connection any more: what is being answered is finished, the rest is cut."""
        self._server.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def start(self) -> None:
        """The same address answers again."""
        self._listener = bind("127.0.0.1", self.port)
        self._begin()

    def log(self, learner: Learner) -> list[LogRow]:
        """The learner's answers and actions that are not undone."""
        rows: list[LogRow] = []
        while more := self.services.review.log(learner, since=rows[-1].seq if rows else 0):
            rows += more
        return [row for row in rows if not row.undone]

    def enter(self, context: BrowserContext, learner: Learner) -> None:
        """Logs the browser in, without the form."""
        secret = self.site.secret(learner)
        context.add_cookies([{"name": "flashcards_session", "value": secret, "url": self.url, "httpOnly": True}])


@contextmanager
def serve(data: Path, decks: Path = DECKS, **more: Any) -> Iterator[Live]:
    """A served site."""
    with open_site(data, decks, **more) as site:
        live = Live(site)
        try:
            yield live
        finally:
            live.stop()


# --- what a learner does on the review page


def open_review(page: Page, url: str) -> None:
    """Opens the review and waits until its script listens."""
    page.goto(url)
    wait_ready(page)


def wait_ready(page: Page) -> None:
    """Waits until the script of the review listens."""
    page.wait_for_selector("html[data-ready]", state="attached")


def wait_keys(page: Page) -> None:
    """Waits until the keys of an ordinary page are listened to."""
    page.wait_for_selector("html[data-listening]", state="attached")


def current_card(page: Page) -> str:
    """The id of the card that is shown."""
    return (page.locator("#info").get_attribute("href") or "").rpartition("/")[2]


def show(page: Page) -> None:
    """Shows the answer by the keyboard, whether the card is typed or not."""
    expect(page.locator("#show-form")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_be_visible()


def answer(page: Page, key: str = "3") -> str:
    """Shows the answer and grades it by keyboard; returns the card."""
    card = current_card(page)
    show(page)
    page.keyboard.press(key)
    expect(page.locator("#answer")).to_be_hidden()
    return card


def undo(page: Page) -> None:
    """Takes the last action back by the keyboard; of a typed card the box is left first, as it takes letters itself."""
    if page.evaluate("document.activeElement.matches('input, textarea')"):
        page.keyboard.press("Escape")
    page.keyboard.press("u")


def until(page: Page, condition: str, seconds: float = 20) -> None:
    """Waits for a condition in JavaScript; Playwright's own way needs eval, which our policy forbids."""
    deadline = time.monotonic() + seconds
    while not _holds(page, condition):
        assert time.monotonic() < deadline, f"{condition} did not come true on {page.url}"
        page.wait_for_timeout(20)


def _holds(page: Page, condition: str) -> bool:
    try:
        return bool(page.evaluate(condition))
    except Error as error:
        if "navigation" not in str(error):
            raise
        return False  # asked between two pages


def wait_card(page: Page, card: str) -> None:
    """Waits until that card is shown."""
    expect(page.locator("#info")).to_have_attribute("href", f"/cards/{card}")


def sent(page: Page) -> None:
    """Waits until nothing waits to be sent."""
    until(page, "!Object.keys(localStorage).some((key) => key.startsWith('flashcards.out.'))")
