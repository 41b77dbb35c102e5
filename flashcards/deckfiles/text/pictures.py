"""Where pictures and sounds stand in Markdown source: ``![alt](path)`` and ``![alt][label]``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flashcards.deckfiles.text.inline import InlineSpan
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
_DEFINITION = re.compile(
    rf"^ {{0,3}}\[(?!\^)((?:\\.|[^\[\]\\])+)\]:[ \t]*\n?[ \t]*(?:<([^<>\n]*)>|(\S+)){_TITLE}[ \t]*$", re.M
)


def references(text: str, definitions: str = "") -> list[tuple[int, str, str]]:
    """Return ``(offset, reference, alt)`` of each picture in Markdown source, outside code and comments.

    `definitions` holds link definitions that stand elsewhere in the file.
    """
    if "![" not in text:
        return []
    found = pictures(text, scan(text).spans, link_definitions(f"{text}\n\n{definitions}"))
    return [(picture.start, picture.reference, picture.alt) for picture in found]


def link_definitions(text: str) -> dict[str, tuple[str, str]]:
    """The targets and titles that ``[label]: target "title"`` lines define, by label in lower case."""
    if "]:" not in text:
        return {}
    defined: dict[str, tuple[str, str]] = {}
    for match in _DEFINITION.finditer(text):
        target = match.group(2) if match.group(2) is not None else match.group(3)
        defined.setdefault(_label(match.group(1)), (target, (match.group(4) or "")[1:-1]))
    return defined


def is_link_definition(line: str) -> bool:
    """Whether a line is a whole ``[label]: target "title"``."""
    return line.lstrip().startswith("[") and _DEFINITION.fullmatch(line) is not None


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
        target = defined.get(_label(label or alt))
        return Picture(*match.span(), *target[:1], alt, target[1]) if target else None
    reference = bracketed if bracketed is not None else re.sub(r"\\([\\()<> ])", r"\1", plain).strip()
    return Picture(*match.span(), reference, alt, (title or "")[1:-1])


def _label(text: str) -> str:
    """Labels are compared without regard to case and to how blanks are written."""
    return " ".join(text.split()).lower()
