"""Cards that an import does not carry: those of further templates, by note type, with their answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from flashcards.exchange.anki.package_values import Converted, Package


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """How many cards of a note type, with how many answers, of how many notes, stay in Anki."""

    note_type: str
    notes: int
    cards: int
    answers: int

    def __str__(self) -> str:
        cards = "1 further card" if self.cards == 1 else f"{self.cards:,} further cards"
        notes = "1 note" if self.notes == 1 else f"{self.notes:,} notes"
        answers = "1 answer" if self.answers == 1 else f"{self.answers:,} answers"
        return (
            f"Note type {self.note_type!r}: {cards} of {notes} stay behind in Anki, with {answers}: of its templates"
            " only the first is carried, or the first two where the second asks the other way round."
        )


def left_behind(package: Package) -> tuple[LeftBehind, ...]:
    """What stays behind of the notes that can be carried, note type by note type."""
    carried = {
        note.id: (note.type, converted)
        for note, converted in zip(package.notes, package.converted, strict=True)
        if converted.kind
    }
    behind: dict[int, int] = {}  # card: its note's type
    notes: dict[int, set[int]] = {}
    for card in package.cards:
        type_, converted = carried.get(card.note, (0, None))
        if converted is not None and not _comes(card.ordinal, converted):
            behind[card.id] = type_
            notes.setdefault(type_, set()).add(card.note)
    answers = Counter(behind[review.card] for review in package.reviews if review.card in behind)
    cards = Counter(behind.values())
    return tuple(
        LeftBehind(package.note_types[type_].name, len(of), cards[type_], answers[type_])
        for type_, of in sorted(notes.items(), key=lambda item: package.note_types[item[0]].name)
    )


def _comes(ordinal: int, converted: Converted) -> bool:
    return converted.kind == "cloze" or ordinal <= int(converted.reversed)
