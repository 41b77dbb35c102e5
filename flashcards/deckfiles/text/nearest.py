"""Words that look alike: for "did you mean" in messages."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches


def nearest(word: str, known: Collection[str]) -> str | None:
    """Return the known word that most resembles `word`, or None if none does."""
    matches = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return matches[0] if matches else None


def within_one_edit(word: str, other: str) -> bool:
    """Whether one letter added, dropped, changed or swapped with its neighbour turns `word` into `other`.

    Letters of another case count as the same; so the words may also be equal.
    """
    word, other = word.lower(), other.lower()
    if abs(len(word) - len(other)) > 1:
        return False
    start = common_prefix(word, other)
    rest, goal = word[start:], other[start:]
    if rest[1:] == goal[1:] or rest == goal[1:] or rest[1:] == goal:
        return True
    return rest[2:] == goal[2:] and rest[:2] == goal[1::-1]


def common_prefix(word: str, other: str) -> int:
    """Return how many letters both words begin with."""
    length = 0
    for left, right in zip(word, other, strict=False):
        if left != right:
            break
        length += 1
    return length
