"""Where the headings, fences and HTML comments of a deck file stand.

Most files are plain enough for a few searches (`_plain`). Whatever is not, such as a fence in a list item or
a comment within a paragraph, goes through the whole block scanner (`_scanned`); both give the same outline.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from flashcards.deckfiles.text.positions import Issue, error, warning
from flashcards.deckfiles.text.structure import scan


class Heading(NamedTuple):
    """An ATX heading outside code, comments, quotes and lists.

    `start` is where its line begins, `text_start` the first character after its marks, `end` where its line
    ends (or a comment that it opens begins).
    """

    level: int
    start: int
    text_start: int
    end: int


@dataclass(frozen=True, slots=True)
class Outline:
    """The headings, and the ranges of comments and of code blocks, all in order.

    `lost` says that something is never closed, so that what follows may be code or may be cards.
    """

    headings: list[Heading]
    comments: list[tuple[int, int]]
    code: list[tuple[int, int]]
    issues: list[Issue]
    lost: bool


def read_outline(text: str, start: int = 0) -> Outline:
    """Return the outline of ``text[start:]``; offsets are into `text`. `start` begins a line."""
    padded = "\n" + text[start:]  # so that every line, the first one too, begins after a newline
    outline = _plain(padded, start - 1) if _is_plain(padded) else None
    return outline or _scanned(padded[1:], start)


# The short way -------------------------------------------------------------------------------------------

# Each begins with a newline, which the regular-expression engine finds fast.
_NOT_PLAIN = re.compile(
    r"\n(?:[ ]{1,3}#{1,6}(?=[ \t\n]|\Z)"  # an indented heading: perhaps in a list item
    r"|(?=[ \t>*+\-0-9])[ \t>*+\-0-9.)]+(?:```|~~~)"  # a fence that is indented, or in an item or quote
    r"|\[\^[^\]\s]+\]:[ \t]*(?:```|~~~)"
    r"|(?<!\n\n)[ ]{0,3}(?:=+|-+)[ \t]*(?=\n|\Z))"  # an underlined heading
)
_INNER_COMMENT = re.compile(r"[^\n]<!--")
_AFTER_TEXT = re.compile(r"\n(?<!\n\n)(?:#|```|~~~|<!--)")
_FORMULA = re.compile(r"\$\$|\\\[")
_EVENT = re.compile(r"\n(?:(#{1,6})(?=[ \t\n]|\Z)|(`{3,})[^`\n]*(?=\n|\Z)|(~{3,})|<!--)")


def _is_plain(padded: str) -> bool:
    """Whether headings, fences and comments begin only at the edge, and no formula can hold one."""
    if _NOT_PLAIN.search(padded) or ("<!--" in padded and _INNER_COMMENT.search(padded)):
        return False
    position = 0
    while sign := _FORMULA.search(padded, position):  # no formula reaches beyond the blank lines around its sign
        begin, end = padded.rfind("\n\n", 0, sign.start()), padded.find("\n\n", sign.end())
        position = end if end >= 0 else len(padded)
        if _AFTER_TEXT.search(padded, max(begin, 0), position):
            return False
    return True


def _plain(padded: str, shift: int) -> Outline | None:
    """The outline of a plain text; `shift` turns offsets into those of the file. None: not so plain."""
    headings: list[Heading] = []
    comments: list[tuple[int, int]] = []
    code: list[tuple[int, int]] = []
    position = 0
    while event := _EVENT.search(padded, position):
        begin = event.start() + 1
        if event[1]:
            position = _line_end(padded, begin)
            headings.append(Heading(len(event[1]), begin + shift, event.end() + shift, position + shift))
            continue
        mark = event[2] or event[3]
        position = _fence_end(padded, event.end(), mark) if mark else _comment_end(padded, begin)
        if position < 0:
            issue = _fence_not_closed(begin + shift) if mark else _comment_not_closed(begin + shift)
            (code if mark else comments).append((begin + shift, len(padded) + shift))
            return Outline(headings, comments, code, [issue], True)
        if padded[position : _line_end(padded, position)].strip(" \t"):
            return None  # text after the end of a comment
        (code if mark else comments).append((begin + shift, position + shift))
    return Outline(headings, comments, code, [], False)


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return end if end >= 0 else len(text)


def _fence_end(text: str, position: int, mark: str) -> int:
    close = re.compile(rf"\n {{0,3}}{mark[0]}{{{len(mark)},}}[ \t]*(?=\n|\Z)").search(text, position)
    return close.end() if close else -1


def _comment_end(text: str, begin: int) -> int:
    close = text.find("-->", begin + 2)
    return close + 3 if close >= 0 else -1


# The long way --------------------------------------------------------------------------------------------


def _scanned(body: str, start: int) -> Outline:
    """The outline by the block scanner; `start` is where `body` begins in the file."""
    structure = scan(body)
    headings: list[Heading] = []
    issues: list[Issue] = []
    for row in structure.rows:
        if row.kind == "heading" and not row.containers:
            level = len(body[row.content : row.content + 6]) - len(body[row.content : row.content + 6].lstrip("#"))
            headings.append(Heading(level, start + row.start, start + row.content + level, start + row.end))
        elif row.kind == "setext" and not row.containers:
            issues.append(_setext(start + row.content))
    comments: list[tuple[int, int]] = []
    code: list[tuple[int, int]] = []
    lost = False
    for span in structure.spans:
        begin, end = start + span.start, start + span.end
        if span.kind == "comment":
            comments.append((begin, end))
        elif span.kind in ("fence", "indented"):
            code.append((begin, end))
        if span.inner_end == span.end and span.kind in ("comment", "fence"):
            lost = True
            issues.append(_comment_not_closed(begin) if span.kind == "comment" else _fence_not_closed(begin))
    return Outline(headings, comments, code, issues, lost)


def _fence_not_closed(offset: int) -> Issue:
    message = "the code block is never closed; end it with a line of as many marks as it begins with"
    return error(offset, "fence-not-closed", message)


def _comment_not_closed(offset: int) -> Issue:
    return error(offset, "comment-not-closed", "the HTML comment is never closed; end it with '-->'")


def _setext(offset: int) -> Issue:
    message = "an underlined heading begins no card; write '## ' before a question, '# ' before a section"
    return warning(offset, "setext-heading", message)
