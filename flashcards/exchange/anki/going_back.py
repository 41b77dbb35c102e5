"""Notes that came from Anki, on their way back into a package: in the note type that they have there, and with those
of their cards that they can have there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flashcards.exchange.anki.fields import REMOVED_TAG, SEPARATOR
from flashcards.exchange.anki.foreign import ForeignNotes, ForeignType, media_in, schema11
from flashcards.exchange.anki.notetypes import NOTE_TYPES
from flashcards.exchange.anki.package_notes import PackageCard, PackageNote
from flashcards.exchange.anki.package_values import Template
from flashcards.exchange.anki.possible_cards import cards_of_ours, gaps, possible_cards
from flashcards.exchange.anki.source_fields import as_they_came

_OLDEST = 1
"""A time of change, in epoch seconds, with which Anki never updates a note that it has."""
_OURS = frozenset(ours.id for ours in NOTE_TYPES.values())


class GoingBack:
    """Notes in `foreign` go out in their own note types; `unedited` are by guid the fields, by the names of our note
    type, that go out as they came. It may grow meanwhile.

    `media` are the names in fields that went out as they came; `notices` say what of a note Anki does not get.
    """

    def __init__(self, foreign: ForeignNotes, unedited: Mapping[str, Mapping[str, str]]) -> None:
        self._foreign = foreign
        self._unedited = unedited
        self._types: dict[int, ForeignType] = {}
        self.media: set[str] = set()
        self.notices: list[str] = []

    def __contains__(self, guid: str) -> bool:
        return guid in self._foreign.notes or guid in self._unedited

    def tags_of(self, note: PackageNote) -> Sequence[str]:
        """Its tags as Anki has them."""
        return self._foreign.tags_of(note.guid, note.tags)

    def as_there(self, note: PackageNote) -> tuple[int, PackageNote]:
        """The id of its note type, and the note as Anki can have it."""
        ours = NOTE_TYPES[note.kind]
        by_name = dict(zip(ours.field_names, note.fields.split(SEPARATOR), strict=True))
        unedited = self._unedited.get(note.guid, {})
        theirs = self._foreign.fields(note.guid, note.kind, by_name, unedited)
        if theirs is not None:
            return self._in_their_type(note, *theirs)
        if note.guid in self._foreign.notes:  # of another kind: Anki would refuse the whole package
            self._notice(
                note,
                "another kind of note now, and so a new one in Anki. The old one stays there, with its cards:"
                " delete it where you do not want it",
            )
            note, unedited = note._replace(guid=f"{note.guid}.{note.kind}"), {}
        self.media |= media_in(unedited.values())
        values = as_they_came(note.kind, list(by_name.values()), unedited)
        return ours.id, self._in_our_type(note, note, dict(zip(ours.field_names, values, strict=True)))

    def without_lost_gaps(self, note: PackageNote) -> PackageNote:
        """A note of ours without the cards of numbers that its text for Anki does not have."""
        if note.kind != "cloze":
            return note
        return self._with(note, gaps([note.fields.partition(SEPARATOR)[0]]), note)

    def models(self) -> dict[str, Any]:
        """The note types that notes went out in, as schema 11 stores them."""
        return {str(type_.id): schema11(type_) for type_ in self._types.values()}

    def _in_their_type(self, note: PackageNote, type_: ForeignType, values: Sequence[str]) -> tuple[int, PackageNote]:
        self.media |= media_in(values)
        fields = dict(zip(type_.fields, values, strict=True))
        there = note._replace(guid=self._foreign.guids.get(note.guid, note.guid), fields=SEPARATOR.join(values))
        if type_.as_it_came:
            there = there._replace(modified_at=_OLDEST)  # Anki may have changed it since
            if REMOVED_TAG in note.tags:
                self._notice(note, "goes back as it came, so Anki does not take the tag: delete it there by hand")
        if type_.id in _OURS:
            return NOTE_TYPES[note.kind].id, self._in_our_type(note, there, fields)
        self._types[type_.id] = type_
        possible = cards_of_ours(type_.cloze, type_.templates, fields)
        if not type_.cloze and 1 in possible and [card.ordinal for card in note.cards] == [0]:
            self._notice(
                note, "is not reversed here, but in Anki all notes of its type are: its second card stays there"
            )
        return type_.id, self._with(there, possible, note)

    def _in_our_type(self, note: PackageNote, there: PackageNote, fields: Mapping[str, str]) -> PackageNote:
        """The note with those of the fields that our type has.

        Somebody may have added others to it in Anki. A package can hold a note type in one form only, and ours is the
        one for which Anki never empties what was added.
        """
        ours = NOTE_TYPES[note.kind]
        if lost := [name for name, html in fields.items() if html and name not in ours.field_names]:
            self._notice(
                note, f"what it holds in {', '.join(lost)} is not in the package: {ours.name} has no such field"
            )
        values = {name: fields.get(name, "") for name in ours.field_names}
        templates = [Template(each.name, each.front, each.back) for each in ours.templates]
        possible = possible_cards(note.kind == "cloze", templates, values)
        return self._with(there._replace(fields=SEPARATOR.join(values.values())), possible, note)

    def _with(self, there: PackageNote, possible: set[int], note: PackageNote) -> PackageNote:
        """The note with those of its cards that are possible, at least one; says which stay here."""
        kept = [card for card in note.cards if card.ordinal in possible]
        if len(kept) == len(note.cards):
            return there
        lost = sorted(card.ordinal for card in note.cards if card.ordinal not in possible)
        if note.kind == "cloze":
            numbers = ", ".join(f"c{ordinal + 1}" for ordinal in lost)
            which = f"its card for {numbers}" if len(lost) == 1 else f"its cards for {numbers}"
        else:
            which = "its reversed card" if lost == [1] else "its cards"
        self._notice(note, f"{which} can only be here: the note in Anki has no place for it")
        # A note without a card is damage, too: Anki gives it the first that it can have.
        first = PackageCard(min(possible, default=0), note.cards[0].deck)
        return there._replace(cards=kept or [first])

    def _notice(self, note: PackageNote, what: str) -> None:
        names = NOTE_TYPES[note.kind].field_names
        self.notices.append(f"{note.fields.split(SEPARATOR)[names.index('Id')]}: {what}")
