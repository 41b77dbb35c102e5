"""The ids of notes that have none of their own: a slug of the question."""

from __future__ import annotations

import hashlib
import re
import unicodedata

MAX_SLUG = 60

_NOT_WORD = re.compile(r"[^\w]+")
_ASCII_NOT_WORD = re.compile(r"[^a-z0-9_]+")


def slug(question: str, text: str) -> str:
    """Return a slug of `question` (Unicode kept, at most 60 characters), or of a hash of `text` if empty.

    Combining marks that NFKC leaves are dropped, because an id may hold only letters, digits and ``_-.``.
    """
    if question.isascii():
        made = _ASCII_NOT_WORD.sub("-", question.lower())
    else:
        composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", question).lower())
        kept = "".join(c for c in composed if c.isalnum() or unicodedata.category(c)[0] != "M")
        made = _NOT_WORD.sub("-", kept)
    made = made.strip("-")[:MAX_SLUG].strip("-")
    if made.strip("_"):
        return made
    return "note-" + hashlib.sha256(text.encode()).hexdigest()[:12]


class SlugPool:
    """Gives out slugs so that none meets another or an explicit id: ``x``, ``x-2``, ``x-3``."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = set(taken)
        self.counts: dict[str, int] = {}

    def give(self, wanted: str) -> str:
        """Return `wanted`, with a number after it if it is taken."""
        if wanted not in self.taken:
            self.taken.add(wanted)
            return wanted
        number = self.counts.get(wanted, 1) + 1
        while f"{wanted}-{number}" in self.taken:
            number += 1
        self.counts[wanted] = number
        self.taken.add(f"{wanted}-{number}")
        return f"{wanted}-{number}"
