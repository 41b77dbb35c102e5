"""Studying ahead and confusable cards, in the browser: the script keeps to the same rules as the server."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from playwright.sync_api import BrowserContext, Page, expect

from flashcards.services.accounts.facade import Learner
from tests.browser.live import Live, answer, current_card, open_review, sent, show, undo
from tests.browser.test_offline import connect, controlled, disconnect

DECK = "programming"


def learn(page: Page, live: Live) -> None:
    """Nothing is left of the deck today."""
    open_review(page, f"{live.url}/review?deck={DECK}")
    for _ in range(5):
        answer(page)
    page.wait_for_url("**/done*")


def test_a_session_ahead(live: Live, page: Page, ann: Learner) -> None:
    learn(page, live)
    page.get_by_role("link", name="Study ahead").click()
    page.wait_for_url(f"**/review?deck={DECK}&mode=ahead")
    page.wait_for_selector("html[data-ready]", state="attached")
    expect(page.get_by_text("answers change no dates")).to_be_visible()
    expect(page.locator("#left")).to_have_text("5")
    expect(page.locator("#where")).to_contain_text("ahead")
    first = current_card(page)
    show(page)
    assert page.locator("#grade-form small").all_text_contents() == ["date stays"] * 4
    page.keyboard.press("1")
    expect(page.locator("#left")).to_have_text("4")
    undo(page)
    expect(page.locator("#info")).to_have_attribute("href", f"/cards/{first}")
    asked = [answer(page, "1") for _ in range(5)]  # no drill follows
    page.wait_for_url(f"**/done?deck={DECK}&mode=ahead")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing left to study ahead.")
    rows = [row for row in live.log(ann) if row.kind == "ahead"]
    assert [row.card for row in rows] == asked
    assert len(set(asked)) == 5
    assert all(row.before == row.after for row in rows)


def test_answers_ahead_wait_offline_as_what_they_are(live: Live, page: Page, ann: Learner) -> None:
    learn(page, live)
    controlled(page)
    open_review(page, f"{live.url}/review?deck={DECK}&mode=ahead")
    page.wait_for_timeout(300)  # what is held is written down when the page is idle
    disconnect(live, page)
    asked = [answer(page, "3") for _ in range(2)]
    page.reload()
    page.wait_for_selector("html[data-ready]", state="attached")
    expect(page.locator("#left")).to_have_text("3")
    connect(live, page)
    sent(page)
    rows = [(row.card, row.kind) for row in live.log(ann)][5:]
    assert rows == [(card, "ahead") for card in asked]


def test_undo_from_a_page_that_was_opened_anew_knows_the_mode(live: Live, page: Page, ann: Learner) -> None:
    learn(page, live)
    last = live.log(ann)[-1].card
    open_review(page, f"{live.url}/review?mode=ahead")
    undo(page)
    expect(page.locator("#info")).to_have_attribute("href", f"/cards/{last}")
    expect(page).to_have_url(f"{live.url}/review")  # and no more ahead


def test_confusable_cards_are_drilled_apart(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner
) -> None:
    cards = [card.id for card in live.services.review.queue(ann, deck=DECK).cards]
    database = live.services.database
    with database.write():
        database.execute("UPDATE note_front SET mark = note_id")
        for card in (cards[0], cards[2]):
            sql = "UPDATE note_front SET mark = 0 WHERE note_id = (SELECT note_id FROM card WHERE id = ?)"
            database.execute(sql, (card,))
    page = new_context(ann).new_page()
    open_review(page, f"{live.url}/review?deck={DECK}")
    alike = {cards[0], cards[2]}
    asked = [answer(page, "1" if card in alike else "3") for card in cards[:3]]
    assert asked == cards[:3]
    asked += [answer(page, "3") for _ in range(4)]
    page.wait_for_url("**/done*")
    assert sorted(asked) == sorted([*cards, *alike])
    assert not any({left, right} == alike for left, right in pairwise(asked))
