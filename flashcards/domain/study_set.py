"""A set of cards to study: their order, and when each of them is done."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from flashcards.domain.ids import CardId, DeckId, NoteId
from flashcards.domain.sm2 import REMEMBERED
from flashcards.domain.study_day import Day

SetMode = Literal["review", "cram"]
SetKind = Literal["due", "new", "drill", "cram"]

RIGHTS_AT_FIRST = 1
RIGHTS_AFTER_A_FAILURE = 2


class SetCard(NamedTuple):
    """A card that can be asked, as a learner has it; `hidden` is suspended, or buried on the day."""

    card: CardId
    note: NoteId
    ordinal: int
    deck: DeckId
    due_on: Day | None
    hidden: bool

    @property
    def is_new(self) -> bool:
        """Whether it has no date."""
        return self.due_on is None

    def asked_on(self, day: Day) -> bool:
        """Whether the day's review could ask it."""
        return not self.hidden and (self.due_on is None or self.due_on <= day)


class AskedCard(NamedTuple):
    """A card of a set that is not done: what it is to the learner, how many right answers in a row it needs, and
    whether it was failed in the set."""

    card: CardId
    note: NoteId
    deck: DeckId
    kind: SetKind
    rights: int
    failed: bool = False


class GivenAnswer(NamedTuple):
    """What was done with a card since its set was made: graded, or put away (`quality` is None)."""

    card: CardId
    quality: int | None
    verb: str | None


def in_order(cards: Sequence[SetCard], seed: str) -> list[CardId]:
    """The cards as they are to be asked: mixed, each note's second card after all first ones.

    New cards keep the order in which they stand in `cards`, so that what builds on others comes after them. The same
    `seed` gives the same order.
    """
    places = list(cards)
    random.Random(seed).shuffle(places)  # noqa: S311  # no secret: an order that tells nothing
    seen: Counter[int] = Counter()
    ranked: list[tuple[int, SetCard]] = []
    for card in places:
        ranked.append((seen[card.note], card))
        seen[card.note] += 1
    mixed = [card for _, card in sorted(ranked, key=lambda it: it[0])]
    new = (card for card in cards if card.is_new)
    return [next(new).card if card.is_new else card.card for card in mixed]


def why_again(rights: int) -> str:
    """Why a card that was failed in a set comes again, while it needs so many right answers in a row.

    The page, its script and the terminal say it so.
    """
    return "Failed: it comes until right twice in a row." if rights > 1 else "Once more right, and it is done."


def rights_needed(qualities: Iterable[int]) -> int:
    """How many right answers in a row a card still needs after these; 0 is done.

    One that was failed needs two. Right is what SM-2 calls remembered: 3 or better.
    """
    needed = RIGHTS_AT_FIRST
    for quality in qualities:
        needed = RIGHTS_AFTER_A_FAILURE if quality < REMEMBERED else max(0, needed - 1)
    return needed


_AWAY = {"suspend": True, "bury": True, "leech": True, "unsuspend": False, "unbury": False}


def not_done(
    cards: Iterable[SetCard], since: Iterable[GivenAnswer], mode: SetMode, day: Day, drill: Iterable[int],
    moved: Iterable[int],
) -> list[AskedCard]:  # fmt: skip
    """What is left of a set: what was not answered, in the order of `cards`, then what was failed, the oldest first.

    `since` is what happened since the set was made, in the order in which it was given. `drill` are the cards that
    today's drill asks, `moved` those whose schedule moved today. A card that was suspended or buried since is left out.
    """
    given: dict[int, list[int]] = {}
    away: dict[int, bool] = {}
    last: dict[int, int] = {}
    for place, (card, quality, verb) in enumerate(since):
        if quality is not None:
            given.setdefault(card, []).append(quality)
            last[card] = place
        elif verb in _AWAY:
            away[card] = _AWAY[verb]
    drilled, done_today = set(drill), set(moved)
    asked = [
        (
            last.get(it.card, -1),
            AskedCard(
                it.card,
                it.note,
                it.deck,
                _kind(it, mode, day, drilled, done_today),
                rights,
                any(quality < REMEMBERED for quality in given.get(it.card, ())),
            ),
        )
        for it in cards
        if not away.get(it.card) and (rights := rights_needed(given.get(it.card, ())))
    ]
    return [card for _, card in sorted(asked, key=lambda it: it[0])]


def _kind(card: SetCard, mode: SetMode, day: Day, drill: set[int], moved: set[int]) -> SetKind:
    if mode == "cram":
        return "cram"
    if card.card in drill:
        return "drill"
    if not card.asked_on(day) or card.card in moved:
        return "cram"
    return "new" if card.is_new else "due"
