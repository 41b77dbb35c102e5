"""Rounds in a real browser: by keyboard, on a phone, without JavaScript; reloaded, cut off, the server killed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from flashcards.services.accounts.facade import Learner
from flashcards.services.practice.contract import OpenRound, Wish
from tests.browser.axe import check
from tests.browser.live import Live, again_with, serve, until, wait_ready
from tests.practice_decks import write_decks
from tests.site import copy_decks_and_data, new_id, prepared_data

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="session")
def prepared_practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practice")
    decks = write_decks(folder / "decks")
    prepared_data(folder / "data", decks)
    return folder


@pytest.fixture
def live(prepared_practice: Path, tmp_path: Path) -> Iterator[Live]:
    folder = copy_decks_and_data(prepared_practice, tmp_path)
    with serve(folder / "data", folder / "decks") as live:
        yield live


def open_round(live: Live, learner: Learner) -> OpenRound:
    """The learner's newest round."""
    practice = live.services.practice
    return practice.open(learner, practice.rounds(learner)[0].id)


def begin(live: Live, learner: Learner, **wish: Any) -> str:
    """A round's address."""
    decks = () if "kind" in wish else ("ml/concepts/",)
    opened = live.services.practice.begin(learner, Wish(**{"id": new_id(), "seed": 1, "decks": decks, **wish}))
    return f"{live.url}/practice/{opened.round.id}"


def go(page: Page, url: str) -> None:
    page.goto(url)
    wait_ready(page)


def done(page: Page) -> None:
    """Ends the answer by keyboard, and waits for its points."""
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#ticks")
    wait_ready(page)


def nothing_waits(page: Page) -> None:
    until(page, "!Object.keys(localStorage).some((key) => key.startsWith('flashcards.round.'))")


def test_a_round_of_concepts_by_keyboard(live: Live, page: Page, ann: Learner) -> None:
    (live.site.config.decks / "ml" / "coding" / "sort.md").unlink()
    live.services.sync.sync()
    page.goto(live.url)
    page.wait_for_selector("html[data-listening]", state="attached")
    page.keyboard.press("p")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Concepts, 5")
    page.wait_for_selector("html[data-listening]", state="attached")
    page.keyboard.press("Enter")
    page.wait_for_selector("#done")
    for number in range(5):
        expect(page.locator(".rtop > div").nth(1)).to_have_text(f"Concepts · {number + 1} of 5")
        wait_ready(page)
        page.keyboard.press("n")
        page.keyboard.type(f"Answer {number}.")
        done(page)
        expect(page.locator("#own")).to_have_text(f"Answer {number}.")
        for key in "1132":
            page.keyboard.press(key)
        expect(page.locator("#line")).to_have_text("2 said, 1 partly, 1 missed.")
        expect(page.locator(".proposed")).to_have_text("Hardproposed")
        expect(page.locator("#follow-1")).to_be_focused()
        expect(page.get_by_role("heading", name="Follow-up 1 of 2")).to_be_in_viewport()
        expect(page.locator("#guide")).to_have_text("Answer follow-up 1 of 2Grade now G")
        expect(page.locator("#grades")).to_be_hidden()
        if number == 0:  # a follow-up, answered before the next one comes
            page.locator("#guide button").first.click()  # in sight already: the press shows in its field
            page.keyboard.type("I would sample.")
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            page.keyboard.press("2")
            expect(page.get_by_role("heading", name="Follow-up 2 of 2")).to_be_in_viewport()
            expect(page.locator("#follow-2")).to_be_focused()
        page.keyboard.press("g")  # now, without the rest
        expect(page.locator("#guide")).to_be_hidden()
        page.keyboard.press("Enter")
        page.wait_for_selector("#done" if number < 4 else ".hero")
    expect(page.get_by_role("heading", level=1)).to_have_text("10 of 20 points said")
    opened = open_round(live, ann)
    said = [asked.given.text if asked.given else None for asked in opened.questions]
    assert said == [f"Answer {number}." for number in range(5)]
    assert [asked.grade for asked in opened.questions] == [3] * 5
    first = opened.questions[0]
    assert first.given
    assert list(first.given.work.follow_ups.values()) == ["I would sample."]
    assert {row.kind for row in live.log(ann)} == {"mock"}


