"""Our side of a merge: the notes that a package has too, as they are and as they would come back from Anki."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from flashcards.deckfiles.media.files import Media as FoundMedia
from flashcards.deckfiles.parse.deck import Parsed, parse_deck
from flashcards.deckfiles.parse.find import DeckFile, find_decks, read_deck
from flashcards.deckfiles.parse.printing import tag_word
from flashcards.deckfiles.render.pool import RenderPool
from flashcards.domain.card import Basic, Cloze, Deck, Note, PointRef
from flashcards.domain.points import Refs, in_step
from flashcards.errors import DeckError
from flashcards.exchange.anki import notetypes
from flashcards.exchange.anki.fields import REMOVED_TAG, NoteTexts, fields_of
from flashcards.exchange.anki.package_values import Converted, NoteType, PackedNote
from flashcards.exchange.anki.to_notes import convert
from flashcards.services.anki.staging import guid_in_file
from flashcards.services.export.anki_fields import digest_of, rendering, request_for_anki
from flashcards.services.progress import Progress
from flashcards.storage.merges import KnownNote

_OUR_TYPES = {
    "basic": NoteType(notetypes.BASIC.id, "", False, notetypes.BASIC.field_names, ()),
    "cloze": NoteType(notetypes.CLOZE.id, "", True, notetypes.CLOZE.field_names, ()),
}


@dataclass(frozen=True, slots=True)
class Ours:
    """A note of ours: as it is, and as it would come back from Anki."""

    file: DeckFile
    parsed: Parsed
    note: Note
    guid: str
    known: KnownNote | None
    returned: Converted
    tags: tuple[str, ...]
    digest: bytes
    references: Mapping[str, str]


class Absent(NamedTuple):
    """A note of ours that a package does not hold."""

    file: DeckFile
    deck_title: str
    note: Note
    guid: str
    known: KnownNote | None


def our_notes(
    root: Path,
    known: Mapping[tuple[str, str], KnownNote],
    wanted: set[str],
    absent: list[Absent],
    progress: Progress,
) -> Iterable[Ours]:
    """The notes that the package has too, as they would come back from Anki; `absent` gets the others."""
    files = find_decks(root).files
    with RenderPool() as pool:
        for number, file in enumerate(files, 1):
            progress("decks", number, len(files))
            try:
                parsed = parse_deck(file.path, read_deck(file))
            except DeckError:
                continue
            deck = parsed.deck
            chosen = []
            for note in deck.notes:
                row = known.get((deck.id, note.id))
                guid = row.guid if row else guid_in_file(deck.id, note)
                if guid in wanted:
                    chosen.append((note, guid, row))
                elif not note.draft:
                    absent.append(Absent(file, deck.title, note, guid, row))
            requests = [(str(i), request_for_anki(note, file.path, root)) for i, (note, _, _) in enumerate(chosen)]
            for name, rendered in pool.render_all(requests):
                note, guid, row = chosen[int(name)]
                html = rendering(note, rendered)
                fields = fields_of(_texts(note, deck, html.first, html.second, html.extra))
                kind = "cloze" if isinstance(note.content, Cloze) else "basic"
                packed = PackedNote(0, guid, 0, 0, note.tags, fields)
                references = {
                    found.url.rpartition("/")[2]: written
                    for written, found in requests[int(name)][1].media
                    if isinstance(found, FoundMedia)
                }
                returned = convert(packed, _OUR_TYPES[kind])
                yield Ours(
                    file, parsed, note, guid, row, returned, note.tags, digest_of(note.tags, fields), references
                )  # fmt: skip


def _texts(note: Note, deck: Deck, first: str, second: str, extra: Mapping[str, Any]) -> NoteTexts:
    content = note.content
    return NoteTexts(
        "cloze" if isinstance(content, Cloze) else "basic", first, second, str(extra["rubric"]),
        str(extra["follow_ups"]), str(extra["source"]), note.section,
        isinstance(content, Basic) and content.reversed, content.typed, f"{deck.id}#{note.id}",
    )  # fmt: skip


def tags_from(ours: Ours, packed: PackedNote) -> tuple[str, ...]:
    """A note's tags as Anki has them, in our order; those of the whole file stay."""
    theirs = {*map(tag_word, packed.tags)} - {REMOVED_TAG}
    kept = [tag for tag in ours.note.tags if tag_word(tag) in theirs or tag in ours.parsed.deck.tags]
    return *kept, *sorted(theirs - {*map(tag_word, kept)})


def tags_of_the_file(ours: Ours, packed: PackedNote) -> str:
    """Why Anki's tags cannot all be taken; "" where they can."""
    theirs = {*map(tag_word, packed.tags)}
    tags = [tag for tag in ours.parsed.deck.tags if tag_word(tag) not in theirs]
    if not tags:
        return ""
    told = f"the tag {tags[0]} stands" if len(tags) == 1 else f"the tags {', '.join(tags)} stand"
    return f"{told} in the front matter, for all notes of the file: remove it there, or set it again in Anki"


def refs_from(items: Sequence[str], theirs: Refs, ours: Note, name: str, refs: str) -> tuple[PointRef | None, ...]:
    """The references of items that come from Anki: ours where we have the item, for Anki edits none."""
    known = dict(zip(getattr(ours, name), in_step(getattr(ours, name), getattr(ours, refs)), strict=True))
    found = tuple(known.get(item, ref) for item, ref in zip(items, in_step(items, theirs), strict=True))
    return found if any(found) else ()
