"""Names without a place to break, text twice the size, and paper: nothing is cut off or lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.live import Live, again_with, open_review, serve, show, until
from tests.site import DECKS, prepared_data

WORD = "Donaudampfschifffahrtsgesellschaftskapitaensmuetzenabzeichenverordnungsueberarbeitungsgesetz"
DECK = f"""---
title: {WORD}
---

## {WORD * 3}? {{#long .{"t" * 60}}}

{WORD * 4}
"""
RIGHT_TO_LEFT = """---
title: כלמות
---

## מהי הבירה? {#he}

- ירושלים
- Paris (abc)
- [ ] לונדון

1. רומא

> ציטוט

| עברית | English |
|---|---|
| שלום | peace |

### Rubric
- אומר מהי.
"""
FORMULA = "$" + " + ".join([r"\sum_{i=1}^{n} x_i y_i z_i"] * 4) + "$"
WIDE = f"""---
title: Wide
---

## Is {FORMULA} right? {{#wide}}

- [ ] So {FORMULA}.

### Rubric
- names {FORMULA}
"""

BULLETS = """
() => [...document.querySelectorAll(".md li, .extra li")].filter((item) => item.checkVisibility()).map((item) => {
  const side = getComputedStyle(item).direction === "rtl" ? "right" : "left";
  const list = item.parentElement.getBoundingClientRect(), box = item.getBoundingClientRect();
  return Math.abs(list[side] - box[side]);
})
"""
"""The room beside each item of a list for its bullet, in pixels."""

OUTSIDE = """
() => [...document.querySelectorAll("#grade-form button")].flatMap((button) => {
  const box = button.getBoundingClientRect();
  return [...button.querySelectorAll("b,small")].filter((part) => {
    const text = document.createRange();
    text.selectNodeContents(part);
    const { top, bottom, left, right } = text.getBoundingClientRect();
    return top < box.top || bottom > box.bottom + 1 || left < box.left || right > box.right;
  }).map((part) => part.textContent);
})
"""
"""The texts on the grades that stick out of their button."""

TOUCHING = """
() => [...document.querySelectorAll(".tabs a")].filter((tab) => tab.scrollWidth > tab.clientWidth + 1)
  .map((tab) => tab.textContent)
"""
"""The tabs whose names run into the next."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(DECKS, folder / "decks")
    for name, text in {WORD: DECK, "right-to-left": RIGHT_TO_LEFT, "wide": WIDE}.items():
        (folder / "decks" / f"{name}.md").write_text(text, "utf-8")
    with serve(prepared_data(folder / "data", folder / "decks"), folder / "decks") as live:
        live.site.learner("Ann", new_per_day=100)
        yield live


def page_of(live: Live, browser: Browser, width: int) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 800})
    live.enter(context, live.services.accounts.find("Ann"))
    return context.new_page()


