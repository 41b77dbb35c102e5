"""The long form of an answer in review: folded, opened by keyboard, and as wide as the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import check
from tests.browser.live import Live, open_review, serve, show
from tests.browser.test_layout import no_overflow
from tests.site import prepared_data

DECK = """\
## How do you treat missing values? {#missing .core}

First why, then what.

### In full

**Why** decides.

- one
- two

```python
what = "is wider than any phone, for it goes on and on and on, until nobody can read it any more without scrolling"
```

### Rubric
- names the kinds
- keeps the split clean
"""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    decks = tmp_path / "decks"
    decks.mkdir()
    (decks / "prep.md").write_text(DECK, "utf-8")
    with serve(prepared_data(tmp_path / "data", decks), decks) as live:
        yield live


@pytest.mark.axe
def test_it_is_folded_until_it_is_asked_for(live: Live, page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 420})
    open_review(page, f"{live.url}/review")
    show(page)
    text = page.get_by_text("decides")
    expect(page.locator(".extra > details > summary")).to_have_text(["Rubric", "In full"])
    expect(text).to_be_hidden()
    expect(page.locator("#below")).to_have_text("Below: in full ↓")  # its lists are not counted

    page.get_by_text("In full", exact=True).focus()
    page.keyboard.press("Enter")
    expect(text).to_be_visible()
    no_overflow(page)
    check(page)


def test_the_editor_shows_it_beside_the_text(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/decks/prep/edit")
    page.fill("#source", DECK.replace("**Why** decides", "The *cause* decides"))
    folded = page.locator(".pc .extra > details")
    expect(folded.locator("summary")).to_have_text(["Rubric", "In full"])
    expect(folded.nth(1).locator("em")).to_have_text("cause")
