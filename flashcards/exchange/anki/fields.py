"""A note's texts, put into the fields of its note type."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import NamedTuple

from flashcards.exchange.anki.notetypes import Kind

REMOVED_TAG = "flashcards::removed"
SEPARATOR = "\x1f"
"""What parts a note's fields in Anki: no text of ours holds it."""

_YES = "1"
_JOINT = " · "
_SECTION = '<span class="fc-section">{}</span>'
_MARKED = re.compile(rf"\s*<span\b[^>]*\bfc-section\b[^>]*>(.*?)</span>(?:{_JOINT})?(.*)", re.S | re.I)


class NoteTexts(NamedTuple):
    """A note as HTML. `first` is a basic note's question or a cloze note's text, `second` the answer or the
    cloze note's heading. The three lists are HTML already, see `practice_parts`; `section` is plain text.
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
    rest = SEPARATOR.join((note.second, note.rubric, note.follow_ups, note.source))
    joined = joined_fields(note.kind, note.first, rest, note.section, note.reversed, note.typed, note.key)
    return tuple(joined.split(SEPARATOR))


def joined_fields(
    kind: str, first: str, rest: str, section: str | None, is_reversed: object, is_typed: object, key: str
) -> str:
    """The same as Anki stores them, between separators: an export has 100,000 of them.

    `rest` is what stands between `first` and `section` in a `NoteTexts`, joined already.
    """
    context = _escaped(section) if section else ""
    typed = _YES if is_typed else ""
    if kind == "cloze":
        second, _, lists = rest.partition(SEPARATOR)
        return f"{first}\x1f{context_of(context, second)}\x1f{lists}\x1f{typed}\x1f{key}"
    return f"{first}\x1f{rest}\x1f{context}\x1f{_YES if is_reversed else ''}\x1f{typed}\x1f{key}"


def context_of(section: str, heading: str) -> str:
    """A cloze note's field `Context`: its section's title and its heading, as HTML, either of which may be empty.

    The section is marked where the two could not be told apart by what stands between them.
    """
    plain = _JOINT.join(filter(None, (section, heading)))
    if plain.rpartition(_JOINT)[::2] == (section, heading):
        return plain
    return _JOINT.join(filter(None, (_SECTION.format(section), heading)))


def parts_of_context(html: str) -> tuple[str, str]:
    """The way back from `context_of`: the section's title and the heading."""
    marked = _MARKED.fullmatch(html)
    if marked:
        return marked[1], marked[2]
    section, _, heading = html.rpartition(_JOINT)
    return section, heading


@lru_cache(maxsize=1024)
def _escaped(section: str) -> str:
    return escape(section, quote=False)


def deck_name(path: str, title: str, folder_titles: dict[str, str]) -> str:
    """The name in Anki of the deck in the file at `path`: the titles of its folders and its own.

    ``::`` parts decks in Anki, so in a title it is pulled apart.
    """
    *folders, _ = path.split("/")
    addresses = ["/".join(folders[: depth + 1]) for depth in range(len(folders))]
    return "::".join(part.replace("::", ": :") for part in (*(folder_titles[a] for a in addresses), title))
