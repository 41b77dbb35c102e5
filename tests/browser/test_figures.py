"""Statistics and item analysis with figures in them: read by axe, on narrow pages, by keys, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from flashcards.services.accounts.facade import Learner
from tests.browser.axe import check
from tests.browser.live import Live, serve, wait_keys
from tests.browser.shots import live_through_a_year
from tests.browser.test_layout import WIDTHS, ask, no_overflow
from tests.site import copy_data

PAGES = ("/stats", "/stats?days=all&deck=science", "/analysis", "/analysis?sort=time&deck=languages")


@pytest.fixture(scope="module")
def live(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One for all tests, which only look: a year takes long to live through."""
    with serve(copy_data(prepared, tmp_path_factory.mktemp("busy"))) as live:
        yield live


@pytest.fixture(scope="module")
def ann(live: Live) -> Learner:
    """An author with a year behind them, as have two others; one of the cards is a leech."""
    ann = live.site.learner("Ann")
    live_through_a_year(live, ann)
    for name in ("Ben", "Cy"):
        live_through_a_year(live, live.site.learner(name))
    with live.services.database.write():
        live.services.database.execute("UPDATE schedule SET lapses = 8 WHERE card_id = (SELECT min(id) FROM card)")
    return ann


def open_all(page: Page) -> None:
    """Everything that is folded away."""
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")


@pytest.mark.axe
def test_axe_finds_nothing(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    page = new_context(ann, reduced_motion="reduce").new_page()
    for path in PAGES:
        page.goto(live.url + path)
        open_all(page)
        check(page)


TOUCHING = """
() => [...document.querySelectorAll(".chart:not(.heat)")].flatMap((chart) => {
  const labels = [...chart.querySelectorAll("text[text-anchor=middle]")].filter((one) => one.checkVisibility());
  const boxes = labels.map((one) => one.getBoundingClientRect());
  return labels.filter((one, at) => at && boxes[at].left < boxes[at - 1].right + 2).map((one) => one.textContent);
})
"""
"""Labels of an axis that run into the one before them."""


@pytest.mark.parametrize("width", [*WIDTHS, 800])
def test_figures_fit_and_can_be_read(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner, width: int
) -> None:
    page = new_context(ann, viewport={"width": width, "height": 800}).new_page()
    for path in PAGES:
        page.goto(live.url + path)
        open_all(page)
        no_overflow(page)
        size, where = ask(page, "smallestText")
        assert size >= 12, f"{path}: {where!r} is {size} px"
        assert ask(page, "smallTargets") == [], path
        assert ask(page, "widestLine") <= 76, path
        assert page.evaluate(TOUCHING) == [], path
        # The wide charts or the narrow ones, never both.
        shown = page.evaluate(
            "['w', 'n'].map((kind) => [...document.querySelectorAll(`.chart.${kind}`)]"
            ".filter((one) => one.checkVisibility()).length)"
        )
        assert 0 in shown
    rate = page.locator(".analysis tbody td:not(.hide)").first.bounding_box()
    assert rate is not None
    assert rate["x"] + rate["width"] <= width, "the lapses of a card cannot be seen"


def test_t_leads_to_the_statistics(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/decks")
    wait_keys(page)
    page.keyboard.press("t")
    expect(page).to_have_url(f"{live.url}/stats")
    expect(page.locator("nav:visible a[aria-current=page]")).to_have_text("Stats")


def test_both_work_without_javascript(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    page = new_context(ann, java_script_enabled=False).new_page()
    page.goto(f"{live.url}/stats")
    page.get_by_role("link", name="1 year").click()
    page.get_by_label("Deck or folder").select_option("languages/capitals")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(f"{live.url}/stats?days=365&deck=languages%2Fcapitals")
    page.get_by_text("More:").click()
    page.get_by_role("link", name="Edit languages/capitals.md").click()
    expect(page).to_have_url(f"{live.url}/decks/languages/capitals/edit?line=9")
    page.goto(f"{live.url}/decks/science/")
    page.get_by_role("link", name="Item analysis").click()
    page.get_by_role("link", name="Median time").click()
    expect(page.locator("[aria-sort]")).to_contain_text("Median time")
