"""A round whose server is killed in the middle, as the kernel does it: no goodbye, nothing closed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, expect

from flashcards.services.practice.contract import Wish
from tests.browser.live import until, wait_ready
from tests.databases import settings_for
from tests.practice_decks import write_decks
from tests.site import copy_data, new_id, open_site, prepared_data


class Server:
    """`flashcards serve` in a process of its own, at one address however often it is started."""

    def __init__(self, data: Path, decks: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {**os.environ, **settings_for(data, decks), "FLASHCARDS_PORT": str(self.port)}
        self.start()

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "flashcards", "serve"], env=self._environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        end = time.monotonic() + 60
        while True:
            try:
                urlopen(f"{self.url}/healthz", timeout=5).close()
                return
            except OSError:
                assert time.monotonic() < end, "the server did not start"
                time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL, to it and to what it started."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)


def done(page: Page, text: str) -> None:
    """Writes an answer, and waits for its points."""
    page.locator("#notes").fill(text)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#ticks")
    wait_ready(page)


def test_a_round_goes_on_after_its_server_was_killed(browser: Browser, tmp_path: Path) -> None:
    decks = write_decks(tmp_path / "decks")
    data = prepared_data(tmp_path / "data", decks)
    with open_site(data, decks) as site:
        ann = site.learner()
        secret = site.secret(ann)
        wish = Wish(id=new_id(), seed=1, decks=("ml/concepts/",), questions=2)
        address = f"/practice/{site.services.practice.begin(ann, wish).round.id}"
    server = Server(data, decks)
    context = browser.new_context()
    try:
        context.add_cookies([{"name": "flashcards_session", "value": secret, "url": server.url, "httpOnly": True}])
        page = context.new_page()
        page.goto(server.url)
        until(page, "navigator.serviceWorker.controller !== null")
        page.goto(server.url + address)
        wait_ready(page)
        last = f"{server.url}{address}?q=2&points=1"
        until(page, f"caches.match('{last}').then((found) => !!found)")
        done(page, "Stored before the server was killed.")
        page.keyboard.press("1")
        until(page, "!Object.keys(localStorage).some((key) => key.startsWith('flashcards.round.'))")
        server.kill()
        for key in "113":
            page.keyboard.press(key)
        expect(page.locator("#line")).to_have_text("Kept here; sent when connected.")
        page.reload()  # from what the browser keeps
        wait_ready(page)
        expect(page.locator("#line")).to_have_text("3 said, 0 partly, 1 missed.")
        page.keyboard.press("g")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Concepts · 2 of 2")
        wait_ready(page)
        done(page, "Said while there was no server.")
        page.keyboard.press("g")
        page.get_by_role("button", name="Good").click()
        expect(page.locator("#line")).to_contain_text("the report comes with the connection")
        server.start()
        page.goto(f"{server.url}/practice")
        until(page, "!Object.keys(localStorage).some((key) => key.startsWith('flashcards.round.'))")
        page.goto(f"{server.url}{address}/report")
        expect(page.get_by_role("heading", level=1)).to_contain_text("3 of 8 points said")
    finally:
        server.kill()
        context.close()
    with open_site(copy_data(data, tmp_path / "after"), decks) as site:
        opened = site.services.practice.open(ann, address.rpartition("/")[2])
        assert [asked.given.text if asked.given else "" for asked in opened.questions] == [
            "Stored before the server was killed.",
            "Said while there was no server.",
        ]
        assert [asked.grade for asked in opened.questions] == [3, 4]
        assert [row.kind for row in site.services.review.log(ann)] == ["mock", "mock"]
        assert site.services.doctor.examine().findings == ()
