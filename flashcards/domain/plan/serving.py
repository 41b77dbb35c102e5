"""What is still asked of a plan's day: its order, as far as today's time goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from flashcards.domain.ids import CardId, NoteId

LONGER = 1.5
"""A day's order goes on for so many times its minutes: who is faster than expected has cards, too."""


class InOrder(Protocol):
    """A card of the order."""

    @property
    def card(self) -> int: ...
    @property
    def seconds(self) -> float: ...


def fitting(order: Sequence[InOrder], seconds: float, more: int = 0) -> list[int]:
    """The cards that fit into what is left of the day: each of which the better part lies within it.

    `more` cards come beyond that.
    """
    found: list[int] = []
    used, beyond = 0.0, 0
    for it in order:
        if used + it.seconds / 2 > seconds:
            if beyond == more:
                break
            beyond += 1
        found.append(it.card)
        used += it.seconds
    return found


def ready(
    order: Iterable[CardId], notes: Mapping[CardId, NoteId], missing: Mapping[NoteId, Iterable[NoteId]]
) -> list[CardId]:
    """The cards in their order without those that wait: for a note that is neither answered nor comes before them.

    `notes` gives each card's note, `missing` what each note waits for.
    """
    found: list[CardId] = []
    before: set[NoteId] = set()
    for card in order:
        note = notes[card]
        wanted = missing.get(note)
        if wanted is not None and any(it not in before for it in wanted):
            continue
        found.append(card)
        before.add(note)
    return found
