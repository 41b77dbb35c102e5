"""The examples of CommonMark's specification, as our pages show them: what differs is listed, each with its reason.

They are the specification's own, under another licence than this program, so they are fetched when the test runs:
from its site, or the file that COMMONMARK_EXAMPLES names.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from flashcards.deckfiles.parse.deck import parse_deck
from tests.unit.deckfiles.test_render import prose

ROOT = Path(__file__).parents[2]
ADDRESS = "https://spec.commonmark.org/0.31.2/spec.json"
_SITE = re.compile(r"(?<![\w/.:])/(?=url|uri|bar|foo|path|train|moon)")
"""The specification's relative links to nowhere: put on a site, as relative ones are none here."""
_OURS = re.compile(r' (?:rel|class|dir|tabindex|role|aria-label)="[^"]*"|</?(?:span|div)[^>]*>')


def shown(text: str) -> str:
    """The HTML of all prose of a deck with this text."""
    deck = parse_deck("a.md", text.encode()).deck
    rendered = [prose(piece.text, piece.definitions) for piece in deck.prose]
    return "\n".join(one.cards["prose"].question_html if "prose" in one.cards else "" for one in rendered)


def alike(html: str) -> str:
    """HTML without what nobody sees: our classes, other spellings of a tag, blanks between blocks."""
    html = _OURS.sub("", html).replace(" />", ">").replace("&quot;", '"').replace("&#39;", "'")
    html = html.replace("&nbsp;", "\u00a0")
    html = re.sub(r"<(pre|code)[^>]*>", r"<\1>", html)
    html = re.sub(r" *<br>\n?", "<br>", html)
    html = re.sub(r"\s*\n\s*", "\n", html)
    html = re.sub(r">\s+<", "><", html)
    return re.sub(r"\n(?=</)|(?<=>)\n+", "", html).strip()


@cache
def examples() -> list[dict[str, Any]]:
    own = os.environ.get("COMMONMARK_EXAMPLES")
    try:
        text = Path(own).read_bytes() if own else urlopen(ADDRESS, timeout=30).read()
    except OSError as error:
        pytest.skip(f"the examples are not to be had: {error}")
    found: list[dict[str, Any]] = json.loads(text)
    return found


def differs(example: dict[str, Any]) -> bool:
    markdown, html = (_SITE.sub("https://e.org/", example[member]) for member in ("markdown", "html"))
    return alike(shown(markdown)) != alike(html)


def listed() -> dict[int, str]:
    """The examples that the page about writing decks says we show otherwise, with the reason."""
    page = (ROOT / "docs" / "deck-format.md").read_text("utf-8")
    table = page.partition("### Where CommonMark is read otherwise")[2].partition("\n#")[0]
    found: dict[int, str] = {}
    for reason, numbers in re.findall(r"^\| (.+?) \| ([\d, -]+) \|$", table, re.M):
        for part in numbers.split(","):
            first, _, last = part.strip().partition("-")
            for number in range(int(first), int(last or first) + 1):
                assert number not in found, f"{number} stands there twice"
                found[number] = reason
    return found


def test_all_others_are_as_the_specification_has_them() -> None:
    different = {example["example"] for example in examples() if differs(example)}
    exceptions = set(listed())
    assert sorted(different - exceptions) == [], "shown otherwise without a reason on the page"
    assert sorted(exceptions - different) == [], "listed on the page, but shown as the specification has it"


def test_the_page_counts_them() -> None:
    page = (ROOT / "docs" / "deck-format.md").read_text("utf-8")
    assert len(examples()) == 652
    assert f"Of its 652 examples {652 - len(listed())} are shown alike" in " ".join(page.split())


@pytest.mark.parametrize("number", [1, 350, 652])
def test_a_comparison_can_fail(number: int) -> None:
    example = next(one for one in examples() if one["example"] == number)
    assert not differs(example)
    assert differs(example | {"html": f"{example['html']}<p>more</p>"})
