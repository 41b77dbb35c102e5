"""Where pictures and sounds stand in Markdown source: ``![alt](path)`` and ``![alt][label]``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flashcards.deckfiles.text.inline import InlineSpan
from flashcards.deckfiles.text.link_definitions import label_key, link_definitions
from flashcards.deckfiles.text.structure import scan


class Picture(NamedTuple):
    """One picture: from `start` to `end` in the source, what it refers to (as written), its words."""

    start: int
    end: int
    reference: str
    alt: str
    title: str


_ALT = r"((?:\\.|[^\[\]\\]|\[[^\[\]]*\])*+)"
_TARGET = r"(?:<([^<>\n]*)>|((?:\\.|[^()\n\\]|\([^()\n]*\))*?))"
_TITLE = r"""(?:\s+("[^"\n]*"|'[^'\n]*'))?"""
_PICTURE = re.compile(rf"!\[{_ALT}\](?:\([ \t]*{_TARGET}{_TITLE}[ \t]*\)|\[([^\[\]]*)\])?")


def references(text: str, definitions: str = "") -> list[tuple[int, str, str]]:
    """Return ``(offset, reference, alt)`` of each picture in Markdown source, outside code and comments.

    `definitions` holds link definitions that stand elsewhere in the file.
    """
    if "![" not in text:
        return []
    found = pictures(text, scan(text).spans, link_definitions(text, definitions))
    return [(picture.start, picture.reference, picture.alt) for picture in found]


def pictures(text: str, spans: Sequence[InlineSpan], defined: dict[str, tuple[str, str]]) -> Iterator[Picture]:
    """The pictures of a text in order; `spans` are its code, maths and comments."""
    index = 0
    position = 0
    while match := _PICTURE.search(text, position):
        start, position = match.span()
        while index < len(spans) and spans[index].end <= start:
            index += 1
        if index < len(spans) and spans[index].start <= start:
            position = spans[index].end
        elif text[start - 1 : start] == "\\" and text[start - 2 : start - 1] != "\\":
            position = start + 2
        else:
            picture = _picture(match, defined)
            if picture is None:
                position = start + 2
            else:
                yield picture


def _picture(match: re.Match[str], defined: dict[str, tuple[str, str]]) -> Picture | None:
    alt, bracketed, plain, title, label = match.groups()
    if bracketed is None and plain is None:
        target = defined.get(label_key(label or alt))
        return Picture(*match.span(), *target[:1], alt, target[1]) if target else None
    reference = bracketed if bracketed is not None else re.sub(r"\\([\\()<> ])", r"\1", plain).strip()
    return Picture(*match.span(), reference, alt, (title or "")[1:-1])
