"""Logging out: private pages are gone, also from the Back button and from the worker; unsent answers are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, expect

from flashcards.services.accounts.facade import Learner
from tests.browser.live import Live, answer, open_review, sent, until
from tests.browser.test_offline import connect, controlled, disconnect
from tests.site import PASSWORD


def kept_pages(page: Page) -> int:
    return int(
        page.evaluate(
            """async () => { let found = 0; for (const name of ["flashcards-pages", "flashcards-media"])
            if (await caches.has(name)) found += (await (await caches.open(name)).keys()).length; return found; }"""
        )
    )


def wait_kept(page: Page) -> None:
    """Until the worker has kept something."""
    for _ in range(400):
        if kept_pages(page):
            return
        page.wait_for_timeout(25)
    raise AssertionError("the worker kept nothing")


def wait_forgotten(page: Page) -> None:
    for _ in range(400):
        if not kept_pages(page):
            return
        page.wait_for_timeout(25)
    raise AssertionError("the worker forgot nothing")


def log_out(page: Page, live: Live) -> None:
    page.goto(f"{live.url}/settings")
    page.get_by_role("button", name="Log out").click()


def unsent(page: Page) -> int:
    return int(page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('flashcards.out.')).length"))


def test_back_after_logout_shows_nothing_private(live: Live, page: Page, ann: Learner) -> None:
    page.goto(f"{live.url}/decks/science/algebra")
    expect(page.get_by_role("heading", level=1)).to_have_text("Algebra")
    log_out(page, live)
    page.wait_for_url("**/login*")
    for _ in range(2):
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


def test_a_login_that_was_ended_elsewhere_leaves_nothing_in_the_worker(live: Live, page: Page, ann: Learner) -> None:
    page.goto(live.url)
    controlled(page)
    page.goto(f"{live.url}/decks/science/algebra")
    wait_kept(page)
    live.services.accounts.revoke_other_sessions(ann, "")
    page.goto(f"{live.url}/stats")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    wait_forgotten(page)
    disconnect(live, page)
    page.goto(f"{live.url}/decks/science/algebra")
    expect(page.get_by_role("heading", level=1)).to_have_text("This page is not kept here.")
    connect(live, page)


def test_a_review_that_learns_of_the_ended_login_keeps_its_answers_and_no_pages(
    live: Live, page: Page, ann: Learner
) -> None:
    page.goto(live.url)
    controlled(page)
    open_review(page, f"{live.url}/review")
    wait_kept(page)
    live.services.accounts.revoke_other_sessions(ann, "")
    answer(page)
    expect(page.locator("#unsent")).to_contain_text("Log in in another tab")
    wait_forgotten(page)
    answer(page)
    expect(page.locator("#waits")).to_have_text("2 not sent yet: kept in this browser")
    page.wait_for_timeout(500)  # what is held would be written down when the page is idle
    assert not kept_pages(page)
    assert unsent(page) == 2


def test_logging_out_sends_first(live: Live, page: Page, ann: Learner) -> None:
    page.goto(live.url)
    controlled(page)
    open_review(page, f"{live.url}/review")
    page.goto(f"{live.url}/settings")
    until(page, "document.documentElement.dataset.listening !== undefined")
    page.evaluate(
        """([learner, card]) => { const id = crypto.randomUUID();
        const answer = {id, card, grade: 4, at: Date.now(), ms: 1000, mode: "review"};
        localStorage.setItem(`flashcards.out.${learner}.${id}`, JSON.stringify(answer)); }""",
        [ann.id, live.services.review.queue(ann).cards[0].id],
    )
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login*")
    assert len(live.log(ann)) == 1
    assert unsent(page) == 0


def test_logging_out_says_how_many_could_not_be_sent_and_keeps_them(
    live: Live, page: Page, new_context: Callable[..., BrowserContext], ann: Learner
) -> None:
    open_review(page, f"{live.url}/review")
    page.route("**/api/v1/reviews/batch", lambda route: route.fulfill(status=503, json={"status": 503}))
    answer(page)
    answer(page)
    page.goto(f"{live.url}/settings")
    until(page, "document.documentElement.dataset.listening !== undefined")
    said: list[str] = []

    def decide(dialog: Dialog) -> None:
        said.append(dialog.message)
        if len(said) == 1:
            dialog.dismiss()
        else:
            dialog.accept()

    page.on("dialog", decide)
    page.get_by_role("button", name="Log out").click()
    until(page, "document.querySelector('[data-logout]').disabled === false")
    for _ in range(400):
        if said:
            break
        page.wait_for_timeout(25)
    assert said[0].startswith("2 answers are not sent yet.")
    assert page.url.endswith("/settings")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login*")
    assert unsent(page) == 2
    page.unroute("**/api/v1/reviews/batch")
    page.get_by_label("Name").fill("Ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live.url}/")
    until(page, "!Object.keys(localStorage).some((key) => key.startsWith('flashcards.out.'))")
    assert len(live.log(ann)) == 2


def test_the_login_page_says_that_answers_wait(live: Live, page: Page, ann: Learner) -> None:
    open_review(page, f"{live.url}/review?deck=science")
    live.services.accounts.revoke_other_sessions(ann, "")
    answer(page)
    expect(page.locator("#unsent")).to_contain_text("Log in in another tab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    expect(page.locator("#unsent")).to_have_text("1 answer waits in this browser to be sent: log in as before.")
    page.get_by_label("Name").fill("Ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live.url}/")
    sent(page)
    assert len(live.log(ann)) == 1


@pytest.mark.parametrize("script", [True, False])
def test_a_form_of_somebody_logged_out_is_kept_and_sent_again(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner, script: bool
) -> None:
    context = new_context(ann, java_script_enabled=script)
    page = context.new_page()
    card = live.services.review.queue(ann).cards[0].id
    page.goto(f"{live.url}/cards/{card}")
    page.get_by_label("What is wrong").fill("Two words\nare wrong")
    live.services.accounts.revoke_other_sessions(ann, "")
    page.get_by_role("button", name="Report it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing was saved.")
    with context.expect_page() as opened:
        page.get_by_role("link", name="Log in in another tab").click()
    other = opened.value
    other.get_by_label("Name").fill("Ann")
    other.get_by_label("Password").fill(PASSWORD)
    other.keyboard.press("Enter")
    expect(other.get_by_role("heading", level=1)).not_to_have_text("Log in")
    page.get_by_role("button", name="Send it again").click()
    expect(page.locator("main")).to_contain_text("Two words")
    assert page.url.startswith(f"{live.url}/cards/{card}")


def test_a_key_that_needs_the_server_says_that_the_login_is_over(live: Live, page: Page, ann: Learner) -> None:
    open_review(page, f"{live.url}/review?deck=science")
    live.services.accounts.revoke_other_sessions(ann, "")
    page.keyboard.press("-")
    expect(page.locator("#unsent")).to_contain_text("Log in in another tab")
    expect(page.locator("#unsent")).not_to_contain_text("token")
