"""Settings on a phone: what a form brings is in sight, however long the page is."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.live import Live


def test_a_token_that_is_shown_once_is_in_sight(live: Live, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{live.url}/settings")
    page.get_by_label("What it is for").fill("laptop")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_text("Here is the token, this once.")).to_be_in_viewport()
    expect(page.locator("code.secret")).to_be_in_viewport()


def test_what_was_wrong_with_a_token_or_a_password_is_said_where_it_was_entered(live: Live, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{live.url}/settings")
    for box in page.locator("[name=scope]").all():
        box.uncheck()
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator("#tokens .wrong")).to_be_in_viewport()
    page.get_by_text("Delete my account", exact=True).click()
    page.locator("#leave-password").fill("not mine")
    page.get_by_role("button", name="Delete my account and all of my history").click()
    expect(page.locator("#leave .wrong")).to_be_in_viewport()
