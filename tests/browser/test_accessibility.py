"""axe finds nothing on any page, light on a desk and dark on a telephone; in `make nightly` the other way, too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from flashcards.services.accounts.facade import Learner
from tests.browser.axe import check
from tests.browser.every_page import refused
from tests.browser.live import Live, answer, open_review, sent, show, undo

GUEST_PAGES = ("/login", "/signup", "/offline")
PAGES = (
    "/", "/done", "/decks", "/decks/science/", "/decks/science/extremes", "/decks/programming/python", "/settings",
    "/browse", "/browse?q=is:asleep", "/new-deck", "/admin/people", "/admin/jobs", "/settings/reminders",
    "/admin/audit",
    "/help", "/nothing", "/stats", "/analysis",
)  # fmt: skip


@pytest.fixture
def open_page(new_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    def make(learner: Learner | None = None) -> Page:
        page = new_context(learner, reduced_motion="reduce").new_page()
        page.set_default_timeout(20_000)
        return page

    return make


@pytest.mark.axe
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


@pytest.mark.axe
def test_pages_that_only_a_form_leads_to(live: Live, open_page: Callable[..., Page], ann: Learner) -> None:
    page = open_page(ann)
    for _ in refused(live, page, ann):
        check(page)


@pytest.mark.axe
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


@pytest.mark.axe
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
@pytest.mark.axe
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
    undo(page)
    expect(page.get_by_role("status")).to_have_text("Undone")
