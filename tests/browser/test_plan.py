"""The first minute of an account; a plan that is followed over three days; a holiday."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from flashcards.clock import system_clock
from flashcards.domain.study_day import date_of
from flashcards.services.accounts.facade import Learner
from flashcards.services.plan.contract import Choice
from tests.browser.axe import check
from tests.browser.live import Live, answer, open_review, sent, serve, undo, wait_ready
from tests.site import PASSWORD, copy_data

DAY_MS = 86_400_000


class Clock:
    """The system's, and as many days later as one wants."""

    def __init__(self) -> None:
        self.days = 0

    def __call__(self) -> int:
        return system_clock() + self.days * DAY_MS


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(prepared: Path, tmp_path: Path, clock: Clock) -> Iterator[Live]:
    with serve(copy_data(prepared, tmp_path), clock=clock) as live:
        yield live


def on(live: Live, learner: Learner, days: int) -> date:
    return date_of(live.services.review.study_day(learner)) + timedelta(days)


def a_day_later(page: Page, clock: Clock) -> None:
    """Moves the server's clock, and from the next page on the browser's, which says when an answer was given."""
    clock.days += 1
    page.add_init_script(f"Date.now = ((before) => () => before() + {DAY_MS})(Date.now)")


def reckoned(page: Page) -> None:
    """Waits for the numbers: a page that had to be fast comes without and asks again."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("known on the day", timeout=60_000)


@pytest.mark.axe
def test_the_first_minute(live: Live, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(viewport={"width": 390, "height": 800}).new_page()
    page.goto(live.url)
    page.get_by_label("Name").fill("Ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Is there an interview ahead?")
    check(page)
    page.set_viewport_size({"width": 390, "height": 800})
    ann = live.services.accounts.find("Ann")
    page.get_by_label("The day").fill(str(on(live, ann, 14)))
    page.get_by_role("checkbox", name="Science").uncheck()
    page.get_by_role("button", name="30", exact=True).click()
    expect(page.get_by_label("Minutes a day")).to_have_value("30")
    page.get_by_label("Minutes a day").fill("40")
    expect(page.get_by_role("button", name="30", exact=True)).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Show my plan").click()
    reckoned(page)
    check(page)
    # What was said is followed, whatever is pressed next.
    page.get_by_role("link", name="Today").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("40 minutes today")
    page.get_by_role("link", name="The plan", exact=True).click()
    reckoned(page)
    page.get_by_role("button", name="15", exact=True).click()  # worked out at once
    expect(page.get_by_role("button", name="Keep this")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Keep this").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("15 minutes today")
    expect(page.get_by_text("14 days left")).to_be_visible()
    expect(page.get_by_role("link", name="Languages")).to_be_visible()
    expect(page.get_by_role("link", name="Science")).to_have_count(0)
    check(page)
    page.get_by_role("link", name="Start").click()
    wait_ready(page)
    answer(page)
    sent(page)
    assert [row.kind for row in live.log(ann)] == ["scheduled"]


def test_the_minutes_left_are_those_of_today(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner
) -> None:
    """The script goes on reckoning with what each card takes: new ones take longer than what is drilled."""
    live.services.plans.make(ann, Choice(live.services.review.study_day(ann) + 14, 15))
    page = new_context(ann).new_page()
    open_review(page, f"{live.url}/review")
    for key in "131413":
        answer(page, key)
    sent(page)
    said = re.findall(r"about (\d+) minutes? left", page.locator("#day").inner_text())
    page.goto(live.url)
    assert said == re.findall(r"(\d+) minutes? left today", page.get_by_role("heading", level=1).inner_text())
    assert said


def test_a_page_kept_from_before_the_drill_was_reckoned_says_minutes_too(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner
) -> None:
    live.services.plans.make(ann, Choice(live.services.review.study_day(ann) + 14, 15))
    page = new_context(ann).new_page()

    def older(route: Route) -> None:
        reply = route.fetch()
        text, changes = re.subn(r'"seconds_of_drill":[0-9.]+,', "", reply.text())
        assert changes == 1
        route.fulfill(response=reply, body=text)

    page.route(re.compile("/review$"), older)
    open_review(page, f"{live.url}/review")
    answer(page, "1")
    sent(page)
    expect(page.locator("#day")).to_have_text(re.compile(r"about \d+ minutes? left, 1 to drill"))


def test_skipping_leaves_all_as_it_is(live: Live, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{live.url}/signup")
    page.get_by_label("Name").fill("Ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button").click()
    page.get_by_role("link", name="Skip, with 20 new cards a day").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("20 cards today")
    page.get_by_role("link", name="Is there an interview ahead?").click()
    page.get_by_label("The day").fill("2099-01-01")
    page.get_by_role("button", name="Show my plan").click()
    expect(page.get_by_text("at most 365 days ahead")).to_be_visible()
    # Without a date the minutes say how many new cards, and the rounds which decks.
    page.get_by_label("The day").fill("")
    page.get_by_role("checkbox", name="Science").uncheck()
    page.get_by_label("Minutes a day").fill("60")
    page.get_by_role("button", name="Show my plan").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("cards today")
    assert live.services.accounts.find("Ann").new_per_day == 40
    expect(page.get_by_text("Science")).to_have_count(0)


@pytest.mark.axe
def test_three_days_of_a_plan(live: Live, clock: Clock, ann: Learner, page: Page) -> None:
    today = live.services.review.study_day(ann)
    live.services.plans.make(ann, Choice(today + 10, 15))
    for day in range(2):
        if day:
            a_day_later(page, clock)
        page.goto(live.url)
        expect(page.get_by_role("heading", level=1)).to_have_text("15 minutes today")
        page.get_by_role("link", name="Start").click()
        wait_ready(page)
        for left in range(int(page.locator("#left").inner_text()), 0, -1):
            expect(page.locator("#left")).to_have_text(str(left))
            answer(page)
        page.wait_for_url("**/done*", timeout=60_000)
    assert {row.kind for row in live.log(ann)} == {"scheduled"}
    a_day_later(page, clock)
    page.goto(live.url)
    expect(page.get_by_text("8 days left")).to_be_visible()
    page.get_by_role("link", name="Start").click()
    wait_ready(page)
    while "early" not in page.locator("#where").inner_text():  # what is due comes first
        answer(page)
    sent(page)
    dates = {row.card: row.after.due_on for row in live.log(ann)}
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Good by plan")).to_be_visible()
    page.keyboard.press("3")
    card = answer(page)
    sent(page)
    last = live.log(ann)[-1]
    assert (last.card, last.kind, last.after.due_on) == (card, "plan", dates[card])
    undo(page)
    expect(page.locator("#status")).to_have_text("Undone")
    # Over: it asks how it went, and spreads what is due if one likes.
    clock.days = 11
    page.goto(live.url)
    page.get_by_role("link", name="Tell it in a minute").click()
    check(page)
    page.get_by_label("Which questions came?").fill("Trees, and bias.")
    page.get_by_role("radio", name="Spread over 2 weeks").check()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("cards today")
    assert live.services.plans.plans(ann)[0].outcome == "Trees, and bias."


def test_a_holiday(live: Live, clock: Clock, ann: Learner, page: Page) -> None:
    today = live.services.review.study_day(ann)
    live.services.plans.make(ann, Choice(today + 20, 15))
    page.goto(f"{live.url}/plan")
    reckoned(page)
    page.get_by_label("First day").fill(str(on(live, ann, 1)))
    page.get_by_label("Last day").fill(str(on(live, ann, 3)))
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("button", name="Take out the break")).to_be_visible(timeout=60_000)
    clock.days = 1
    page.goto(live.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing planned today.")
    expect(page.get_by_role("link", name="Start anyway")).to_be_visible()
    clock.days = 4
    page.goto(live.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("15 minutes today")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_page(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner, width: int
) -> None:
    page = new_context(ann, viewport={"width": width, "height": 800}).new_page()
    live.services.plans.make(ann, Choice(live.services.review.study_day(ann) + 14, 15))
    for path in ("/welcome", "/", "/plan", "/settings"):
        page.goto(f"{live.url}{path}")
        if path == "/plan":
            reckoned(page)
            page.get_by_text("Change the day, the folders, days off").click()
        wider = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, (path, wider)
