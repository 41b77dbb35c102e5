"""The review by forms alone, in a browser that runs no script."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from flashcards.services.accounts.facade import Learner
from tests.browser.live import Live, current_card


def test_a_session_without_script(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    page = new_context(ann, java_script_enabled=False).new_page()
    page.goto(f"{live.url}/decks/languages/capitals")
    page.get_by_role("link", name="Review", exact=True).click()
    first = current_card(page)
    page.get_by_label("Your answer").fill("Ulan Bator")
    page.get_by_role("button", name="Show answer").click()
    expect(page.locator(".diff dd").last).to_have_text("Ulaanbaatar")
    page.get_by_role("button", name="Again").click()
    second = current_card(page)
    assert second != first
    page.get_by_role("button", name="Undo").first.click()
    assert current_card(page) == first
    page.locator("#menu summary").click()
    page.get_by_role("button", name="Bury card").click()
    assert current_card(page) == second
    page.locator("#menu summary").click()
    page.get_by_role("button", name="Suspend card").click()
    for _ in range(3):
        page.get_by_role("button", name="Show answer").click()
        page.get_by_role("button", name="Good").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing left for today.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#question")).to_contain_text("Nepal")
    rows = [(row.verb, row.grade) for row in live.log(ann)]
    assert rows == [("bury", None), ("suspend", None), (None, 4), (None, 4)]


def test_the_editor_without_script_has_no_gutter(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner
) -> None:
    """Nothing would write the numbers, and the text would lie on the strip that is theirs."""
    page = new_context(ann, java_script_enabled=False).new_page()
    page.goto(f"{live.url}/decks/programming/python/edit")
    gutter = page.locator("#lines").evaluate("it => getComputedStyle(it).backgroundImage")
    assert gutter == "none"


def test_settings_and_logging_out_without_script(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner
) -> None:
    page = new_context(ann, java_script_enabled=False).new_page()
    page.goto(f"{live.url}/settings")
    page.get_by_label("New cards a day").fill("7")
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    assert live.services.accounts.find("Ann").new_per_day == 7
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
