"""How many new cards come today: in all, and in decks that have a limit of their own."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from flashcards.domain.ids import DeckId, NoteId
from flashcards.domain.queue import DaySoFar, NewCard


@dataclass(frozen=True, slots=True)
class NewLimits:
    """How many new cards may still come today: in all, and in decks that have a limit of their own."""

    total: int
    decks: Mapping[DeckId, int] = field(default_factory=dict)


def new_left(new_per_day: int, so_far: DaySoFar) -> int:
    """How many of the day's new cards may still come; below zero where more came than the limit says now."""
    return new_per_day - sum(so_far.introduced.values())


def choose_new(candidates: Iterable[NewCard], hidden: Container[NoteId], limits: NewLimits) -> list[NewCard]:
    """The new cards of the day, in the order of `candidates` (deck order, siblings by ordinal).

    `hidden` are the notes of which another card is due or moved today. Candidates that wait for a
    prerequisite are not among them. Stops reading as soon as the limit is reached.
    """
    chosen: list[NewCard] = []
    notes: set[NoteId] = set()
    left = dict(limits.decks)
    if limits.total <= 0:
        return chosen
    for card in candidates:
        if card.note in hidden or card.note in notes or left.get(card.deck, 1) <= 0:
            continue
        chosen.append(card)
        notes.add(card.note)
        if card.deck in left:
            left[card.deck] -= 1
        if len(chosen) == limits.total:
            break
    return chosen
