"""Link reference definitions, ``[label]: target "title"``, as CommonMark has them.

One stands at the beginning of a paragraph or after another one; its target may stand in the next line, and so may its
title, in which quotes can be escaped. What looks like one in code or within a paragraph is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flashcards.deckfiles.text.structure import scan

_LINE_END = r"\n(?![ \t]*\n)"  # no title goes over a blank line
INNER_TITLE = "|".join(
    rf"{begin}(?:\\.|{_LINE_END}|[^{within}\\\n])*+{end}"
    for begin, within, end in (('"', '"', '"'), ("'", "'", "'"), (r"\(", "()", r"\)"))
)
_NO_BLOCK = r"(?!\n[ \t]*(?:[#>]|[-+*=_]+[ \t]*(?:\n|\Z)|```|~~~|<!--))"  # a block begins there, and no target
LABEL = r"\[(?!\^)(?=\s*[^\]\s])((?:\\.|[^\[\]\\]){1,999})\]:"
TARGET = rf"{_NO_BLOCK}[ \t]*\n?[ \t]*(?:<((?:\\.|[^<>\n\\])*+)>|((?!<)[^\s]+))"
TITLE = rf"(?:(?:[ \t]+|[ \t]*\n[ \t]*)({INNER_TITLE}))?[ \t]*(?=\n|\Z)"
_DEFINITION = re.compile(rf" {{0,3}}{LABEL}{TARGET}{TITLE}")


def link_definitions(*texts: str) -> dict[str, tuple[str, str]]:
    """The targets and titles that definitions in Markdown texts give, by `label_key`; the first one counts."""
    defined: dict[str, tuple[str, str]] = {}
    for text in texts:
        if "]:" not in text:
            continue
        for start, end in scan(text).stretches:
            for match in _leading(text[start:end]):
                target = match.group(2) if match.group(2) is not None else match.group(3)
                defined.setdefault(label_key(match.group(1)), (target, (match.group(4) or "")[1:-1]))
    return defined


def without_definitions(lines: list[str]) -> list[str]:
    """The lines of a paragraph that follow the definitions at its beginning."""
    if not lines or not lines[0].lstrip().startswith("["):
        return lines
    taken = sum(match.group().count("\n") + 1 for match in _leading("\n".join(lines)))
    return lines[taken:]


def label_key(text: str) -> str:
    """Labels are compared without regard to case and to how blanks are written."""
    return " ".join(text.split()).casefold()


def _leading(paragraph: str) -> Iterator[re.Match[str]]:
    position = 0
    while match := _DEFINITION.match(paragraph, position):
        yield match
        position = match.end() + 1
