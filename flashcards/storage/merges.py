"""What the database knows of notes that went to Anki, or came from there, for merging edits made in Anki."""

from __future__ import annotations

from typing import NamedTuple

from flashcards.storage.database import Database


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


def known_notes(database: Database) -> dict[tuple[str, str], KnownNote]:
    """The live notes by deck id and note id."""
    exports: dict[str, list[tuple[int, bytes]]] = {}
    for guid, modified, digest in database.execute("SELECT guid, modified, digest FROM anki_export"):
        exports.setdefault(guid, []).append((modified, digest))
    rows = database.execute(
        "SELECT d.key, n.key, n.guid, n.revision, coalesce((SELECT v.at FROM revision v WHERE v.note_id = n.id"
        " AND v.number = 1), n.modified_at) FROM note n JOIN deck d ON d.id = n.deck_id WHERE n.removed_at IS NULL"
    )
    return {
        (deck, note): KnownNote(deck, note, guid, revision, at, tuple(exports.get(guid, ())))
        for deck, note, guid, revision, at in rows
    }
