"""Screenshots of cards whose answer changed: `python -m tests.browser.shots_changes OUT`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.changed_cards import change_deck
from tests.browser.live import Live, launch, open_review, serve, show
from tests.browser.shots import SCHEMES, WIDTHS
from tests.site import DECKS, prepared_data


def main(out: Path) -> None:
    """The review, the card's page and the editor."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        decks = Path(shutil.copytree(DECKS, Path(folder) / "decks"))
        browser = launch(playwright)
        with serve(prepared_data(Path(folder) / "data", decks), decks) as live:
            ann = live.site.learner("Ann")
            card = change_deck(live, ann, decks)
            for width in WIDTHS:
                for scheme in SCHEMES:
                    context = browser.new_context(
                        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
                    )
                    live.enter(context, ann)
                    shots(live, card, context.new_page(), out, f"{width}-{scheme}")
        browser.close()


def shots(live: Live, card: str, page: Page, out: Path, name: str) -> None:
    """Each state once."""
    open_review(page, f"{live.url}/review?deck=ml&card={card}")
    page.screenshot(path=out / f"returned-{name}.png")
    show(page)
    page.screenshot(path=out / f"changed-closed-{name}.png")
    page.keyboard.press("c")
    page.screenshot(path=out / f"changed-{name}.png", full_page=True)
    page.goto(f"{live.url}/cards/{card}")
    page.locator("#changed summary").click()
    page.screenshot(path=out / f"changed-card-{name}.png", full_page=True)
    page.goto(f"{live.url}/decks/ml/descent/edit")
    page.wait_for_selector("html[data-ready]", state="attached")
    source = page.locator("#source")
    source.fill(source.input_value().replace("for ever", "ages"))
    page.get_by_role("checkbox", name="Ask it again").check()
    page.screenshot(path=out / f"substantive-{name}.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