def no_overflow(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"


@pytest.mark.parametrize("width", [320, 1280])
def test_a_long_name_breaks(hostile: Live, browser: Browser, width: int) -> None:
    page = page_of(hostile, browser, width)
    card = hostile.services.review.cards(hostile.services.accounts.find("Ann"), q="id:long").items[0].id
    for path in (
        "/", "/decks", f"/decks/{WORD}", f"/decks/{WORD}/edit", f"/export?deck={WORD}", f"/analysis?deck={WORD}",
        f"/stats?deck={WORD}", "/browse?q=id:long", f"/cards/{card}", f"/done?deck={WORD}", f"/review?deck={WORD}",
    ):  # fmt: skip
        page.goto(hostile.url + path)
        no_overflow(page)
    page.goto(f"{hostile.url}/browse?q=id:long")
    if width == 1280:
        region = page.get_by_role("region", name="Cards found")
        assert region.evaluate("it => it.scrollWidth - it.clientWidth") <= 0
    page.context.close()


@pytest.mark.parametrize("path", ["/decks/right-to-left", "/decks/right-to-left/edit", "/review?deck=right-to-left"])
def test_lists_from_right_to_left_have_room_for_their_bullets(hostile: Live, browser: Browser, path: str) -> None:
    page = page_of(hostile, browser, 320)
    page.goto(hostile.url + path)
    if path.startswith("/review"):
        open_review(page, hostile.url + path)
        show(page)
    expect(page.locator(".extra")).to_be_visible()
    page.evaluate("document.querySelectorAll('.extra details').forEach((it) => { it.open = true; })")
    rooms = page.evaluate(BULLETS)
    assert len(rooms) == 5
    assert min(rooms) >= 18
    table = page.locator(".md th")
    first, second = (table.nth(place).bounding_box() for place in (0, 1))
    assert first
    assert second
    assert first["x"] > second["x"]
    assert page.locator(".extra li").evaluate("it => getComputedStyle(it).direction") == "rtl"
    page.context.close()


def test_a_formula_wider_than_the_page_scrolls_in_itself_wherever_it_stands(hostile: Live, browser: Browser) -> None:
    page = page_of(hostile, browser, 320)
    ann = hostile.services.accounts.find("Ann")
    card = hostile.services.review.cards(ann, q="id:wide").items[0].id
    for path in ("/decks/wide", "/decks/wide/edit", f"/cards/{card}", "/review?deck=wide"):
        page.goto(hostile.url + path)
        if path.startswith("/review"):
            open_review(page, hostile.url + path)
            show(page)
        page.evaluate("document.querySelectorAll('main details').forEach((it) => { it.open = true; })")
        no_overflow(page)
    page.context.close()


@pytest.mark.parametrize("buttons", [4, 6])
@pytest.mark.parametrize("width", [390, 1280])
def test_text_twice_the_size(hostile: Live, browser: Browser, width: int, buttons: int) -> None:
    """The browser's own setting of the size of text, which media queries follow."""
    ann = hostile.services.accounts.find("Ann")
    hostile.services.accounts.save_settings(ann, buttons=buttons)
    large = again_with(browser, "--blink-settings=defaultFontSize=32")
    page = page_of(hostile, large, width)
    open_review(page, f"{hostile.url}/review?deck=programming")
    before = page.locator(".bar").bounding_box()
    show(page)
    no_overflow(page)
    assert page.evaluate(OUTSIDE) == []
    assert page.locator(".bar").bounding_box() == before
    for path in ("/", "/stats", "/browse"):
        page.goto(hostile.url + path)
        no_overflow(page)
        assert page.evaluate(TOUCHING) == []
    large.close()


def test_large_counts_fit_while_reviewing(hostile: Live, browser: Browser) -> None:
    page = page_of(hostile, browser, 320)
    open_review(page, f"{hostile.url}/review?deck=programming")
    page.evaluate(
        """() => {
          document.querySelector("#left").textContent = "12,345";
          Object.assign(document.querySelector("#waits"), { hidden: false, textContent: "12,345 not sent yet" });
        }"""
    )
    no_overflow(page)
    for name in ("Leave the review", "Undo", "More actions"):
        button = page.locator(f"[aria-label='{name}']").bounding_box()
        assert button
        assert button["x"] >= 0
        assert button["x"] + button["width"] <= 320
    page.context.close()


def test_an_answer_out_of_sight_is_pointed_at(hostile: Live, browser: Browser) -> None:
    page = page_of(hostile, browser, 390)
    ann = hostile.services.accounts.find("Ann")
    hostile.services.accounts.save_settings(ann, buttons=4)
    ids = {card.key: card.id for card in hostile.services.review.cards(ann, limit=100).items}
    below = page.get_by_role("link", name="Answer below")
    open_review(page, f"{hostile.url}/review?deck=science/extremes&card={ids['science/extremes#tall/forward']}")
    until(page, "document.querySelector('#question img').complete")
    show(page)
    expect(below).to_be_visible()
    assert page.evaluate("scrollY") == 0
    below.click()
    expect(page.locator("#answer .md")).to_be_in_viewport()
    expect(below).to_be_hidden()
    page.keyboard.press("3")
    expect(page.locator("#answer")).to_be_hidden()
    open_review(page, f"{hostile.url}/review?deck=programming")
    show(page)
    expect(below).to_be_hidden()
    page.context.close()


def test_paper(hostile: Live, browser: Browser) -> None:
    """Dark ink whatever the theme, no buttons, and the lists and cards that a form holds on the screen."""
    ann = hostile.services.accounts.find("Ann")
    hostile.services.accounts.save_settings(ann, theme="dark")
    page = page_of(hostile, browser, 800)
    page.emulate_media(media="print")
    page.goto(f"{hostile.url}/browse?q=capital")
    expect(page.get_by_role("link", name="What is the capital of Mongolia?")).to_be_visible()
    expect(page.get_by_role("button", name="Suspend", exact=True)).not_to_be_visible()
    page.goto(f"{hostile.url}/decks/programming/python")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(33, 31, 27)"
    code = page.locator(".doc pre").first
    assert code.evaluate("it => it.scrollWidth - it.clientWidth") <= 0
    page.goto(f"{hostile.url}/decks/programming/python/edit")
    expect(page.locator("#cards article").first).to_be_visible()
    hostile.services.accounts.save_settings(ann, theme="auto")
    page.context.close()
