"""Git's conflict markers: a merge that was not finished left two versions of the same lines in the file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flashcards.deckfiles.text.positions import Issue, error

_MARKER = re.compile(r"^(?:<{7}|>{7}|\|{7}|={7})(?=[ \n]|\Z)[^\n]*", re.M)


def conflict_issue(text: str, skip: Sequence[tuple[int, int]]) -> Issue | None:
    """An error at the first conflict in `text`, or None; one whole in a range of `skip` (code, comments) is text.

    Only markers that belong together count: a line of seven equals signs alone underlines a heading.
    """
    if "<<<<<<<" not in text or ">>>>>>>" not in text:
        return None
    begun: re.Match[str] | None = None
    parted = False
    for marker in _MARKER.finditer(text):
        sign = marker.group()[0]
        if sign == "<":
            begun, parted = marker, False
        elif sign == "=":
            parted = begun is not None
        elif sign == ">" and begun and parted:
            if not any(start <= begun.start() and marker.end() <= end for start, end in skip):
                return _issue(text, begun, marker)
            begun, parted = None, False
    return None


def _issue(text: str, begin: re.Match[str], end: re.Match[str]) -> Issue:
    last = text.count("\n", 0, end.start()) + 1
    message = f"a merge in Git is not finished here (to line {last}); choose what shall stand, and delete the markers"
    return error(begin.start(), "conflict-marker", message)
