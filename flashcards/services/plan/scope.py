"""What a plan is about: the cards in its scope with their weights, and the folders that it speaks of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from flashcards.domain.ids import DeckId, NoteId
from flashcards.domain.queue import DueRow
from flashcards.services.plan.contract import USUAL_WEIGHT, Group


@dataclass(frozen=True, slots=True)
class Weighed:
    """The weight of each deck whose cards are in scope, and of single notes; of both the greater counts."""

    decks: Mapping[DeckId, int]
    notes: Mapping[NoteId, int]

    def weight(self, deck: DeckId, note: NoteId) -> int:
        """0 for a card that is not in scope."""
        return max(self.decks.get(deck, 0), self.notes.get(note, 0))

    def without(self, due: Iterable[DueRow]) -> list[DueRow]:
        """The due cards that are not in scope."""
        inside = {deck for deck, weight in self.decks.items() if weight}
        notes = {note for note, weight in self.notes.items() if weight}
        return [row for row in due if row[5] not in inside and row[3] not in notes]

    @property
    def only_decks(self) -> bool:
        """Whether the decks alone say what is in scope."""
        return not self.notes

    @property
    def planned_decks(self) -> frozenset[DeckId] | None:
        """The decks in scope; None where notes say what is in scope, too."""
        return frozenset(deck for deck, weight in self.decks.items() if weight) if self.only_decks else None


def weighed_decks(
    addresses: Mapping[DeckId, str], places: Sequence[str], weights: Mapping[str, int]
) -> dict[DeckId, int]:
    """The weights of the decks that lie at or below `places`, of all where there are none: of the nearest place that
    has a weight."""
    found = {}
    for deck, address in addresses.items():
        if places and not any(_below(address, place) for place in places):
            continue
        nearest = max((place for place in weights if _below(address, place)), key=len, default=None)
        weight = USUAL_WEIGHT if nearest is None else weights[nearest]
        if weight:
            found[deck] = weight
    return found


def vanished(addresses: Mapping[DeckId, str], places: Sequence[str]) -> list[str]:
    """The places at which no deck stands."""
    return [place for place in places if not any(_below(address, place) for address in addresses.values())]


def _below(address: str, place: str) -> bool:
    return address == place or address.startswith(f"{place}/")


def grouped(
    addresses: Mapping[DeckId, str],
    titles: Mapping[str, str],
    deck_titles: Mapping[DeckId, str],
    cards: Mapping[DeckId, int],
) -> list[Group]:
    """The folders that a learner thinks in, in study order: a folder that holds nothing but folders gives way to
    them. `titles` are of folders, `cards` how many each deck has."""
    found: dict[str, list[DeckId]] = {}
    folders = {deck: address.rpartition("/")[0] for deck, address in addresses.items()}
    holding = set(folders.values())
    place_of = {folder: _outermost(folder, holding) for folder in holding}
    for deck, folder in folders.items():
        found.setdefault(place_of[folder] or addresses[deck], []).append(deck)
    return [
        Group(
            place,
            titles.get(place) or (deck_titles[decks[0]] if addresses[decks[0]] == place else place.rpartition("/")[2]),
            frozenset(decks),
            sum(map(cards.get, decks, repeat(0))),
            tuple(map(deck_titles.__getitem__, decks)),
        )
        for place, decks in found.items()
    ]


def _outermost(folder: str, holding: Collection[str]) -> str:
    """The folder, or the outermost of those above it, that holds decks itself; "" where none has a name."""
    end = folder.find("/")
    while end >= 0:
        if folder[:end] in holding:
            return folder[:end]
        end = folder.find("/", end + 1)
    return folder


def in_any(address: str, places: Collection[str]) -> bool:
    """Whether a deck lies at or below one of the places."""
    return any(_below(address, place) for place in places)
