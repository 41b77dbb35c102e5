"""What an import kept of notes' fields for exports, renewed by a later package: Anki may have edited it since.

Fields that are not shown here are always as the latest package has them. The HTML that our Markdown was made of is
renewed where our text still says what Anki's does; where they differ, the former stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.deckfiles.parse.find import find_decks, read_deck
from flashcards.deckfiles.parse.printing import tag_word
from flashcards.domain.card import Cloze, Note
from flashcards.errors import DeckError
from flashcards.exchange.anki import foreign
from flashcards.exchange.anki.foreign import HEAD, ForeignNotes
from flashcards.exchange.anki.foreign_files import files, load, relaid, type_of
from flashcards.exchange.anki.package_values import Converted, Package, PackedNote
from flashcards.exchange.anki.source_fields import markdown_digest, markdown_of, note_digest
from flashcards.exchange.anki.to_notes import PLAINER, convert
from flashcards.services.anki.converted_notes import note_of
from flashcards.services.anki.places import MEDIA_FOLDER, Media, joined
from flashcards.services.anki.staging import guid_in_file

_READ_AGAIN = 1 << 16
"""Characters of HTML up to which a note is read again, more plainly."""
_WORDS = re.compile(r"[\w ]*")
"""Text of which nothing is kept, since an export writes it as it came."""
_FIELDS = {
    "question": "Question",
    "answer": "Answer",
    "reversed": "Reverse",
    "rubric": "Rubric",
    "follow_ups": "FollowUps",
}
_SOURCE = frozenset({"sources", "in_full", "clarify"})


class Here(NamedTuple):
    """A note of a package, and the note that it is here: `was` before a merge, `note` now. `alike` are the fields of
    our note type whose text says what Anki's does; `whole`, that all of the note does.
    """

    packed: PackedNote
    was: Note
    note: Note
    alike: frozenset[str]
    whole: bool


class Renewed(NamedTuple):
    """A file of kept fields that is to be written anew: its path in the decks folder, and its text then and now."""

    path: str
    before: bytes
    text: str
    notes: tuple[str, ...]

    @property
    def said(self) -> str:
        """What that means, in a sentence."""
        if not self.notes:
            return f"{self.path}: note types have other fields or templates in Anki now: kept for exports."
        notes = "1 note" if len(self.notes) == 1 else f"{len(self.notes):,} notes"
        what = "with other fields or HTML in Anki that do not show here, for exports to give back"
        return f"{self.path}: {notes} {what}"


def fields_of_parts(note: Note, parts: Iterable[str]) -> frozenset[str]:
    """The fields of our note type that hold only parts of `parts`, as a merge calls them."""
    parts = frozenset(parts)
    names = {_FIELDS[part] for part in parts if part in _FIELDS}
    if isinstance(note.content, Cloze):
        names = {"Text" if name == "Answer" else name for name in names}
    return frozenset(names | ({"Source"} if parts >= _SOURCE else set()))


def renewed(
    package: Package, root: Path, notes: Iterable[Here], media_for: Callable[[str], Media], notices: list[str]
) -> list[Renewed]:
    """The files below `root` that say otherwise than the package does; `media_for` places what fields show in a folder
    of media, `notices` gets what could not be renewed.
    """
    by_guid = {here.packed.guid: here for here in notes}
    found = []
    for file, before, value in files(root):
        path = file.relative_to(root).as_posix()
        is_relaid = relaid(value, package.note_types)
        sections = (of for name, of in value.items() if name not in HEAD)
        guids = [guid for guid in dict.fromkeys(guid for of in sections for guid in of) if guid in by_guid]
        folder = path.rpartition("/")[0]
        media = media_for(joined(folder, MEDIA_FOLDER))
        here = [by_guid[guid] for guid in guids]
        left = [one for one in here if _has_other_layout(value, package, one.packed)]
        for name in dict.fromkeys(package.note_types[one.packed.type].name for one in left):
            told = "has another layout now; of its notes, what Anki changed and does not show here is not renewed"
            notices.append(f"{path}: note type {name!r} {told}.")
        others = {one.packed.guid for one in left}
        changed = _renew(value, package, [one for one in here if one.packed.guid not in others], _beside(media, folder))
        if changed or is_relaid:
            found.append(Renewed(path, before, foreign.as_text(value), tuple(changed)))
    return found


def here_after_import(package: Package, root: Path, media: Media) -> Iterable[Here]:
    """Those notes of a package of which something is kept, as they are here; the text here stays."""
    kept = load(root)
    theirs = {
        packed.guid: (packed, made)
        for packed, made in zip(package.notes, package.converted, strict=True)
        if made.kind and _says_otherwise(package, packed, kept)
    }
    if not theirs:
        return
    for file in find_decks(root).files:
        try:
            deck = parse_deck(file.path, read_deck(file)).deck
        except DeckError:
            continue
        for note in deck.notes:
            if found := theirs.get(guid_in_file(deck.id, note)):
                names = _alike(package, note, file.path, *found, media)
                yield Here(found[0], note, note, names, names >= markdown_of(note).keys())


def _says_otherwise(package: Package, packed: PackedNote, kept: ForeignNotes) -> bool:
    """Whether a note's fields may be other ones than those that are kept of it."""
    sources = kept.sources.get(packed.guid, {})
    names: Mapping[str, int] = {}
    if packed.guid in kept.notes:
        type_, others = kept.as_now(*kept.notes[packed.guid])
        shown = (type_.question, type_.answer)
        if len(others) != len(packed.fields) or any(
            here != there and place not in shown
            for place, (here, there) in enumerate(zip(others, packed.fields, strict=True))
        ):
            return True
        names = type_.places()
    elif sources and (note_type := package.note_types.get(packed.type)):
        names = {name: place for place, name in enumerate(note_type.fields) if name != "Id"}
    fields = {name: packed.fields[place] for name, place in names.items() if place < len(packed.fields)}
    return any(
        sources[name].html != html if name in sources else _WORDS.fullmatch(html) is None
        for name, html in fields.items()
    )


