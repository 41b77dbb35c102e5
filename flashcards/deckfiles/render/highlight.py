"""Code as HTML: Pygments' tokens, our own few lines of formatting, classes only.

Our own, because a card may mark or hide a range of the code, and ranges do not respect tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

# Classes that no style sheet of ours colours: plain text, blanks, names, punctuation, what a lexer rejects.
_UNSTYLED = frozenset({"", "w", "n", "p", "err", "esc"})
_LANGUAGE = re.compile(r"[\w+#.-]+")


class Range(NamedTuple):
    """A range of code that is shown between two pieces of HTML, or (`instead`) replaced by one."""

    start: int
    end: int
    before: str
    after: str
    instead: str | None = None


def language_of(info: str) -> str:
    """The language that the info string of a fence names, in lower case, or ``""``."""
    match = _LANGUAGE.search(info)
    return match.group().lower() if match else ""


def highlight(code: str, language: str, ranges: Sequence[Range] = ()) -> str:
    """Return code as HTML to stand in ``<pre><code>``; `ranges` are in order and do not overlap."""
    lexer = _lexer(language)
    if lexer is not None:
        read = lexer.get_tokens_unprocessed(code)
        tokens: Iterator[tuple[int, str, str]] = ((index, _css_class(kind), value) for index, kind, value in read)
    elif ranges:
        tokens = iter([(0, "", code)])
    else:
        return escape(code, quote=False)
    if ranges:
        return "".join(_with_ranges(tokens, ranges, len(code)))
    return "".join(
        _span(name, "".join(value for _, _, value in group)) for name, group in groupby(tokens, itemgetter(1))
    )


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    if not language:
        return None
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer: Lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return None
    return lexer


@lru_cache(maxsize=1024)
def _css_class(kind: _TokenType) -> str:
    from pygments.token import STANDARD_TYPES

    current: _TokenType | None = kind
    while current is not None:
        name = STANDARD_TYPES.get(current)
        if name is not None:
            return "" if name in _UNSTYLED else name
        current = current.parent
    return ""


def _span(name: str, value: str) -> str:
    text = escape(value, quote=False)
    return f'<span class="{name}">{text}</span>' if name else text


def _with_ranges(tokens: Iterator[tuple[int, str, str]], ranges: Sequence[Range], size: int) -> Iterator[str]:
    """The tokens as HTML, cut where a range begins or ends."""
    waiting = list(reversed(ranges))
    current: Range | None = None
    for index, name, value in tokens:
        position, end = index, index + len(value)
        while True:
            if current is not None and current.end <= position:
                yield "" if current.instead is not None else current.after
                current = None
            if current is None and waiting and waiting[-1].start <= position:
                current = waiting.pop()
                yield current.before if current.instead is None else current.instead
                continue
            if position >= end:
                break
            border = current.end if current is not None else waiting[-1].start if waiting else size
            stop = min(end, border)
            if current is None or current.instead is None:
                yield _span(name, value[position - index : stop - index])
            position = stop
    if current is not None and current.instead is None:
        yield current.after
    for left in reversed(waiting):
        yield left.instead if left.instead is not None else left.before + left.after
