"""Rows that were written for Anki with note types of ours, as `export csv` and Anki itself write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from flashcards.deckfiles.parse.printing import valid_id
from flashcards.domain.card import Note
from flashcards.exchange.anki.notetypes import NOTE_TYPES
from flashcards.exchange.anki.package_values import NoteType, PackedNote
from flashcards.exchange.anki.to_notes import convert
from flashcards.services.anki.converted_notes import note_of, with_texts

_TYPES = {own.name: NoteType(own.id, own.name, own.kind == "cloze", own.field_names, ()) for own in NOTE_TYPES.values()}


def own_note(
    note_type: str, fields: Sequence[str], tags: Sequence[str], place: Callable[[str], str]
) -> Note | str | None:
    """The note that a row of this note type is, its id included; why it is none; None for types that are not ours.

    `fields` are HTML; those that a spreadsheet left out at the row's end are empty. `place` puts pictures into place.
    """
    own = _TYPES.get(note_type.strip())
    if own is None:
        return None
    filled = (*fields, *[""] * len(own.fields))[: len(own.fields)]
    converted = convert(PackedNote(0, "", own.id, 0, (), filled), own)
    if not converted.kind:
        return converted.notice
    id_ = converted.own_id.rpartition("#")[2]
    note = with_texts(note_of(id_, tags, converted), place)
    return replace(note, explicit=bool(id_) and valid_id(id_) == id_)
