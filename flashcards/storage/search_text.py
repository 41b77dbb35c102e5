"""What is indexed of a note, and what of a query: the same cutting of words on both sides.

FTS5's unicode61 knows words between blanks, with accents folded. Chinese and Japanese have no blanks: their
characters (and Korean syllables) are indexed one by one, and a run of them is looked for as a phrase.
"""

from __future__ import annotations

import re

_SINGLE = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u30ff\u3131-\u318e\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
_WORD = re.compile(r"\w")


def search_text(key: str, question: str, answer: str) -> str:
    """The text of a note as it is indexed."""
    return _apart(f"{question}\n{answer}\n{key}")


def match_words(words: tuple[str, ...], phrases: tuple[str, ...]) -> str:
    """An FTS5 expression: every word (or its beginning) and every phrase occurs; "" where nothing is asked."""
    terms = [term for word in words if (term := _term(word, prefix=True))]
    terms += [term for phrase in phrases if (term := _term(phrase, prefix=False))]
    return " AND ".join(terms)


def _term(text: str, *, prefix: bool) -> str:
    if not _WORD.search(text):
        return ""
    quoted = '"' + _apart(text).replace('"', " ").replace("\0", " ").strip() + '"'
    return quoted + "*" if prefix and not _SINGLE.match(text[-1]) else quoted


def _apart(text: str) -> str:
    # Case folded here, since unicode61 knows no ß: GRÖSSE finds Größe.
    return _SINGLE.sub(lambda match: f" {match[0]} ", text.casefold())
