"""The HTML that most fields of Anki's hold (bold, italic, breaks, lines in ``div``, one flat list), read in one pass.

A parser of whole HTML takes twenty times as long, which was a third of an import. What is read here becomes exactly
what `to_markdown` makes of it with that parser; whatever else stands in a field is left to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from flashcards.exchange.anki.emphasis import BREAK, marked

Escape = Callable[[str, bool], str]
"""A stretch of text as Markdown; the second argument says whether it stands within emphasis."""

_TAG = re.compile(r"<(br ?/?|/?(?:b|strong|i|em|u|div|ul|li))>")
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*"}
_BLOCKS = frozenset({"div", "ul", "li"})
_BESIDE_BLOCK = re.compile(r"(?:\s|&nbsp;)</?(?:div|ul|li)>|</?(?:div|ul|li)>(?:\s|&nbsp;)")
"""Blanks there say nothing, by rules that are the parser's."""
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&nbsp;": "\xa0", "&quot;": '"'}
_ENTITY = re.compile("|".join(_ENTITIES))
_AMPERSAND = re.compile(rf"&(?!(?:{'|'.join(name[1:] for name in _ENTITIES)}))")
_BLANKS = re.compile(r"[\t \n]+")
_OTHER_BLANKS = re.compile(r"[\r\f\v\x00\x1c-\x1f\x85\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_EDGE_BREAKS = re.compile(rf"^(?:[ \t]*{BREAK}\n)+|(?:[ \t]*{BREAK}\n?)+[ \t]*$")


class _Open(NamedTuple):
    """An element that has begun: its name (empty for the field), and the Markdown of what it holds so far."""

    name: str
    inner: list[str]


def read_simple(html: str, escape: Escape) -> str | None:
    """The Markdown of a field, with `emphasis`' marks and breaks still in it; None where it is not that simple."""
    pieces = _TAG.split(html)
    if not _is_simple(html, pieces):
        return None
    open_ = [_Open("", [])]
    emphasis = 0
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            if piece and not _add_text(open_[-1], piece, escape, emphasis > 0):
                return None
        elif piece[0] == "/":
            if open_[-1].name != piece[1:]:
                return None
            closed = open_.pop()
            emphasis -= closed.name in _MARKS
            open_[-1].inner.append(_markdown(closed))
        elif piece[:2] == "br":
            open_[-1].inner.append(f"{BREAK}\n")
        elif _may_begin(piece, open_):
            open_.append(_Open(piece, []))
            emphasis += piece in _MARKS
        else:
            return None
    return _joined(open_[0].inner).strip("\n") if len(open_) == 1 else None


def _is_simple(html: str, pieces: list[str]) -> bool:
    """Whether there is nothing but these tags and text with the usual entities; and a list only at the end."""
    if "<" in "".join(pieces[::2]) or _OTHER_BLANKS.search(html) or _AMPERSAND.search(html):
        return False
    if _BESIDE_BLOCK.search(html):
        return False
    return "ul" not in pieces or (pieces.count("ul") == 1 and pieces[-2:] == ["/ul", ""])


def _add_text(element: _Open, text: str, escape: Escape, in_emphasis: bool) -> bool:
    """Adds a stretch of text; False where text has no place."""
    if element.name == "ul":
        return False
    text = _BLANKS.sub(" ", text)
    if "&" in text:
        text = _ENTITY.sub(lambda match: _ENTITIES[match[0]], text)
    element.inner.append(escape(text, in_emphasis))
    return True


def _may_begin(name: str, open_: list[_Open]) -> bool:
    """Whether an element may begin here: lines and the list in the field itself, items in the list, marks once."""
    if name == "li":
        return open_[-1].name == "ul"
    if name in _BLOCKS:
        return len(open_) == 1
    mark = _MARKS.get(name, name)
    return open_[-1].name != "ul" and all(_MARKS.get(element.name, element.name) != mark for element in open_)


def _markdown(element: _Open) -> str:
    text = _joined(element.inner)
    if element.name in _MARKS:
        return marked(text, _MARKS[element.name])
    if element.name == "div":
        text = _EDGE_BREAKS.sub("", text.strip(" \t\r\n"))
        shown = text.strip()  # a line that holds a hard blank alone is none, but an empty one parts two others
        if shown:
            return f"\n\n{shown}\n\n"
        return "" if text else "\n\n"
    if element.name == "li":
        text = _EDGE_BREAKS.sub("", text.strip(" \t\r\n")).strip()
        return "- " + text.replace("\n", "\n  ") + "\n" if text else "\n"
    return f"\n\n{text}" if element.name == "ul" else text


def _joined(children: list[str]) -> str:
    """Children one after the other; line ends that meet count once, as the longer of them, two at most."""
    if len(children) < 2:
        return "".join(children)
    pieces = [""]
    for child in filter(None, children):
        rest = child.lstrip("\n")
        leading = child[: len(child) - len(rest)]
        if pieces[-1] and leading:
            leading = "\n" * min(2, max(len(pieces.pop()), len(leading)))
        content = rest.rstrip("\n")
        pieces += [leading, content, rest[len(content) :]]
    return "".join(pieces)
