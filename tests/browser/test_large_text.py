"""Text of twice the size on a phone: everything can be read and pressed (WCAG 2.2, 1.4.4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from flashcards.services.accounts.facade import Learner
from flashcards.services.plan.contract import Choice
from tests.browser.live import Live, answer, open_review, sent, show

CUT = """() => [
  ...document.querySelectorAll('.tabs a, .g b, .g small, .btn, .seg a, h1:not(.vh), .nums dd'),
].filter((one) => {
  if (!one.getClientRects().length) return false;
  const range = document.createRange(); range.selectNodeContents(one);
  const text = range.getBoundingClientRect(), box = one.getBoundingClientRect();
  const least = one.matches('h1, dd') ? 20 : 1; // glyphs stand out of tight lines
  return text.width > box.width + 1 || text.height > box.height + least
    || box.right > innerWidth + 1;
}).map((one) => one.textContent.trim())"""
OVER = """() => { const boxes = [...document.querySelectorAll('.tabs a, .g')].map((one) => one.getBoundingClientRect())
    .filter((box) => box.width);
  return boxes.some((a, i) => boxes.some((b, j) => i < j && a.left < b.right - 1 && b.left < a.right - 1
    && a.top < b.bottom - 1 && b.top < a.bottom - 1)); }"""
BROKEN_WORDS = """() => [...document.querySelectorAll('.g b, .tabs a')].filter((one) => {
  const range = document.createRange(); range.selectNodeContents(one.lastChild); // a tab's sign stands above its word
  return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1;
}).map((one) => one.textContent)"""


def _large(page: Page) -> None:
    page.evaluate("document.documentElement.style.fontSize = '200%'")


def _fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(CUT) == []
    assert not page.evaluate(OVER)
    assert page.evaluate(BROKEN_WORDS) == []


@pytest.mark.parametrize("buttons", [4, 6])
def test_grades_can_be_read(live: Live, new_context: Callable[..., BrowserContext], ann: Learner, buttons: int) -> None:
    live.services.accounts.save_settings(ann, buttons=buttons)
    page = new_context(ann, viewport={"width": 390, "height": 844}).new_page()
    open_review(page, f"{live.url}/review?deck=science")
    _large(page)
    show(page)
    _fits(page)


def test_pages_can_be_read(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    page = new_context(ann, viewport={"width": 390, "height": 844}).new_page()
    open_review(page, f"{live.url}/review?deck=science")
    for _ in range(3):
        answer(page)
    sent(page)
    for address in ("/", "/decks", "/browse", "/stats", "/settings", "/help", "/done"):
        page.goto(live.url + address)
        _large(page)
        _fits(page)


def test_the_pages_of_a_plan_can_be_read(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    live.services.plans.make(ann, Choice(live.services.review.study_day(ann) + 19, 15))
    page = new_context(ann, viewport={"width": 390, "height": 844}).new_page()
    for address in ("/", "/plan", "/welcome"):
        page.goto(live.url + address)
        expect(page.get_by_role("heading", level=1)).not_to_contain_text("worked out", timeout=60_000)
        _large(page)
        _fits(page)
        # No folder's name is broken within a word.
        names = page.locator(".fits :is(td a, th[scope=row] div > span)")
        assert all(name.evaluate("(one) => one.getClientRects().length") == 1 for name in names.all())
        assert names.count() == {"/": 3, "/plan": 3, "/welcome": 0}[address]


def test_browse_gives_its_width_to_the_cards(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner
) -> None:
    """A wide window with large letters is a narrow one: the card's words come before ease and lapses."""
    page = new_context(ann, viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{live.url}/browse")
    expect(page.get_by_role("columnheader", name="Ease")).to_be_visible()
    _large(page)
    expect(page.get_by_role("columnheader", name="Ease")).to_be_hidden()
    card, table = page.locator(".browse td:nth-child(2)").first.bounding_box(), page.locator(".sized").bounding_box()
    assert card is not None
    assert table is not None
    assert card["width"] > table["width"] / 2
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
