"""Screenshots of the first minute, plans, sets and Today, to be looked at: `python -m tests.browser.shots_plan OUT`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from flashcards.bundled import bundled
from flashcards.clock import system_clock
from flashcards.domain.study_day import date_of
from flashcards.services.accounts.facade import Learner
from flashcards.services.plan.contract import Choice
from flashcards.services.review.facade import Answer
from tests.browser.live import Live, launch, open_review, serve, show
from tests.browser.shots import SCHEMES, WIDTHS, live_through_a_year
from tests.site import new_id, prepared_data

DAY_MS = 86_400_000
Shots = list[tuple[str, Learner, str, Callable[[Page], None]]]


class Clock:
    """The system's, and some days later."""

    def __init__(self) -> None:
        self.days = 0

    def __call__(self) -> int:
        return system_clock() + self.days * DAY_MS


def main(out: Path) -> None:
    """Takes them all, with the built-in decks."""
    out.mkdir(parents=True, exist_ok=True)
    clock, decks = Clock(), bundled("decks")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        with serve(prepared_data(Path(folder) / "data", decks), decks, clock=clock) as live:
            shots = people(live, clock)
            for width in WIDTHS:
                for scheme in SCHEMES:
                    options: dict[str, Any] = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
                    for title, learner, path, prepare in shots:
                        context = browser.new_context(**options, reduced_motion="reduce")
                        live.enter(context, learner)
                        page = context.new_page()
                        page.goto(live.url + path)
                        prepare(page)
                        page.evaluate("document.fonts.ready")
                        page.screenshot(path=out / f"{title}-{width}-{scheme}.png", full_page="/review" not in path)
                        say_if_too_wide(page, f"{title} at {width}")
                        if scheme == "light" and width != 320:
                            page.evaluate("document.documentElement.style.fontSize = '200%'")
                            page.screenshot(path=out / f"{title}-{width}-large.png", full_page="/review" not in path)
                            say_if_too_wide(page, f"{title} at {width}, 200%")
                        context.close()
        browser.close()


def say_if_too_wide(page: Page, what: str) -> None:
    """Prints what goes beyond the window's width."""
    wider = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wider > 0:
        print(f"{what}: {wider} px too wide")


def people(live: Live, clock: Clock) -> Shots:
    """Learners in each state, and the pages that show it."""
    site, services = live.site, live.services
    fresh, planned, paused = site.learner("Ann"), site.learner("Ben"), site.learner("Cy")
    behind, studious, gone, finder = site.learner("Di"), site.learner("Ed", new_per_day=40), site.learner("Flo"), None
    finder = site.learner("Gus")
    today = services.review.study_day(fresh)
    for learner in (planned, paused, behind):
        services.plans.make(learner, Choice(today + 21, 40))
    services.plans.make(gone, Choice(today + 21, 40))
    services.plans.leave(gone)
    live_through_a_year(live, studious)
    live_through_a_year(live, finder)
    answer_some(live, planned, 30)
    clock.days = 0
    review = services.review
    made, _ = review.make_set(finder, id=new_id(), mode="review", q="tag:core attention")
    review.make_set(finder, id=new_id(), mode="cram", q="is:failed deck:ml/concepts") if review.found(
        finder, "is:failed deck:ml/concepts"
    ).cards else None
    review.save_search(finder, id=new_id(), name="Attention, all of it", q="attention", on_today=True)
    cards = review.set_queue(finder, made.id, limit=2).cards
    for card in cards:
        review.answer(finder, Answer(new_id(), card.id, 4, took_ms=9_000))
    over, free, quick = site.learner("Hal"), site.learner("Ida"), site.learner("Jo")
    clock.days = -20
    services.plans.make(over, Choice(today - 1, 40))
    answer_some(live, over, 30)
    clock.days = 0
    services.plans.make(free, Choice(today + 21, 40))
    services.plans.add_break(free, today + 5, today + 9)
    for flag, card in enumerate(review.set_queue(finder, made.id, limit=3).cards, 1):
        review.flag(finder, card.id, flag, id=new_id())
    services.plans.make(quick, Choice(today + 21, 5))
    answer_some(live, quick, 500, seconds=4)
    tuned = f"/plan?date={date_of(today + 19) + timedelta(0)}&minutes=40"
    nothing = lambda page: None  # noqa: E731
    return [
        ("welcome", fresh, "/welcome", nothing),
        ("welcome-wrong", fresh, "/welcome", wrong),
        ("plan-before", fresh, tuned, reckoned),
        ("plan-tune", fresh, tuned, opened),
        ("plan-followed", planned, "/plan", reckoned),
        ("plan-tomorrow", fresh, f"/plan?date={date_of(today + 1)}&minutes=40", reckoned),
        ("today", fresh, "/", nothing),
        ("today-plan", planned, "/", plotted),
        ("today-not-followed", gone, "/", nothing),
        ("today-sets", finder, "/", nothing),
        ("browse", finder, "/browse?q=attention", nothing),
        ("memory", studious, "/stats/memory", nothing),
        ("settings-plan", planned, "/settings", nothing),
        ("review-plan", planned, "/review", answered),
        ("review-set", finder, f"/review?set={made.id}", answered),
        ("after-break", studious, "/", nothing),
        ("today-over", over, "/", nothing),
        ("after", over, "/plan/after", nothing),
        ("holiday", free, "/plan", reckoned),
        ("holiday-settings", free, "/settings", nothing),
        ("flags", finder, f"/review?set={made.id}", flagged),
        ("browse-flags", finder, "/browse?q=flag:1", nothing),
        ("today-done", quick, "/", nothing),
        ("done-plan", quick, "/done", nothing),
        ("sets", finder, f"/done?set={made.id}", nothing),
        ("stats", studious, "/stats", nothing),
    ]


def answer_some(live: Live, learner: Learner, count: int, seconds: int = 20) -> None:
    """Every fifth is failed, and waits in the drill."""
    for place, card in enumerate(live.services.review.queue(learner, limit=count).cards):
        grade = 1 if place % 5 == 3 and count < 500 else 4
        live.services.review.answer(learner, Answer(new_id(), card.id, grade, "plan", took_ms=seconds * 1000))


def wrong(page: Page) -> None:
    page.get_by_label("Minutes a day").fill("a lot")
    page.get_by_role("button", name="Show my plan").click()
    expect(page.get_by_text("Give a whole number of minutes")).to_be_visible()


def reckoned(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text("known on the day", timeout=60_000)


def opened(page: Page) -> None:
    reckoned(page)
    page.get_by_text("Change the day, the folders, days off").click()


def plotted(page: Page) -> None:
    for _ in range(20):
        if page.locator(".day figure").count():
            return
        page.wait_for_timeout(500)
        page.reload()


def flagged(page: Page) -> None:
    open_review(page, page.url)
    page.locator("#menu summary").click()


def answered(page: Page) -> None:
    open_review(page, page.url)
    show(page)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
