"""Which new cards a plan begins, and in which order: as a good teacher would, deck after deck.

**Which**: where not all fit into the time, what weighs most comes first, then juniors' questions, the core questions,
mid and senior ones; of a level the first quarter in each deck, then the second of each, and so on, so that every deck
is begun and none takes the time of the others. **When**: deck after deck. The decks of each
folder come in study order, those of different folders take turns so that each folder gets on evenly, a heavier one
faster; within a deck by weight and level, and never before what a card requires.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Sequence

from flashcards.domain.ids import NoteId
from flashcards.domain.plan.model import PlanCard

_PARTS = 4


def in_deck_order(cards: Sequence[PlanCard]) -> list[int]:
    """Each card's number in the order in which new cards would come if all fitted; `cards` are in study order."""
    of_deck: dict[int, list[int]] = defaultdict(list)
    sizes: dict[int, int] = defaultdict(int)
    for place, card in enumerate(cards):
        of_deck[card.deck].append(place)
        sizes[card.folder] += 1
    before: dict[int, int] = defaultdict(int)
    turns: list[tuple[float, int]] = []
    for deck, places in of_deck.items():
        first = cards[places[0]]
        middle = (before[first.folder] + len(places) / 2) / sizes[first.folder]
        before[first.folder] += len(places)
        turns.append((middle / max(cards[place].weight for place in places), deck))
    numbers = [0] * len(cards)
    number = 0
    for _, deck in sorted(turns, key=lambda turn: turn[0]):
        for place in of_deck[deck]:
            numbers[place] = number
            number += 1
    return numbers


class NewCards:
    """Cards never answered, in the order in which they come; those that wait for another note stand apart."""

    def __init__(self, cards: Sequence[PlanCard], weights: Sequence[int], fitting: int) -> None:
        """`weights` are the cards' own; of a card that others wait for, the greatest counts. `fitting` is how many new
        cards there is time for."""
        self._cards = cards
        self._weights, _ = _inherited(cards, weights)
        new = [place for place, it in enumerate(cards) if it.memory is None]
        self._ranks = _ranks(cards, self._weights, fitting)
        notes = {it.note for it in cards}
        self._answered = {it.note for it in cards if it.memory is not None}
        self._missing: dict[int, set[NoteId]] = {}
        self._waiting: dict[int, list[int]] = defaultdict(list)
        self._tomorrow: list[int] = []
        self._left = len(new)
        self._next: list[tuple[int, int]] = []
        for place in new:
            card = cards[place]
            missing = notes.intersection(card.requires) - self._answered - {card.note}
            if missing:
                self._missing[place] = missing
                for note in missing:
                    self._waiting[note].append(place)
            else:
                self._next.append((self._ranks[place], place))
        heapq.heapify(self._next)

    def __len__(self) -> int:
        return self._left

    def best(self, notes: set[NoteId]) -> tuple[int, int] | None:
        """(weight, place) of the new card that comes next, none of the `notes`; None where there is none."""
        while self._next and self._cards[self._next[0][1]].note in notes:
            self._tomorrow.append(heapq.heappop(self._next)[1])
        if not self._next:
            return None
        place = self._next[0][1]
        return self._weights[place], place

    def notes(self) -> set[NoteId]:
        """The notes of the cards that can come now."""
        return {self._cards[place].note for _, place in self._next}

    def answered(self) -> None:
        """Takes out the card that `best` gave, and lets those come that waited for its note."""
        place = heapq.heappop(self._next)[1]
        self._left -= 1
        note = self._cards[place].note
        if note in self._answered:
            return
        self._answered.add(note)
        for waiting in self._waiting.pop(note, ()):
            missing = self._missing[waiting]
            missing.discard(note)
            if not missing:
                self._push(waiting)

    def day_ends(self) -> None:
        """Lets those come again of whose notes another card was asked."""
        for place in self._tomorrow:
            self._push(place)
        self._tomorrow = []

    def _push(self, place: int) -> None:
        heapq.heappush(self._next, (self._ranks[place], place))


def by_worth(cards: Sequence[PlanCard], weights: Sequence[int]) -> list[int]:
    """The places of the cards never answered: first those that come even where few fit into the time."""
    weights, levels = _inherited(cards, weights)
    numbers, parts = in_deck_order(cards), _parts(cards, levels)
    new = (place for place, it in enumerate(cards) if it.memory is None)
    return sorted(new, key=lambda place: (-weights[place], levels[place], parts[place], numbers[place]))


def _ranks(cards: Sequence[PlanCard], weights: Sequence[int], fitting: int) -> dict[int, int]:
    """The places in their order: those that fit deck after deck, the others behind them."""
    new, numbers = by_worth(cards, weights), in_deck_order(cards)
    deck_places: dict[int, int] = {}
    for place in sorted(new, key=lambda place: numbers[place]):
        deck_places.setdefault(cards[place].deck, len(deck_places))
    taken = sorted(
        new[:fitting],
        key=lambda place: (
            deck_places[cards[place].deck], -weights[place], cards[place].level, numbers[place],
        ),
    )  # fmt: skip
    return {place: rank for rank, place in enumerate([*taken, *new[fitting:]])}


def _parts(cards: Sequence[PlanCard], levels: Sequence[int]) -> list[int]:
    """In which quarter of its deck's cards of its level each card lies."""
    alike = [(card.deck, level) for card, level in zip(cards, levels, strict=True)]
    sizes, found, before = Counter(alike), [], Counter[tuple[int, int]]()
    for key in alike:
        found.append(before[key] * _PARTS // sizes[key])
        before[key] += 1
    return found


def _inherited(cards: Sequence[PlanCard], weights: Sequence[int]) -> tuple[list[int], list[int]]:
    """Each card's weight and level, or the greatest and the earliest of the cards that wait for its note."""
    weighed, levels = list(weights), [card.level for card in cards]
    by_note: dict[int, list[int]] = defaultdict(list)
    for place, card in enumerate(cards):
        by_note[card.note].append(place)
    work = [place for place, it in enumerate(cards) if it.requires]
    while work:
        place = work.pop()
        for note in cards[place].requires:
            for needed in by_note.get(note, ()):
                if weighed[needed] < weighed[place] or levels[needed] > levels[place]:
                    weighed[needed] = max(weighed[needed], weighed[place])
                    levels[needed] = min(levels[needed], levels[place])
                    work.append(needed)
    return weighed, levels
