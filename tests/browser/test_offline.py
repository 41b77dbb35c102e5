"""Without a connection nothing is lost and nothing is stored twice."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from flashcards.services.accounts.facade import Learner
from tests.browser.live import Live, answer, open_review, sent, undo, until, wait_keys, wait_ready
from tests.site import PASSWORD


def controlled(page: Page) -> None:
    """Waits until the service worker has what it needs and answers for this page."""
    page.evaluate("navigator.serviceWorker.ready")
    until(page, "navigator.serviceWorker.controller !== null")


def disconnect(live: Live, page: Page) -> None:
    page.context.set_offline(True)
    live.stop()  # the emulation alone lets service workers through


def connect(live: Live, page: Page) -> None:
    live.start()
    page.context.set_offline(False)


def test_fifteen_online_five_offline_make_twenty(live: Live, page: Page, ann: Learner) -> None:
    page.goto(live.url)
    controlled(page)
    open_review(page, f"{live.url}/review")
    cards = [answer(page) for _ in range(15)]
    sent(page)
    page.wait_for_timeout(300)  # what is held is written down when the page is idle
    disconnect(live, page)
    cards += [answer(page) for _ in range(3)]
    expect(page.locator("#waits")).to_have_text("3 not sent yet: kept in this browser")
    page.reload()
    wait_ready(page)
    expect(page.locator("#waits")).to_have_text("3 not sent yet: kept in this browser")
    cards += [answer(page) for _ in range(2)]
    expect(page.locator("#question")).to_contain_text("That was all this browser holds")
    page.reload()
    expect(page.locator("#waits")).to_have_text("5 not sent yet: kept in this browser")
    connect(live, page)
    page.wait_for_url("**/done*")
    log = live.log(ann)
    assert len(set(cards)) == 20
    assert [row.card for row in log] == cards
    assert [row.kind for row in log] == ["scheduled"] * 20


def test_an_offline_answer_can_be_undone_and_failed_cards_come_back(live: Live, page: Page, ann: Learner) -> None:
    page.goto(live.url)
    controlled(page)
    open_review(page, f"{live.url}/review?deck=programming")
    page.wait_for_timeout(300)
    disconnect(live, page)
    first = answer(page, "3")
    undo(page)
    expect(page.locator("#status")).to_have_text("Undone")
    assert answer(page, "1") == first
    page.keyboard.press("-")
    expect(page.locator("#unsent")).to_contain_text("No connection")
    for _ in range(4):
        answer(page, "3")
    expect(page.locator("#where")).to_contain_text("drill")
    assert answer(page, "3") == first
    connect(live, page)
    page.wait_for_url("**/done*")
    rows = [(row.card, row.kind, row.grade) for row in live.log(ann)]
    assert rows[0] == (first, "scheduled", 1)
    assert rows[-1] == (first, "drill", 4)
    assert len(rows) == 6
    assert all(not row.undone for row in live.services.review.log(ann))


def test_an_answer_whose_reply_was_lost_is_undone_on_the_server(live: Live, page: Page, ann: Learner) -> None:
    open_review(page, f"{live.url}/review?deck=science")
    lost = False

    def lose(route: object) -> None:
        nonlocal lost
        lost = True
        route.fetch()  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route("**/api/v1/reviews/batch", lose)
    card = answer(page, "3")
    until(page, "document.querySelector('#waits').textContent !== ''")
    assert lost
    assert [row.card for row in live.log(ann)] == [card]
    undo(page)
    expect(page.locator("#status")).to_have_text("Undone")
    page.unroute("**/api/v1/reviews/batch")
    answer(page, "1")
    sent(page)
    assert [(row.card, row.grade) for row in live.log(ann)] == [(card, 1)]


def test_visited_pages_open_offline_and_are_gone_after_logging_out(live: Live, page: Page, ann: Learner) -> None:
    page.goto(live.url)
    controlled(page)
    page.goto(f"{live.url}/decks/science/algebra")
    page.wait_for_timeout(200)
    disconnect(live, page)
    page.goto(live.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("20 cards today")
    page.goto(f"{live.url}/decks/science/algebra")
    expect(page.get_by_role("heading", level=1)).to_have_text("Algebra")
    page.goto(f"{live.url}/decks/science/extremes")
    expect(page.get_by_role("heading", level=1)).to_have_text("This page is not kept here.")
    connect(live, page)
    page.goto(f"{live.url}/settings")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login*")
    disconnect(live, page)
    page.goto(f"{live.url}/decks/science/algebra")
    expect(page.get_by_role("heading", level=1)).to_have_text("This page is not kept here.")
    page.goto(live.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("This page is not kept here.")
    connect(live, page)


def kept_today(says: str) -> str:
    """That the worker keeps Today as it says this."""
    return f"""caches.open("flashcards-pages").then((cache) => cache.match("/")).then((page) => page?.text())
        .then((text) => (text ?? "").includes("{says}"))"""


def test_today_opens_offline_whichever_page_was_opened(live: Live, page: Page, ann: Learner) -> None:
    page.goto(f"{live.url}/decks")
    controlled(page)
    until(page, kept_today("20 cards today"))
    # A form changes it: the next page, whichever it is, brings it again.
    page.goto(f"{live.url}/settings")
    page.get_by_label("New cards a day").fill("6")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.goto(f"{live.url}/decks/programming/python")
    until(page, kept_today("6 cards today"))
    disconnect(live, page)
    page.goto(live.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("6 cards today")
    connect(live, page)


def test_a_refused_answer_is_told_and_does_not_block_others(live: Live, page: Page, ann: Learner) -> None:
    open_review(page, f"{live.url}/review")
    page.evaluate(
        """learner => { const id = crypto.randomUUID(); localStorage.setItem(`flashcards.out.${learner}.${id}`,
        JSON.stringify({id, card: "999999", grade: 4, at: 1, ms: 1000})); }""",
        ann.id,
    )
    card = answer(page)
    sent(page)
    expect(page.locator("#unsent")).to_contain_text("1 not accepted: There is no such card.")
    assert [row.card for row in live.log(ann)] == [card]


def test_an_ended_session_keeps_answers_until_the_same_learner_is_back(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner
) -> None:
    context = new_context(ann)
    page = context.new_page()
    open_review(page, f"{live.url}/review")
    context.clear_cookies()
    card = answer(page)
    expect(page.locator("#unsent")).to_contain_text("Log in in another tab")
    ben = live.site.learner("Ben")
    live.enter(context, ben)
    answer(page)
    expect(page.locator("#waits")).to_have_text("2 not sent yet: kept in this browser")
    other = context.new_page()
    other.goto(f"{live.url}/help")
    other.wait_for_timeout(200)
    assert live.log(ben) == []
    context.clear_cookies()
    other.goto(f"{live.url}/login")
    other.get_by_label("Name").fill("Ann")
    other.get_by_label("Password").fill(PASSWORD)
    other.keyboard.press("Enter")
    other.wait_for_url(f"{live.url}/")
    sent(other)
    log = live.log(ann)
    assert len(log) == 2
    assert log[0].card == card


def unsent_line(page: Page) -> Locator:
    return page.locator("#unsent")


def test_today_says_that_it_is_kept_and_counts_again_once_all_is_sent(live: Live, page: Page, ann: Learner) -> None:
    page.goto(live.url)
    controlled(page)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("20 cards today")
    open_review(page, f"{live.url}/review")
    for _ in range(3):
        answer(page)
    sent(page)
    page.wait_for_timeout(300)  # what is held is written down when the page is idle
    disconnect(live, page)
    for _ in range(2):
        answer(page)
    page.goto(live.url)
    expect(heading).to_have_text("20 cards today")
    expect(unsent_line(page)).to_have_text(
        re.compile(r"No connection: this page is as it was at \d\d:\d\d. 2 answers not sent yet. ?")
    )
    connect(live, page)
    expect(heading).to_have_text("15 cards today")
    expect(unsent_line(page)).to_be_hidden()
    assert len(live.log(ann)) == 5


def test_a_kept_page_comes_anew_when_the_connection_is_back_but_for_what_was_entered(
    live: Live, page: Page, ann: Learner
) -> None:
    page.goto(f"{live.url}/cards/{(card := live.services.review.queue(ann).cards[0].id)}")
    controlled(page)
    page.goto(f"{live.url}/decks/science/algebra")
    page.goto(f"{live.url}/cards/{card}")
    page.wait_for_timeout(200)
    disconnect(live, page)
    page.goto(f"{live.url}/decks/science/algebra")
    expect(unsent_line(page)).to_contain_text("No connection: this page is as it was at")
    connect(live, page)
    expect(unsent_line(page)).to_be_hidden()
    disconnect(live, page)
    page.goto(f"{live.url}/cards/{card}")
    page.get_by_label("What is wrong").fill("Something")
    connect(live, page)
    expect(unsent_line(page)).to_contain_text("The connection is back")
    expect(page.get_by_label("What is wrong")).to_have_value("Something")


def test_today_in_another_tab_counts_again_when_it_is_looked_at(live: Live, page: Page, ann: Learner) -> None:
    page.goto(live.url)
    wait_keys(page)
    other = page.context.new_page()
    open_review(other, f"{live.url}/review?deck=science")
    answer(other)
    sent(other)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("heading", level=1)).to_have_text("19 cards today")


@pytest.mark.parametrize("width", [320, 1280])
def test_a_form_sent_without_a_connection_keeps_what_was_entered(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner, width: int
) -> None:
    page = new_context(ann, viewport={"width": width, "height": 800}).new_page()
    card = live.services.review.queue(ann).cards[0].id
    page.goto(f"{live.url}/cards/{card}")
    wait_keys(page)
    page.get_by_label("What is wrong").fill("Two words are wrong")
    page.context.set_offline(True)
    for _ in range(2):
        page.get_by_role("button", name="Report it").click()
        expect(page.get_by_role("alert")).to_contain_text("No connection: nothing was sent.")
        expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(page.get_by_label("What is wrong")).to_have_value("Two words are wrong")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.context.set_offline(False)
    page.get_by_role("button", name="Report it").click()
    expect(page.locator("main")).to_contain_text("Two words are wrong")
    expect(page.locator(".unconnected")).to_have_count(0)
