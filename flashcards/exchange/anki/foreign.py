"""Note types of others that notes here came from, so that an export finds those notes in Anki again.

Anki updates a note only under the note type that it has. So an import writes beside its decks a file that names the
types and, for each note, when it last changed there, what its fields held beyond what a deck holds, and the HTML that
became Markdown; an export gives those notes back in their own type, with every field that was not edited as it came,
and those that were not edited at all as old as they are there. A type is known here where
one field asks and one answers, as in all of Anki's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote

from flashcards.character_references import unescape
from flashcards.domain.card import Note
from flashcards.exchange.anki import notetypes
from flashcards.exchange.anki.layouts import in_layout, places_now
from flashcards.exchange.anki.package_values import NoteType, PackedNote, Template
from flashcards.exchange.anki.source_fields import SourceField, note_digest, source_fields
from flashcards.exchange.anki.templates import is_blank

FILE = "_anki{}.json"
PATTERN = "_anki*.json"
VERSION = 1
HEAD = ("version", "note_types", "changed", "media")
"""The members of such a file that are not of single notes."""
_JSON = json.JSONEncoder(ensure_ascii=False).encode
LARGEST = 64 << 20
_FULL = 16 << 20
"""Characters of notes after which a further file is begun, well below what is read of one."""
_ONE_FIELD = re.compile(r"\s*\{\{\s*(?:cloze:)?([^{}#^/:]+?)\s*\}\}\s*")
_TYPED = re.compile(r"\{\{\s*type:(?:cloze:)?([^{}:]+?)\s*\}\}")
_LINE = re.compile(r"<hr\b[^>]*>", re.I)
_CONDITION = re.compile(r"\s*\{\{#([^{}]+)\}\}(.*)\{\{/\1\}\}\s*", re.S)
_MEDIA = re.compile(
    r"<(?:img|audio|source)\b[^>]*?\bsrc=(?:\"([^\"]+)\"|'([^']+)'|([^\s>\"']+))|\[sound:([^\[\]]+)\]", re.I
)
_ONE_ITEM = re.compile(r"<ul><li>((?:(?!<li>).)*)</li></ul>", re.S)
_YES = "y"


class ForeignType(NamedTuple):
    """A note type of the package that notes came in; `question`, `answer` and `reverse` are places of fields.

    Without a `question` its notes go back as they came.
    """

    id: int
    name: str
    cloze: bool
    fields: tuple[str, ...]
    templates: tuple[Template, ...]
    question: int | None
    answer: int | None
    reverse: int | None

    @property
    def as_it_came(self) -> bool:
        """Whether no field of it can be made from a note of ours."""
        return self.question is None

    def places(self) -> dict[str, int]:
        """Where the fields that a note of ours fills stand in it, by the names of our note type."""
        names = ("Text", "Source", "") if self.cloze else ("Question", "Answer", "Reverse")
        pairs = zip(names, (self.question, self.answer, self.reverse), strict=True)
        return {name: place for name, place in pairs if name and place is not None}


class Dated(NamedTuple):
    """When a note last changed in Anki, in epoch seconds, and `note_digest` of what the import made of it."""

    at: int
    digest: str


@dataclass(slots=True)
class ForeignNotes:
    """Types by id, as they were last, and notes by guid: the type as it was when they came, and the fields that no deck
    holds, by their place in it. `changed` is when the types last changed, in epoch seconds.

    `guids` are Anki's own where those here stand for one that is too long for a note's id. `sources` are fields as
    they came, see `source_fields`, and `dates` how old they were, of notes in our own types too; `media` is where the
    pictures and sounds that such HTML shows are in the decks folder, by name. `tags` are Anki's, by what became of them
    here, where a deck cannot hold them as they are.
    """

    types: dict[int, ForeignType] = field(default_factory=dict)
    changed: dict[int, int] = field(default_factory=dict)
    notes: dict[str, tuple[ForeignType, dict[int, str]]] = field(default_factory=dict)
    guids: dict[str, str] = field(default_factory=dict)
    media: dict[str, str] = field(default_factory=dict)
    sources: dict[str, dict[str, SourceField]] = field(default_factory=dict)
    dates: dict[str, Dated] = field(default_factory=dict)
    tags: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)

    def tags_of(self, guid: str, tags: Sequence[str]) -> Sequence[str]:
        """The tags of a note as Anki has them, those that were changed for a deck among them."""
        there = self.tags.get(guid)
        if not there:
            return tags
        return list(dict.fromkeys(name for tag in tags for name in there.get(tag, (tag,))))

    def unedited(self, notes: Iterable[tuple[str, Note]]) -> set[str]:
        """The guids of those notes that say what they said when they came from Anki."""
        return {guid for guid, note in notes if guid in self.dates and self.dates[guid].digest == note_digest(note)}

    def changed_at(self, guid: str, here: int, unedited: Container[str]) -> int:
        """When a note last changed, in epoch seconds; `here` is when our file did, which may be when it came.

        One that was not edited is as old as in Anki, which then leaves its own alone; one that was is newer than it
        was there, whatever the clocks say.
        """
        came = self.dates.get(guid)
        if came is None:
            return here
        return came.at if guid in unedited else max(here, came.at + 1)

    def fields(
        self, guid: str, kind: str, ours: Mapping[str, str], unedited: Mapping[str, str]
    ) -> tuple[ForeignType, tuple[str, ...]] | None:
        """The fields of a note in its own type, from those of ours by name and those that are as they came; None for
        a note that has none, or that became another kind of note here.
        """
        found = self.notes.get(guid)
        if found is None:
            return None
        type_, fields = self.as_now(*found)
        if (kind == "cloze") != type_.cloze:
            return None
        if type_.question is None:
            return type_, tuple(fields)
        for name, place in type_.places().items():
            fields[place] = unedited[name] if name in unedited else _made(name, ours, fields[place])
        return type_, tuple(fields)

    def as_now(self, was: ForeignType, kept: Mapping[int, str]) -> tuple[ForeignType, list[str]]:
        """A note's type in its present layout, with the places there of the fields that it had when the note came, and
        what is kept of them.
        """
        now = self.types[was.id]
        places = places_now(was, now)
        fields = [""] * len(now.fields)
        for before, text in kept.items():
            if before in places:
                fields[places[before]] = text
        return in_layout(was, now), fields


def _made(name: str, ours: Mapping[str, str], there: str) -> str:
    """What a field of theirs is to hold that one of ours fills; `there` is what it holds."""
    if name == "Reverse":
        return (_YES if is_blank(there) else there) if ours[name] else ""
    return _single(ours[name]) if name == "Source" else ours[name]


def _single(html: str) -> str:
    """The text of a list of one item, which is how a deck holds what stood on a cloze note's back."""
    match = _ONE_ITEM.fullmatch(html)
    return match[1] if match else html


