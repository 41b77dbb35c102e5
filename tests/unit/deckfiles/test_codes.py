"""The page about the format is right: it names every code, and its examples parse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import flashcards.deckfiles
from flashcards.deckfiles.check.codes import CODES
from flashcards.deckfiles.parse.attributes import FLAGS
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.deckfiles.parse.front_matter import DECK_KEYS, FOLDER_KEYS
from flashcards.deckfiles.parse.note import CORE_SECTIONS, LISTS

PAGE = (Path(__file__).parents[3] / "docs" / "deck-format.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^(`{3,})markdown\n(.*?)^\1$", PAGE, re.M | re.S)
PACKAGE = Path(flashcards.deckfiles.__file__).parent
SOURCES = [*sorted(PACKAGE.rglob("*.py")), PACKAGE.parent / "domain" / "prerequisites.py"]
_LITERAL = re.compile(r'"([a-z][a-z0-9]*(?:-[a-z0-9]+)+|math)"')


@pytest.mark.parametrize("code", CODES)
def test_every_code_stands_on_the_page(code: str) -> None:
    assert re.search(rf"^\| `{code}` \|", PAGE, re.M)


def test_every_code_on_the_page_exists() -> None:
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \| (?:error|warning)", PAGE, re.M)) == set(CODES)


def test_every_code_is_given_somewhere_and_every_given_one_is_known() -> None:
    literals = {
        literal
        for path in SOURCES
        if path.name != "codes.py"
        for literal in _LITERAL.findall(path.read_text(encoding="utf-8"))
    }
    assert set(CODES) <= literals
    prefixes = ("front-matter-", "cloze-", "style-", "link-", "render-", "requires-", "duplicate-", "one-line-")
    assert {literal for literal in literals if literal.startswith(prefixes)} - {"link-rel"} <= set(CODES)


def test_every_key_flag_and_list_stands_on_the_page() -> None:
    for word in (*DECK_KEYS, *FOLDER_KEYS):
        assert f"`{word}`" in PAGE
    for flag in FLAGS:
        assert f"`.{flag}`" in PAGE
    for name in (*LISTS, *CORE_SECTIONS):
        assert f"### {name.capitalize()}" in PAGE


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 7


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_examples_parse(number: int) -> None:
    parsed = parse_deck("example.md", EXAMPLES[number][1].encode())
    assert parsed.problems == ()
    assert parsed.deck.notes
