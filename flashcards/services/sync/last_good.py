"""Which notes of a file keep their last good version, because rendering finds an error in what they say now.

A picture that is not there, a formula that is refused or a link that leads nowhere leaves the rest of a note readable:
a new note is shown with that error in its place. An edit with such an error is not, as long as there is a version
without one.
"""

from __future__ import annotations

from collections.abc import Mapping

from flashcards.domain.card import Note
from flashcards.domain.ids import DeckId
from flashcards.services.sync.read import SoundFile
from flashcards.storage.deck_rows import RenderedNote, StoredNote
from flashcards.storage.decks import DeckStore


def to_stay(
    store: DeckStore, row: DeckId | None, sound: SoundFile, rendered: Mapping[str, RenderedNote]
) -> frozenset[str]:
    """The ids of these notes; `row` is the file's stored deck, `rendered` holds what was rendered, by render key."""
    keys = zip(sound.parsed.deck.notes, sound.note_keys, strict=True)
    faulty = {note.id: note for note, key in keys if key in rendered and rendered[key].problems}
    if row is None or not faulty:
        return frozenset()
    edited = [stored for stored in store.notes((row,)) if _is_edited(stored, faulty)]
    before = store.rendered(stored.values.render_key or "" for stored in edited)
    good = {key for key, note in before.items() if not note.problems}
    return frozenset(stored.values.key for stored in edited if stored.values.render_key in good)


def _is_edited(stored: StoredNote, notes: Mapping[str, Note]) -> bool:
    note = notes.get(stored.values.key)
    return note is not None and stored.values.text != (note.source, note.definitions)
