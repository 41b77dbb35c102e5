"""Of a note's cards one a day."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.queue import DueCard
from flashcards.domain.siblings import hide_due_siblings


def due(card: int, note: int | None = None, ordinal: int = 0) -> DueCard:
    return DueCard(card, 20_000, 10, card if note is None else note, ordinal, 1)


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 5)), unique=True), st.sets(st.integers(1, 8)))
def test_of_siblings_the_lowest_ordinal_is_shown(places: list[tuple[int, int]], moved: set[int]) -> None:
    cards = [due(number, note=note, ordinal=at) for number, (note, at) in enumerate(places)]
    shown = hide_due_siblings(cards, moved)
    lowest = {note: min(at for other, at in places if other == note) for note, _ in places if note not in moved}
    assert {it.note: it.ordinal for it in shown} == lowest
    assert len(shown) == len(lowest)