def test_skipping_leaving_and_going_on(live: Live, page: Page, ann: Learner) -> None:
    go(page, begin(live, ann, kind="behavioural"))
    page.keyboard.press("s")
    page.wait_for_selector("text=Behavioural · 2 of 2")
    wait_ready(page)
    page.keyboard.press("n")
    page.keyboard.type("Half a thought")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Go on with the round").click()
    wait_ready(page)
    expect(page.locator("#notes")).to_have_value("Half a thought")
    done(page)
    page.keyboard.press("1")
    expect(page.locator(".proposed")).to_have_text("Goodproposed")


def seconds(page: Page) -> int:
    """What the clock shows."""
    minutes, rest = page.locator("#clock span").inner_text().split(":")
    return 60 * int(minutes) + int(rest)


def test_a_reload_in_the_middle_keeps_the_draft_and_the_clock(live: Live, page: Page, ann: Learner) -> None:
    page.clock.install()
    go(page, begin(live, ann))
    page.clock.run_for(65_000)
    before = seconds(page)
    assert before >= 65
    page.locator("#notes").fill("What I have so far")
    page.reload()
    wait_ready(page)
    expect(page.locator("#notes")).to_have_value("What I have so far")
    page.clock.run_for(30_000)
    assert seconds(page) >= before + 30
    page.keyboard.press("t")
    expect(page.locator("#clock span")).to_be_hidden()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#ticks")
    given = open_round(live, ann).questions[0].given
    assert given
    assert given.took_ms >= 95_000


def test_a_design_with_numbers_and_a_sketch(live: Live, page: Page, ann: Learner) -> None:
    go(page, begin(live, ann, kind="design"))
    page.get_by_label("What, line 1", exact=True).fill("Listeners")
    page.keyboard.press("Enter")
    page.keyboard.type("50 M")
    page.get_by_label("What, line 5", exact=True).fill("Last line")
    expect(page.get_by_label("What, line 6", exact=True)).to_be_visible()
    box = page.locator("#pad").bounding_box()
    assert box

    def drag(tool: str, *places: tuple[float, float]) -> None:
        page.get_by_role("button", name=tool, exact=True).click()
        page.mouse.move(box["x"] + places[0][0] * box["width"], box["y"] + places[0][1] * box["height"])
        page.mouse.down()
        for x, y in places[1:]:
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.mouse.up()

    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    drag("Box", (0.1, 0.1), (0.3, 0.3))
    drag("Arrow", (0.3, 0.2), (0.5, 0.2))
    drag("Pen", (0.1, 0.5), (0.2, 0.6), (0.3, 0.5))
    drag("Box", (0.8, 0.8), (0.9, 0.9))
    page.get_by_role("button", name="Undo the last stroke").click()
    page.on("dialog", lambda dialog: dialog.accept("cache <b>"))
    page.get_by_role("button", name="Text", exact=True).click()
    page.locator("#pad").click(position={"x": 40, "y": 40})
    page.reload()
    wait_ready(page)
    expect(page.locator("#pad path")).to_have_count(3)
    page.locator("#notes").fill("Two stages.")
    done(page)
    expect(page.locator(".pad path")).to_have_count(3)
    expect(page.locator(".pad text")).to_have_text("cache <b>")
    expect(page.locator(".written")).to_contain_text("Listeners50 M")
    given = open_round(live, ann).questions[0].given
    assert given
    assert [stroke[0] for stroke in given.work.sketch] == ["box", "arrow", "pen", "text"]
    assert given.work.numbers == (("Listeners", "50 M"), ("Last line", ""))


def test_a_sketch_by_keyboard_alone(live: Live, page: Page, ann: Learner) -> None:
    address = begin(live, ann, kind="design")
    go(page, address)
    page.get_by_role("button", name="Undo the last stroke").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#pad")).to_be_focused()
    expect(page.locator("#pad .point")).to_be_visible()
    for key in ("Space", "ArrowRight", "ArrowRight", "Shift+ArrowDown", "ArrowDown", "Space"):
        page.keyboard.press(key)
    for key in ("Enter", "ArrowLeft", "Escape"):
        page.keyboard.press(key)
    expect(page.locator("#pad .ink path")).to_have_count(1)
    page.on("dialog", lambda dialog: dialog.accept("cache"))
    page.get_by_role("button", name="Text", exact=True).press("Enter")
    page.locator("#pad").press("Space")
    expect(page.locator("#pad text")).to_have_text("cache")
    assert page.url.startswith(address)  # Escape dropped a stroke and left nothing
    done(page)
    given = open_round(live, ann).questions[0].given
    assert given
    assert [(stroke[0], tuple(stroke[1])) for stroke in given.work.sketch] == [
        ("box", (280, 150, 320, 175)), ("text", (300, 175)),
    ]  # fmt: skip


