"""Two texts compared word by word, for people who knew the first and read the second.

The texts are Markdown source. In fenced code white space counts; elsewhere a line may be wrapped anew, and that is
no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import groupby
from typing import Literal, NamedTuple

Mark = Literal["same", "deleted", "inserted"]

CONTEXT = 8
"""So many unchanged words stay beside a change; in code, whole lines."""
SHORTEST_FOLD = 8
"""Fewer words are not worth hiding."""
MOST_WORDS = 20_000
"""Of the parts that differ, both sides together: beyond it they are one change."""
_THOROUGH = 2_000
"""Below so many words difflib may look at each of them, however common it is."""

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
"""For a pattern: the letters of Chinese and Japanese, which have no blanks between words. Here each is one."""
_WORD = rf"\d+(?:[.,]\d+)*|[{CJK}]|[^\s!-/:-@\[-^`{{-~{CJK}]+|\S"
_PROSE = re.compile(rf"\s*(?:{_WORD})\s*|\s+")
_CODE = re.compile(rf"{_WORD}|\n|[^\S\n]+")
_FENCE = re.compile(
    r"^[ \t]*(?:(?:[-*+>]|\d+[.)])[ \t]+)*(?P<fence>`{3,}|~{3,})[^\n]*\n"
    r".*?(?:^[ \t>]*(?P=fence)[`~]*[ \t]*(?:\n|\Z)|\Z)",
    re.M | re.S,
)


_Key = tuple[str, bool]


class Token(NamedTuple):
    """A word with the white space after it; in code, a word or a white space. `key` and `code` are what is compared."""

    key: str
    text: str
    code: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words. `old` and `new` are its text on either side: empty where it is not there.

    Unchanged prose may differ in white space. The pieces' `old` together are the old text, their `new` the new one.
    """

    mark: Mark
    old: str
    new: str
    code: bool = False

    @property
    def text(self) -> str:
        """What to show."""
        return self.old if self.mark == "deleted" else self.new


@dataclass(frozen=True, slots=True)
class Fold:
    """A long run of unchanged words that is not shown."""

    words: int


@lru_cache(maxsize=128)
def word_diff(old: str, new: str) -> tuple[Piece, ...]:
    """What became of the words of `old`; remembered, because a queue is asked for again and again."""
    a, b = list(_tokens(old)), list(_tokens(new))
    pieces: list[Piece] = []
    for tag, a1, a2, b1, b2 in _opcodes([(it.key, it.code) for it in a], [(it.key, it.code) for it in b]):
        if tag == "equal":
            pieces += _same(a[a1:a2], b[b1:b2])
        else:
            pieces += [Piece("deleted", text, "", code) for text, code in _runs(a[a1:a2])]
            pieces += [Piece("inserted", "", text, code) for text, code in _runs(b[b1:b2])]
    return tuple(pieces)


def differs(pieces: Iterable[Piece]) -> bool:
    """Whether anything that counts has changed."""
    return any(piece.mark != "same" and (piece.code or piece.text.strip()) for piece in pieces)


def folded(pieces: Sequence[Piece]) -> tuple[Piece | Fold, ...]:
    """The pieces as they are shown: of a long unchanged run only what stands beside a change."""
    runs = [list(run) for _, run in groupby(pieces, key=lambda piece: piece.mark == "same")]
    shown: list[Piece | Fold] = []
    for number, run in enumerate(runs):
        if run[0].mark == "same":
            shown += _fold(run, first=number == 0, last=number == len(runs) - 1)
        else:
            shown += run
    return tuple(shown)


def _tokens(text: str) -> Iterator[Token]:
    """All of the text, in order."""
    end = 0
    for fence in _FENCE.finditer(text):
        yield from _prose(text[end : fence.start()])
        yield from (Token(word, word, True) for word in _CODE.findall(fence[0]))
        end = fence.end()
    yield from _prose(text[end:])


def _prose(text: str) -> Iterator[Token]:
    return (Token(word.strip(), word, False) for word in _PROSE.findall(text))


def _opcodes(a: list[_Key], b: list[_Key]) -> Iterator[tuple[str, int, int, int, int]]:
    """As difflib gives them. What both begin and end with is set aside first: most edits are small."""
    begin, most = 0, min(len(a), len(b))
    while begin < most and a[begin] == b[begin]:
        begin += 1
    end = 0
    while end < most - begin and a[-1 - end] == b[-1 - end]:
        end += 1
    a_end, b_end = len(a) - end, len(b) - end
    if begin:
        yield "equal", 0, begin, 0, begin
    size = a_end + b_end - 2 * begin
    if size > MOST_WORDS:
        yield "replace", begin, a_end, begin, b_end
    elif size:
        matcher = SequenceMatcher(None, a[begin:a_end], b[begin:b_end], autojunk=size > _THOROUGH)
        for tag, a1, a2, b1, b2 in matcher.get_opcodes():
            yield tag, begin + a1, begin + a2, begin + b1, begin + b2
    if end:
        yield "equal", a_end, len(a), b_end, len(b)


def _same(a: Sequence[Token], b: Sequence[Token]) -> Iterator[Piece]:
    for code, pairs in groupby(zip(a, b, strict=True), key=lambda pair: pair[1].code):
        old, new = zip(*pairs, strict=True)
        yield Piece("same", "".join(it.text for it in old), "".join(it.text for it in new), code)


def _runs(tokens: Sequence[Token]) -> Iterator[tuple[str, bool]]:
    for code, run in groupby(tokens, key=lambda token: token.code):
        yield "".join(token.text for token in run), code


def _fold(run: list[Piece], *, first: bool, last: bool) -> list[Piece | Fold]:
    """An unchanged run; its beginning is beside a change unless it is the `first`, its end unless the `last`."""
    tokens = [token for piece in run for token in _retold(piece)]
    head = 0 if first else _context(tokens)
    tail = 0 if last else _context(tokens[::-1], back=True)
    hidden = tokens[head : max(head, len(tokens) - tail)]
    words = sum(any(map(str.isalnum, token.key)) for token in hidden)
    if words < SHORTEST_FOLD:
        return [*run]
    after = tokens[len(tokens) - tail :]
    shown = [Piece("same", text, text, code) for text, code in _runs(tokens[:head])]
    return [*shown, Fold(words), *(Piece("same", text, text, code) for text, code in _runs(after))]


def _retold(piece: Piece) -> Iterator[Token]:
    pattern = _CODE if piece.code else _PROSE
    return (Token(word.strip(), word, piece.code) for word in pattern.findall(piece.new))


def _context(tokens: Sequence[Token], *, back: bool = False) -> int:
    """How many tokens from a change on stay: `CONTEXT` words, and in code the line that they end in."""
    words = 0
    for count, token in enumerate(tokens):
        if words >= CONTEXT and (not token.code or token.text == "\n"):
            return count + (token.code and not back)
        words += bool(token.key)
    return len(tokens)
