"""How long a text is, in words."""

from __future__ import annotations

import re

from flashcards.deckfiles.text.spans import spans
from flashcards.domain.word_diff import CJK

_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_UNPARTED = re.compile(f"[{CJK}]")
_NOT_TEXT = ("fence", "indented", "comment")


def spoken_words(text: str) -> int:
    """Return how many words of Markdown are spoken: code, pictures, comments do not count, a formula is one word.

    Two letters of Chinese or Japanese, which are written without blanks, count as one.
    """
    pieces: list[str] = []
    position = 0
    for span in spans(text):
        replacement = " " if span.kind in _NOT_TEXT else " formula " if span.kind in ("math", "display") else None
        if replacement is not None:
            pieces += [text[position : span.start], replacement]
            position = span.end
    spoken = _PICTURE.sub(" ", "".join([*pieces, text[position:]]))
    letters = 0
    if not spoken.isascii():
        spoken, letters = _UNPARTED.subn(" ", spoken)
    return (letters + 1) // 2 + sum(1 for word in spoken.split() if any(character.isalnum() for character in word))
