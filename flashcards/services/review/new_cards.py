"""The new cards of a day: in the order that the learner chose, within limits, after what they require."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import cache, cached_property
from itertools import islice

from flashcards.domain.ids import DeckId, NoteId
from flashcards.domain.new_limits import NewLimits, choose_new, new_left
from flashcards.domain.new_order import in_turn, shuffled
from flashcards.domain.prerequisites import waits
from flashcards.domain.queue import DaySoFar, NewCard
from flashcards.domain.study_day import Day
from flashcards.services.accounts.people import Learner
from flashcards.services.plan.scope import grouped
from flashcards.services.review.day_parts import Due, Scope
from flashcards.services.review.due_cards import DueCards
from flashcards.storage.queues import DeckWithNew

_CHUNK = 50


class NewCards(DueCards):
    """Reads of what is new."""

    def _open_decks(self, learner: Learner, scope: Scope, only: int | None = None) -> list[DeckWithNew]:
        return [it for it in self._queue_rows.decks_with_new(learner.id, only) if scope.has_deck(it.id)]

    def _new(
        self, learner: Learner, scope: Scope, today: Day, decks: Iterable[DeckWithNew], hidden: Container[NoteId],
        limits: NewLimits,
    ) -> list[NewCard]:  # fmt: skip
        """The new cards of these decks; `hidden` are the notes of which another card comes or came today."""
        if limits.total <= 0:
            return []
        open_decks = [it for it in decks if limits.decks.get(it.id, 1) > 0]
        cards = self._in_turn(learner, open_decks, today)
        in_scope = (it for it in cards if scope.has(it.deck, it.note, it.card))
        return choose_new(self._ready(learner, in_scope), hidden, limits)

    def _in_turn(self, learner: Learner, decks: Sequence[DeckWithNew], today: Day) -> Iterator[NewCard]:
        """The new cards of decks in the order across them that the learner chose; read as far as they are taken."""
        rows = self._queue_rows
        if learner.new_order == "folders":
            groups = grouped({it.id: it.address for it in decks}, {}, {it.id: "" for it in decks}, {})
            parts = ([it for it in decks if it.id in group.decks] for group in groups)
            return in_turn([rows.new_cards(learner.id, part, today) for part in parts])
        cards = rows.new_cards(learner.id, decks, today)
        if learner.new_order == "core":
            core = rows.core()
            return iter(sorted(cards, key=lambda it: it.note not in core))
        if learner.new_order == "random":
            return iter(shuffled(list(cards), learner.id, today))
        return cards

    def _ready(self, learner: Learner, cards: Iterator[NewCard]) -> Iterator[NewCard]:
        """Without the cards that wait for a prerequisite."""
        while chunk := list(islice(cards, _CHUNK)):
            asked = self._queue_rows.prerequisites(learner.id, {it.note for it in chunk})
            yield from (it for it in chunk if not waits(asked.get(it.note, ())))

    def _new_of(
        self, learner: Learner, scope: Scope, today: Day, so_far: DaySoFar, due: Due, decks: Sequence[DeckWithNew]
    ) -> Callable[[DeckId], int]:
        """How many new cards a review of one of these decks alone would bring: counted when asked for, as each takes
        reads of its own."""
        left = new_left(learner.new_per_day, so_far)
        limits, hidden = NewLimits(left, deck_limits(decks, so_far)), HiddenNotes(due, so_far)
        of_deck = {it.id: it for it in decks}

        @cache
        def count(deck: DeckId) -> int:
            return len(self._new(learner, scope, today, [of_deck[deck]], hidden, limits)) if deck in of_deck else 0

        return count


class HiddenNotes:
    """The notes of which no new card comes today; looked for when the first new card is there."""

    def __init__(self, due: Due, so_far: DaySoFar) -> None:
        self._due, self._so_far = due, so_far

    def __contains__(self, note: object) -> bool:
        return note in self._found

    @cached_property
    def _found(self) -> set[NoteId]:
        return {row[3] for row in self._due.shown} | self._due.waiting.keys() | self._so_far.moved_notes


def deck_limits(decks: Iterable[DeckWithNew], so_far: DaySoFar, more: int = 0) -> dict[DeckId, int]:
    return {
        deck.id: deck.new_per_day + more - so_far.introduced.get(deck.id, 0)
        for deck in decks
        if deck.new_per_day is not None
    }
