"""Cards with nearly the same front are kept apart."""

from __future__ import annotations

from itertools import pairwise, permutations

from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.confusables import apart, touching
from flashcards.domain.queue import DueCard

MARKS = st.lists(st.sampled_from([None, 1, 2, 3]), max_size=7)


def due(card: int) -> DueCard:
    return DueCard(card, 20_000, 10, card, 0, 1)


def marked(marks: list[int | None]) -> tuple[list[DueCard], dict[int, int]]:
    """A due card for each mark, numbered by its place."""
    cards = [due(place) for place in range(len(marks))]
    return cards, {place: mark for place, mark in enumerate(marks) if mark is not None}


def touches(cards: list[DueCard], marks: dict[int, int], before: int | None) -> int:
    row = [before, *(marks.get(it.card) for it in cards)]
    return sum(left is not None and left == right for left, right in pairwise(row))


@given(MARKS, st.sampled_from([None, 1, 2]))
def test_confusable_cards_touch_only_where_nothing_is_left_to_put_between(
    given_marks: list[int | None], before: int | None
) -> None:
    cards, marks = marked(given_marks)
    arranged = apart(cards, marks, before)
    assert sorted(arranged) == sorted(cards)
    least = min(touches(list(order), marks, before) for order in permutations(cards))
    assert touches(arranged, marks, before) == least
    assert touching(arranged, marks, before) == (least > 0)
    assert apart(arranged, marks, before) == arranged or least


@given(st.lists(st.sampled_from([None, None, None, 1, 2, 3, 4]), max_size=60), st.sampled_from([None, 1]))
def test_setting_apart_keeps_the_order_otherwise(given_marks: list[int | None], before: int | None) -> None:
    cards, marks = marked(given_marks)
    arranged = apart(cards, marks, before)
    assert sorted(arranged) == cards
    for mark in {None, *given_marks}:
        same = [it.card for it in arranged if marks.get(it.card) == mark]
        assert same == sorted(same)
    if not touches(cards, marks, before):
        assert arranged == cards


def test_a_confusable_card_waits_for_one_card_and_comes_earlier_only_in_need() -> None:
    order = lambda *given: [it.card for it in apart(*marked(list(given)))]  # noqa: E731
    assert order(1, 1, None, None, None) == [0, 2, 1, 3, 4]
    assert order(None, None, 1, None, 1, 1) == [0, 2, 1, 4, 3, 5]
    assert order(1, 1) == [0, 1]
    assert [it.card for it in apart(*marked([1, None, None]), before=1)] == [1, 0, 2]
