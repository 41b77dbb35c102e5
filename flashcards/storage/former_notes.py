"""Notes as Anki knows them that have become another kind here since: what an export reads of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from flashcards.domain.ids import DeckId, LearnerId, NoteId
from flashcards.storage.by_hand import ByHand
from flashcards.storage.database import Database
from flashcards.storage.exports import RemovedNote


class Former(NamedTuple):
    """A note as Anki knows it that has become another kind since, and so has another guid.

    `kind` is what it is today; `sources` are its texts, the last one first. Instants are in epoch ms, `last_modified`
    (what Anki was told last) in epoch seconds.
    """

    guid: str
    last_modified: int
    note: NoteId
    kind: str
    key: str
    section: str | None
    tags: str
    definitions: str
    modified_at: int
    created_at: int
    deck: DeckId
    deck_key: str
    deck_path: str
    sources: tuple[str, ...]


_NOTE = (
    "n.id, n.kind, n.key, n.section, n.tags, n.definitions, n.modified_at,"
    " coalesce((SELECT at FROM revision WHERE note_id = n.id AND number = 1), n.modified_at), d.id, d.key, d.path"
)
_EXPORTED = ByHand(
    f"SELECT x.guid, x.modified, {_NOTE} FROM anki_export x JOIN note n ON n.id = x.note_id"
    " JOIN deck d ON d.id = n.deck_id WHERE coalesce(x.learner_id, 0) = ?1 AND x.removed = 0 AND n.guid <> x.guid"
    " AND n.deck_id {among ?2} ORDER BY n.id"
)
_EDITED_SINCE_IMPORT = ByHand(
    f"SELECT n.guid, n.title, d.title, {_NOTE} FROM note n JOIN deck d ON d.id = n.deck_id"
    " WHERE n.removed_at IS NULL AND n.draft = 0 AND n.revision > 1 AND substr(n.key, 1, 4) = 'anki'"
    " AND n.deck_id {among ?1} ORDER BY n.id"
)
_TOLD_OF = ByHand("SELECT guid FROM anki_export WHERE coalesce(learner_id, 0) = ?1 AND guid {among ?2}")
_TAKEN = ByHand("SELECT guid FROM note WHERE guid {among ?1}")
_SOURCES = ByHand("SELECT source FROM revision WHERE note_id = ?1 ORDER BY number DESC")


def former_notes(database: Database, decks: Sequence[DeckId], learner: LearnerId) -> list[Former]:
    """Of the notes exported for the learner, those of these decks that have changed their kind since."""
    return [_former(database, *row) for row in _EXPORTED.all(database, learner, decks)]


def edited_since_import(
    database: Database, decks: Sequence[DeckId], learner: LearnerId, guid_in_id: Callable[[str], str | None]
) -> list[tuple[RemovedNote, Former]]:
    """Of the notes of these decks that came from Anki, those that have another guid than there, and may have changed
    their kind; those that an export for the learner has told of are left out.

    `guid_in_id` gives the guid that a note's id holds.
    """
    found = {}
    for guid, title, deck_title, *row in _EDITED_SINCE_IMPORT.all(database, decks):
        there = guid_in_id(row[2])
        if there is not None and there != guid:
            found[there] = (title, deck_title, row)
    if not found:
        return []
    rows = [*_TOLD_OF.all(database, learner, list(found)), *_TAKEN.all(database, list(found))]
    known = {guid for (guid,) in rows}
    formers = [
        (title, deck_title, _former(database, there, 0, *row))
        for there, (title, deck_title, row) in found.items()
        if there not in known
    ]
    return [(RemovedNote(one.guid, deck, one.deck_path, title, True), one) for title, deck, one in formers]


def _former(database: Database, *row: Any) -> Former:
    return Former._make((*row, tuple(source for (source,) in _SOURCES.all(database, row[2]))))
