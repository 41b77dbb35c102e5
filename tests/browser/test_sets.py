"""Studying exactly what was chosen, in the browser: the script keeps to the same rules as the server."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from flashcards.services.accounts.facade import Learner
from tests.browser.axe import check
from tests.browser.live import Live, answer, current_card, open_review, sent, show, undo, wait_ready
from tests.browser.test_offline import connect, controlled, disconnect

DECK = "programming"


def study(page: Page, live: Live, q: str = f"deck:{DECK}", *, cram: bool = True) -> None:
    """Begins a set from Browse."""
    page.goto(f"{live.url}/browse?q={q}")
    if cram:
        page.get_by_role("checkbox", name="move no date").check()
    page.get_by_role("button", name="Study these").click()
    page.wait_for_url("**/review?set=*")
    wait_ready(page)


def test_a_set_from_browse_until_each_is_right(live: Live, page: Page, ann: Learner) -> None:
    study(page, live)
    expect(page.get_by_text("A set: your schedule stays as it is.")).to_be_visible()
    expect(page.locator("#left")).to_have_text("5")
    expect(page.locator("#where")).to_contain_text("cram")
    failed = current_card(page)
    show(page)
    assert page.locator("#grade-form small").all_text_contents() == ["again", *["date stays"] * 3]
    page.keyboard.press("1")
    expect(page.locator("#left")).to_have_text("5")
    others = [answer(page, "2") for _ in range(4)]
    expect(page.locator("#left")).to_have_text("1")
    assert answer(page, "3") == failed
    undo(page)
    expect(page.locator("#status")).to_have_text("Undone")
    assert [answer(page, key) for key in ("3", "1", "3", "3")] == [failed] * 4
    page.wait_for_url("**/done?set=*")
    expect(page.get_by_role("heading", level=1)).to_have_text("The set is done: 5 cards.")
    rows = live.log(ann)
    assert [row.card for row in rows] == [failed, *others, *[failed] * 4]
    assert {row.kind for row in rows} == {"cram"}
    assert all(row.before == row.after for row in rows)
    page.get_by_role("button", name="Study the 1 failed today").click()
    page.wait_for_url("**/review?set=*")
    expect(page.locator("#left")).to_have_text("1")


def test_what_is_new_or_due_moves_as_usual(live: Live, page: Page, ann: Learner) -> None:
    study(page, live, cram=False)
    expect(page.get_by_text("A set of 5 cards, asked as usual.")).to_be_visible()
    failed = answer(page, "1")
    for _ in range(4):
        answer(page, "4")
    expect(page.locator("#where")).to_contain_text("again")
    assert answer(page, "3") == failed
    expect(page.locator("#where")).to_contain_text("again")
    assert answer(page, "3") == failed
    page.wait_for_url("**/done?set=*")
    assert [row.kind for row in live.log(ann)] == [*["scheduled"] * 5, "drill", "cram"]


def test_the_server_goes_on_where_the_page_stopped(live: Live, page: Page, ann: Learner) -> None:
    study(page, live)
    failed = answer(page, "1")
    answer(page, "3")
    sent(page)
    page.reload()
    wait_ready(page)
    expect(page.locator("#left")).to_have_text("4")
    for _ in range(3):
        assert answer(page, "3") != failed
    assert [answer(page, "3") for _ in range(2)] == [failed] * 2
    page.wait_for_url("**/done?set=*")


def test_a_set_goes_on_without_a_connection(live: Live, page: Page, ann: Learner) -> None:
    page.goto(live.url)
    controlled(page)
    study(page, live)
    page.wait_for_timeout(300)  # what is held is written down when the page is idle
    disconnect(live, page)
    failed = answer(page, "1")
    answer(page, "3")
    page.reload()
    wait_ready(page)
    expect(page.locator("#left")).to_have_text("4")
    for _ in range(3):
        answer(page, "3")
    assert [answer(page, "3") for _ in range(2)] == [failed] * 2
    connect(live, page)
    sent(page)
    page.wait_for_url("**/done?set=*")
    assert {row.kind for row in live.log(ann)} == {"cram"}
    assert len(live.log(ann)) == 7


def test_a_card_put_away_leaves_the_set(live: Live, page: Page, ann: Learner) -> None:
    study(page, live)
    away = current_card(page)
    page.keyboard.press("-")
    expect(page.locator("#left")).to_have_text("4")
    assert current_card(page) != away
    undo(page)
    expect(page.locator("#left")).to_have_text("5")
    assert current_card(page) == away


def test_cards_are_flagged_by_keyboard_and_by_menu(live: Live, page: Page, ann: Learner) -> None:
    review = live.services.review
    open_review(page, f"{live.url}/review?deck={DECK}")
    card = current_card(page)
    page.keyboard.press("f")
    expect(page.locator("#unsent")).to_contain_text("Flag: 1 to 7")
    page.keyboard.press("3")
    expect(page.locator("#flag")).to_have_text("Flag 3")
    expect(page.locator("#unsent")).to_be_hidden()
    assert (current_card(page), review.card(ann, card).flag) == (card, 3)
    show(page)
    page.get_by_label("More actions").click()
    expect(page.get_by_role("button", name="Flag 3, green")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Flag 7, purple").click()
    expect(page.locator("#flag")).to_have_text("Flag 7")
    expect(page.locator("#answer")).to_be_visible()
    undo(page)
    expect(page.locator("#flag")).to_have_text("Flag 3")
    expect(page.locator("#status")).to_have_text("Undone")
    expect(page.locator("#answer")).to_be_visible()
    page.keyboard.press("f")
    page.keyboard.press("x")  # no flag: nothing happens, and the keys mean what they did
    page.keyboard.press("3")
    expect(page.locator("#left")).not_to_have_text("5")
    sent(page)
    assert review.card(ann, card).flag == 3
    open_review(page, page.url)
    undo(page)
    page.wait_for_url(f"**/review?deck={DECK}*card={card}*")
    expect(page.locator("#flag")).to_have_text("Flag 3")
    wait_ready(page)
    page.keyboard.press("f")
    page.keyboard.press("0")
    expect(page.locator("#flag")).to_be_hidden()
    assert [row.verb for row in live.log(ann)] == ["flag:3", "flag:0"]


@pytest.mark.axe
def test_accessibility(live: Live, page: Page, ann: Learner) -> None:
    for flag, card in enumerate(live.services.review.cards(ann, q=f"deck:{DECK}").items, start=3):
        live.services.review.flag(ann, card.id, flag)
    page.goto(f"{live.url}/browse?q=deck:{DECK}")
    check(page)
    page.get_by_role("link", name="What is the difference").click()
    check(page)
    page.goto(f"{live.url}/decks/programming/python")
    check(page)
    study(page, live)
    page.get_by_label("More actions").click()
    check(page)
    open_review(page, page.url)
    for _ in range(5):
        answer(page, "3")
    page.wait_for_url("**/done?set=*")
    check(page)


@pytest.mark.axe
def test_a_search_is_saved_and_stands_on_today(live: Live, page: Page, ann: Learner) -> None:
    page.goto(f"{live.url}/browse?q=deck:{DECK}")
    page.get_by_text("Save this search").click()
    page.get_by_label("Name of the search").fill("Python")
    page.get_by_role("checkbox", name="on Today").check()
    check(page)
    page.get_by_role("button", name="Save search").click()
    expect(page.get_by_role("status")).to_have_text("The search is saved.")
    page.goto(live.url)
    check(page)
    page.get_by_role("link", name="Python 5").click()
    expect(page.locator("#q")).to_have_value(f"deck:{DECK}")
    page.get_by_role("link", name="Manage").click()
    check(page)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("None yet.")).to_be_visible()
