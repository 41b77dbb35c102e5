"""Characters that nobody sees: refused, or named where they hide a marker."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from flashcards.deckfiles.text.positions import Issue, Ranges, error, warning

_CONTROL = re.compile("[\x00\x1f]")
_WIDE_BLANK = "\u3000"
INVISIBLE = re.compile(  # blanks of all widths that are none to Markdown, line ends that end no line, what has no width
    "[\u0085\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u2066-\u206f"
    "\u3000\u3164\ufeff\uffa0]"
)
_MARKER = re.compile(
    rf"(?:[ \t]|{INVISIBLE.pattern})*"
    r"(?P<marker>#{1,6}[ \t]|```|~~~|[-*+][ \t]|\d{1,9}[.)][ \t]|---[ \t]*\n)"
)
_HEADING_MARKS = re.compile(r" {0,3}#{1,6}")


def unseen(character: str) -> str:
    """How a message names a character that nobody sees."""
    kind = "full-width blank" if character == _WIDE_BLANK else "invisible character"
    return f"the {kind} U+{ord(character):04X}"


def without_controls(text: str) -> str:
    """The text with U+FFFD in the place of each character that may not be stored."""
    return _CONTROL.sub("\ufffd", text) if _CONTROL.search(text) else text


def character_issues(text: str, skip: Sequence[tuple[int, int]]) -> list[Issue]:
    """What is wrong with a file's characters. In `skip` (code, comments) invisible ones may be."""
    issues = list(_control_issues(text)) if _CONTROL.search(text) else []
    if not text.isascii():
        issues.extend(_invisible_issues(text, skip))
    return issues


def _control_issues(text: str) -> Iterator[Issue]:
    """One issue for each line with a NUL or a unit separator."""
    position = 0
    while match := _CONTROL.search(text, position):
        message = f"the file holds the character U+{ord(match.group()):04X}, which nothing can show; delete it"
        yield error(match.start(), "control-character", message)
        position = text.find("\n", match.end())
        if position < 0:
            return


def _invisible_issues(text: str, skip: Sequence[tuple[int, int]]) -> Iterator[Issue]:
    """One issue for each line on which an invisible character stands before a marker or after ``##``."""
    skipped = Ranges(skip)
    position = 0
    while match := INVISIBLE.search(text, position):
        issue = None if skipped.hold(match.start()) else _invisible_issue(text, match)
        if issue is not None:
            yield issue
        position = text.find("\n", match.start())  # only the first one of a line can stand before anything
        if position < 0:
            return


def _invisible_issue(text: str, match: re.Match[str]) -> Issue | None:
    start = match.start()
    before = text[text.rfind("\n", 0, start) + 1 : start]
    name = unseen(match.group())
    if _HEADING_MARKS.fullmatch(before):
        message = f"{name} follows the '#', so that this is no heading; write a blank in its place"
        return error(start, "invisible-character", message)
    if before.strip(" \t"):
        return None
    marker = _MARKER.match(text, start)
    if marker is None:
        return None
    message = f"{name} stands before '{marker['marker'].strip()}' and takes its meaning away; delete it"
    hides_front_matter = start == 0 and marker["marker"].startswith("---")
    issue = error if marker["marker"][0] in "#`~" or hides_front_matter else warning
    return issue(start, "invisible-character", message)
