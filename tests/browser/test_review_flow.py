"""A learner's first session, from signing up to the end screen."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from flashcards.domain.typed_answer import BLANK
from flashcards.services.accounts.facade import Learner
from flashcards.services.review.facade import Answer
from tests.browser.live import (
    Live,
    answer,
    current_card,
    open_review,
    sent,
    show,
    undo,
    wait_card,
    wait_keys,
    wait_ready,
)
from tests.site import PASSWORD


def test_a_whole_session(live: Live, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context().new_page()
    page.goto(live.url)
    page.get_by_label("Name").fill("Ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Skip, with").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("20 cards today")
    ann = live.services.accounts.find("Ann")

    wait_keys(page)
    page.keyboard.press("Enter")  # starts the review
    wait_ready(page)
    expected: list[tuple[str, int]] = []
    grades = {"1": 1, "2": 3, "3": 4, "4": 5}
    for key in "3341":
        expected.append((answer(page, key), grades[key]))
    undone = [expected.pop(), expected.pop()]
    for card, _ in undone:
        undo(page)
        expect(page.locator("#status")).to_have_text("Undone")
        wait_card(page, card)
    for key in "3343":
        expected.append((answer(page, key), grades[key]))
    page.reload()
    wait_ready(page)
    assert current_card(page) not in [card for card, _ in expected]
    for left in range(int(page.locator("#left").inner_text()), 0, -1):
        expect(page.locator("#left")).to_have_text(str(left))
        expected.append((answer(page, "3"), 4))
    page.wait_for_url("**/done*")

    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing left for today.")
    log = live.log(ann)
    assert [(row.card, row.grade) for row in log] == expected
    assert len({live.services.review.card(ann, row.card).deck for row in log}) >= 4

    wait_keys(page)
    undo(page)  # from the end screen
    wait_ready(page)
    last, _ = expected.pop()
    assert current_card(page) == last
    assert [(row.card, row.grade) for row in live.log(ann)] == expected
    answer(page, "4")
    page.wait_for_url("**/done*")
    assert [(row.card, row.grade) for row in live.log(ann)] == [*expected, (last, 5)]


def test_failed_cards_come_back_within_the_session(live: Live, page: Page, ann: Learner) -> None:
    open_review(page, f"{live.url}/review?deck=languages/capitals")
    failed = [answer(page, "1") for _ in range(5)]
    expect(page.locator("#where")).to_contain_text("drill")
    expect(page.locator("#left")).to_have_text("5")
    show(page)
    effects = page.locator("#grade-form small").all_inner_texts()
    assert effects == ["today", "today", "1 d", "1 d"]
    page.keyboard.press("1")
    again = [answer(page, "3") for _ in range(4)]
    assert again == failed[1:]
    assert answer(page, "3") == failed[0]
    page.wait_for_url("**/done*")
    assert [(row.kind, row.grade) for row in live.log(ann)] == [("scheduled", 1)] * 5 + [("drill", 1)] + [
        ("drill", 4)
    ] * 5


def test_a_card_that_is_suspended_as_a_leech_is_not_drilled(live: Live, page: Page, ann: Learner) -> None:
    ann = live.services.accounts.save_settings(ann, suspend_leeches=True)
    card = nearly_a_leech(live, ann)
    open_review(page, f"{live.url}/review?deck=science")
    while current_card(page) != card:
        answer(page, "3")
    left = int(page.locator("#left").inner_text())
    show(page)
    effects = page.locator("#grade-form small").all_inner_texts()
    assert (effects[0], effects[1].split(",")[0]) == ("suspended", "today")
    page.keyboard.press("1")
    expect(page.locator("#left")).to_have_text(str(left - 1))
    sent(page)
    assert live.services.review.card(ann, card).state == "suspended"

    undo(page)  # brings all of it back
    wait_card(page, card)
    expect(page.locator("#left")).to_have_text(str(left))
    assert live.services.review.card(ann, card).state == "scheduled"
    answer(page, "1")
    rest = [answer(page, "3") for _ in range(left - 1)]
    page.wait_for_url("**/done*")
    assert card not in rest
    assert live.services.review.card(ann, card).state == "suspended"


def nearly_a_leech(live: Live, learner: Learner) -> str:
    """A card that the learner has forgotten seven times, and that is due."""
    review = live.services.review
    card = review.queue(learner, deck="science", limit=1).cards[0].id
    first = live.services.clock() - 20 * 86_400_000
    for day in range(8):
        at = first + day * 86_400_000
        review.answer(learner, Answer(str(uuid.uuid4()), card, 1 if day else 4, at=at))
    assert review.card(learner, card).lapses == 7
    return card


def test_undo_works_again_and_again_and_after_a_reload(live: Live, page: Page, ann: Learner) -> None:
    open_review(page, f"{live.url}/review?deck=science")
    cards = [answer(page, key) for key in "3141"]
    sent(page)  # else the page may be made before the last answer is taken, and show that card already
    page.reload()
    wait_ready(page)
    for card in reversed(cards):
        page.keyboard.press("z")
        wait_card(page, card)
        wait_ready(page)
    assert live.log(ann) == []
    undo(page)
    expect(page.locator("#unsent")).to_have_text("There is nothing to undo.")


def test_burying_and_suspending_move_on_and_can_be_undone(live: Live, page: Page, ann: Learner) -> None:
    open_review(page, f"{live.url}/review?deck=languages/words")
    first = current_card(page)
    page.keyboard.press("-")
    expect(page.locator("#status")).to_have_text("Buried")
    second = current_card(page)
    page.locator("#menu summary").click()
    page.get_by_role("button", name="Suspend whole note").click()
    expect(page.locator("#status")).to_have_text("Suspended")
    assert len({first, second, current_card(page)}) == 3
    for card in (second, first):
        page.get_by_role("button", name="Undo").first.click()
        wait_card(page, card)
    assert live.log(ann) == []


def test_a_typed_answer_is_compared(live: Live, page: Page, ann: Learner) -> None:
    open_review(page, f"{live.url}/review?deck=languages/capitals")
    expect(page.get_by_label("Your answer")).to_be_focused()
    page.keyboard.type("Ulanbaatur")
    page.keyboard.press("Enter")
    assert page.locator(".diff dd").all_inner_texts() == [f"Ula{BLANK}nbaatu{BLANK}r", "Ulaanbaatar"]
    assert page.locator(".diff del").all_inner_texts() == [BLANK, "u", BLANK]
    assert page.locator(".diff ins").all_inner_texts() == ["a", "a"]
    page.keyboard.press("1")
    page.keyboard.type("Reykjavi\u0301k ")
    page.keyboard.press("Enter")
    assert page.locator(".diff del, .diff ins").count() == 0


def test_counts_go_down(live: Live, page: Page, ann: Learner) -> None:
    open_review(page, f"{live.url}/review")
    for left in range(20, 12, -1):
        expect(page.locator("#left")).to_have_text(str(left))
        answer(page)
    sent(page)
    assert page.locator("#progress").evaluate("bar => [bar.value, bar.max]") == [8, 20]


def test_the_page_counts_as_the_server_does(live: Live, page: Page, ann: Learner) -> None:
    """Failed cards are not done yet, and for a buried new card another one comes."""
    ann = live.services.accounts.save_settings(ann, new_per_day=10)
    open_review(page, f"{live.url}/review")
    for key in ("1", "-", "3", "=", "u", "1", "u", "u", "@", "3"):
        if key.isdigit():
            answer(page, key)
            sent(page)
        else:
            page.locator("#question").focus()  # not in the field of a typed card
            said = {"u": "Undone", "@": "Suspended"}.get(key, "Buried")
            page.evaluate("document.querySelector('#status').textContent = ''")  # what the last key said
            page.keyboard.press(key)
            expect(page.locator("#status")).to_have_text(said)
        queue = live.services.review.queue(ann, limit=500)
        expect(page.locator("#left")).to_have_text(str(queue.left.total))
        done = queue.total_today - queue.left.total
        expect(page.locator("#progress")).to_have_attribute("aria-label", f"{done} of {queue.total_today} done")
        assert current_card(page) in {card.id for card in queue.cards}


def test_more_cards_are_fetched_before_they_run_out(live: Live, page: Page, ann: Learner) -> None:
    live.services.accounts.save_settings(ann, new_per_day=24)
    open_review(page, f"{live.url}/review")
    seen = [answer(page)]
    for _ in range(22):
        # Keys come faster here than a network: where they outrun it, the last card stands until the next one comes.
        expect(page.locator(f'#info[href$="/{seen[-1]}"]')).to_have_count(0)
        seen.append(answer(page))
    assert len(set(seen)) == 23
    assert "/review" in page.url
    expect(page.locator(f'#info[href$="/{seen[-1]}"]')).to_have_count(0)
    seen.append(answer(page))
    page.wait_for_url("**/done*")
    assert len(live.log(ann)) == len(set(seen)) == 24


def test_a_card_deleted_meanwhile_is_stored_all_the_same(live: Live, page: Page, ann: Learner) -> None:
    open_review(page, f"{live.url}/review?deck=science/algebra")
    for row in live.services.review.cards(ann, deck="science/algebra", limit=10).items:
        live.services.review.act(ann, row.id, "suspend")
    answer(page)
    sent(page)
    assert [row.grade for row in live.log(ann) if row.grade is not None] == [4]
