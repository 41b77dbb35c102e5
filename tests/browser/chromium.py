"""The Chromium of a file of tests: one that does not close is ended, and the next test gets another."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Timer

from playwright.sync_api import Browser, BrowserContext, Error, Playwright, sync_playwright

from tests.browser.live import launch

CLOSING_SECONDS = 30


class Chromium:
    """A browser that is started when it is asked for, and again when it has gone."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self.process = self._driver = 0

    def browser(self) -> Browser:
        """One that runs."""
        if self._browser is None or not self._browser.is_connected():
            self.close()
            self._playwright = sync_playwright().start()
            self._browser = launch(self._playwright)
            running = self._browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
            self.process = next(it["id"] for it in running if it["type"] == "browser")
            self._driver = parent_of(self.process)
        return self._browser

    def close_profile(self, context: BrowserContext, seconds: float = CLOSING_SECONDS) -> None:
        """Closes a profile, unless it went with its browser; where that takes longer, the whole browser."""
        if self._browser is not None and self._browser.is_connected():
            with _done_within(seconds, self._kill):
                context.close()

    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """Ends the browser and Playwright's own process, if they run."""
        with _done_within(seconds, self._kill_both):
            self._close()

    def _close(self) -> None:
        if self._playwright is not None:
            playwright, self._playwright, self._browser = self._playwright, None, None
            playwright.stop()  # ends the browser, too

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process, signal.SIGKILL)

    def _kill_both(self) -> None:
        self._kill()
        with suppress(ProcessLookupError):
            os.kill(self._driver, signal.SIGKILL)


def parent_of(process: int) -> int:
    """The process that started another."""
    found = subprocess.run(["ps", "-o", "ppid=", "-p", str(process)], capture_output=True, check=True)
    return int(found.stdout)


@contextmanager
def _done_within(seconds: float, end: Callable[[], None]) -> Iterator[None]:
    """Ends processes if what is done with them takes longer: Playwright would wait for them for ever.

    Seen once in a whole run on a slow machine, after the last test of a file.
    """
    ended = Event()

    def give_up() -> None:
        ended.set()
        end()

    timer = Timer(seconds, give_up)
    timer.start()
    try:
        yield
    except Error:
        if not ended.is_set():
            raise
    finally:
        timer.cancel()
        timer.join()