def foreign_type(note_type: NoteType) -> ForeignType | None:
    """The type, if one field of it asks and at most one answers."""
    if not note_type.templates:
        return None
    first = note_type.templates[0]
    question = _place(note_type, _TYPED.sub("", first.front))
    answer = _place(note_type, _below(first.back))
    nothing_below = note_type.cloze and not _below(first.back).strip()
    if question is None or (answer is None and not nothing_below) or question == answer:
        return None
    type_ = kept_whole(note_type)._replace(question=question, answer=answer)
    return type_._replace(reverse=reverse_field(type_))


def reverse_field(type_: ForeignType) -> int | None:
    """The field that gives a note its second card, where that one is the first turned round."""
    if type_.question is None or type_.answer is None or len(type_.templates) < 2:
        return None
    second = type_.templates[1]
    condition = _CONDITION.fullmatch(second.front)
    if condition is None or condition[1] not in type_.fields:
        return None
    asked, answered = _place(type_, _TYPED.sub("", condition[2])), _place(type_, _below(second.back))
    return type_.fields.index(condition[1]) if (asked, answered) == (type_.answer, type_.question) else None


def _place(note_type: NoteType | ForeignType, template: str) -> int | None:
    match = _ONE_FIELD.fullmatch(template)
    return note_type.fields.index(match[1]) if match and match[1] in note_type.fields else None


def _below(back: str) -> str:
    """What the back adds to the front: below the line, or after a cloze note's text."""
    line = _LINE.search(back)
    text = back[line.end() :] if line else re.sub(r"\{\{\s*cloze:[^{}]*\}\}\s*(?:<br\s*/?>)?", "", back)
    return _TYPED.sub(r"{{\1}}", re.sub(r"\{\{\s*type:cloze:[^{}]*\}\}", "", text))


def kept_whole(note_type: NoteType) -> ForeignType:
    """The type, for notes that go back as they came."""
    type_ = note_type
    return ForeignType(type_.id, type_.name, type_.cloze, type_.fields, type_.templates, None, None, None)


def media_in(fields: Iterable[str]) -> set[str]:
    """The names of the pictures and sounds that fields show, as Anki's media folder has them."""
    names: set[str] = set()
    for field_ in fields:
        for *sources, heard in _MEDIA.findall(field_):
            source = unquote(unescape("".join(sources)))
            names.add(unescape(heard) or source)
    return names


class Came(NamedTuple):
    """A note of a package, and the note of ours that it became."""

    packed: PackedNote
    note: Note


def written(
    types: Mapping[int, NoteType],
    notes: Iterable[Came],
    long_guids: Mapping[str, str],
    places: Callable[[str], str | None],
    tag_here: Callable[[str], str] = str,
    known: Mapping[int, ForeignType] | None = None,
) -> Iterator[str]:
    """The texts of the files for notes that were imported; none where nothing is to be kept of them.

    `long_guids` as in `Package`; `places` says where a file of the package's media is, from the folder of these files,
    and `tag_here` what a tag of Anki's becomes in a deck. `known` are types as notes of them are kept already.
    """
    text = _Text(types, long_guids, places, tag_here)
    text.known |= known or {}
    for came in notes:
        text.add(came)
        if text.size > _FULL:
            yield text.whole()
            text = _Text(types, long_guids, places, tag_here)
    if text.size:
        yield text.whole()


