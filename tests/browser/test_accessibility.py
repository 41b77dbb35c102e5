"""axe finds nothing, on any page, light and dark, on a telephone and on a desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page, expect

from flashcards.services.accounts.facade import Learner
from tests.browser.live import Live, answer, open_review, sent, show

GUEST_PAGES = ("/login", "/signup", "/offline")
PAGES = (
    "/", "/done", "/decks", "/decks/science/", "/decks/science/extremes", "/decks/programming/python", "/settings",
    "/browse", "/browse?q=is:asleep", "/new-deck", "/admin/people", "/admin/jobs", "/settings/reminders",
    "/admin/audit",
    "/help", "/nothing", "/stats", "/analysis",
)  # fmt: skip


COLOUR = ["color-contrast"]
VIEWS: tuple[tuple[int, Any, list[str] | None], ...] = (
    (1280, "light", None),
    (1280, "dark", COLOUR),
    (390, "dark", None),
    (390, "light", COLOUR),
)


def check(page: Page) -> None:
    """Every rule once at each width; the other scheme differs in colours alone."""
    problems: list[str] = []
    page.evaluate(AXE_SCRIPT)
    for width, scheme, only in VIEWS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if only:
            options["runOnly"] = {"type": "rule", "values": only}
        found = page.evaluate("options => axe.run(document, options)", options)
        assert found["passes"], f"{page.url}: axe looked at nothing"
        problems += [
            f"{width} {scheme} {one['id']}: {node['html'][:160]} {node['failureSummary']}"
            for one in found["violations"]
            for node in one["nodes"]
        ]
    assert not problems, f"{page.url}\n" + "\n".join(problems)


@pytest.fixture
def open_page(new_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    def make(learner: Learner | None = None) -> Page:
        page = new_context(learner, reduced_motion="reduce").new_page()
        page.set_default_timeout(20_000)
        return page

    return make


def test_pages(live: Live, open_page: Callable[..., Page], ann: Learner) -> None:
    page = open_page(ann)
    open_review(page, f"{live.url}/review")
    for key in "1133":
        answer(page, key)
    sent(page)
    card = live.log(ann)[0].card
    live.services.accounts.create_token(ann, "laptop")
    for path in (*PAGES, f"/cards/{card}"):
        response = page.goto(live.url + path)
        assert response
        assert response.status == (404 if path == "/nothing" else 422 if "asleep" in path else 200), path
        check(page)


def test_each_button_of_a_list_says_what_it_ends(live: Live, open_page: Callable[..., Page], ann: Learner) -> None:
    live.site.secret(ann)
    live.services.accounts.create_token(ann, "laptop")
    page = open_page(ann)
    page.goto(f"{live.url}/settings")
    expect(page.get_by_role("button", name="End the login since")).to_have_count(1)
    expect(page.get_by_role("button", name="Revoke laptop")).to_have_count(1)
    page.goto(f"{live.url}/decks")
    expect(page.get_by_role("switch", name="Languages: part of your reviews")).to_be_checked()
    expect(page.get_by_role("switch", name="Capitals: part of your reviews")).to_be_checked()


def test_study_ahead(live: Live, open_page: Callable[..., Page], ann: Learner) -> None:
    live.services.accounts.save_settings(ann, new_per_day=3)
    page = open_page(ann)
    open_review(page, f"{live.url}/review")
    for _ in range(3):
        answer(page)
    page.wait_for_url("**/done*")
    for path in ("/", "/done", "/done?mode=ahead"):
        page.goto(live.url + path)
        check(page)
    open_review(page, f"{live.url}/review?mode=ahead")
    check(page)
    show(page)
    check(page)


def test_guest_pages(live: Live, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(f"{live.url}/signup")
    check(page)
    live.site.learner("Ann")
    for path in GUEST_PAGES:
        page.goto(live.url + path)
        assert page.url == live.url + path
        check(page)


@pytest.mark.parametrize("buttons", [4, 6])
def test_the_review(live: Live, open_page: Callable[..., Page], ann: Learner, buttons: int) -> None:
    live.services.accounts.save_settings(ann, buttons=buttons, new_per_day=100)
    page = open_page(ann)
    decks = (
        ("languages/capitals", "languages/words", "programming", "science/extremes")
        if buttons == 4
        else ("science/algebra",)
    )
    for deck in decks:
        open_review(page, f"{live.url}/review?deck={deck}")
        check(page)
        show(page)
        check(page)
    page.locator("#menu summary").click()
    expect(page.locator("#menu > div")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Keys and help").click()
    check(page)


def test_the_status_is_announced(live: Live, open_page: Callable[..., Page], ann: Learner) -> None:
    page = open_page(ann)
    open_review(page, f"{live.url}/review?deck=programming")
    show(page)
    page.keyboard.press("1")
    expect(page.get_by_role("status")).to_have_text("Again")
    page.keyboard.press("u")
    expect(page.get_by_role("status")).to_have_text("Undone")