def _alike(
    package: Package, note: Note, path: str, packed: PackedNote, made: Converted, media: Media
) -> frozenset[str]:
    """The fields of which some reading gives the text that the note has here."""
    here = {name: markdown_digest(text) for name, text in markdown_of(note).items()}
    plainer = PLAINER if sum(map(len, packed.fields)) <= _READ_AGAIN else ()
    names: set[str] = set()
    for read in (None, *plainer):
        reading = made if read is None else convert(packed, package.note_types.get(packed.type), read)
        if reading.kind != made.kind or names == here.keys():
            continue
        there = markdown_of(media.placed(note_of(note.id, note.tags, reading), path))
        names |= {name for name, text in there.items() if here.get(name) == markdown_digest(text)}
    return frozenset(names)


def _beside(media: Media, folder: str) -> Callable[[str], str | None]:
    def place(name: str) -> str | None:
        path = media.place(name)
        return path.removeprefix(f"{folder}/") if path and folder else path

    return place


def _has_other_layout(value: Mapping[str, Any], package: Package, packed: PackedNote) -> bool:
    """Whether a note's type has other fields than the file says, by whose places it keeps them."""
    there = package.note_types.get(packed.type)
    if there is None or packed.guid not in value["notes"]:
        return False
    return all(row[0] != there.id or list(row[3]) != list(there.fields) for row in value["note_types"])


def _renew(
    value: dict[str, Any], package: Package, notes: list[Here], places: Callable[[str], str | None]
) -> list[str]:
    """Renews what a file holds; the guids of the notes of which that was something else."""
    changed = []
    known = {type_.id: type_ for type_ in map(type_of, value["note_types"])}
    for here in notes:
        guid = here.packed.guid
        came = [foreign.Came(here.packed, here.note)]
        texts = foreign.written(package.note_types, came, package.long_guids, places, tag_word, known)
        new = json.loads(next(iter(texts), "{}"))
        before = _kept_of(value, guid)
        for name, of in new.items():
            if name in HEAD:
                continue
            if name == "dates":
                old = before.get(name)
                if here.whole and old is not None and old == note_digest(here.was):
                    _put(value, name, guid, of[guid])  # not edited here, and as it is in Anki
            elif name == "sources":
                _put(value, name, guid, _sources(before.get(name) or {}, of.get(guid, {}), here.alike))
            elif guid in of:
                _put(value, name, guid, of[guid])
        if before != _kept_of(value, guid):
            changed.append(guid)
            value["media"] |= new.get("media", {})
    return changed


def _kept_of(value: dict[str, Any], guid: str) -> dict[str, Any]:
    """What is kept of a note; of its date only what the note said then, as an older time tells Anki the same."""
    found = {name: of.get(guid) for name, of in value.items() if name not in HEAD}
    date = found.get("dates")
    return found | {"dates": date[1]} if date else found


def _sources(old: Mapping[str, Any], new: Mapping[str, Any], alike: frozenset[str]) -> dict[str, Any]:
    kept = {name: source for name, source in old.items() if name not in alike}
    return kept | {name: source for name, source in new.items() if name in alike}


def _put(value: dict[str, Any], name: str, guid: str, entry: Any) -> None:
    if entry:
        value.setdefault(name, {})[guid] = entry
    elif name in value:
        value[name].pop(guid, None)