@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844), (844, 390)])
def test_all_of_a_sketch_is_in_reach_of_a_finger(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner, width: int, height: int
) -> None:
    page = new_context(ann, **{**PHONE, "viewport": {"width": width, "height": height}}).new_page()
    go(page, begin(live, ann, kind="design"))
    pad = page.locator("#pad")
    page.get_by_role("button", name="Arrow").tap()
    pad.evaluate("pad => pad.scrollIntoView({ block: 'center' })")
    box = pad.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    bar = page.locator(".bar").bounding_box()
    assert bar
    assert box["height"] <= bar["y"] - 50  # beside it the page can be moved
    left, right = box["x"] + 16, box["x"] + box["width"] - 16  # further out a finger means the tools
    top, bottom = box["y"] + 16, box["y"] + box["height"] - 16
    fingers = page.context.new_cdp_session(page)

    def touch(*ways: tuple[float, float, float, float]) -> None:
        for step in range(11):
            points = [
                {"x": x + (to - x) * step / 10, "y": y + (end - y) * step / 10, "id": number}
                for number, (x, y, to, end) in enumerate(ways)
            ]
            kind = "touchMove" if step else "touchStart"
            fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            page.wait_for_timeout(16)
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    touch((left, top, right, bottom))
    expect(pad.locator("path")).to_have_count(1)
    drawn = pad.locator("path").evaluate("path => { const box = path.getBBox(); return [box.width, box.height]; }")
    assert drawn[0] > 480
    assert drawn[1] > 220
    before = page.evaluate("scrollY")
    middle = (left + right) / 2
    touch((middle - 40, top, middle - 40, bottom), (middle + 40, top, middle + 40, bottom))
    until(page, f"scrollY < {before} - 30")  # two fingers move the page
    expect(pad.locator("path")).to_have_count(1)
    page.on("dialog", lambda dialog: dialog.accept("cache"))
    page.get_by_role("button", name="Text", exact=True).tap()
    pad.evaluate("pad => pad.scrollIntoView({ block: 'center' })")
    pad.tap()
    size = pad.locator("text").evaluate("it => parseFloat(getComputedStyle(it).fontSize) * it.getScreenCTM().a")
    assert size >= 12


def test_code_is_indented_and_the_editor_can_be_left(live: Live, page: Page, ann: Learner) -> None:
    go(page, begin(live, ann, kind="coding"))
    page.locator("#notes").focus()
    page.keyboard.type("def f(x):\n")
    page.keyboard.press("Tab")
    page.keyboard.type("if x:\n")
    page.keyboard.press("Tab")
    page.keyboard.type("return 1\n")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("return 2")
    text = "def f(x):\n    if x:\n        return 1\n    return 2"
    expect(page.locator("#notes")).to_have_value(text)
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "notes"
    page.locator("#notes").focus()
    done(page)
    given = open_round(live, ann).questions[0].given
    assert given
    assert given.text == text


