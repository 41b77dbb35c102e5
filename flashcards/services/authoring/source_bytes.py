"""The text of a deck file as an editor shows it, and back to bytes: what the author did not touch stays as it was.

A browser's text field knows one kind of line end and no byte order mark. The file keeps its own: each line that is
still there keeps its end, a new one gets the end that most lines have.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections import Counter
from itertools import pairwise

from flashcards.deckfiles.text.source_text import BOM, decode, normalise
from flashcards.errors import Invalid

_END = re.compile("\r\n|\r|\n")


def version_of(data: bytes) -> str:
    """What names exactly these bytes of a file."""
    return hashlib.sha256(data).hexdigest()


def text_of(data: bytes, path: str) -> str:
    """The text with ``\\n`` line ends and without its byte order mark.

    Raises Invalid where a text field would change it: bytes that are no UTF-8, a NUL.
    """
    text, issue = decode(data)
    if issue is not None:
        raise Invalid(f"{path} cannot be edited here: {issue.message}.", field="path")
    if "\0" in text:
        message = f"{path} cannot be edited here: it holds a NUL character, which a browser drops; take it out first."
        raise Invalid(message, field="path")
    return text


def bytes_of(text: str, old: bytes) -> bytes:
    """The bytes of a file whose text is now `text`, after `old` ones ("" for a new file).

    Byte order mark, line ends and the last line's end stay as they were.
    """
    before = old.decode("utf-8")
    mark = BOM if before.startswith(BOM) else ""
    lines, ends = _lines(before.removeprefix(BOM))
    text = normalise(text)
    if lines and ends[-1] and text and not text.endswith("\n"):
        text += "\n"
    usual = Counter(end for end in ends if end).most_common(1)
    new_lines, new_ends = _lines(text)
    mixed = len(set(filter(None, ends))) > 1
    kept = _kept_ends(lines, ends, new_lines) if mixed else {}
    default = usual[0][0] if usual else "\n"
    pieces = [
        line + (kept.get(index) or default if end else "")
        for index, (line, end) in enumerate(zip(new_lines, new_ends, strict=True))
    ]
    return (mark + "".join(pieces)).encode("utf-8")


def _lines(text: str) -> tuple[list[str], list[str]]:
    """The lines, and the end of each; the last one may have none."""
    lines, ends, start = [], [], 0
    for match in _END.finditer(text):
        lines.append(text[start : match.start()])
        ends.append(match.group())
        start = match.end()
    if start < len(text):
        lines.append(text[start:])
        ends.append("")
    return lines, ends


def _kept_ends(lines: list[str], ends: list[str], new: list[str]) -> dict[int, str]:
    """In a file of mixed line ends: by index of the new lines the end of the old line that each is."""
    kept: dict[int, str] = {}
    landmarks = [(-1, -1), *_landmarks(lines, new), (len(lines), len(new))]
    for (a, b), (a_end, b_end) in pairwise(landmarks):
        if a >= 0:
            kept[b] = ends[a]
        while a + 1 < a_end and b + 1 < b_end and lines[a + 1] == new[b + 1]:
            a, b = a + 1, b + 1
            kept[b] = ends[a]
        while a + 1 < a_end and b + 1 < b_end and lines[a_end - 1] == new[b_end - 1]:
            a_end, b_end = a_end - 1, b_end - 1
            kept[b_end] = ends[a_end]
    return kept


def _landmarks(lines: list[str], new: list[str]) -> list[tuple[int, int]]:
    """The places, old and new, of lines that stand once in either text: the most of them that kept their order.

    A comparison of each line with each takes minutes for a large deck, whose empty lines are all alike.
    """
    old_places, new_places = _standing_once(lines), _standing_once(new)
    shared = [(old_places[line], place) for line, place in new_places.items() if line in old_places]
    tails: list[int] = []  # of the longest run of each length, the one that ends earliest: its last old place
    ends_at: list[int] = []
    before: list[int] = []
    for index, (old_place, _) in enumerate(shared):
        length = bisect_left(tails, old_place)
        tails[length : length + 1] = [old_place]
        before.append(ends_at[length - 1] if length else -1)
        ends_at[length : length + 1] = [index]
    run: list[tuple[int, int]] = []
    index = ends_at[-1] if ends_at else -1
    while index >= 0:
        run.append(shared[index])
        index = before[index]
    return run[::-1]


def _standing_once(lines: list[str]) -> dict[str, int]:
    """The lines that have no double, in order, with where they stand."""
    counts = Counter(lines)
    return {line: index for index, line in enumerate(lines) if counts[line] == 1}
