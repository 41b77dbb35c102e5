"""What the database knows of notes that went to Anki, or came from there, for merging edits made in Anki."""

from __future__ import annotations

from typing import NamedTuple

from peewee import fn

from flashcards.storage.database import Database
from flashcards.storage.models import AnkiExport, Deck, Note, Revision
from flashcards.storage.prepared import Query, prepared


class KnownNote(NamedTuple):
    """A live note: its place in the files, what exports said of it, and whether it was edited since it came.

    `exports` are (`mod` in epoch seconds, digest of tags and fields) for each learner it was exported for;
    `arrived_at` is when its first text was read, in epoch ms.
    """

    deck: str
    note: str
    guid: str
    revision: int
    arrived_at: int
    exports: tuple[tuple[int, bytes], ...]


@prepared
def _exports() -> Query:
    return AnkiExport.select(AnkiExport.guid, AnkiExport.modified, AnkiExport.digest)


@prepared
def _live_notes() -> Query:
    first = Revision.select(Revision.at).where(Revision.note == Note.id, Revision.number == 1)
    arrived_at = fn.coalesce(first, Note.modified_at)
    return (
        Note.select(Deck.key, Note.key, Note.guid, Note.revision, arrived_at)
        .join(Deck)
        .where(Note.removed_at.is_null())
    )


def known_notes(database: Database) -> dict[tuple[str, str], KnownNote]:
    """The live notes by deck id and note id."""
    exports: dict[str, list[tuple[int, bytes]]] = {}
    for guid, modified, digest in _exports.run(database):
        exports.setdefault(guid, []).append((modified, digest))
    return {
        (deck, note): KnownNote(deck, note, guid, revision, at, tuple(exports.get(guid, ())))
        for deck, note, guid, revision, at in _live_notes.run(database)
    }
