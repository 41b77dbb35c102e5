"""Very many due cards: counted and put in order where they lie; all of them come here only where all are asked for.

It gives the same cards in the same order as the list of them would (`hide_due_siblings` and `in_order` of the domain).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice

from flashcards.domain.ids import CardId, LearnerId, NoteId
from flashcards.domain.queue import NO_ORDER, DueRow, Order, in_order
from flashcards.domain.siblings import hide_due_siblings
from flashcards.domain.study_day import Day
from flashcards.storage.queues import Places, QueueRows

MANY = 2_000
"""From so many due cards on it is worth it."""
_MORE = 4
"""So many times more cards are looked at where siblings of others were among the first."""


class Backlog:
    """The due cards in these places, one of each note, without the notes in `moved`.

    `order` is what comes before the most overdue ones; with `most` they are the first of them.
    """

    def __init__(
        self, rows: QueueRows, learner: LearnerId, today: Day, places: Places, moved: frozenset[NoteId],
        order: Order = NO_ORDER, most: int | None = None,
    ) -> None:  # fmt: skip
        self._rows, self._learner, self._today, self._places, self._moved = rows, learner, today, places, moved
        self._order, self._most = order, most

    def ordered(self, order: Order, most: int | None) -> Backlog:
        """The same in an order, as far as a limit lets them through."""
        found = Backlog(self._rows, self._learner, self._today, self._places, self._moved, order, most)
        found.__dict__["_notes"] = self._notes
        return found

    @cached_property
    def _notes(self) -> int:
        moved = {row[3] for row in self._here(self._rows.due_of_notes(self._learner, self._today, self._moved))}
        return self._rows.count_due_notes(self._learner, self._today, self._places) - len(moved)

    def __len__(self) -> int:
        return self._notes if self._most is None else max(0, min(self._most, self._notes))

    def __iter__(self) -> Iterator[DueRow]:
        return iter(self._all)

    @cached_property
    def _all(self) -> list[DueRow]:
        if self._most is not None:
            return self.first(self._most)
        return hide_due_siblings(self._here(self._rows.due(self._learner, self._today)), self._moved)

    def first(self, count: int) -> list[DueRow]:
        """The first of them, in their order."""
        wanted = min(count, len(self))
        if wanted <= 0:
            return []
        found = self._in_order(wanted)
        return found + self._most_overdue(wanted - len(found))

    def waiting(self) -> list[DueRow]:
        """The due cards of notes of which none of these comes."""
        if self._most is None or self._most >= self._notes:
            return self._here(self._rows.due_of_notes(self._learner, self._today, self._moved))
        asked = {row[3] for row in self._all}
        return [row for row in self._here(self._rows.due(self._learner, self._today)) if row[3] not in asked]

    def _in_order(self, wanted: int) -> list[DueRow]:
        """Those that the order names, as far as they are wanted."""
        failed = self._order.failed
        found = in_order(self._shown(failed), self._today, self._learner, wanted, Order(failed))
        named = (card for card in self._order.backlog if card not in failed)
        while len(found) < wanted and (some := dict.fromkeys(islice(named, _MORE * wanted))):
            rows = self._shown(some)
            found += in_order(rows, self._today, self._learner, wanted - len(found), Order(backlog=some))
        return found[:wanted]

    def _most_overdue(self, wanted: int) -> list[DueRow]:
        """The first of those that the order does not name."""
        found: list[DueRow] = []
        size = 0 if wanted <= 0 else wanted + len(self._order.failed) + len(self._order.backlog)
        while len(found) < wanted:
            rows = self._rows.most_overdue(self._learner, self._today, size, self._places)
            others = [it for it in rows if it[0] not in self._order.failed and it[0] not in self._order.backlog]
            found = self._without_siblings(others)
            if len(rows) < size:
                break
            size *= _MORE
        return found[:wanted]

    def _shown(self, cards: Iterable[CardId]) -> list[DueRow]:
        """Those of these cards that are among us."""
        return self._without_siblings(self._here(self._rows.due_among(self._learner, self._today, list(cards))))

    def _without_siblings(self, rows: list[DueRow]) -> list[DueRow]:
        """Those of these rows that stand for their notes, in their order."""
        of_notes = self._rows.due_of_notes(self._learner, self._today, {row[3] for row in rows})
        shown = {row[0] for row in hide_due_siblings(of_notes, self._moved)}
        return [row for row in rows if row[0] in shown]

    def _here(self, rows: list[DueRow]) -> list[DueRow]:
        decks, off = self._places
        if decks is None and off is None:
            return rows
        return [row for row in rows if (decks is None or row[5] in decks) and (off is None or row[5] not in off)]
