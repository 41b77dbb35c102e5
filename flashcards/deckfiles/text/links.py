"""Where links stand in Markdown source: ``[text](target "title")``, ``[text][label]``, ``[label]``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flashcards.character_references import unescape
from flashcards.deckfiles.text.link_definitions import INNER_TITLE, label_key
from flashcards.deckfiles.text.reserved import without_reserved_numbers


class Link(NamedTuple):
    """One link: its text is from `start` + 1 to `close`; `end` is after the target, which is at `target_at`."""

    start: int
    close: int
    end: int
    target: str
    title: str
    target_at: int


_BRACKET = re.compile(r"\\[\\\[\]!]|[\[\]]")
_UNIT = r"[^\s()\\]|\\.|\((?:[^\s()\\]|\\.|\([^\s()\\]*+\))*+\)"  # brackets in a target balance
_PLAIN = rf"(?!<)(?:{_UNIT})(?:{_UNIT})*+"
_TARGET = re.compile(rf"\([ \t]*\n?[ \t]*(?:<([^<>\n]*+)>|({_PLAIN}))?(?:\s+({INNER_TITLE}))?[ \t]*\n?[ \t]*\)")
_LABEL = re.compile(r"\[([^\[\]]*+)\]")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def links(
    text: str,
    stretches: Sequence[tuple[int, int]],
    skip: Sequence[tuple[int, int]],
    defined: dict[str, tuple[str, str]],
) -> Iterator[Link]:
    """The links of a text in order of their ends.

    `stretches` are its paragraphs, which no link crosses; `skip` is what is not text (code, maths, pictures),
    in order; `defined` holds the targets and titles of labels in lower case.
    """
    index = 0
    for start, end in stretches:
        opened: list[int] = []
        position = start
        while match := _BRACKET.search(text, position, end):
            at, position = match.span()
            while index < len(skip) and skip[index][1] <= at:
                index += 1
            if index < len(skip) and skip[index][0] <= at:
                position = max(position, skip[index][1])
            elif match.group() == "[":
                opened.append(at)
            elif match.group() == "]" and opened:
                link = _link(text, opened.pop(), at, end, defined)
                if link is not None:
                    opened.clear()  # no link holds another
                    position = link.end
                    yield link


def _link(text: str, start: int, close: int, end: int, defined: dict[str, tuple[str, str]]) -> Link | None:
    match = _TARGET.match(text, close + 1, end)
    if match is not None:
        bracketed, plain, title = match.groups()
        group = 1 if bracketed is not None else 2
        target_at = match.start(group) if match.group(group) is not None else match.start() + 1
        return Link(start, close, match.end(), _clean(bracketed or plain or ""), _clean((title or "")[1:-1]), target_at)
    if not defined or text.startswith("^", start + 1):
        return None
    label = _LABEL.match(text, close + 1, end)
    words = label.group(1) if label and label.group(1).strip() else text[start + 1 : close]
    found = defined.get(label_key(words)) if words.strip() else None
    if found is None or (label is None and _defines(text, start, close)):
        return None
    stop = label.end() if label else close + 1
    return Link(start, close, stop, _clean(found[0]), _clean(found[1]), start)


def _defines(text: str, start: int, close: int) -> bool:
    """Whether the brackets begin a definition, ``[label]: target``."""
    return text.startswith(":", close + 1) and not text[text.rfind("\n", 0, start) + 1 : start].strip(" \t>")


def _clean(text: str) -> str:
    return unescape(without_reserved_numbers(_ESCAPE.sub(r"\1", text)))
