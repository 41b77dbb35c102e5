"""What may end a rubric point or a follow-up: ``{#id .senior}``, the note that teaches or answers it, and a level.

``{#deck#id}`` names a note of another deck, in quotes where the deck's id has blanks: ``{#"my deck#id"}``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from flashcards.deckfiles.parse.attributes import ID, open_or_followed
from flashcards.deckfiles.text.characters import INVISIBLE, unseen
from flashcards.deckfiles.text.positions import Issue, in_short, warning
from flashcards.deckfiles.text.spans import spans
from flashcards.domain.card import PointRef
from flashcards.domain.points import LEVELS, target

_ITEM = r"(?:#(?:\"[^\"\n{}]+\"|[^\s{},;\"]+)|\.[A-Za-z][\w-]*)"
_LIST = re.compile(rf"\{{[ \t]*({_ITEM}(?:[ \t]+{_ITEM})*)[ \t]*\}}")
_ITEMS = re.compile(_ITEM)
_ENDS_A_LINE = re.compile(rf"(?<=[ \t])({_LIST.pattern})[ \t]*(?=\n)")
_LOOKS_LIKE = re.compile(r"\{:?[ \t]*(?:#[^\W\d_]|\.[A-Za-z])[^\n]*\}")


class ItemEnd(NamedTuple):
    """A list item without what ended it. `at` is where the braces stand in the item, -1 where there are none."""

    text: str
    ref: PointRef | None = None
    at: int = -1
    issues: tuple[Issue, ...] = ()


def read_end(item: str) -> ItemEnd:
    """Take the reference off the end of a list item's Markdown.

    `issues` have offsets into `item`. A group that merely looks like a reference stays text, with a warning.
    """
    found = _read_end(item)
    return found if found.issues or "}" not in item or "\n" not in item else _with_earlier(found)


def _read_end(item: str) -> ItemEnd:
    if not item.endswith("}"):
        found = ItemEnd(item) if item.isascii() else _before_unseen(item)
        return found if found.issues else _not_at_the_end(item)
    start = item.rfind("{")
    match = _LIST.fullmatch(item, start) if start > 0 and item[start - 1].isspace() else None
    ref = _ref(_ITEMS.findall(match[1])) if match else None
    if ref is None or not item[:start].strip():
        return _not_read(item, start)
    if "\n" in item and any(span.start < start < span.end for span in spans(item)):
        return ItemEnd(item)
    return ItemEnd(item[:start].rstrip(), ref, start)


def write_ref(ref: PointRef | None) -> str:
    """The reference as it ends an item: a blank, and the group in braces; empty for one that says nothing."""
    name = target(ref)
    items = [f'#"{name}"' if re.search(r"[\s,;]", name) else f"#{name}"] if name else []
    items += [f".{ref.level}"] if ref is not None and ref.level else []
    return f" {{{' '.join(items)}}}" if items else ""


def _ref(items: list[str]) -> PointRef | None:
    """What the items say: at most one note and one level; None for anything else."""
    names = [item[1:].strip('"') for item in items if item[0] == "#"]
    levels = [item[1:] for item in items if item[0] == "."]
    if len(names) > 1 or len(levels) > 1 or not set(levels) <= set(LEVELS):
        return None
    deck, _, note = unicodedata.normalize("NFC", names[0]).rpartition("#") if names else ("", "", "")
    if names and not ID.fullmatch(note):
        return None
    return PointRef(deck or None, note or None, levels[0] if levels else None)


def _not_read(item: str, start: int) -> ItemEnd:
    if start < 0 or not _LOOKS_LIKE.fullmatch(item, start) or item[start - 1 : start] in {"\\", "$"}:
        return ItemEnd(item)
    message = (
        f"{item[start:]} looks like a reference but is shown as text; write one #id (or #deck#id) and one of "
        f"{', '.join(f'.{level}' for level in LEVELS)}, after a blank, at the end of the item"
    )
    return ItemEnd(item, issues=(warning(start, "attributes-not-read", message),))


def _not_at_the_end(item: str) -> ItemEnd:
    start, advice = open_or_followed(item)
    if start < 0:
        return ItemEnd(item)
    message = f"{in_short(item[start:])} looks like a reference but is shown as text; {advice}"
    return ItemEnd(item, issues=(warning(start, "attributes-not-read", message),))


def _with_earlier(found: ItemEnd) -> ItemEnd:
    """With a warning of a reference that ends a line of the item, and not the item."""
    for match in _ENDS_A_LINE.finditer(found.text):
        written = match[1]
        kept_apart = any(span.start < match.start(1) < span.end for span in spans(found.text))
        if not kept_apart and _ref(_ITEMS.findall(written)) is not None:
            message = f"{written} looks like a reference but is shown as text; move it to the end of the item"
            return found._replace(issues=(warning(match.start(1), "attributes-not-read", message),))
    return found


def _before_unseen(item: str) -> ItemEnd:
    """An item that would end in a reference but for characters that nobody sees."""
    end = len(item)
    while end and (item[end - 1] in " \t" or INVISIBLE.match(item, end - 1)):
        end -= 1
    start = item.rfind("{", 0, end)
    if start < 0 or end == len(item) or not _LIST.fullmatch(item, start, end):
        return ItemEnd(item)
    message = f"{unseen(item[end])} after {item[start:end]} takes its meaning away; delete it"
    return ItemEnd(item, issues=(warning(end, "invisible-character", message),))
