"""A card whose answer changed: it says so, C shows how, and saving may bring cards back. With and without script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from flashcards.services.accounts.facade import Learner
from tests.browser.axe import check
from tests.browser.changed_cards import change_deck
from tests.browser.live import Live, answer, current_card, open_review, sent, serve, show, undo, wait_keys
from tests.browser.test_editor import open_editor, prepared_to_write
from tests.browser.test_layout import no_overflow
from tests.site import copy_data

__all__ = ["prepared_to_write"]
SAYS = "The answer changed since you last saw it"
RETURNED = "it came back for that"


@pytest.fixture
def live(prepared_to_write: Path, tmp_path: Path) -> Iterator[Live]:
    data = copy_data(prepared_to_write, tmp_path)
    with serve(data, data / "decks") as live:
        yield live


@pytest.fixture
def card(live: Live, ann: Learner) -> str:
    """The id of the card that changed; it is the only one that is due."""
    return change_deck(live, ann, live.site.config.decks)


@pytest.mark.axe
def test_c_shows_how_the_answer_changed(live: Live, page: Page, card: str) -> None:
    open_review(page, f"{live.url}/review?deck=ml&card={card}")
    assert current_card(page) == card
    expect(page.locator("#where")).to_contain_text(RETURNED)
    page.keyboard.press("c")
    expect(page.locator("#changed")).to_have_count(0)
    show(page)
    changes = page.locator("#changed .changes")
    expect(page.locator("#changed summary")).to_contain_text(SAYS)
    expect(changes).to_be_hidden()
    page.keyboard.press("c")
    expect(changes).to_be_focused()
    expect(changes.locator("del").first).to_have_text("[deleted: jumps over]")
    expect(changes.locator("ins").first).to_have_text("[inserted: $\\eta$]")
    check(page)
    page.keyboard.press("c")
    expect(changes).to_be_hidden()
    expect(page.locator("#answer")).to_be_focused()
    for key in ("c", "1"):
        page.keyboard.press(key)
    while current_card(page) != card:
        answer(page)
    expect(page.locator("#where")).to_have_text("drill")
    show(page)
    expect(page.locator("#changed")).to_have_count(0)
    page.keyboard.press("3")
    sent(page)


def test_a_page_older_than_the_edit_has_not_shown_the_new_text(live: Live, page: Page, ann: Learner, card: str) -> None:
    open_review(page, f"{live.url}/review?deck=ml&card={card}")
    file = live.site.config.decks / "ml" / "descent.md"
    file.write_text(file.read_text().replace("overshoots", "flies over"))
    live.services.sync.sync()
    assert answer(page) == card
    sent(page)
    changed = live.services.review.news(ann, card).changed
    assert changed is not None
    assert (changed.seen, changed.now) == (2, 3)


def test_undo_shows_it_again(live: Live, page: Page, card: str) -> None:
    open_review(page, f"{live.url}/review?deck=ml&card={card}")
    answer(page, "3")
    undo(page)
    expect(page.locator("#where")).to_contain_text(RETURNED)
    show(page)
    expect(page.locator("#changed")).to_be_visible()


def test_the_key_is_listed_and_can_be_switched_off(live: Live, page: Page, ann: Learner, card: str) -> None:
    live.services.accounts.save_settings(ann, letter_keys=False)
    open_review(page, f"{live.url}/review?deck=ml&card={card}")
    show(page)
    page.keyboard.press("c")
    expect(page.locator("#changed .changes")).to_be_hidden()
    page.locator("#changed summary").press("Enter")
    expect(page.locator("#changed .changes")).to_be_visible()
    page.goto(f"{live.url}/help")
    expect(page.locator(".keys").first).to_contain_text("how the answer changed")


@pytest.mark.axe
def test_the_cards_page_shows_it(live: Live, page: Page, card: str) -> None:
    page.goto(f"{live.url}/cards/{card}")
    wait_keys(page)
    expect(page.locator("main")).to_contain_text(RETURNED)
    page.keyboard.press("c")
    expect(page.locator("#changed .changes")).to_be_visible()
    check(page)
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 800})
        no_overflow(page)


def test_without_script(live: Live, new_context: Callable[..., BrowserContext], ann: Learner, card: str) -> None:
    page = new_context(ann, java_script_enabled=False).new_page()
    page.goto(f"{live.url}/review?deck=ml&card={card}")
    expect(page.locator("#where")).to_contain_text(RETURNED)
    page.get_by_role("button", name="Show answer").click()
    page.locator("#changed summary").click()
    expect(page.locator("#changed del")).to_have_text(["[deleted: jumps over]"])
    expect(page.locator("#changed ins").nth(1)).to_have_text("[inserted: overshoots]")
    # In the editor: the preview offers it, saving does it.
    page.goto(f"{live.url}/decks/ml/descent/edit")
    page.locator("#source").fill(page.locator("#source").input_value().replace("for ever", "ages"))
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("checkbox", name="Ask it again tomorrow").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#state")).to_have_text("Saved. Cards: 1 changed.")  # it is due today anyway


@pytest.mark.axe
def test_the_editor_brings_cards_back(live: Live, page: Page, ann: Learner, card: str) -> None:
    review = live.services.review
    review.act(ann, card, "due", due_on=review.study_day(ann) + 40)
    open_editor(page, f"{live.url}/decks/ml/descent/edit")
    box = page.get_by_role("checkbox", name="Ask it again tomorrow How does gradient descent")
    expect(box).to_have_count(0)
    source = page.locator("#source")
    source.fill(source.input_value().replace("for ever", "ages"))
    box.check()
    source.fill(source.input_value().replace("ages", "very long"))
    expect(page.locator("#cards")).to_contain_text("very long")
    expect(box).to_be_checked()
    check(page)
    source.press("Control+s")
    expect(page.locator("#state")).to_contain_text("1 changed, 1 back tomorrow")
    expect(box).to_have_count(0)
    assert review.card(ann, card).due_on == review.study_day(ann) + 1
