"""Lists on a phone show what one looks for, pictures lie on paper in the dark, headings have room."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from flashcards.services.accounts.facade import Learner
from tests.browser.live import Live

SEEN = """row => [...row.querySelectorAll('td')].flatMap((cell) => {
  const box = cell.getBoundingClientRect();
  return box.width && box.left >= 0 && box.right <= innerWidth ? [cell.innerText] : [];
}).join('\\n')"""


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_lists_cards_with_title_deck_and_date(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner, width: int
) -> None:
    card = live.services.review.cards(ann, q="capital", limit=1).items[0]
    live.services.review.act(ann, card.id, "due", due_on=live.services.review.study_day(ann) + 3)
    page = new_context(ann, viewport={"width": width, "height": 800}).new_page()
    page.goto(f"{live.url}/browse?q=capital")
    row = page.locator("tr").filter(has=page.get_by_role("link", name=card.title, exact=True)).first
    shown = row.evaluate(SEEN)
    for text in (card.title, card.deck_title, "due on "):
        assert text in shown


@pytest.mark.parametrize(("scheme", "paper"), [("dark", "rgb(244, 241, 234)"), ("light", "rgba(0, 0, 0, 0)")])
def test_in_the_dark_a_picture_lies_on_paper(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner, scheme: str, paper: str
) -> None:
    card = next(card for card in live.services.review.cards(ann, limit=100).items if card.key.endswith("#tall/forward"))
    page = new_context(ann, color_scheme=scheme).new_page()
    page.goto(f"{live.url}/cards/{card.id}")
    picture = page.locator(".md img").first
    assert picture.evaluate("it => getComputedStyle(it).backgroundColor") == paper
    assert picture.evaluate("it => getComputedStyle(it).borderTopWidth") == "1px"


def test_headings_of_the_help_stand_apart_from_what_precedes_them(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/help")
    gaps = page.evaluate(
        """() => [...document.querySelectorAll('main h2')].slice(1).map((heading) => {
          const before = document.createRange();
          before.setStart(document.querySelector('main'), 0);
          before.setEndBefore(heading);
          const boxes = [...before.getClientRects()].filter((box) => box.height);
          return heading.getBoundingClientRect().top - Math.max(...boxes.map((box) => box.bottom));
        })"""
    )
    assert len(gaps) > 2
    assert min(gaps) >= 16
