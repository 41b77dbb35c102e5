"""What notes hold for practice, in fields of note types whose shape never changes.

The long form of an answer and what to clarify stand folded at the head of the field `Source`, which every back shows;
the reference that ends a point or follow-up is an attribute of its list item.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from flashcards.character_references import by_number, unescape

_FOLDED = '<details class="fc-more fc-{}"><summary>{}</summary>{}</details>'
_SUMMARY = re.compile(r"\s*<summary\b[^>]*>.*?</summary>", re.S | re.I)
_DETAILS = re.compile(r"<(/?)details\b[^>]*>", re.I)
_ITEM = re.compile(r"<li\b([^>]*)>", re.I)
_REFERENCE = re.compile(r"\bdata-ref=(?:\"([^\"]*)\"|'([^']*)')", re.I)
_OPEN, _CLOSE = "\ue0f0", "\ue0f1"  # around a reference's letters as digits, so that no reader of HTML minds them
_MARKED = re.compile(rf"{_OPEN}((?:[0-9a-f]{{2}})*){_CLOSE}")
_STRAY_MARKS = re.compile(f"[{_OPEN}{_CLOSE}]|{by_number(_OPEN, _CLOSE)}")


def listed(items: Sequence[str], references: Sequence[str] = ()) -> str:
    """HTML items as one list, or nothing; `references` are as authors write them, "" for an item without one."""
    if not items:
        return ""
    refs = references or [""] * len(items)
    rows = (f"<li{_attribute(ref)}>{item}</li>" for item, ref in zip(items, refs, strict=True))
    return f"<ul>{''.join(rows)}</ul>"


def _attribute(reference: str) -> str:
    return f' data-ref="{escape(reference)}"' if reference else ""


def with_practice(source: str, in_full: str, clarify: Sequence[str]) -> str:
    """The field `Source`: the long form and what to clarify, as HTML, before the sources."""
    folded = _FOLDED.format("full", "In full", in_full) if in_full else ""
    folded += _FOLDED.format("clarify", "Clarify", listed(clarify)) if clarify else ""
    return folded + source


class SourceParts(NamedTuple):
    """The HTML of what a field `Source` holds."""

    sources: str
    in_full: str
    clarify: str


def parts_of_source(html: str) -> SourceParts:
    """The way back from `with_practice`."""
    if not html:
        return SourceParts("", "", "")
    html, in_full = _unfolded(html, "full")
    html, clarify = _unfolded(html, "clarify")
    return SourceParts(html, in_full, clarify)


def _unfolded(html: str, name: str) -> tuple[str, str]:
    """The HTML without what is folded under that name, and that; others may be folded within it."""
    begin = re.search(rf"<details\b[^>]*\bfc-{name}\b[^>]*>", html, re.I)
    if begin is None:
        return html, ""
    depth, inner = 1, begin.end()
    for tag in _DETAILS.finditer(html, inner):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return html[: begin.start()] + html[tag.end() :], _SUMMARY.sub("", html[inner : tag.start()], count=1)
    return html[: begin.start()], _SUMMARY.sub("", html[inner:], count=1)


def items_with_references(
    html: str, items: Callable[[str], tuple[str, ...]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The items of a list as Markdown, and the reference of each ("" for none); `items` reads HTML."""
    if "data-ref" not in html:
        return items(html), ()
    read = items(_ITEM.sub(_marked, _STRAY_MARKS.sub("", html)))
    references = tuple(_read_mark(item) for item in read)
    return tuple(_MARKED.sub("", item) for item in read), references if any(references) else ()


def _marked(item: re.Match[str]) -> str:
    found = _REFERENCE.search(item[1])
    if found is None:
        return item[0]
    written = unescape(found[1] or found[2] or "")
    return f"{item[0]}{_OPEN}{written.encode().hex()}{_CLOSE}"


def _read_mark(item: str) -> str:
    found = _MARKED.match(item)
    return bytes.fromhex(found[1]).decode("utf-8", "replace") if found else ""
