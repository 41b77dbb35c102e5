"""Stand-ins: marks that go through Markdown and the sanitiser in the place of code, maths and pictures.

A stand-in is a number between two private-use characters; an author's own ones are replaced beforehand. Early
ones stand for tags that the sanitiser shall see and balance, late ones for HTML of our own making.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import ClassVar, Literal

StandInKind = Literal["open", "close", "gap", "tag", "code", "math", "block", "picture", "other"]
EARLY: frozenset[StandInKind] = frozenset({"open", "close", "tag"})

PATTERN = re.compile("\ue000([0-9]+)\ue001")
PREFIX = "\ue002"  # stands for what makes the ids of this card's anchors unique
MARKUP = re.compile(r'<[a-zA-Z/!](?:[^<>"]|"[^"]*")*+>')
_RESERVED = re.compile("[\x00\x02\x03\ue000-\ue007]")


@dataclass(slots=True)
class StandIn:
    """What a mark stands for: as HTML, as plain text, and in the source (for use within attributes)."""

    kind: StandInKind
    html: str
    plain: str
    source: str


@dataclass(slots=True)
class StandIns:
    """The stand-ins of one text. `keeps_marks`: deletions are marked and not shown (see `anki_html`)."""

    keeps_marks: ClassVar[bool] = False
    items: list[StandIn] = field(default_factory=list)

    def add(self, kind: StandInKind, html: str, *, plain: str = "", source: str = "") -> str:
        """Note what a mark stands for and return the mark."""
        self.items.append(StandIn(kind, html, plain, source))
        return f"\ue000{len(self.items) - 1}\ue001"

    def of(self, match: re.Match[str]) -> StandIn:
        """The stand-in that a match of `PATTERN` marks."""
        return self.items[int(match.group(1))]

    def plain(self, text: str) -> str:
        """Replace marks by plain text."""
        return PATTERN.sub(lambda match: self.of(match).plain, text)

    def source(self, text: str) -> str:
        """Replace marks by what stood in the source."""
        return PATTERN.sub(lambda match: self.of(match).source, text)

    def put_early(self, html: str) -> str:
        """Replace the early marks by their tags, and marks within attributes by their source."""
        if "\ue000" not in html:
            return html
        html = self._in_attributes(html)
        if not any(item.kind in EARLY for item in self.items):
            return html
        return PATTERN.sub(lambda match: item.html if (item := self.of(match)).kind in EARLY else match.group(), html)

    def put_late(self, html: str) -> str:
        """Replace the marks that are left by their HTML."""
        if "\ue000" not in html:
            return html
        return PATTERN.sub(lambda match: self.of(match).html, self._in_attributes(html))

    def _in_attributes(self, html: str) -> str:
        """Replace marks within tags, which are rare, by their source."""
        if "\ue000" not in "".join(MARKUP.findall(html)):
            return html
        return MARKUP.sub(lambda tag: PATTERN.sub(lambda match: escape(self.of(match).source), tag.group()), html)


def without_reserved(text: str) -> str:
    """Replace the characters that we use as marks, so that offsets stay."""
    return _RESERVED.sub("\ufffd", text) if _RESERVED.search(text) else text