def test_a_mixed_round_on_a_phone(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    page = new_context(ann, **PHONE).new_page()
    page.goto(f"{live.url}/practice")
    page.get_by_role("button", name="Begin Mixed").tap()
    wait_ready(page)
    for number in range(5):
        page.locator("#notes").fill(f"Answer {number}")
        page.get_by_role("button", name="Done").tap()
        page.wait_for_selector("#ticks")
        wait_ready(page)
        for group in page.locator(".points .marks").all():
            group.get_by_label("Said").tap()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if page.locator("#grade-now").is_visible():
            page.locator("#grade-now").tap()
        page.get_by_role("button", name="Good").tap()
        page.wait_for_selector("#done" if number < 4 else ".hero")
        if number < 4:
            wait_ready(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("points said")
    assert {asked.grade for asked in open_round(live, ann).questions} == {4}


def test_a_round_without_javascript(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    page = new_context(ann, java_script_enabled=False).new_page()
    page.goto(f"{live.url}/practice")
    page.get_by_text("Choose level, folders, questions and length").click()
    page.get_by_label("Single decks, or tags").fill("ml/concepts/pca")
    page.get_by_role("button", name="Draw questions").click()
    expect(page.locator("noscript span, .where")).to_contain_text(["begun at"])
    expect(page.get_by_role("button", name="Record")).to_be_hidden()
    page.get_by_label("Notes, or the whole answer typed").fill("In writing.")
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#own")).to_have_text("In writing.")
    for name in ("says what pca is", "names when it fits", "remembers serving"):
        page.get_by_role("radiogroup", name=name).get_by_label("Said").check()
    page.get_by_role("radiogroup", name="warns of leakage").get_by_label("Missed").check()
    page.get_by_label("What you would say").fill("I sample.")
    page.get_by_role("button", name="I have answered it").click()
    expect(page.get_by_label("What you would say")).to_have_value("I sample.")
    expect(page.locator("#line")).to_have_text("3 said, 0 partly, 1 missed.")
    page.get_by_role("radiogroup", name="Follow-up 1").get_by_label("Partly").check()
    page.get_by_role("button", name="Keep the ticks").click()
    expect(page.get_by_role("heading", name="Follow-up 2 of 2")).to_be_visible()
    expect(page.get_by_role("button", name="Hard")).to_be_hidden()
    page.get_by_role("button", name="Grade now").click()
    page.get_by_role("button", name="Hard").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 of 4 points said")
    assert [row.grade for row in live.log(ann)] == [3]


def test_enter_in_a_field_neither_skips_nor_grades(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner
) -> None:
    page = new_context(ann, java_script_enabled=False).new_page()
    page.goto(begin(live, ann, kind="design"))
    page.get_by_label("What, line 1", exact=True).press("Enter")
    page.get_by_role("button", name="Done").click()
    page.get_by_role("radio").first.press("Enter")
    assert page.locator("#ticks").count() == 1
    asked = open_round(live, ann).questions[0]
    assert asked.given
    assert (asked.given.skipped, asked.state, asked.grade) == (False, "answered", None)


@pytest.mark.parametrize("how", ["network", "server"])
def test_a_round_goes_on_without_a_connection(live: Live, page: Page, ann: Learner, how: str) -> None:
    page.goto(live.url)
    until(page, "navigator.serviceWorker.controller !== null")
    url = begin(live, ann, minutes=8)
    go(page, url)
    last = f"{url}?q=2&points=1"
    until(page, f"caches.open('flashcards-pages').then((kept) => kept.match('{last}')).then((found) => !!found)")

    def lose() -> None:
        if how == "network":
            page.context.set_offline(True)
        else:
            live.stop()

    def find() -> None:
        if how == "network":
            page.context.set_offline(False)
        else:
            live.start()

    lose()
    page.locator("#notes").fill("Said without a connection.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#ticks")
    wait_ready(page)
    expect(page.locator("#own")).to_have_text("Said without a connection.")
    for key in "1113":
        page.keyboard.press(key)
    expect(page.locator("#line")).to_have_text("Kept here; sent when connected.")
    page.reload()
    wait_ready(page)
    expect(page.locator("#line")).to_have_text("3 said, 0 partly, 1 missed.")
    expect(page.locator("#own")).to_have_text("Said without a connection.")
    page.keyboard.press("g")
    page.keyboard.press("Enter")  # Hard, as proposed
    page.wait_for_selector("text=Concepts · 2 of 2")
    wait_ready(page)
    page.locator("#notes").fill("The second one.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#ticks")
    wait_ready(page)
    page.keyboard.press("g")
    page.get_by_role("button", name="Good").click()
    expect(page.locator("#line")).to_contain_text("the report comes with the connection")
    assert live.log(ann) == []
    find()
    page.goto(f"{live.url}/practice")
    nothing_waits(page)
    opened = open_round(live, ann)
    assert [asked.given.text if asked.given else "" for asked in opened.questions] == [
        "Said without a connection.",
        "The second one.",
    ]
    assert [asked.grade for asked in opened.questions] == [3, 4]
    assert opened.questions[0].tally.said == 3
    assert opened.state == "finished"


def kept_round(live: Live, page: Page, ann: Learner, **wish: Any) -> str:
    """The address of a round whose pages the browser has."""
    page.goto(live.url)
    until(page, "navigator.serviceWorker.controller !== null")
    url = begin(live, ann, **wish)
    page.goto(f"{live.url}/practice")
    until(page, f"caches.match('{live.url}/practice').then((found) => !!found)")
    go(page, url)
    last = f"{url}?q={len(open_round(live, ann).questions)}&points=1"
    until(page, f"caches.match('{last}').then((found) => !!found)")
    until(page, f"caches.match('{url}').then((found) => !!found)")
    return url


def lose(live: Live, page: Page) -> None:
    page.context.set_offline(True)
    live.stop()


def find(live: Live, page: Page) -> None:
    live.start()
    page.context.set_offline(False)


def test_a_round_opened_again_without_a_connection_goes_on_where_it_was(live: Live, page: Page, ann: Learner) -> None:
    url = kept_round(live, page, ann, minutes=12)
    lose(live, page)
    page.locator("#notes").fill("Said without a connection.")
    done(page)
    expect(page.locator("#waits")).to_have_text("Not sent yet: kept in this browser.")
    for key in "111":
        page.keyboard.press(key)
    page.locator("#leave").click()  # before the grade
    expect(page.get_by_text("What you said in a round is not sent yet")).to_be_visible()
    page.get_by_role("link", name="Go on with the round").click()
    page.wait_for_selector("#ticks")
    wait_ready(page)
    expect(page.locator("#own")).to_have_text("Said without a connection.")
    expect(page.locator(".points :checked")).to_have_count(3)
    go(page, f"{url}?q=1")  # the question by its own address: Done there would be a second answer
    page.wait_for_selector("#ticks")
    expect(page.locator("#own")).to_have_text("Said without a connection.")
    page.keyboard.press("g")
    page.get_by_role("button", name="Good").click()
    page.wait_for_selector("text=Concepts · 2 of 3")
    wait_ready(page)
    page.goto(url)
    page.wait_for_selector("text=Concepts · 2 of 3")
    wait_ready(page)
    expect(page.locator("#done")).to_be_visible()
    page.goto(f"{url}?q=1&points=1")  # what was graded says so, and cannot be graded again
    wait_ready(page)
    expect(page.locator("#line")).to_have_text("Graded Good. Not sent yet: kept in this browser.")
    expect(page.get_by_role("button", name="Hard")).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Concepts · 2 of 3")
    wait_ready(page)
    page.keyboard.press("s")  # skipped
    page.wait_for_selector("text=Concepts · 3 of 3")
    wait_ready(page)
    page.goto(url)
    page.wait_for_selector("text=Concepts · 3 of 3")
    wait_ready(page)
    page.locator("#notes").fill("The last one.")
    done(page)
    page.keyboard.press("g")
    page.get_by_role("button", name="Hard").click()
    expect(page.locator("#line")).to_contain_text("the report comes with the connection")
    page.goto(url)
    page.wait_for_selector("#go-on")
    find(live, page)
    page.get_by_role("button", name="Report").click()
    page.wait_for_url("**/report")
    nothing_waits(page)
    opened = open_round(live, ann)
    assert [asked.given.text if asked.given else "" for asked in opened.questions] == [
        "Said without a connection.",
        None,
        "The last one.",
    ]
    assert [asked.others for asked in opened.questions] == [(), (), ()]
    assert [asked.grade for asked in opened.questions] == [4, None, 3]


def test_a_design_that_waits_is_shown_with_its_numbers_and_its_sketch(live: Live, page: Page, ann: Learner) -> None:
    kept_round(live, page, ann, kind="design")
    page.get_by_label("What, line 1", exact=True).fill("Listeners")
    page.get_by_label("How many, line 1").fill("50 M")
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60)
    page.mouse.up()
    drawn = page.locator("#pad path").get_attribute("d")
    lose(live, page)
    done(page)
    for there in (False, True):
        if there:
            find(live, page)
            page.goto(f"{live.url}/practice")
            nothing_waits(page)
            page.get_by_role("link", name="Go on with the round").click()
            wait_ready(page)
        expect(page.locator("#waits")).to_have_count(0 if there else 1)
        expect(page.locator("#own")).to_have_text("Answered aloud.")
        expect(page.locator(".own .written tr")).to_have_text("Listeners50 M")
        expect(page.locator(".own .pad path")).to_have_attribute("d", drawn or "")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_was_sent_before_the_connection_went_is_known_as_well(live: Live, page: Page, ann: Learner) -> None:
    url = kept_round(live, page, ann, minutes=8)
    page.locator("#notes").fill("Sent.")
    done(page)
    page.keyboard.press("g")
    page.get_by_role("button", name="Good").click()
    page.wait_for_selector("text=Concepts · 2 of 2")
    wait_ready(page)
    nothing_waits(page)
    lose(live, page)
    page.goto(url)  # kept when the first question was on
    page.wait_for_selector("text=Concepts · 2 of 2")
    wait_ready(page)
    find(live, page)
    go(page, url)
    expect(page.locator(".rtop > div").nth(1)).to_have_text("Concepts · 2 of 2")
    page.goto(f"{url}?q=1&again=1")  # meant: it is asked again
    wait_ready(page)
    page.locator("#notes").fill("Better.")
    lose(live, page)
    done(page)
    expect(page.locator("#own")).to_have_text("Better.")
    page.keyboard.press("1")
    find(live, page)
    nothing_waits(page)
    asked = open_round(live, ann).questions[0]
    assert asked.given
    assert (asked.given.text, [one.text for one in asked.others]) == ("Better.", ["Sent."])


def test_two_tabs_in_one_round(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    context = new_context(ann)
    url = begin(live, ann, minutes=8)
    one, two = context.new_page(), context.new_page()
    for page in (one, two):
        go(page, f"{url}?q=1")
    one.locator("#notes").fill("From one")
    two.locator("#notes").fill("From two")
    for page in (one, two):
        page.bring_to_front()
        done(page)
    one.bring_to_front()
    one.reload()
    wait_ready(one)
    one.keyboard.press("1")
    nothing_waits(one)
    one.keyboard.press("g")
    one.get_by_role("button", name="Good").click()
    one.wait_for_selector("text=Concepts · 2 of 2")
    two.bring_to_front()
    two.keyboard.press("g")
    two.get_by_role("button", name="Again").click()
    expect(two.locator("#line")).to_have_text("This answer has its grade already.")
    asked = open_round(live, ann).questions[0]
    assert {one.text for one in (asked.given, *asked.others) if one} == {"From one", "From two"}
    assert [row.grade for row in live.log(ann)] == [4]


def test_what_is_refused_is_said_and_the_draft_stays(live: Live, page: Page, ann: Learner) -> None:
    go(page, begin(live, ann))
    page.locator("#notes").evaluate("field => { field.value = 'word '.repeat(5000); }")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#line")).to_contain_text("at most 20,000 are kept")
    page.locator("#notes").fill("Shorter.")
    done(page)
    expect(page.locator("#own")).to_have_text("Shorter.")


@pytest.fixture
def speaking(browser: Browser, live: Live, ann: Learner) -> Iterator[BrowserContext]:
    """A browser with a microphone that beeps."""
    other = again_with(browser, "--use-fake-device-for-media-stream")
    context = other.new_context(permissions=["microphone"])
    context.set_default_timeout(20_000)
    live.enter(context, ann)
    yield context
    other.close()


KEPT = """() => new Promise((resolve) => {
  const open = indexedDB.open("flashcards-recordings");
  open.onsuccess = () => {
    if (!open.result.objectStoreNames.length) return resolve([]);
    const all = open.result.transaction("takes").objectStore("takes").getAll();
    all.onsuccess = () => { open.result.close(); resolve(all.result.map((blob) => blob.size)); };
  };
})"""


def test_a_recording_stays_in_the_browser_is_played_and_deleted(
    live: Live, speaking: BrowserContext, ann: Learner
) -> None:
    page = speaking.new_page()
    sent: list[int] = []
    page.on("request", lambda request: sent.append(len(request.post_data_buffer or b"")))
    go(page, begin(live, ann, minutes=8))
    page.keyboard.press("r")
    expect(page.locator("#line")).to_have_text("Recording. It stays in this browser.")
    page.wait_for_timeout(3500)  # longer than a piece, so that a reload would find one
    until(page, f"({KEPT})().then((sizes) => sizes.length === 1 && sizes[0] > 1000)")
    done(page)
    expect(page.locator("#player audio")).to_be_visible()
    page.locator("#player audio").evaluate("audio => audio.play()")
    until(page, "document.querySelector('#player audio').currentTime > 0.3")
    (size,) = page.evaluate(KEPT)
    assert 0 < sum(sent) < size  # of some kilobytes of sound nothing was sent: only the answer was
    assert all(length < 1000 for length in sent)
    page.reload()
    wait_ready(page)
    expect(page.locator("#player audio")).to_be_visible()
    # Another account of this browser has none of it.
    ben = live.site.learner("Ben")
    live.enter(speaking, ben)
    other = speaking.new_page()
    other.goto(f"{live.url}/practice")
    expect(other.locator("#kept")).to_be_hidden()
    live.enter(speaking, ann)
    other.goto(f"{live.url}/practice")
    expect(other.locator("#kept")).to_contain_text("1 recording is kept in this browser")
    page.bring_to_front()
    page.get_by_role("button", name="Delete the recording").click()
    expect(page.locator("#player")).to_be_hidden()
    assert page.evaluate(KEPT) == []


def test_each_recording_has_its_length_also_one_that_was_cut_off(
    live: Live, speaking: BrowserContext, ann: Learner
) -> None:
    page = speaking.new_page()
    url = begin(live, ann, minutes=4)
    go(page, url)
    page.keyboard.press("r")
    expect(page.locator("#line")).to_contain_text("Recording.")
    page.wait_for_timeout(4000)  # longer than a piece
    page.keyboard.press("Escape")
    page.wait_for_url("**/practice")
    go(page, url)
    kept = re.compile(r"^A recording \(0:0[34567]\) is kept in this browser; Record adds another\.$")
    expect(page.locator("#line")).to_have_text(kept)
    page.keyboard.press("r")
    expect(page.locator("#line")).to_contain_text("Recording.")
    until(page, f"({KEPT})().then((sizes) => sizes.length === 2)")
    page.reload()
    wait_ready(page)
    expect(page.locator("#line")).to_contain_text("2 recordings (0:")
    page.keyboard.press("r")
    expect(page.locator("#line")).to_contain_text("Recording.")
    page.wait_for_timeout(1200)
    done(page)
    until(page, "document.querySelectorAll('#player audio[aria-label*=\", 0:\"]').length === 3")
    lengths = page.evaluate("[...document.querySelectorAll('#player audio')].map((audio) => audio.duration)")
    assert 3 < lengths[0] < 8, lengths
    assert 2 < lengths[1] < 6, lengths
    assert 1 < lengths[2] < 4, lengths
    first = page.locator("#player audio").first
    expect(first).to_have_attribute("aria-label", re.compile("^Your recording, part 1, 0:0[34567]$"))
    first.evaluate("audio => { audio.currentTime = 2; return audio.play(); }")  # from anywhere
    until(page, "document.querySelector('#player audio').currentTime > 2.3")


def test_a_page_without_https_says_so_and_goes_on_in_writing(
    browser: Browser, prepared_practice: Path, tmp_path: Path
) -> None:
    folder = copy_decks_and_data(prepared_practice, tmp_path)
    other = again_with(browser, "--host-resolver-rules=MAP cards.test 127.0.0.1")
    with serve(folder / "data", folder / "decks", trusted_hosts=("cards.test",)) as live:
        ann = live.site.learner("Ann")
        context = other.new_context()
        context.set_default_timeout(20_000)
        url, home = (it.replace("127.0.0.1", "cards.test") for it in (begin(live, ann, minutes=4), live.url))
        secret = live.site.secret(ann)
        context.add_cookies([{"name": "flashcards_session", "value": secret, "url": home, "httpOnly": True}])
        page = context.new_page()
        go(page, url)
        assert page.evaluate("isSecureContext") is False
        expect(page.locator("#line")).to_have_text("Recording needs https, or a server on this machine.")
        expect(page.locator("#record")).to_be_hidden()
        page.locator("#notes").fill("In writing, then.")
        done(page)
        expect(page.locator("#own")).to_have_text("In writing, then.")
        page.keyboard.press("1")
        expect(page.locator("#line")).to_contain_text("1 said")
        nothing_waits(page)
        other.close()
        assert open_round(live, ann).questions[0].tally.said == 1


def test_a_microphone_that_is_refused(live: Live, page: Page, ann: Learner) -> None:
    go(page, begin(live, ann))
    page.get_by_role("button", name="Record").click()
    expect(page.locator("#line")).to_contain_text("go on in writing")
    page.locator("#notes").fill("In writing, then.")
    done(page)


def test_a_microphone_that_is_taken_away(live: Live, speaking: BrowserContext, ann: Learner) -> None:
    page = speaking.new_page()
    page.add_init_script(
        "const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
        "navigator.mediaDevices.getUserMedia = async (o) => (globalThis.heard = await get(o));"
    )
    go(page, begin(live, ann))
    page.keyboard.press("r")
    until(page, "globalThis.heard !== undefined")
    page.wait_for_timeout(500)
    page.evaluate("heard.getAudioTracks()[0].dispatchEvent(new Event('ended'))")
    expect(page.locator("#line")).to_have_text("The microphone went away; what was recorded is kept.")
    expect(page.get_by_role("button", name="Record")).to_be_visible()
    until(page, f"({KEPT})().then((sizes) => sizes.length === 1)")


def test_two_browsers_tick_one_answer(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    page = new_context(ann).new_page()
    go(page, begin(live, ann, minutes=8))
    page.locator("#menu summary").click()
    page.get_by_role("button", name="With a partner").click()
    link = page.locator("[data-link]").get_attribute("href")
    wait_ready(page)
    expect(page.locator("[data-link]")).to_have_text(f"{live.url}{link}")
    partner = new_context().new_page()
    partner.goto(f"{live.url}{link}")
    partner.get_by_role("button", name="Join").click()
    wait_ready(partner)
    for key in "1133":
        partner.keyboard.press(key)
    expect(partner.locator(".marks :checked")).to_have_count(4)
    done(page)
    expect(partner.locator("#line")).to_have_text("The answer is given; the next one follows.")
    for key in "1113":
        page.keyboard.press(key)
    nothing_waits(page)
    page.keyboard.press("g")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Concepts · 2 of 2")
    expect(partner.locator(".rtop > div").nth(1)).to_have_text("Concepts · 2 of 2")
    wait_ready(page)
    page.locator("#menu summary").click()
    page.get_by_role("button", name="End the round here").click()
    expect(page.get_by_text("3 of 4 ticks agree")).to_be_visible()
    expect(partner.get_by_text("leads nowhere any more")).to_be_visible()


@pytest.mark.axe
def test_axe_finds_nothing_in_a_round(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    page = new_context(ann, reduced_motion="reduce").new_page()
    page.goto(f"{live.url}/practice")
    page.locator(".choose summary").click()
    check(page)
    for kind in ("design", "coding", "behavioural"):
        go(page, begin(live, ann, kind=kind))
        check(page)
    url = begin(live, ann, minutes=8)
    go(page, url)
    page.locator("#notes").fill("What I say")
    done(page)
    page.get_by_role("button", name="I have answered it").click()
    page.keyboard.press("1")
    check(page)
    for key in "12":
        page.keyboard.press(key)
    page.keyboard.press("g")
    page.get_by_role("button", name="Again").click()
    page.wait_for_selector("text=Concepts · 2 of 2")
    page.locator("#menu summary").click()
    page.get_by_role("button", name="With a partner").click()
    wait_ready(page)
    check(page)
    link = page.locator("[data-link]").get_attribute("href")
    partner = new_context(reduced_motion="reduce").new_page()
    partner.goto(f"{live.url}{link}")
    check(partner)
    partner.get_by_role("button", name="Join").click()
    check(partner)
    page.goto(f"{url}/report")
    page.locator(".answered summary").first.click()
    check(page)
    page.get_by_role("button", name="into my review").click()
    expect(page.get_by_text("beside today’s cards")).to_be_visible()
    check(page)
    asked = open_round(live, ann).questions[0]
    live.services.faults.report(ann, asked.card, "It is wrong.", new_id())
    for path in (f"/cards/{asked.card}", "/analysis"):
        page.goto(live.url + path)
        check(page)
    page.goto(f"{live.url}/practice")
    check(page)
