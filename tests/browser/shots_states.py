"""Screenshots of the states that a page passes through: `python -m tests.browser.shots_states OUT`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from flashcards.services.accounts.facade import Learner
from tests.browser.live import Live, answer, launch, open_review, sent, serve, until
from tests.browser.shots import SCHEMES, WIDTHS
from tests.site import DECKS, prepared_data

BROKEN = """\
---
title: Half a deck
---

## What is a perfect number? {#perfect}

One that is the sum of its proper divisors.

## What does softmax give? {#softmax}

Numbers that add up to one: $\\sofmax(z)$.

## {#nothing}

An answer without a question.
"""


def finish(live: Live, learner: Learner, page: Page) -> None:
    """The end of a session in which two cards failed again and again."""
    open_review(page, f"{live.url}/review?deck=languages/words")
    for key in ("1", "3", "1", "4", "1", "1", "3", "3", "3", "3"):
        if "/done" in page.url or not page.locator("#show-form").is_visible():
            break
        answer(page, key)
        page.wait_for_timeout(100)
    sent(page)
    page.goto(f"{live.url}/done")


def nothing_due(live: Live, learner: Learner, page: Page) -> None:
    """Everything answered, the limit not reached."""
    live.services.accounts.save_settings(learner, new_per_day=0)
    page.goto(live.url)


def limit(live: Live, learner: Learner, page: Page) -> None:
    """Today's new cards are through; more wait."""
    live.services.accounts.save_settings(learner, new_per_day=1)
    open_review(page, f"{live.url}/review")
    answer(page, "4")
    page.wait_for_url("**/done*")
    page.goto(live.url)


def nothing_to_review(live: Live, learner: Learner, page: Page) -> None:
    """The review page with nothing left."""
    live.services.accounts.save_settings(learner, new_per_day=0)
    page.goto(f"{live.url}/review")


def broken_deck(live: Live, learner: Learner, page: Page) -> None:
    """A deck with errors: the good cards stay."""
    page.goto(f"{live.url}/decks/broken")


def decks_with_errors(live: Live, learner: Learner, page: Page) -> None:
    page.goto(f"{live.url}/decks")


def editor(live: Live, learner: Learner, page: Page) -> None:
    """The editor over a deck with errors."""
    page.goto(f"{live.url}/decks/broken/edit")
    page.wait_for_selector("html[data-ready]", state="attached")
    page.wait_for_timeout(600)


def editor_changed(live: Live, learner: Learner, page: Page) -> None:
    """Cards new and changed, before saving."""
    page.goto(f"{live.url}/decks/programming/python/edit")
    page.wait_for_selector("html[data-ready]", state="attached")
    text = page.locator("#source").input_value().replace("A list can change", "A list may change")
    page.locator("#source").fill(text + "\n## What is a set? {#set}\n\nA collection without order or repetition.\n")
    page.wait_for_timeout(900)


def conflict(live: Live, learner: Learner, page: Page) -> None:
    """Somebody saved while we wrote: both are shown."""
    page.goto(f"{live.url}/decks/science/algebra/edit")
    page.wait_for_selector("html[data-ready]", state="attached")
    page.locator("#source").fill(page.locator("#source").input_value() + "\nMine.\n")
    file = live.site.config.decks / "science" / "algebra.md"
    file.write_text(file.read_text("utf-8") + "\nTheirs.\n", "utf-8")
    page.keyboard.press("Control+s")
    page.wait_for_timeout(900)


def browse(live: Live, learner: Learner, page: Page) -> None:
    page.goto(f"{live.url}/browse?q=deck:science")


def offline(live: Live, learner: Learner, page: Page) -> None:
    """Answers wait for the connection."""
    open_review(page, f"{live.url}/review?deck=science")
    page.context.set_offline(True)
    answer(page, "3")
    until(page, "!document.querySelector('#waits').hidden")


def plain(path: str) -> Callable[[Live, Learner, Page], None]:
    """A page that needs no doing."""

    def go(live: Live, learner: Learner, page: Page) -> None:
        page.goto(live.url + path)

    return go


STATES: dict[str, Callable[[Live, Learner, Page], None]] = {
    "finished": finish,
    "nothing-due": nothing_due,
    "nothing-to-review": nothing_to_review,
    "limit": limit,
    "broken-deck": broken_deck,
    "decks-with-errors": decks_with_errors,
    "editor": editor,
    "editor-changed": editor_changed,
    "conflict": conflict,
    "browse": browse,
    "offline": offline,
    "new-deck": plain("/new-deck"),
    "import": plain("/import"),
    "export": plain("/export"),
    "offline-page": plain("/offline"),
}


def main(out: Path, wanted: list[str]) -> None:
    """Takes them all, or those named."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        decks = Path(folder) / "decks"
        shutil.copytree(DECKS, decks)
        data = prepared_data(Path(folder) / "data", decks)
        (decks / "broken.md").write_text(BROKEN, "utf-8")
        with serve(data, decks) as live:
            live.services.sync.sync()
            live.site.learner("First")
            for state in wanted or STATES:
                for width in WIDTHS:
                    for scheme in SCHEMES:
                        take(browser, live, out, state, width, scheme)
        browser.close()


def take(browser: Browser, live: Live, out: Path, state: str, width: int, scheme: str) -> None:
    """One picture, by a learner of its own."""
    learner = live.site.learner(f"{state} {width} {scheme}")
    live.services.accounts.set_roles(learner.name, author=True, admin=None, acting=None)
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    live.enter(context, learner)
    page = context.new_page()
    STATES[state](live, learner, page)
    page.evaluate("document.fonts.ready")
    page.screenshot(path=out / f"{state}-{width}-{scheme}.png", full_page=state != "offline")
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
