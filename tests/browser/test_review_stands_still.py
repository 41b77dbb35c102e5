"""What the review says beside the card takes one line and moves nothing; a gap is filled where it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from flashcards.services.accounts.facade import Learner
from tests.browser.live import Live, answer, current_card, open_review, sent, show, undo, wait_card, wait_keys

PLACE = "element => { const box = element.getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; }"
TEXT_PLACES = """element => { const places = [], walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) { const range = document.createRange(); range.selectNode(walk.currentNode);
    for (const box of range.getClientRects()) places.push([box.x, box.y, box.width, box.height].map(Math.round)); }
  return places; }"""
PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("size", [PHONE, {"width": 320, "height": 568}, {"width": 1280, "height": 800}])
def test_a_notice_takes_one_line_moves_nothing_and_closes_the_menu(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner, size: Any
) -> None:
    page = new_context(ann, viewport=size, service_workers="block").new_page()
    open_review(page, f"{live.url}/review?deck=science")
    before = {name: page.locator(name).evaluate(PLACE) for name in ("#question", ".bar", ".rtop")}
    page.route("**/api/**", lambda route: route.abort())
    page.locator("#menu summary").click()
    page.get_by_role("button", name="Bury card").click()
    expect(page.locator("#unsent")).to_have_text("No connection: this needs the server")
    assert not page.locator("#menu").evaluate("menu => menu.open")
    assert {name: page.locator(name).evaluate(PLACE) for name in before} == before
    line = page.locator(".bar .line")
    assert line.evaluate("line => [line.clientHeight, line.scrollHeight <= line.clientHeight]") == [28, True]
    page.evaluate("document.querySelector('#unsent').textContent = 'A very long notice '.repeat(20)")
    assert {name: page.locator(name).evaluate(PLACE) for name in before} == before


def test_what_waits_offline_is_counted_without_what_was_taken_back(live: Live, page: Page, ann: Learner) -> None:
    open_review(page, f"{live.url}/review?deck=science")
    page.route("**/api/**", lambda route: route.abort())
    for _ in range(3):
        answer(page)
    expect(page.locator("#waits")).to_have_text("3 not sent yet: kept in this browser")
    undo(page)
    expect(page.locator("#status")).to_have_text("Undone")
    page.keyboard.press("Enter")
    answered = current_card(page)
    undo(page)
    expect(page.locator("#info")).not_to_have_attribute("href", f"/cards/{answered}")
    answer(page)
    expect(page.locator("#waits")).to_have_text("2 not sent yet: kept in this browser")


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("note", ["languages/words#cases", "science/algebra#ridge"])
def test_a_gap_is_filled_where_it_stands(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner, width: int, note: str
) -> None:
    _only(live, ann, f"{note}/c1")
    page = new_context(ann, viewport={"width": width, "height": 844}).new_page()
    open_review(page, f"{live.url}/review?deck={note.partition('#')[0]}")
    question = page.locator("#question")
    assert page.locator("#question .gap.open").count() > 0
    before = question.evaluate(TEXT_PLACES)
    show(page)
    assert question.evaluate(TEXT_PLACES) == before
    assert page.locator("#question .open").count() == 0
    assert page.locator("#answer .md").inner_text() == ""


def test_space_pages_through_a_long_answer_before_it_is_good(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner
) -> None:
    _only(live, ann, "science/extremes#tall/forward")
    page = new_context(ann, viewport={"width": 390, "height": 500}).new_page()
    open_review(page, f"{live.url}/review?deck=science/extremes")
    card = current_card(page)
    page.keyboard.press("Space")
    expect(page.locator("#answer")).to_be_visible()
    expect(page.locator("#below")).to_be_visible()
    presses = 0
    while page.evaluate(
        "document.querySelector('#answer').getBoundingClientRect().bottom"
        " > document.querySelector('.bar').getBoundingClientRect().top + 1"
    ):
        at = page.evaluate("scrollY")
        page.keyboard.press("Space")
        assert page.evaluate("scrollY") > at
        assert current_card(page) == card
        presses += 1
    assert presses > 0
    expect(page.locator("#below")).to_be_hidden()
    assert not [row for row in live.log(ann) if row.grade is not None]
    page.keyboard.press("Space")
    page.wait_for_url("**/done*")


def _only(live: Live, learner: Learner, key: str) -> None:
    """Leaves nothing but this card to be asked."""
    for card in live.services.review.cards(learner, limit=500).items:
        if card.key != key:
            live.services.review.act(learner, card.id, "suspend")


@pytest.mark.parametrize("key", ["i", "e"])
def test_escape_on_a_page_of_the_card_comes_back_to_it(live: Live, page: Page, ann: Learner, key: str) -> None:
    open_review(page, f"{live.url}/review?deck=science")
    answer(page, "1")
    sent(page)
    card = current_card(page)
    page.keyboard.press(key)
    page.wait_for_url("**/cards/*" if key == "i" else "**/edit?*")
    page.wait_for_selector("html[data-listening]", state="attached")
    if key == "i":
        expect(page.get_by_role("link", name="Back to the review")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_url("**/review?*")
    wait_card(page, card)
    page.goto(f"{live.url}/decks")
    page.goto(f"{live.url}/cards/{card}")
    expect(page.get_by_role("link", name="Back to the review")).to_be_hidden()


def test_an_answer_that_is_sent_late_calls_nobody_back_who_is_leaving(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner
) -> None:
    page = new_context(ann, service_workers="block").new_page()
    open_review(page, f"{live.url}/review?deck=science")
    page.route("**/api/v1/reviews/batch", lambda route: route.abort())
    answer(page)
    card = current_card(page)
    page.keyboard.press("i")
    page.wait_for_url("**/cards/*")
    information = page.url
    page.goto("about:blank")  # here nobody tries to send it
    page.unroute("**/api/v1/reviews/batch")
    sending, way = Held(page, "**/api/v1/reviews/batch"), Held(page, "**/review?*")
    page.goto(information)
    wait_keys(page)
    sending.wait()
    page.keyboard.press("Escape")
    way.wait()
    with page.expect_response("**/api/v1/reviews/batch"):
        sending.let_go()
    page.wait_for_timeout(300)  # the page of the card hears that its numbers are old
    way.let_go()
    page.wait_for_url("**/review?*")
    wait_card(page, card)


class Held:
    """What the page asks of one address gets no answer until it is let go."""

    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self._routes: list[Route] = []
        self._open = False
        page.route(address, lambda route: route.continue_() if self._open else self._routes.append(route))

    def wait(self) -> None:
        """Waits until something is asked for."""
        for _ in range(1000):
            if self._routes:
                return
            self._page.wait_for_timeout(20)
        raise AssertionError(f"nothing was asked for on {self._page.url}")

    def let_go(self) -> None:
        self._open = True
        for route in self._routes:
            route.continue_()
