"""What is indexed of a note, and what of a query: the same cutting of words on both sides.

FTS5's unicode61 knows words between blanks, with accents folded. Chinese and Japanese have no blanks: their
characters (and Korean syllables) are indexed one by one, and a run of them is looked for as a phrase.

PostgreSQL's own cutting finds other words than FTS5; there the words are cut here, as FTS5 cuts them.
"""

from __future__ import annotations

import re
import unicodedata

_SINGLE = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u30ff\u3131-\u318e\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
_WORD = re.compile(r"[^\W_]")
_WHOLE = ("+", "#")
"""At the end of a word: C++ is no beginning of another word, though the index knows it as C."""


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
    begins = prefix and not _SINGLE.match(text[-1]) and not text.endswith(_WHOLE)
    return quoted + "*" if begins else quoted


def _apart(text: str) -> str:
    # Case folded here, since unicode61 knows no ß: GRÖSSE finds Größe.
    return _SINGLE.sub(lambda match: f" {match[0]} ", text.casefold())


_TERM = re.compile(r'"([^"]*)"(\*?)')
_LETTERS = re.compile(r"[^\W_]+")
_LAST_PLACE = 16_383  # PostgreSQL counts no further
_MOST_PLACES = 250  # of one word; PostgreSQL keeps 255
_LONGEST_WORD = 500  # characters; PostgreSQL takes 2,046 bytes


def tsvector(text: str) -> str:
    """What `search_text` made, as PostgreSQL's type `tsvector` is written."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(_folded_words(text), 1):
        of_word = places.setdefault(word, [])
        if len(of_word) < _MOST_PLACES:
            of_word.append(min(place, _LAST_PLACE))
    return " ".join(f"'{word}':{','.join(map(str, of_word))}" for word, of_word in places.items())


def tsquery(match: str) -> str:
    """What `match_words` made, as PostgreSQL's type `tsquery` is written."""
    terms = []
    for text, star in _TERM.findall(match):
        words = [f"'{word}'" for word in _folded_words(text)]
        if words:
            words[-1] += ":*" if star else ""
            terms.append("(" + " <-> ".join(words) + ")")
    return " & ".join(terms)


def _folded_words(text: str) -> list[str]:
    # NFD and not NFKD: FTS5 takes accents away, and leaves a raised 2 what it is.
    plain = "".join(mark for mark in unicodedata.normalize("NFD", text) if not unicodedata.combining(mark))
    return [word[:_LONGEST_WORD] for word in _LETTERS.findall(plain)]
