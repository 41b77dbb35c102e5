"""Screenshots of every page and state, to be looked at: `python -m tests.browser.shots OUT`."""

from __future__ import annotations

import random
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from flashcards.services.accounts.facade import Learner
from flashcards.services.review.facade import Answer
from tests.browser.exchange_states import exchange_pages
from tests.browser.live import Live, launch, open_review, serve, show
from tests.site import new_id, prepared_data

WIDTHS = (320, 390, 1280)
SCHEMES = ("light", "dark")
DAY = 86_400_000
PAGES = {
    "today": "/",
    "done": "/done",
    "decks": "/decks",
    "deck": "/decks/programming/python",
    "prose": "/decks/languages/words",
    "settings": "/settings",
    "people": "/admin/people",
    "jobs": "/admin/jobs",
    "reminders": "/settings/reminders",
    "stats": "/stats",
    "memory": "/stats/memory",
    "scheduler": "/settings/scheduler?scheduler=fsrs-6&retention=90",
    "analysis": "/analysis",
    "help": "/help",
    "missing": "/nothing",
}
CARDS = {
    "question": "programming/python#list-tuple/forward",
    "code": "programming/python#sum-axis/forward",
    "formula": "science/algebra#binomial/forward",
    "softmax": "science/algebra#softmax/forward",
    "cloze": "languages/words#cases/c1",
    "cloze-maths": "science/algebra#ridge/c1",
    "typed": "languages/capitals#mongolia/forward",
    "table": "science/extremes#wide-table/forward",
    "long-word": "science/extremes#long-word/forward",
    "rtl": "science/extremes#rtl/forward",
    "cjk": "science/extremes#cjk/forward",
    "picture": "science/extremes#tall/forward",
    "sound": "science/extremes#tone/forward",
}


def main(out: Path) -> None:
    """Takes them all."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        empty = Path(folder) / "empty"
        empty.mkdir()
        with serve(prepared_data(Path(folder) / "data")) as live, serve(Path(folder) / "none", empty) as bare:
            ann = live.site.learner("Ann", new_per_day=12)
            ben = live.site.learner("Ben", new_per_day=100)
            cy = live.site.learner("Cy", new_per_day=5)
            live_through_a_year(live, ann)
            for name in ("Di", "Ed"):
                live_through_a_year(live, live.site.learner(name, new_per_day=100))
            for card in live.services.review.queue(cy).cards:
                live.services.review.answer(cy, Answer(new_id(), card.id, 4, took_ms=4000))
            nobody = bare.site.learner("Nobody")
            release = threading.Event()
            exchange = exchange_pages(live, ann, release)
            for width in WIDTHS:
                for scheme in SCHEMES:
                    options: dict[str, Any] = {
                        "viewport": {"width": width, "height": 800},
                        "color_scheme": scheme,
                        "reduced_motion": "reduce",
                    }
                    context = browser.new_context(**options)
                    live.enter(context, ann)
                    bare_context = browser.new_context(**options)
                    bare.enter(bare_context, nobody)
                    other = browser.new_context(**options)
                    live.enter(other, ben)
                    third = browser.new_context(**options)
                    live.enter(third, cy)
                    guest = browser.new_context(**options)
                    name = f"{width}-{scheme}"
                    pages(live, context.new_page(), out, name)
                    for title, path in exchange.items():
                        shot(context.new_page(), live.url + path, out / f"{title}-{name}.png")
                    cards(live, ben, other.new_page(), out, name)
                    study_ahead(live, third.new_page(), out, name)
                    shot(bare_context.new_page(), bare.url, out / f"empty-{name}.png")
                    shot(guest.new_page(), f"{live.url}/login", out / f"login-{name}.png")
            release.set()
        browser.close()


def live_through_a_year(live: Live, learner: Learner) -> None:
    """A history: most days some cards, answered mostly well."""
    dice, now = random.Random(7), int(time.time() * 1000)
    cards = [card.id for card in live.services.review.cards(learner, limit=100).items]
    for day in range(330, 0, -1):
        if dice.random() < 0.25:
            continue
        for card in dice.sample(cards, dice.randint(1, 9)):
            grade = dice.choices([1, 3, 4, 5], [1, 2, 8, 2])[0]
            answer = Answer(new_id(), card, grade, at=now - day * DAY, took_ms=dice.randint(3000, 30_000))
            live.services.review.answer(learner, answer)


def shot(page: Page, url: str, path: Path) -> None:
    page.goto(url)
    for more in page.locator("details.more > summary").all():
        more.click()
    page.evaluate("document.fonts.ready")
    page.screenshot(path=path, full_page=True)


def pages(live: Live, page: Page, out: Path, name: str) -> None:
    card = live.services.review.log(live.services.accounts.find("Ann"))[0].card
    for title, path in (PAGES | {"card": f"/cards/{card}"}).items():
        shot(page, live.url + path, out / f"{title}-{name}.png")


def study_ahead(live: Live, page: Page, out: Path, name: str) -> None:
    """Nothing is left today, and what there is ahead."""
    for title, path in {"today": "/", "done": "/done", "end": "/done?mode=ahead&deck=programming"}.items():
        shot(page, live.url + path, out / f"ahead-{title}-{name}.png")
    open_review(page, f"{live.url}/review?mode=ahead")
    page.screenshot(path=out / f"ahead-question-{name}.png")
    show(page)
    page.screenshot(path=out / f"ahead-answer-{name}.png")


def cards(live: Live, learner: Learner, page: Page, out: Path, name: str) -> None:
    keys = {card.key: card.id for card in live.services.review.cards(learner, limit=100).items}
    for title, key in CARDS.items():
        live.services.accounts.save_settings(learner, buttons=6 if title == "softmax" else 4)
        deck = key.partition("#")[0]
        open_review(page, f"{live.url}/review?deck={deck}&card={keys[key]}")
        page.evaluate("document.fonts.ready")
        if title == "typed":
            page.keyboard.type("Ulanbataar")
        page.screenshot(path=out / f"{title}-question-{name}.png")
        show(page)
        page.screenshot(path=out / f"{title}-answer-{name}.png")
    page.locator("#menu summary").click()
    page.screenshot(path=out / f"menu-{name}.png")
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('#keys').showModal()")
    page.screenshot(path=out / f"keys-{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "tests/browser/shots"))
