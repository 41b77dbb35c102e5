"""The editor in a browser: written, mended, saved, reviewed, edited elsewhere, in conflict, and nothing lost."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from flashcards.jobs.all import all_jobs
from flashcards.services.accounts.facade import Learner
from tests.browser.axe import check
from tests.browser.live import Live, answer, open_review, sent, serve, until
from tests.browser.test_layout import ask, no_overflow
from tests.integration.test_deck_pages import png
from tests.site import DECKS, copy_data, prepared_data

DECK = """\
---
title: Softmax
---

## What does softmax give? {#softmax}

Numbers that add up to one: $\\sofmax(z)$.

## Dropout {#dropout}

Dropout is applied at {{c1::train}} time and not at {{c2::test}} time.

"""


@pytest.fixture(scope="session")
def prepared_to_write(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("editor")
    shutil.copytree(DECKS, folder / "decks")
    return prepared_data(folder, folder / "decks")


@pytest.fixture
def live(prepared_to_write: Path, tmp_path: Path) -> Iterator[Live]:
    """A server with its jobs: files are watched."""
    data = copy_data(prepared_to_write, tmp_path)
    with serve(data, data / "decks") as live:
        jobs = all_jobs(live.services)
        jobs.start()
        try:
            yield live
        finally:
            jobs.stop()


def open_editor(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("html[data-ready]", state="attached")


def edit_elsewhere(file: Path, old: str, new: str) -> None:
    """Another process changes the file."""
    code = "import pathlib, sys; p = pathlib.Path(sys.argv[1]); p.write_text(p.read_text().replace(*sys.argv[2:]))"
    subprocess.run([sys.executable, "-c", code, str(file), old, new], check=True)


def test_write_mend_save_review_and_meet_another_editor(live: Live, page: Page, tmp_path: Path) -> None:
    source, state = page.locator("#source"), page.locator("#state")
    # 1. A new deck with a cloze, a formula error and a picture.
    page.goto(f"{live.url}/new-deck")
    page.fill("#path", "ml/softmax")
    page.get_by_role("button", name="Make the deck").click()
    page.wait_for_selector("html[data-ready]", state="attached")
    source.fill(DECK)
    expect(page.locator("#cards article")).to_have_count(2)
    expect(page.locator("#cards .cz")).to_have_count(2)
    expect(page.locator("#summary")).to_contain_text("new")
    source.press("Control+End")
    source.press_sequentially("## Which picture? {#pic}\n\n")
    (tmp_path / "grey.png").write_bytes(png(8, 8))
    page.set_input_files("#picture", tmp_path / "grey.png")
    expect(page.locator("#cards img")).to_be_visible()
    # 2. The check row leads to its line, and is mended there.
    row = page.locator("#lint .error")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("7:")
    row.get_by_role("link").click()
    start = source.evaluate("one => one.value.slice(0, one.selectionStart).split('\\n').length")
    assert start == 7
    source.fill(source.input_value().replace("\\sofmax", "\\sigma"))
    expect(page.locator("#lint .error")).to_have_count(0)
    # 3. Saved by the keyboard, and reviewed.
    page.keyboard.press("Control+s")
    expect(state).to_contain_text("Saved")
    file = live.site.config.decks / "ml" / "softmax.md"
    assert "\\sigma" in file.read_text()
    open_review(page, f"{live.url}/review?deck=ml/softmax")
    answer(page)
    sent(page)
    # 4. Another process edits it: the page follows.
    open_editor(page, f"{live.url}/decks/ml/softmax/edit")
    expect(page.locator("#cards")).to_contain_text("1 review kept")
    edit_elsewhere(file, "add up to one", "sum to one")
    expect(page.locator("#cards")).to_contain_text("sum to one")
    expect(source).to_have_value(file.read_text())
    # 5. A conflict: both are shown, nothing is lost.
    source.press("Control+End")
    source.press_sequentially("\n\nMy own words.")
    edit_elsewhere(file, "sum to one", "make one")
    expect(page.locator("#conflict")).to_be_visible()
    expect(page.locator("#theirs")).to_have_value(file.read_text())
    page.keyboard.press("Control+s")
    expect(page.locator("#notice")).to_contain_text("choose below")
    assert "My own words" not in file.read_text()
    page.locator("#swap").click()
    expect(source).to_have_value(file.read_text())
    assert "My own words." in page.locator("#theirs").input_value()
    page.locator("#swap").click()
    page.locator("#over").click()
    expect(state).to_contain_text("Saved")
    expect(page.locator("#conflict")).to_be_hidden()
    assert "My own words." in file.read_text()
    assert "sum to one" in file.read_text()
    # 6. Every review is still there.
    [ann] = live.services.accounts.learners()
    assert sum(card.reviews for card in live.services.review.cards(ann, deck="ml/softmax").items) == 1


def test_a_file_that_comes_back_is_no_conflict_any_more(live: Live, page: Page, tmp_path: Path) -> None:
    """Git takes files away and lays them down again, when a branch is left and taken again."""
    file = live.site.config.decks / "languages" / "capitals.md"
    text = file.read_text()
    source, conflict, notice = page.locator("#source"), page.locator("#conflict"), page.locator("#notice")
    open_editor(page, f"{live.url}/decks/languages/capitals/edit")
    file.rename(tmp_path / "away.md")
    expect(conflict).to_be_visible()
    file.write_text(text + "\nA line.\n")  # nothing was typed: the page follows
    expect(source).to_have_value(text + "\nA line.\n")
    expect(conflict).to_be_hidden()
    expect(notice).to_be_empty()
    source.press("Control+End")
    source.press_sequentially("Mine.")
    file.unlink()
    expect(conflict).to_be_visible()
    file.write_text(text + "\nA line.\n")  # what the own text was made from
    expect(conflict).to_be_hidden()
    page.keyboard.press("Control+s")
    expect(page.locator("#state")).to_contain_text("Saved")
    assert file.read_text() == text + "\nA line.\nMine.\n"


def test_the_own_text_outlasts_a_second_change_while_the_other_is_looked_at(live: Live, page: Page) -> None:
    file = live.site.config.decks / "languages" / "capitals.md"
    text = file.read_text()
    source, theirs = page.locator("#source"), page.locator("#theirs")
    open_editor(page, f"{live.url}/decks/languages/capitals/edit")
    source.press("Control+End")
    source.press_sequentially("Mine.")
    file.write_text(f"{text}\nOnce.\n")
    page.locator("#swap").click()
    expect(source).to_have_value(f"{text}\nOnce.\n")
    file.write_text(f"{text}\nTwice.\n")
    page.wait_for_timeout(1500)  # longer than the page takes to look
    assert "Mine." in theirs.input_value()
    page.locator("#over").click()
    expect(page.locator("#notice")).to_contain_text("once more")
    assert "Mine." in theirs.input_value()
    assert file.read_text() == f"{text}\nTwice.\n"
    page.locator("#over").click()
    expect(page.locator("#state")).to_contain_text("Saved")
    assert file.read_text() == f"{text}\nOnce.\n"


def test_a_draft_stays_in_the_browser(live: Live, page: Page) -> None:
    url = f"{live.url}/decks/languages/capitals/edit"
    open_editor(page, url)
    page.locator("#source").press("Control+End")
    page.locator("#source").press_sequentially("\n## Not saved yet?")
    until(page, "Object.keys(localStorage).some((key) => key.startsWith('flashcards.draft.'))")
    for _ in range(2):  # whoever only looks at it, and leaves, has not thrown it away
        open_editor(page, url)
        expect(page.locator("#notice")).to_contain_text("was not saved")
        expect(page.locator("#summary")).to_contain_text("unchanged")
    page.get_by_role("button", name="Go on with it").click()
    assert page.locator("#source").input_value().endswith("## Not saved yet?")
    page.keyboard.press("Control+s")
    expect(page.locator("#state")).to_contain_text(re.compile(r"Saved \d\d:\d\d(?!\s?[AP]M)"))  # a clock of 24 hours
    until(page, "!Object.keys(localStorage).some((key) => key.startsWith('flashcards.draft.'))")
    open_editor(page, url)
    expect(page.locator("#notice")).to_be_empty()


def test_only_changed_cards_are_swapped(live: Live, page: Page) -> None:
    open_editor(page, f"{live.url}/decks/languages/capitals/edit")
    # Those of the page as it came have no line; the script draws them anew once, with the first answer of its own.
    expect(page.locator("#cards article[data-line]")).to_have_count(5)
    page.evaluate("for (const one of document.querySelectorAll('#cards article')) one.dataset.mine = 1")
    source = page.locator("#source")
    source.fill(source.input_value().replace("## ", "## Now: ", 1))
    expect(page.locator("#cards .st.changed")).to_have_count(1)
    count = page.locator("#cards article").count()
    expect(page.locator("#cards article[data-mine]")).to_have_count(count - 1)


def test_a_large_paste_and_a_file_that_is_no_picture(live: Live, page: Page, tmp_path: Path) -> None:
    open_editor(page, f"{live.url}/decks/languages/capitals/edit")
    page.evaluate("""() => { const area = document.getElementById('source');
      area.value = ('x'.repeat(999) + '\\n').repeat(9000); area.dispatchEvent(new Event('input')); }""")
    expect(page.locator("#notice")).to_contain_text("over 8 MiB")
    page.reload()
    (tmp_path / "text.png").write_bytes(b"no picture at all")
    page.set_input_files("#picture", tmp_path / "text.png")
    expect(page.locator("#notice")).to_contain_text("no picture")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_fits(live: Live, new_context: Callable[..., BrowserContext], ann: Learner, width: int) -> None:
    page = new_context(ann, viewport={"width": width, "height": 800}).new_page()
    for path in ("/decks/science/extremes/edit", "/decks/languages/capitals/edit", "/new-deck"):
        page.goto(live.url + path)
        page.wait_for_load_state("networkidle")
        no_overflow(page)
        size, where = ask(page, "smallestText")
        assert size >= 12, f"{path}: {where!r} is {size} px"
        assert ask(page, "smallTargets") == [], path


@pytest.mark.axe
def test_axe_finds_nothing(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    page = new_context(ann, reduced_motion="reduce").new_page()
    open_editor(page, f"{live.url}/decks/programming/python/edit")
    source = page.locator("#source")
    source.fill(source.input_value() + "\n## Wrong?\n\n$\\nothing$\n")
    expect(page.locator("#lint .error")).to_have_count(1)
    edit_elsewhere(live.site.config.decks / "programming" / "python.md", "---", "---")
    page.evaluate("document.getElementById('conflict').hidden = false")
    check(page)
    page.goto(f"{live.url}/new-deck")
    check(page)


def test_the_deck_page_follows_its_file(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/decks/languages/capitals")
    file = live.site.config.decks / "languages" / "capitals.md"
    edit_elsewhere(file, "Lima", "Lima, on the sea")
    expect(page.locator("#main")).to_contain_text("Lima, on the sea")
    edit_elsewhere(file, "Lima, on the sea", "```\nnever closed")
    expect(page.locator(".problems")).to_contain_text("never closed")
    expect(page.locator("#main")).to_contain_text("keeps its last good version")
    expect(page.locator("#main")).to_contain_text("Lima, on the sea")
    edit_elsewhere(file, "```\nnever closed", "Lima again")
    expect(page.locator("#main")).to_contain_text("Lima again")
    expect(page.locator(".problems")).to_have_count(0)


def test_e_opens_the_card_at_its_line(live: Live, new_context: Callable[..., BrowserContext], ann: Learner) -> None:
    page = new_context(ann).new_page()
    open_review(page, f"{live.url}/review?deck=science/algebra")
    answer(page)
    sent(page)
    page.keyboard.press("e")
    page.wait_for_selector("html[data-ready]", state="attached")
    card = live.services.review.queue(ann, deck="science/algebra").cards[0]
    expect(page).to_have_url(f"{live.url}/decks/science/algebra/edit?line={card.line}")
    line = "one => one.value.slice(0, one.selectionStart).split('\\n').length"
    assert page.locator("#source").evaluate(line) == card.line
    ben = new_context(live.site.learner("Ben")).new_page()
    open_review(ben, f"{live.url}/review?deck=science/algebra")
    ben.keyboard.press("e")
    assert ben.locator("#edit").count() == 0
    expect(ben.locator("#card")).to_be_visible()


COUNTING = """() => {
  window.work = { changed: 0, measured: 0 };
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  const counted = new MutationObserver((list) => { window.work.changed += list.length; });
  counted.observe(document.getElementById("lines"), all);
  const measure = Element.prototype.getBoundingClientRect;
  Element.prototype.getBoundingClientRect = function () { window.work.measured++; return measure.call(this); };
}"""
"""From now on what a key changes and measures is counted: the work it makes, however busy the machine is."""
NODES = "() => { let n = 0; for (const w = document.createTreeWalker(document.body, 5); w.nextNode();) n++; return n; }"


def test_of_a_long_file_only_what_is_near_is_in_the_page(live: Live, page: Page, tmp_path: Path) -> None:
    """Two thousand notes: at most 3,000 nodes wherever one looks, and every line keeps its number and its height."""
    notes = "".join(f"## Question {n}? {{#n{n}}}\n\nAnswer {n}, **bold**.\n\n" for n in range(1, 2001))
    (live.site.config.decks / "long.md").write_text(f"---\ntitle: Long\n---\n\n{notes}", "utf-8")
    live.services.sync.sync()
    open_editor(page, f"{live.url}/decks/long/edit")
    expect(page.locator("#summary")).to_contain_text("2,000", timeout=60_000)
    assert page.evaluate(NODES) <= 3000
    expect(page.locator("#cards article")).to_have_count(40, timeout=60_000)
    assert page.evaluate(NODES) <= 3000

    # The copy is as high as the text of the field, and scrolls with it.
    page.evaluate("() => { const a = document.getElementById('source'); a.focus(); a.setSelectionRange(0, 0); }")
    heights = "() => ['lines', 'source'].map((id) => document.getElementById(id).scrollHeight)"
    copy, field = page.evaluate(heights)
    assert abs(copy - field) <= 1

    # At the end, too: the last lines have their numbers, the last notes are there.
    page.evaluate("() => { const p = document.getElementById('source'); p.scrollTop = p.scrollHeight; }")
    page.evaluate("() => { const p = document.getElementById('cards'); p.scrollTop = p.scrollHeight; }")
    expect(page.locator("#cards")).to_contain_text("Question 2000?")
    expect(page.locator("#lines > div:last-child > div").first).to_be_attached()
    tops = "() => ['lines', 'source'].map((id) => document.getElementById(id).scrollTop)"
    assert len({*page.evaluate(tops)}) == 1
    assert page.evaluate(NODES) <= 3000

    # A key in the middle changes one note, which is shown; what is said of a line leads there.
    page.evaluate("""() => { const a = document.getElementById('source'), at = a.value.indexOf('Answer 1000,');
      a.focus(); a.setSelectionRange(at, at); }""")
    page.keyboard.type("A")  # scrolls there
    expect(page.locator("#cards .st.changed")).to_have_count(1, timeout=60_000)
    page.evaluate(COUNTING)
    page.keyboard.type(" new ")
    expect(page.locator("#cards article.cur")).to_contain_text("A new Answer 1000")
    work = page.evaluate("work")
    assert 5 <= work["changed"] <= 60
    assert work["measured"] <= 60
    expect(page.locator("#cards article.cur")).to_contain_text("A new Answer 1000")
    assert page.evaluate(NODES) <= 3000


EDITS = """() => {
  const area = document.getElementById("source"), wrong = [];
  const pieces = ["", "\\n", "x", "a\\n\\nb", "\\n\\n", "x".repeat(70000)];
  let dice = 1;
  const up_to = (most) => (dice = (dice * 48271) % 2147483647) % most;
  const copied = () => [...document.querySelectorAll("#lines > div")].flatMap((block) =>
    block.className === "closed" ? block.textContent.split("\\n") : [...block.children].map((one) => one.textContent));
  area.value = "one\\n".repeat(200);
  for (let edit = 0; edit < 300; edit++) {
    const at = up_to(area.value.length + 1), end = at + up_to(edit % 3 ? 3 : 2000);
    const put = pieces[up_to(edit % 50 ? 5 : 6)];
    area.value = area.value.slice(0, at) + put + area.value.slice(end);
    area.dispatchEvent(new Event("input"));
    const wanted = area.value.split("\\n").map((row) => row || " ");
    if (copied().join("\\n") !== wanted.join("\\n")) wrong.push([edit, at, end, put.length]);
  }
  return wrong;
}"""
"""Three hundred edits anywhere, by a row of numbers that is always the same; those after which the copy differs."""


def test_the_copy_of_the_lines_follows_every_edit(live: Live, page: Page) -> None:
    open_editor(page, f"{live.url}/decks/languages/capitals/edit")
    assert page.evaluate(EDITS) == []


def test_saving_after_the_login_is_over_keeps_the_text(
    live: Live, new_context: Callable[..., BrowserContext], ann: Learner
) -> None:
    context = new_context(ann)
    page = context.new_page()
    open_editor(page, f"{live.url}/decks/programming/python/edit")
    context.clear_cookies()
    page.locator("#source").press("Control+End")
    page.locator("#source").press_sequentially("\n## One more? {#more}\n\nYes.\n")
    page.keyboard.press("Control+s")
    notice = page.locator("#notice")
    expect(notice).to_have_text(
        "Nothing was saved. You are not logged in any more. Log in in another tab, then try again here."
        " Your text is kept in this browser."
    )
    live.enter(context, ann)
    page.keyboard.press("Control+s")
    expect(page.locator("#state")).to_contain_text("Saved")
    expect(notice).to_be_empty()
    assert "{#more}" in (live.site.config.decks / "programming" / "python.md").read_text()
