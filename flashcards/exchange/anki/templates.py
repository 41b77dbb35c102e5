"""The little of Anki's template language that tells what a note's question and answer are.

Source: docs.ankiweb.net, "Card templates": ``{{Field}}``, ``{{filter:Field}}``, ``{{#Field}}...{{/Field}}`` where
the field is not empty, ``{{^Field}}...{{/Field}}`` where it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_TAG = re.compile(r"\{\{([^{}]*)\}\}")
_ANSWER_LINE = re.compile(r"<hr\b[^>]*\bid=[\"']?answer\b[^>]*>", re.I)
_BLANK = re.compile(r"(?:\s|&nbsp;|<br\s*/?>|</?(?:div|p|span)\s*>)*", re.I)
_SPECIAL = frozenset({"Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag", "FrontSide"})
_SILENT = frozenset({"tts", "tts-voices"})


@dataclass(frozen=True, slots=True)
class Side:
    """A side of a card as HTML, and whether something is typed on it."""

    html: str
    typed: bool


def render(template: str, fields: Mapping[str, str]) -> Side:
    """The template with a note's fields filled in; what Anki itself adds (tags, deck, the front) is left out."""
    output: list[str] = []
    hidden: list[bool] = []  # for each open condition, whether it hides what it holds
    typed = False
    for text, tag in _parsed(template):
        if not any(hidden):
            output.append(text)
        if not tag:
            continue
        mark, name = tag[0], tag[1:].strip()
        if mark in "#^":
            hidden.append(is_blank(fields.get(name, "")) == (mark == "#"))
        elif mark == "/":
            if hidden:
                hidden.pop()
        elif not any(hidden):
            *filters, name = (part.strip() for part in tag.split(":"))
            typed = typed or "type" in filters
            if name not in _SPECIAL and not _SILENT.intersection(part.split(" ")[0] for part in filters):
                output.append(fields.get(name, ""))
    return Side("".join(output), typed)


def front_of(template: str, fields: Mapping[str, str]) -> Side:
    """A card's front; what is typed there is the answer, so it is no part of it."""
    typing = re.compile(r"\{\{\s*type:[^{}]*\}\}")
    side = render(typing.sub("", template), fields)
    return Side(side.html, bool(typing.search(template)))


def back_of(template: str, fields: Mapping[str, str]) -> str:
    """What a card's back adds to its front: what stands below the line, where there is one."""
    line = _ANSWER_LINE.search(template)
    return render(template[line.end() :] if line else template.replace("{{FrontSide}}", ""), fields).html


def is_blank(html: str) -> bool:
    """Whether Anki takes a field or a front for empty."""
    return _BLANK.fullmatch(html) is not None


@lru_cache(maxsize=512)
def _parsed(template: str) -> tuple[tuple[str, str], ...]:
    """Pairs of text and the tag after it ("" at the end)."""
    pieces = _TAG.split(template)
    pieces.append("")
    return tuple((pieces[i], pieces[i + 1].strip()) for i in range(0, len(pieces), 2))
