"""Two tabs, two browsers, double clicks: every answer once."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from flashcards.services.accounts.facade import Learner
from tests.browser.live import Live, answer, current_card, open_review, sent, show, undo, until, wait_ready


def test_two_tabs_and_two_browsers(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    first, second = new_context(ann), new_context(ann)
    pages = [first.new_page(), first.new_page(), second.new_page()]
    for page in pages:
        open_review(page, f"{live.url}/review")
    given = 0
    for _ in range(4):
        for page in pages:
            answer(page, "3")
            given += 1
    for page in pages:
        sent(page)
    log = live.services.review.log(ann, limit=500)
    assert len(log) == len({row.id for row in log}) == given
    moved = [row.card for row in log if row.kind == "scheduled"]
    assert len(moved) == len(set(moved)), "a card was scheduled twice"


def test_another_tab_drops_the_cards_that_were_answered(live: Live, page: Page, ann: Learner) -> None:
    other = page.context.new_page()
    open_review(other, f"{live.url}/review")
    open_review(page, f"{live.url}/review")
    cards = [answer(page) for _ in range(3)]
    sent(page)
    assert answer(other) == cards[0]  # it was on the screen
    assert answer(other) not in cards


def test_a_double_click_grades_once_and_does_not_reveal_the_next_card(live: Live, page: Page, ann: Learner) -> None:
    open_review(page, f"{live.url}/review")
    show(page)
    page.get_by_role("button", name="Good").dblclick()
    page.wait_for_timeout(100)
    assert page.locator("#answer").is_hidden()
    sent(page)
    assert len(live.log(ann)) == 1


def test_two_accounts_in_one_browser_never_mix(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner
) -> None:
    ben = live.site.learner("Ben")
    context = new_context(ann)
    page = context.new_page()
    open_review(page, f"{live.url}/review")
    page.route("**/api/**", lambda route: route.abort())
    card = answer(page)
    until(page, "document.querySelector('#waits').textContent === '1 not sent yet: kept in this browser'")
    live.enter(context, ben)
    page.unroute("**/api/**")
    page.goto(f"{live.url}/")
    page.wait_for_timeout(200)
    assert live.log(ben) == live.log(ann) == []
    live.enter(context, ann)
    page.goto(f"{live.url}/")
    sent(page)
    assert [row.card for row in live.log(ann)] == [card]
    assert live.log(ben) == []


@pytest.mark.parametrize("address", ["/review?deck=science", "/"])
def test_a_page_made_before_an_answer_was_taken_does_not_go_by_it(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner, address: str
) -> None:
    """A reload while an answer is on its way: the page is made before the server takes the answer, and shown after
    this browser has dropped it."""
    context = new_context(ann, service_workers="block")
    page = context.new_page()
    open_review(page, f"{live.url}/review?deck=science")
    total = live.services.review.queue(ann).left.total
    posts, pages = _hold(context, "**/api/v1/reviews/batch"), _hold(context, f"{live.url}{address}")
    card = answer(page, "3")
    _until_there(page, posts)
    later = context.new_page()
    later.evaluate("address => { location.assign(address); }", f"{live.url}{address}")
    _until_there(page, pages)
    older = pages[0].fetch()
    posts[0].continue_()
    sent(page)
    pages[0].fulfill(response=older)
    if address == "/":
        expect(later.get_by_role("heading", level=1)).to_have_text(f"{total - 1} cards today")
        return
    wait_ready(later)
    assert current_card(later) != card
    answer(later, "3")
    sent(later)
    assert [row.kind for row in live.log(ann)] == ["scheduled", "scheduled"]


def _hold(context: BrowserContext, address: str) -> list[Route]:
    """Keeps the first request to an address back."""
    held: list[Route] = []
    context.route(address, lambda route: route.continue_() if held else held.append(route))
    return held


def _until_there(page: Page, held: list[Route]) -> None:
    deadline = time.monotonic() + 20
    while not held:
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


def test_undo_says_what_another_tab_had_done(live: Live, page: Page, ann: Learner) -> None:
    """Both tabs showed the same card: neither the count nor the card changes by what is taken back."""
    other = page.context.new_page()
    open_review(other, f"{live.url}/review")
    open_review(page, f"{live.url}/review")
    card = answer(page, "3")
    sent(page)
    page.set_viewport_size({"width": 320, "height": 640})
    assert answer(other, "1") == card
    sent(other)
    title = live.services.review.card(ann, card).title
    undo(page)
    expect(page.locator("#unsent")).to_have_text(f"Undone, done elsewhere: Again on “{title}”")
    expect(page.locator("#status")).to_have_text(f"Undone, done elsewhere: Again on “{title}”")
    assert [row.grade for row in live.log(ann)] == [4]
    wait_ready(page)
    assert page.locator(".line").evaluate("it => it.scrollWidth <= it.clientWidth"), "the card's name is cut off"
    assert "undone" not in page.url
    undo(page)
    expect(page.locator("#unsent")).to_have_text(f"Undone: Good on “{title}”")
    wait_ready(page)
    assert current_card(page) == card
    assert live.log(ann) == []
    answer(page, "3")
    expect(page.locator("#unsent")).to_be_hidden()
    page.reload()
    wait_ready(page)
    expect(page.locator("#unsent")).to_be_hidden()


def test_undo_says_what_was_done_to_cards_elsewhere(live: Live, page: Page, ann: Learner) -> None:
    open_review(page, f"{live.url}/review?deck=science")
    answer(page, "3")
    sent(page)
    cards = [card.id for card in live.services.review.queue(ann, deck="languages", limit=9).cards[:3]]
    live.services.review.act(ann, cards[0], "suspend", also=cards[1:])
    undo(page)
    expect(page.locator("#unsent")).to_have_text("Undone, done elsewhere: suspending 3 cards")
    assert [row.verb for row in live.log(ann)] == [None]
