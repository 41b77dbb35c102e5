"""Today by folder: what fifty decks hold, summed up in the few folders that a learner thinks in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from flashcards.domain.ids import DeckId
from flashcards.services.plan.scope import grouped
from flashcards.services.review.contract import DeckCounts


@dataclass(frozen=True, slots=True)
class FolderCounts:
    """A folder, or a deck outside of folders, with what it holds for today; `unseen` and `cards` as of a deck.

    `in_plan` is whether a review of it alone is a part of a followed plan's day; True where none is followed.
    """

    address: str
    title: str
    new: int
    due: int
    drill: int
    early: int
    cards: int
    unseen: int
    in_plan: bool = True

    @property
    def total(self) -> int:
        """All that comes today."""
        return self.new + self.due + self.drill + self.early


def by_folder(
    decks: Sequence[DeckCounts], titles: Mapping[str, str], planned: Collection[DeckId] | None = None
) -> list[FolderCounts]:
    """The folders of the decks that are switched on, in study order; `titles` are those of folders by path.

    `planned` are the decks that a followed plan is about, None where decks do not say that, or none is followed.
    """
    active = {deck.deck_id: deck for deck in decks if deck.active}
    groups = grouped(
        {number: deck.path_address for number, deck in active.items()},
        titles,
        {number: deck.title for number, deck in active.items()},
        {number: deck.cards for number, deck in active.items()},
    )
    found = []
    for group in groups:
        new = due = drill = early = unseen = 0
        for number in group.decks:  # of ten thousand decks five sums would take as long as all else
            deck = active[number]
            new, due, drill, early = new + deck.new, due + deck.due, drill + deck.drill, early + deck.early
            unseen += deck.unseen
        in_plan = planned is None or not group.decks.isdisjoint(planned)
        found.append(FolderCounts(group.address, group.title, new, due, drill, early, group.cards, unseen, in_plan))
    return found
