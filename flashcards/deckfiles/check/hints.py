"""Hints for who comes from another program: how its marks are written here.

They are shown as text here, which is what an author may mean; so each is a warning, under one code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flashcards.deckfiles.check.content import texts_of
from flashcards.deckfiles.parse.deck import Parsed
from flashcards.deckfiles.parse.parts import locate
from flashcards.deckfiles.text.positions import Issue, Ranges, warning
from flashcards.deckfiles.text.spans import spans

_HINTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"!\[\[[^\[\]\n]+\]\]"),
        "pictures are not embedded by ![[…]] here; write ![words](path), with the path from this file",
    ),
    (
        re.compile(r"(?<!!)\[\[[^\[\]\n]+\]\]"),
        "[[…]] is no link here; write the words, or [words](https://…) for a page",
    ),
    (re.compile(r"<img\b[^>\n]*>", re.I), "<img> is shown as text here; write ![words](path)"),
    (
        re.compile(r"\{\{c\d{1,3}:(?!:)[^{}\n]*\}\}", re.I),
        "a deletion has two colons after its number; write {{c1::text}}",
    ),
    (
        re.compile(r"(?<![\\$\w])\$[ \t][^$\n]*[^\s$][ \t]\$(?![$\d])"),
        "a formula has no blank inside its dollar signs; write $x$ (or \\$ for the currency)",
    ),
)
_MONEY = re.compile(r"^\d[\d.,]*[ ,]+(?:[A-Za-z]+[ ,]*)+$")


def hints(parsed: Parsed) -> Iterator[tuple[str | int | None, Issue]]:
    """What looks like another program's marks in the texts of a deck, outside code, with its owner."""
    for text in texts_of(parsed):
        source = text.text
        if not any(sign in source for sign in ("[[", "<", "{{", "$")):
            continue
        inside = spans(source)
        hidden = Ranges((span.start, span.end) for span in inside)
        for pattern, message in _HINTS:
            for match in pattern.finditer(source):
                if not hidden.hold(match.start()):
                    yield text.owner, warning(locate(text.origin, match.start()), "foreign-mark", message)
        for span in inside:
            if span.kind == "math" and _MONEY.match(source[span.inner_start : span.inner_end]):
                message = "this reads as a formula between two prices; write \\$ for a dollar sign"
                yield text.owner, warning(locate(text.origin, span.start), "foreign-mark", message)
