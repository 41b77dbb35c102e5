"""A note's texts, put into the fields of its note type."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import NamedTuple

from flashcards.exchange.anki.notetypes import Kind

REMOVED_TAG = "flashcards::removed"
_YES = "1"


class NoteTexts(NamedTuple):
    """A note as HTML. `first` is a basic note's question or a cloze note's text, `second` the answer or the
    cloze note's heading. The three lists are HTML already, see `listed`; `section` is plain text.
    """

    kind: Kind
    first: str
    second: str
    rubric: str
    follow_ups: str
    source: str
    section: str | None
    reversed: bool
    typed: bool
    key: str


def fields_of(note: NoteTexts) -> tuple[str, ...]:
    """The fields in the order of the note type. `key` tells a reader which note of which deck it is."""
    return fields_from(*note)


def fields_from(
    kind: Kind, first: str, second: str, rubric: str, follow_ups: str, source: str, section: str | None,
    is_reversed: object, is_typed: object, key: str,
) -> tuple[str, ...]:  # fmt: skip
    """The same, from the members of a `NoteTexts`: an export has 100,000 of them."""
    context = _escaped(section) if section else ""
    typed = _YES if is_typed else ""
    if kind == "cloze":
        context = " · ".join(filter(None, (context, second)))
        return first, context, rubric, follow_ups, source, typed, key
    return first, second, rubric, follow_ups, source, context, _YES if is_reversed else "", typed, key


@lru_cache(maxsize=1024)
def _escaped(section: str) -> str:
    return escape(section, quote=False)


def listed(items: Sequence[str]) -> str:
    """HTML items as one list, or nothing."""
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>" if items else ""


def deck_name(path: str, title: str, folder_titles: dict[str, str]) -> str:
    """The name in Anki of the deck in the file at `path`: the titles of its folders and its own.

    ``::`` parts decks in Anki, so in a title it is pulled apart.
    """
    *folders, _ = path.split("/")
    addresses = ["/".join(folders[: depth + 1]) for depth in range(len(folders))]
    return "::".join(part.replace("::", ": :") for part in (*(folder_titles[a] for a in addresses), title))
