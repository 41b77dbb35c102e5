"""From the key that grades to the next card on the screen, on a CPU slowed four times."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Page, sync_playwright

from benchmarks.common import Row, format_row
from benchmarks.web_server import Served, server, write_decks
from tests.browser.live import launch

SLOWED = 4
CARDS = 60

# The key is pressed inside the page; the next frame's own callback, and the task after it, tell that the
# card was painted.
MEASURE = """() => new Promise((done) => {
  const question = document.querySelector("#question"), before = question.innerHTML, start = performance.now();
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "3", bubbles: true, cancelable: true}));
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done([performance.now() - start, question.innerHTML !== before]);
    channel.port2.postMessage("");
  });
})"""


def run() -> list[Row]:
    """One learner, one browser, sixty cards."""
    with tempfile.TemporaryDirectory() as folder:
        write_decks(Path(folder) / "decks", 4, 100)
        with server(Path(folder)) as served:
            times = _times(served)
    cuts = quantiles(times, n=20)
    return [
        Row("key to next card painted, CPU slowed 4x, median", median(times), "ms", 50, note=f"p95 {cuts[18]:.0f} ms")
    ]


def _times(served: Served) -> list[float]:
    url = f"http://127.0.0.1:{served.port}"
    with sync_playwright() as playwright:
        browser = launch(playwright)
        context = browser.new_context()
        context.add_cookies([{"name": "flashcards_session", "value": served.secret, "url": url}])
        page = context.new_page()
        page.goto(f"{url}/review")
        page.wait_for_selector("html[data-ready]", state="attached")
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        times = [_one(page) for _ in range(CARDS)]
        browser.close()
    return times


def _one(page: Page) -> float:
    page.keyboard.press(" ")
    page.wait_for_selector("#answer:not([hidden])")
    took, changed = page.evaluate(MEASURE)
    assert changed, "the next card did not come"
    page.wait_for_timeout(30)
    return float(took)


if __name__ == "__main__":
    for row in run():
        print(format_row(row))
