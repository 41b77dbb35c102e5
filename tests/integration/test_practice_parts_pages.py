"""The long form and what to clarify, where learners and authors see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site import Site, open_site, prepared_data

DECK = """\
## How do you treat missing values? {#missing .core}

First why, then what.

### In full

**Why** decides.

### Clarify
- How much is missing? A tenth.

### Rubric
- names the kinds {#kindz}

### Sources
- Rubin 1976

## Which kinds are there? {#kinds}

Three.
"""
FOLDED = re.compile(r'<details><summary>In full</summary><div class="md"><p><strong>Why</strong> decides')


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    decks = tmp_path / "decks"
    decks.mkdir()
    (decks / "prep.md").write_text(DECK, "utf-8")
    with open_site(prepared_data(tmp_path / "data", decks), decks) as opened:
        yield opened


def test_in_review_the_long_form_is_folded_and_nothing_is_clarified(site: Site) -> None:
    client = site.client(site.learner())
    first = client.get("/api/v1/queue").json["cards"][0]
    asked = client.get("/review").text
    shown = client.get(f"/review?show=1&card={first['id']}").text

    assert not FOLDED.search(asked)
    assert FOLDED.search(shown)
    assert "A tenth" not in asked + shown
    assert first["in_full_html"] == "<p><strong>Why</strong> decides.</p>"


def test_the_card_s_own_page_and_its_deck_s_have_both(site: Site) -> None:
    client = site.client(site.learner())
    card = client.get("/api/v1/queue").json["cards"][0]["id"]

    for page in (client.get(f"/cards/{card}").text, client.get("/decks/prep").text):
        assert FOLDED.search(page)
        assert "How much is missing? A tenth." in page


def test_the_editor_shows_both_and_names_a_reference_that_leads_nowhere(site: Site) -> None:
    client = site.client(site.learner())
    preview = client.post("/api/v1/preview", json={"path": "prep.md", "source": DECK}).json
    note = preview["notes"][0]

    assert note["in_full_html"].startswith("<p><strong>Why")
    assert note["clarify_html"] == ["How much is missing? A tenth."]
    assert [(row["line"], row["code"]) for row in preview["problems"]] == [(13, "reference-unknown")]
    assert "did you mean 'kinds'" in preview["problems"][0]["message"]
