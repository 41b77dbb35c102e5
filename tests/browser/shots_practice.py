"""Screenshots of the pages of practice, to be looked at: `python -m tests.browser.shots_practice OUT`."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from flashcards.services.accounts.facade import Learner
from flashcards.services.practice.contract import Spoken, Ticks, Wish
from flashcards.services.practice.incoming import checked_work
from tests.browser.live import Live, launch, serve
from tests.browser.shots import SCHEMES, WIDTHS
from tests.site import new_id, prepared_data

DECKS = Path(__file__).parents[2] / "decks"
NOTES = """find gaps first: share, pattern over time
MCAR / MAR / MNAR, dropping only under MCAR
median, mode, iterative; indicator"""
SKETCH = [
    ["box", [20, 40, 124, 92], ""], ["box", [166, 40, 270, 92], ""], ["box", [312, 40, 404, 92], ""],
    ["arrow", [124, 66, 166, 66], ""], ["arrow", [270, 66, 312, 66], ""], ["text", [72, 71], "100 M songs"],
    ["text", [218, 71], "two towers"], ["text", [358, 71], "ranker"],
    ["pen", [100, 200, 130, 190, 160, 210, 190, 190, 220, 210], ""],
]  # fmt: skip
NUMBERS = [["Listeners a day", "50,000,000"], ["Home pages each", "8"], ["Requests a second", "4,630"]]


def a_round(live: Live, ann: Learner, marks: str, *, close: int, **wish: Any) -> str:
    """A round, of which the first `close` questions are ticked in turn with `marks`; gives its address."""
    practice = live.services.practice
    opened = practice.begin(ann, Wish(id=new_id(), seed=3, **wish))
    for asked in opened.questions[:close]:
        uid = new_id()
        work = checked_work(NUMBERS, SKETCH) if asked.question.kind == "design" else checked_work()
        practice.answer(ann, opened.round.id, Spoken(uid, asked.position, NOTES, 151_000, work=work))
        letters = {"s": "said", "p": "partly", "m": "missed"}
        ticks = {
            key: letters[marks[(asked.position + index) % len(marks)]] for index, key in enumerate(asked.question.keys)
        }
        practice.tick(ann, opened.round.id, uid, Ticks(marks=ticks, grade=3))
    return f"/practice/{opened.round.id}"


def main(out: Path) -> None:
    """Takes them all."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        with serve(prepared_data(Path(folder) / "data", DECKS), DECKS) as live:
            ann = live.site.learner("Ann")
            places = prepare(live, ann)
            for width in WIDTHS:
                for scheme in SCHEMES:
                    context = browser.new_context(
                        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
                    )
                    live.enter(context, ann)
                    for name, (path, action) in places.items():
                        take(context.new_page(), live.url + path, action, out / f"{name}-{width}-{scheme}.png")
                    context.close()
        browser.close()


def prepare(live: Live, ann: Learner) -> dict[str, tuple[str, str]]:
    """A learner with some rounds; gives pages, each with what to do there."""
    a_round(live, ann, "ssmsp", close=6, kind="concepts")
    time.sleep(0.01)
    a_round(live, ann, "smp", close=1, kind="design")
    done = a_round(live, ann, "sssmp", close=8, kind="concepts")
    part = a_round(live, ann, "sm", close=2, kind="concepts")
    design = a_round(live, ann, "s", close=0, kind="design")
    coding = a_round(live, ann, "s", close=0, kind="coding")
    drawn = a_round(live, ann, "smp", close=1, kind="design")
    missing = next(
        card for card in live.services.review.cards(ann, q="id:missing-corrupted-data").items if card.which == "forward"
    )
    open_ = a_round(live, ann, "s", close=0, kind="one", card=missing.id)
    return {
        "practice": ("/practice", ""),
        "choose": ("/practice", "choose"),
        "report": (f"{done}/report", ""),
        "question": (part, ""),
        "rubric": (f"{done}?q=2", ""),
        "rubric-open": (f"{open_}?points=1", "tick"),
        "design": (design, ""),
        "design-drawn": (f"{drawn}?q=1", ""),
        "coding": (coding, "code"),
        "card": (f"/cards/{missing.id}", ""),
        "today": ("/", ""),
    }


def take(page: Page, url: str, action: str, path: Path) -> None:
    page.goto(url)
    if action == "choose":
        page.locator(".choose summary").click()
    if action == "code":
        page.locator("#notes").fill("def kmeans(X, k):\n    C = X[:k]\n    for _ in range(100):\n        pass")
    page.evaluate("document.fonts.ready")
    page.screenshot(path=path, full_page=True)
    page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "tests/browser/shots"))
