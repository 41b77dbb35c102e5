"""Nothing moves, nothing overflows, everything can be hit and read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from flashcards.services.accounts.facade import Learner
from tests.browser.every_page import refused
from tests.browser.live import Live, answer, open_review, sent, serve, show, until

WIDTHS = (320, 390, 1280)
PAGES = (
    "/", "/done", "/decks", "/decks/science/", "/decks/science/algebra", "/decks/science/extremes",
    "/decks/programming/python", "/settings", "/browse", "/browse?q=is:asleep", "/stats", "/analysis",
    "/admin/people", "/admin/audit", "/settings/activity",
    "/admin/jobs", "/settings/reminders", "/help", "/nothing", "/offline",
)  # fmt: skip

PROBES = (Path(__file__).parent / "probes.js").read_text("utf-8").strip()


def ask(page: Page, question: str) -> Any:
    """What a function of probes.js says of the page."""
    return page.evaluate(f"{PROBES}.{question}()")


def no_overflow(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"


def fits(page: Page, name: str) -> None:
    no_overflow(page)
    size, where = ask(page, "smallestText")
    assert size >= 12, f"{name}: {where!r} is {size} px"
    assert ask(page, "smallTargets") == [], name
    assert ask(page, "widestLine") <= 76, name


@pytest.fixture
def studied(live: Live, ann: Learner) -> Learner:
    """A learner who may see every card today."""
    return live.services.accounts.save_settings(ann, new_per_day=100)


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_fit_and_can_be_read_and_hit(
    live: Live, new_context: Callable[..., BrowserContext], studied: Learner, width: int
) -> None:
    page = new_context(studied, viewport={"width": width, "height": 800}).new_page()
    open_review(page, f"{live.url}/review?deck=programming")
    for key in "1333":
        answer(page, key)
    sent(page)
    card = live.log(studied)[0].card
    for path in (*PAGES, f"/cards/{card}"):
        page.goto(live.url + path)
        fits(page, path)
    for name in refused(live, page, studied):
        fits(page, name)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_of_a_learner_without_cards_fits(tmp_path: Path, browser: Browser, width: int) -> None:
    (tmp_path / "decks").mkdir()
    with serve(tmp_path / "data", tmp_path / "decks") as bare:
        context = browser.new_context(viewport={"width": width, "height": 700})
        bare.enter(context, bare.site.learner("Nobody"))
        page = context.new_page()
        page.goto(bare.url)
        expect(page.get_by_role("heading", name="No cards yet.")).to_be_visible()
        no_overflow(page)
        context.close()


def test_login_and_sign_up_fit(live: Live, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(viewport={"width": 320, "height": 600}).new_page()
    for path in ("/signup", "/login"):
        page.goto(live.url + path)
        no_overflow(page)
        assert ask(page, "smallTargets") == []


@pytest.mark.parametrize("buttons", [4, 6])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_question_does_not_move(
    live: Live, new_context: Callable[..., BrowserContext], studied: Learner, width: int, buttons: int
) -> None:
    live.services.accounts.save_settings(studied, buttons=buttons)
    page = new_context(studied, viewport={"width": width, "height": 700}).new_page()
    open_review(page, f"{live.url}/review")
    page.evaluate("document.fonts.ready")
    tops = set()
    for _ in range(12):
        before = ask(page, "places")
        show(page)
        no_overflow(page)
        assert ask(page, "places") == before
        assert page.evaluate("scrollY") == 0
        tops.add(before["question"][1])
        page.keyboard.press("3" if buttons == 4 else "4")
    assert len(tops) == 1, "the question starts at different heights"


@pytest.mark.parametrize("width", WIDTHS)
def test_every_extreme_card_scrolls_inside_itself(
    live: Live, new_context: Callable[..., BrowserContext], studied: Learner, width: int
) -> None:
    page = new_context(studied, viewport={"width": width, "height": 700}).new_page()
    for deck in ("science", "programming"):
        open_review(page, f"{live.url}/review?deck={deck}")
        inside = 0
        while "/done" not in page.url:
            page.keyboard.press("Enter")
            until(page, "!document.querySelector('#answer')?.hidden")
            no_overflow(page)
            size, where = ask(page, "smallestText")
            assert size >= 12, where
            inside += ask(page, "scrollingInside")
            last = page.locator("#left").inner_text() == "1"
            page.keyboard.press("3")
            page.wait_for_url("**/done*") if last else expect(page.locator("#answer")).to_be_hidden()
        if width < 600:
            assert inside >= 1, "nothing wide was shown"


def test_twice_the_size_still_works(live: Live, new_context: Callable[..., BrowserContext], studied: Learner) -> None:
    page = new_context(studied, viewport={"width": 640, "height": 360}, device_scale_factor=2).new_page()
    open_review(page, f"{live.url}/review")
    show(page)
    no_overflow(page)
    bar = page.locator(".bar").bounding_box()
    assert bar
    assert bar["height"] < 120
    expect(page.get_by_role("button", name="Good")).to_be_in_viewport()


def test_grades_are_sixty_pixels_at_the_thumb_and_no_tabs_while_reviewing(
    live: Live, new_context: Callable[..., BrowserContext], studied: Learner
) -> None:
    page = new_context(studied, viewport={"width": 390, "height": 800}).new_page()
    page.goto(live.url)
    expect(page.locator(".tabs")).to_be_visible()
    open_review(page, f"{live.url}/review")
    assert page.locator(".tabs").count() == 0
    show(page)
    for button in page.locator("#grade-form button").all():
        box = button.bounding_box()
        assert box
        assert box["height"] >= 60
        assert box["y"] > 600


def test_focus_is_visible(live: Live, new_context: Callable[..., BrowserContext], studied: Learner) -> None:
    page = new_context(studied).new_page()
    page.goto(live.url)
    for _ in range(6):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "(({outlineStyle, outlineWidth}) => [outlineStyle, outlineWidth])(getComputedStyle(document.activeElement))"
        )
        assert style == ["solid", "2px"]


def test_motion_is_reduced_on_request(live: Live, new_context: Callable[..., BrowserContext], studied: Learner) -> None:
    page = new_context(studied, reduced_motion="reduce").new_page()
    open_review(page, f"{live.url}/review")
    show(page)
    assert page.locator("#answer").evaluate("one => getComputedStyle(one).animationName") == "none"


@pytest.mark.parametrize(
    ("theme", "scheme", "dark"),
    [("auto", "dark", True), ("auto", "light", False), ("light", "dark", False), ("dark", "light", True)],
)
def test_themes(
    live: Live, new_context: Callable[..., BrowserContext], studied: Learner, theme: str, scheme: Any, dark: bool
) -> None:
    live.services.accounts.save_settings(studied, theme=theme)
    page = new_context(studied, color_scheme=scheme).new_page()
    page.goto(live.url)
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (colour == "rgb(21, 20, 19)") == dark


def test_forced_colours_keep_grades_apart(
    live: Live, new_context: Callable[..., BrowserContext], studied: Learner
) -> None:
    page = new_context(studied, forced_colors="active").new_page()
    open_review(page, f"{live.url}/review")
    show(page)
    good = page.get_by_role("button", name="Good")
    assert good.evaluate("one => getComputedStyle(one).borderTopWidth") == "2px"
