"""The pages about exports say what the code does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flashcards.exchange.anki.fields import REMOVED_TAG
from flashcards.exchange.json_schema import FORMAT, SECTIONS, VERSION, Section, schema

DOCS = Path(__file__).parents[3] / "docs"


def test_the_schema_is_the_one_that_is_checked() -> None:
    assert json.loads((DOCS / "export.schema.json").read_text("utf-8")) == schema()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_every_member_is_described(section: Section) -> None:
    page = (DOCS / "export-json.md").read_text("utf-8")
    assert f'`"format": "{FORMAT}"`, `"version": {VERSION}`' in page
    own = page.partition(f"### `{section.name}`")[2].partition("###")[0]
    for field in section.fields:
        assert f"| `{field.name}` |" in own
        assert f"| {field.says} |" in own


def test_the_page_about_anki_names_the_tag() -> None:
    assert f"`{REMOVED_TAG}`" in (DOCS / "anki.md").read_text("utf-8")
