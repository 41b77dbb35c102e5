"""The keys of the review, and when they are left alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from flashcards.services.accounts.facade import Learner
from tests.browser.live import Live, current_card, open_review, sent, show, until, wait_keys, wait_ready


@pytest.fixture
def review(live: Live, page: Page) -> Page:
    open_review(page, f"{live.url}/review?deck=programming")
    return page


def grades(live: Live, learner: Learner) -> list[int | None]:
    return [row.grade for row in live.log(learner)]


@pytest.mark.parametrize("key", ["Space", "Enter"])
def test_space_and_enter_show_then_grade_good(live: Live, review: Page, ann: Learner, key: str) -> None:
    review.keyboard.press(key)
    expect(review.locator("#answer")).to_be_focused()
    review.keyboard.press(key)
    expect(review.locator("#status")).to_have_text("Good")
    expect(review.locator("#question")).to_be_focused()
    sent(review)
    assert grades(live, ann) == [4]


def test_digits_grade_only_what_is_shown(live: Live, review: Page, ann: Learner) -> None:
    review.keyboard.press("1")
    expect(review.locator("#answer")).to_be_hidden()
    for key in "1234":
        show(review)
        review.keyboard.press(key)
    sent(review)
    assert grades(live, ann) == [1, 3, 4, 5]


def test_six_grades(live: Live, page: Page, ann: Learner) -> None:
    live.services.accounts.save_settings(ann, buttons=6, new_per_day=100)
    open_review(page, f"{live.url}/review")
    for key in "012345":
        show(page)
        page.keyboard.press(key)
    sent(page)
    assert grades(live, ann) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("press", ["Control+3", "Alt+3", "Meta+3", "Control+Enter"])
def test_modifiers_are_left_alone(live: Live, review: Page, ann: Learner, press: str) -> None:
    show(review)
    review.keyboard.press(press)
    expect(review.locator("#answer")).to_be_visible()
    assert grades(live, ann) == []


@pytest.mark.parametrize(
    "event", ["{key: '3', repeat: true}", "{key: '3', isComposing: true}", "{key: '3', keyCode: 229}"]
)
def test_repeats_and_input_methods_are_left_alone(live: Live, review: Page, ann: Learner, event: str) -> None:
    show(review)
    review.evaluate(
        f"document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{bubbles: true, ...{event}}}))"
    )
    expect(review.locator("#answer")).to_be_visible()
    review.evaluate("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {bubbles: true, key: '3'}))")
    expect(review.locator("#answer")).to_be_hidden()


def test_keys_typed_into_the_answer_are_text(live: Live, page: Page, ann: Learner) -> None:
    open_review(page, f"{live.url}/review?deck=languages/capitals")
    page.keyboard.type("u-@ 1?i")
    expect(page.get_by_label("Your answer")).to_have_value("u-@ 1?i")
    assert "/review" in page.url
    assert live.log(ann) == []


def test_escape_leaves_the_field_and_then_keys_are_keys(live: Live, page: Page, ann: Learner) -> None:
    open_review(page, f"{live.url}/review?deck=languages/capitals")
    page.keyboard.press("Escape")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.press("-")
    expect(page.locator("#status")).to_have_text("Buried")


def test_a_focused_button_is_pressed_by_enter(live: Live, review: Page, ann: Learner) -> None:
    show(review)
    review.get_by_role("button", name="Again").focus()
    review.keyboard.press("Enter")
    sent(review)
    assert grades(live, ann) == [1]


def test_letters_symbols_and_digits_can_be_switched_off(live: Live, page: Page, ann: Learner) -> None:
    live.services.accounts.save_settings(ann, letter_keys=False)
    open_review(page, f"{live.url}/review?deck=programming")
    card = current_card(page)
    show(page)
    for key in ["1", "u", "-", "@", "?", "i", "r"]:
        page.keyboard.press(key)
    assert current_card(page) == card
    assert not page.locator("#keys").is_visible()
    page.keyboard.press("Space")
    sent(page)
    assert grades(live, ann) == [4]
    page.goto(live.url)
    wait_keys(page)
    page.keyboard.press("a")
    assert page.url == f"{live.url}/"


def test_help_info_and_leaving(live: Live, review: Page) -> None:
    review.keyboard.press("?")
    expect(review.get_by_role("dialog")).to_be_visible()
    review.keyboard.press("3")
    review.keyboard.press("Escape")
    expect(review.locator("#keys")).not_to_be_visible()
    card = current_card(review)
    review.keyboard.press("i")
    review.wait_for_url(f"**/cards/{card}")
    review.go_back()
    wait_ready(review)
    review.keyboard.press("Escape")
    review.wait_for_url(f"{live.url}/")


def test_the_menu_closes_by_escape_first(live: Live, review: Page) -> None:
    review.locator("#menu summary").click()
    review.locator("#menu summary").press("Escape")
    expect(review.locator("#menu > div")).not_to_be_visible()
    assert "/review" in review.url
    review.locator("#menu summary").press("Enter")
    review.keyboard.press("Tab")
    review.keyboard.press("Escape")
    expect(review.locator("#menu summary")).to_be_focused()


def test_keys_between_pages(live: Live, page: Page) -> None:
    page.goto(live.url)
    wait_keys(page)
    page.keyboard.press("a")
    page.wait_for_url("**/decks")
    expect(page.get_by_role("heading", level=1)).to_have_text("Decks")
    wait_keys(page)
    page.keyboard.press("d")
    page.wait_for_url(f"{live.url}/")
    wait_keys(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/review")
    expect(page.locator("#question")).to_be_visible()


def test_a_question_mark_leads_to_the_help(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/decks")
    wait_keys(page)
    page.keyboard.press("?")
    page.wait_for_url("**/help")
    expect(page.get_by_role("heading", level=1)).to_have_text("Help")


def test_sound_is_replayed(live: Live, page: Page) -> None:
    live.services.accounts.save_settings(live.services.accounts.find("Ann"), new_per_day=100)
    open_review(page, f"{live.url}/review?deck=science/extremes")
    while not page.locator("#question audio").count():
        show(page)
        page.keyboard.press("3")
    page.evaluate(
        "window.played = 0; document.querySelector('#question audio').addEventListener('play', () => window.played++)"
    )
    page.keyboard.press("r")
    until(page, "window.played > 0")
    assert page.evaluate("window.played") == 1


def test_a_tap_shows_the_answer_unless_text_is_selected(live: Live, review: Page) -> None:
    review.evaluate("getSelection().selectAllChildren(document.querySelector('#question'))")
    review.locator("#card").dispatch_event("click")
    expect(review.locator("#answer")).to_be_hidden()
    review.evaluate("getSelection().removeAllRanges()")
    review.locator("#card").click(position={"x": 5, "y": 5})
    expect(review.locator("#answer")).to_be_visible()


def test_a_phone_reviews_by_touch(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    context = new_context(ann, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    open_review(page, f"{live.url}/review?deck=programming")
    page.get_by_role("button", name="Show answer").tap()
    page.get_by_role("button", name="Easy").tap()
    page.get_by_role("button", name="Undo").first.tap()
    expect(page.locator("#status")).to_have_text("Undone")
    assert live.log(ann) == []
