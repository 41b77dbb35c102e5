"""The HTML that an import made Markdown of, kept so that what was not edited here goes back to Anki byte for byte.

Each field is kept with a digest of the Markdown that was made of it. As long as a note's Markdown has that digest, the
field is as it came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

from flashcards.domain.card import Cloze, Note, PointRef
from flashcards.domain.points import in_step, target
from flashcards.exchange.anki.notetypes import NOTE_TYPES, Kind

_PICTURE = re.compile(r"(!\[(?:[^\[\]\\]|\\.)*\]\()[^()\s]*/(?=[^()/\s]+\))")
_WORDS = re.compile(r"(?:[^\W_]+(?: [^\W_]+)*)?")
_YES = "1"


class SourceField(NamedTuple):
    """A field's HTML as it came from Anki, and the digest of the Markdown that was made of it."""

    html: str
    markdown_digest: str


Sources = Mapping[str, Mapping[str, SourceField]]
"""By guid, and by the name that the field has in our own note type."""


def kind_of(note: Note) -> Kind:
    """Which of our note types a note goes out in."""
    return "cloze" if isinstance(note.content, Cloze) else "basic"


def markdown_of(note: Note) -> dict[str, str]:
    """What a note says in each field of our note type, as Markdown; fields that an import makes no text of are left
    out.
    """
    content, section = note.content, note.section or ""
    shared = {
        "Rubric": _listed(note.rubric, note.rubric_refs),
        "FollowUps": _listed(note.follow_ups, note.follow_up_refs),
        "Source": "\n\n".join(filter(None, (_listed(note.sources), note.in_full, _listed(note.clarify)))),
    }
    if isinstance(content, Cloze):
        return {"Text": content.body, "Context": f"{section}\n{content.heading}", **shared}
    reverse = _YES if content.reversed else ""
    return {"Question": content.question, "Answer": content.answer, "Context": section, "Reverse": reverse, **shared}


def _listed(items: Sequence[str], refs: Sequence[PointRef | None] = ()) -> str:
    if not items:
        return ""
    named = (f" {target(ref)}.{ref.level or ''}" if ref else "" for ref in in_step(items, refs))
    return "\n".join(f"- {item}{ref}" for item, ref in zip(items, named, strict=True))


def markdown_digest(markdown: str) -> str:
    """Of a text; where its pictures lie does not count, since a deck may be moved."""
    text = _PICTURE.sub(r"\1", markdown).strip()
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def note_digest(note: Note) -> str:
    """Of all that a note says: as long as it stays, the note is as the import made it."""
    said = [*markdown_of(note).values(), str(note.content.typed), note.definitions, *sorted(note.tags)]
    return markdown_digest("\x1f".join(said))


def source_fields(note: Note, html: Mapping[str, str]) -> dict[str, SourceField]:
    """What is to be kept of a note that was made of `html`, its fields by the names of our note type.

    Plain words need not be kept: an export writes them as they came.
    """
    markdown = markdown_of(note)
    return {
        name: SourceField(text, markdown_digest(markdown[name]))
        for name, text in html.items()
        if name in markdown and not (text == markdown[name] and _WORDS.fullmatch(text))
    }


def unedited(note: Note, kept: Mapping[str, SourceField]) -> dict[str, str]:
    """The HTML of those fields whose Markdown is still what the import made of it."""
    markdown = markdown_of(note)
    return {
        name: source.html
        for name, source in kept.items()
        if name in markdown and markdown_digest(markdown[name]) == source.markdown_digest
    }


def as_they_came(kind: Kind, fields: Sequence[str], html: Mapping[str, str]) -> tuple[str, ...]:
    """The fields of a note in our note type, with the HTML of those that were not edited."""
    if not html:
        return tuple(fields)
    return tuple(html.get(name, text) for name, text in zip(NOTE_TYPES[kind].field_names, fields, strict=True))
