"""Text of twice the size on a phone: everything can be read and pressed (WCAG 2.2, 1.4.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from flashcards.services.accounts.facade import Learner
from flashcards.services.plan.contract import Choice
from tests.browser.every_page import Visit, everything
from tests.browser.live import Live, again_with, answer, open_review, sent, show
from tests.browser.test_layout import ask

CUT = """() => [
  ...document.querySelectorAll('.tabs a, .g b, .g small, .btn, .seg a, h1:not(.vh), .nums dd'),
].filter((one) => {
  if (!one.getClientRects().length) return false;
  const range = document.createRange(); range.selectNodeContents(one);
  const text = range.getBoundingClientRect(), box = one.getBoundingClientRect();
  const least = one.matches('h1, dd') ? 20 : 1; // glyphs stand out of tight lines
  return text.width > box.width + 1 || text.height > box.height + least
    || box.right > innerWidth + 1;
}).map((one) => one.textContent.trim())"""
OVER = """() => { const boxes = [...document.querySelectorAll('.tabs a, .g')].map((one) => one.getBoundingClientRect())
    .filter((box) => box.width);
  return boxes.some((a, i) => boxes.some((b, j) => i < j && a.left < b.right - 1 && b.left < a.right - 1
    && a.top < b.bottom - 1 && b.top < a.bottom - 1)); }"""
LINES = """(one) => { const range = document.createRange(); range.selectNodeContents(one);
  return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size; }"""
BROKEN_WORDS = """() => [...document.querySelectorAll('.g b, .tabs a')].filter((one) => {
  const range = document.createRange(); range.selectNodeContents(one.lastChild); // a tab's sign stands above its word
  return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1;
}).map((one) => one.textContent)"""


def _large(page: Page) -> None:
    page.evaluate("document.documentElement.style.fontSize = '200%'")


def _fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(CUT) == []
    assert not page.evaluate(OVER)
    assert page.evaluate(BROKEN_WORDS) == []


@pytest.mark.parametrize("buttons", [4, 6])
def test_grades_can_be_read(live: Live, new_context: Callable[..., BrowserContext], ann: Learner, buttons: int) -> None:
    live.services.accounts.save_settings(ann, buttons=buttons)
    page = new_context(ann, viewport={"width": 390, "height": 844}).new_page()
    open_review(page, f"{live.url}/review?deck=science")
    _large(page)
    show(page)
    _fits(page)


def test_pages_can_be_read(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    page = new_context(ann, viewport={"width": 390, "height": 844}).new_page()
    open_review(page, f"{live.url}/review?deck=science")
    for _ in range(3):
        answer(page)
    sent(page)
    for address in ("/", "/decks", "/browse", "/stats", "/settings", "/help", "/done"):
        page.goto(live.url + address)
        _large(page)
        _fits(page)


def test_the_pages_of_a_plan_can_be_read(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    live.services.plans.make(ann, Choice(live.services.review.study_day(ann) + 19, 15))
    page = new_context(ann, viewport={"width": 390, "height": 844}).new_page()
    for address in ("/", "/plan", "/welcome"):
        page.goto(live.url + address)
        expect(page.get_by_role("heading", level=1)).not_to_contain_text("worked out", timeout=60_000)
        _large(page)
        _fits(page)
        # No folder's name is broken within a word.
        names = page.locator(".fits :is(td a, th[scope=row] div > span)")
        assert all(name.evaluate("(one) => one.getClientRects().length") == 1 for name in names.all())
        assert names.count() == {"/": 3, "/plan": 3, "/welcome": 0}[address]


def test_no_round_of_the_welcome_is_broken_within_its_word(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner
) -> None:
    page = new_context(ann, viewport={"width": 320, "height": 568}).new_page()
    page.goto(f"{live.url}/welcome")
    _large(page)
    _fits(page)
    rounds = page.locator(".rounds .check > span")
    lines = {name.text_content(): name.evaluate(LINES) for name in rounds.all()}
    assert lines["Programming"] == 1
    assert max(lines.values()) == 1


def test_browse_gives_its_width_to_the_cards(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner
) -> None:
    """A wide window with large letters is a narrow one: the card's words come before ease and lapses."""
    page = new_context(ann, viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{live.url}/browse")
    expect(page.get_by_role("columnheader", name="Ease")).to_be_visible()
    _large(page)
    expect(page.get_by_role("columnheader", name="Ease")).to_be_hidden()
    card, table = page.locator(".browse td:nth-child(2)").first.bounding_box(), page.locator(".sized").bounding_box()
    assert card is not None
    assert table is not None
    assert card["width"] > table["width"] / 2
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


NO_PAGES = {
    "bring.progress_json", "exchange.package", "exchange.progress_json", "media.file", "metrics.page",
    "partner.state", "pwa.manifest", "pwa.service_worker", "reminders.feed", "reminders.to_confirm", "settings.my_data",
    "static", "today.healthz", "today.readyz",
}  # fmt: skip
"""What programs read, what ends in a file, and the page that is made as that of `stop` is."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Live, list[Visit]]]:
    with everything(tmp_path_factory.mktemp("everything")) as site:
        yield site


def test_no_page_is_left_out(site: tuple[Live, list[Visit]]) -> None:
    """A new page has to be added to `every_page`, or to those that nobody looks at."""
    live, visits = site
    routes = live.site.app.url_map
    addresses = routes.bind("localhost")
    seen = {addresses.match(it.address.partition("?")[0])[0] for it in visits if it.name != "missing"}
    shown = (rule for rule in routes.iter_rules() if "GET" in (rule.methods or ()) and "/api/" not in rule.rule)
    pages = {rule.endpoint for rule in shown}
    assert sorted(pages - seen - NO_PAGES) == []


@pytest.mark.parametrize("width", [320, *(pytest.param(width, marks=pytest.mark.nightly) for width in (390, 1280))])
def test_every_page_with_the_browsers_own_text_twice_as_large(
    site: tuple[Live, list[Visit]], browser: Browser, width: int
) -> None:
    """No column of letters, nothing outside of the window, nothing over something else, all of it in reach."""
    live, visits = site
    large = again_with(browser, "--blink-settings=defaultFontSize=32")
    faults: list[str] = []
    for learner in dict.fromkeys(visit.learner for visit in visits):
        context = large.new_context(viewport={"width": width, "height": 800}, reduced_motion="reduce")
        if learner:
            live.enter(context, learner)
        page = context.new_page()
        for visit in (it for it in visits if it.learner == learner):
            response = page.goto(live.url + visit.address)
            assert response
            assert response.ok or visit.name in {"missing", "browse-refused"}, visit
            faults += [f"{visit.name}: {fault}" for fault in _faults(page)]
        context.close()
    large.close()
    assert not faults, "\n".join(faults)


def test_words_in_tables_are_in_sight_on_a_phone(site: tuple[Live, list[Visit]], browser: Browser) -> None:
    """Numbers may be pushed sideways; what is read or pressed stands below instead."""
    live, visits = site
    faults: list[str] = []
    for learner in dict.fromkeys(visit.learner for visit in visits if visit.learner):
        context = browser.new_context(viewport={"width": 320, "height": 800})
        live.enter(context, learner)
        page = context.new_page()
        for visit in (it for it in visits if it.learner == learner):
            page.goto(live.url + visit.address)
            faults += [f"{visit.name}: {one}" for one in ask(page, "wordsAside")]
        context.close()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("width", [320, 390])
def test_the_menu_is_within_the_window(live: Live, browser: Browser, ann: Learner, width: int) -> None:
    large = again_with(browser, "--blink-settings=defaultFontSize=32")
    context = large.new_context(viewport={"width": width, "height": 700})
    live.enter(context, ann)
    page = context.new_page()
    open_review(page, f"{live.url}/review?deck=science")
    page.locator("#menu summary").click()
    menu = page.locator("#menu > div")
    expect(menu).to_be_visible()
    box = menu.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= 700
    assert ask(page, "cutTexts") == []
    last = menu.locator(":is(a, button):visible").last
    last.scroll_into_view_if_needed()
    last.click(trial=True)
    large.close()


def _faults(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{wide} px too wide"] * (wide > 0) + [
        f"{question}: {one}"
        for question in ("brokenWords", "cutTexts", "overlaps", "wordsAside", "unreachable")
        for one in ask(page, question)
    ]
