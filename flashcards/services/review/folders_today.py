"""Today by folder: what thousands of decks hold, summed up in the few folders that a learner thinks in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from flashcards.domain.ids import DeckId, LearnerId
from flashcards.services.kept import Kept
from flashcards.services.plan.contract import Group
from flashcards.services.plan.scope import grouped
from flashcards.services.review.contract import FolderCounts
from flashcards.storage.database import Database
from flashcards.storage.plans import PlanRows
from flashcards.storage.queues import QueueRows

Counts = Mapping[DeckId, int]


@dataclass(frozen=True, slots=True)
class _Folders:
    """Folders in study order."""

    groups: Sequence[Group]
    place_of: Mapping[DeckId, int]
    """The place of a deck's group among them."""


@dataclass(frozen=True, slots=True)
class _Collection:
    """Where the decks lie, which is the same for everybody."""

    addresses: Mapping[DeckId, str]
    folder_titles: Mapping[str, str]
    deck_titles: Mapping[DeckId, str]
    cards: Mapping[DeckId, int]

    def folders(self, off: Collection[DeckId]) -> _Folders:
        """The folders of the decks that are not `off`."""
        addresses = {deck: address for deck, address in self.addresses.items() if deck not in off}
        groups = grouped(addresses, self.folder_titles, self.deck_titles, self.cards)
        return _Folders(groups, {deck: place for place, group in enumerate(groups) for deck in group.decks})


class FoldersToday:
    """What comes today, by folder. Where the decks lie is kept until a sync changes it: ten thousand are read once."""

    def __init__(self, database: Database) -> None:
        self._rows = QueueRows(database)
        self._plan_rows = PlanRows(database)
        self._kept = Kept[tuple[_Collection, _Folders]](1)

    def of(
        self, learner: LearnerId, planned: Collection[DeckId] | None,
        *, due: Counts, new: Counts, drill: Counts, early: Counts,
    ) -> tuple[FolderCounts, ...]:  # fmt: skip
        """The folders of the decks that are switched on, with the cards that come today by deck.

        `planned` are the decks that a followed plan is about, None where decks do not say that, or none is followed.
        To be asked within the transaction that the counts were read in.
        """
        collection, folders = self._kept.get(self._rows.mark(), self._read)
        if off := self._rows.inactive_decks(learner):
            folders = collection.folders(off)
        of_new, of_due, of_drill, of_early = (_summed(it.items(), folders) for it in (new, due, drill, early))
        seen = _summed(self._rows.seen(learner), folders)
        reset = _summed(self._rows.new_all_the_same(learner), folders)
        return tuple(
            FolderCounts(
                group.address, group.title, of_new[at], of_due[at], of_drill[at], of_early[at], group.cards,
                group.cards - seen[at] + reset[at], planned is None or not group.decks.isdisjoint(planned),
            )
            for at, group in enumerate(folders.groups)
        )  # fmt: skip

    def _read(self) -> tuple[_Collection, _Folders]:
        rows = self._plan_rows
        found = _Collection(rows.decks(), rows.folder_titles(), rows.deck_titles(), self._rows.cards_of_decks())
        return found, found.folders(())


def _summed(counts: Iterable[tuple[DeckId, int]], folders: _Folders) -> Counter[int]:
    """What of these counts lies in each folder, by its place."""
    found: Counter[int] = Counter()
    for deck, count in counts:
        if deck in folders.place_of:
            found[folders.place_of[deck]] += count
    return found
