"""Browsing by keyboard: there, a search, cards picked and suspended, and undone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from flashcards.services.accounts.facade import Learner
from tests.browser.live import Live


def test_all_are_picked_at_once(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/browse?q=capital")
    everything = page.get_by_role("checkbox", name="Pick all on this page")
    boxes = page.locator("[name=card]")
    everything.check()
    assert boxes.count() > 1
    for box in boxes.all():
        expect(box).to_be_checked()
    boxes.first.uncheck()
    expect(everything).not_to_be_checked()
    everything.check()
    everything.uncheck()
    expect(boxes.first).not_to_be_checked()


def test_search_pick_suspend_undo(live: Live, page: Page, ann: Learner) -> None:
    review = live.services.review
    page.goto(f"{live.url}/decks")
    page.keyboard.press("/")
    expect(page).to_have_url(f"{live.url}/browse")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("capital is:new")
    page.keyboard.press("Enter")
    expect(page.locator("#q")).to_have_value("capital is:new")
    boxes = page.locator("[name=card]")
    expect(boxes.first).to_be_visible()
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_role("button", name="Suspend", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Suspended")
    assert len(review.cards(ann, q="is:suspended").items) == 2
    page.wait_for_load_state("networkidle")
    page.keyboard.press("u")
    expect(page.get_by_role("status")).to_contain_text("Undone")
    assert review.cards(ann, q="is:suspended").items == ()