class _Text:
    """A file that is being put together."""

    def __init__(
        self,
        types: Mapping[int, NoteType],
        long_guids: Mapping[str, str],
        places: Callable[[str], str | None],
        tag_here: Callable[[str], str],
    ) -> None:
        self.types, self.long_guids, self.places, self.tag_here = types, long_guids, places, tag_here
        self.known: dict[int, ForeignType] = {}
        self.notes: list[str] = []
        self.sources: list[str] = []
        self.dates: list[str] = []
        self.tags: list[str] = []
        self.media: dict[str, str] = {}
        self.size = 0

    def add(self, came: Came) -> None:
        packed, note_type = came.packed, self.types.get(came.packed.type)
        self.line(self.dates, packed.guid, Dated(packed.modified_at, note_digest(came.note)))
        self.tag(packed)
        if note_type is None or len(packed.fields) != len(note_type.fields):
            return
        if note_type.fields in (notetypes.BASIC.field_names, notetypes.CLOZE.field_names):
            html = dict(zip(note_type.fields, packed.fields, strict=True))
            self.keep(packed.guid, source_fields(came.note, html))
            return
        type_ = self.type_of(note_type)
        ours = type_.places()
        kept = {
            str(i): text for i, text in enumerate(packed.fields) if text and i not in (type_.question, type_.answer)
        }
        own = self.long_guids.get(packed.guid)
        self.line(self.notes, packed.guid, [type_.id, kept, own] if own else [type_.id, kept])
        self.keep(packed.guid, source_fields(came.note, {name: packed.fields[i] for name, i in ours.items()}))
        self.show(kept.values())

    def tag(self, packed: PackedNote) -> None:
        there: dict[str, list[str]] = {}
        for tag in packed.tags:
            there.setdefault(self.tag_here(tag), []).append(tag)
        changed = {word: tags for word, tags in there.items() if tags != [word]}
        if changed:
            self.line(self.tags, packed.guid, changed)

    def type_of(self, note_type: NoteType) -> ForeignType:
        known = self.known.get(note_type.id)
        if known is None or known.fields != note_type.fields:
            known = self.known[note_type.id] = foreign_type(note_type) or kept_whole(note_type)
        return known

    def keep(self, guid: str, fields: Mapping[str, SourceField]) -> None:
        if fields:
            self.line(self.sources, guid, fields)
            self.show(field_.html for field_ in fields.values())

    def line(self, lines: list[str], guid: str, value: object) -> None:
        lines.append(_line(guid, value))
        self.size += len(lines[-1])

    def show(self, fields: Iterable[str]) -> None:
        self.media |= {name: path for name in media_in(fields) if (path := self.places(name))}

    def whole(self) -> str:
        """JSON, a note on each line."""
        head = {
            "version": VERSION,
            "note_types": [list(type_) for type_ in self.known.values()],
            "changed": {str(id_): self.types[id_].changed for id_ in self.known},
            "media": self.media,
        }
        notes = {"notes": self.notes, "sources": self.sources, "dates": self.dates, "tags": self.tags}
        return _whole(head, notes)


def _whole(head: Mapping[str, Any], sections: Mapping[str, Sequence[str]]) -> str:
    found = (f', "{name}": {_lines(lines)}' for name, lines in sections.items())
    return "".join([_JSON(head)[:-1], *found, "}\n"])


def _lines(lines: Sequence[str]) -> str:
    return "{\n" + ",\n".join(lines) + "\n}" if lines else "{}"


def as_text(value: Mapping[str, Any]) -> str:
    """What such a file holds as its text: JSON, a note on each line."""
    head = {name: value[name] for name in HEAD if name in value}
    sections = {name: of for name, of in value.items() if name not in head}
    return _whole(head, {name: [_line(*entry) for entry in of.items()] for name, of in sections.items()})


def _line(guid: str, value: object) -> str:
    return f"{json.dumps(guid)}: {_JSON(value)}"


def schema11(type_: ForeignType) -> dict[str, Any]:
    """The type as schema 11 stores it. It is as old as can be, so that Anki keeps its own templates and design."""
    return {
        "id": type_.id,
        "name": type_.name,
        "type": int(type_.cloze),
        "mod": 0,
        "usn": -1,
        "sortf": 0,
        "did": None,
        "css": ".card { font-family: sans-serif; font-size: 20px; text-align: center; }",
        "latexPre": "",
        "latexPost": "",
        "latexsvg": False,
        "req": [],
        "tags": [],
        "vers": [],
        "flds": [
            {"name": name, "ord": i, "sticky": False, "rtl": False, "font": "Arial", "size": 20, "media": []}
            for i, name in enumerate(type_.fields)
        ],
        "tmpls": [
            {"name": t.name, "ord": i, "qfmt": t.front, "afmt": t.back, "bqfmt": "", "bafmt": "", "did": None}
            for i, t in enumerate(type_.templates)
        ],
    }
