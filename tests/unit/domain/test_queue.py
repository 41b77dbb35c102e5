"""The order of the day, from values alone."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.new_limits import NewLimits, choose_new
from flashcards.domain.queue import (
    AnswerToday,
    DrillCard,
    DueCard,
    NewCard,
    Order,
    Plan,
    day_so_far,
    in_order,
    limit_due,
    most_overdue,
    soonest,
    spread,
    within_limit,
)

TODAY = 20_000


def due(card: int, over: int = 0, interval: int = 10, note: int | None = None, ordinal: int = 0) -> DueCard:
    return DueCard(card, TODAY - over, interval, card if note is None else note, ordinal, 1)


def new(card: int, note: int | None = None, deck: int = 1) -> NewCard:
    return NewCard(card, card if note is None else note, 0, deck)


def test_most_overdue_relative_to_the_interval_first() -> None:
    cards = [due(1, 1, 10), due(2, 9, 100), due(3, 1, 1), due(4, 0, 1), due(5, 3, 0), due(6, 30, 100)]
    assert [it.card for it in most_overdue(cards, TODAY, 7, 99)] == [5, 3, 6, 1, 2, 4]
    assert [it.card for it in most_overdue(cards, TODAY, 7, 2)] == [5, 3]


@given(st.integers(1, 10**6), st.integers(0, 10**5), st.randoms())
def test_ties_fall_the_same_way_whatever_the_order_of_the_rows(learner: int, day: int, rng: random.Random) -> None:
    cards = [due(card)._replace(due_on=day) for card in range(1, 30)]
    first = most_overdue(cards, day, learner, 99)
    rng.shuffle(cards)
    assert most_overdue(cards, day, learner, 99) == first
    assert most_overdue(cards, day, learner, 12) == first[:12]


def test_ties_fall_another_way_for_other_learners_and_days() -> None:
    cards = [due(card) for card in range(1, 60)]
    orders = {
        tuple(it.card for it in most_overdue([c._replace(due_on=day) for c in cards], day, learner, 99))
        for learner in range(1, 6)
        for day in range(TODAY, TODAY + 5)
    }
    assert len(orders) == 25


@given(st.integers(0, 200), st.integers(0, 60))
def test_new_cards_are_spread_evenly(due_count: int, new_count: int) -> None:
    cards = [due(number) for number in range(due_count)]
    fresh = [new(1000 + number) for number in range(new_count)]
    mixed = list(spread(cards, due_count, fresh))
    assert [it for it in mixed if isinstance(it, DueCard)] == cards
    assert [it for it in mixed if isinstance(it, NewCard)] == fresh
    places = [place for place, it in enumerate(mixed) if isinstance(it, NewCard)]
    gaps = {later - earlier for earlier, later in pairwise(places)}
    assert not gaps or max(gaps) - min(gaps) <= 1
    # The beginning of the due cards gives the beginning of the mix.
    start = list(spread(cards[:5], due_count, fresh))
    assert start == mixed[: len(start)]
    assert len(start) >= min(5, due_count)


def test_new_cards_are_chosen_within_all_limits() -> None:
    candidates = [new(1, 1), new(2, 1), new(3, 3, deck=2), new(4, 4, deck=2), new(5), new(6), new(7)]
    cards = lambda *arguments: [it.card for it in choose_new(iter(candidates), *arguments)]  # noqa: E731
    assert cards(set(), NewLimits(99)) == [1, 3, 4, 5, 6, 7]
    assert cards({5}, NewLimits(99, {2: 1})) == [1, 3, 6, 7]
    assert cards(set(), NewLimits(2)) == [1, 3]
    assert cards(set(), NewLimits(0)) == cards(set(), NewLimits(-4)) == []
    assert cards(set(), NewLimits(99, {1: 0, 2: -1})) == []
    assert cards(set(), NewLimits(99, {1: 3})) == [1, 3, 4, 5, 6]


def test_no_more_candidates_are_read_than_needed() -> None:
    read: list[int] = []

    def candidates() -> object:
        for number in range(1000):
            read.append(number)
            yield new(number)

    choose_new(candidates(), set(), NewLimits(3))  # type: ignore[arg-type]
    assert len(read) == 3


def test_a_due_limit_keeps_the_most_overdue() -> None:
    cards = [due(number, over=number) for number in range(10)]
    assert limit_due(cards, None, TODAY, 1) is cards
    assert [it.card for it in limit_due(cards, 3, TODAY, 1)] == [9, 8, 7]
    assert limit_due(cards, -1, TODAY, 1) == []


def answer(
    card: int, quality: int, kind: str = "scheduled", *, fresh: bool = False, askable: bool = True
) -> AnswerToday:
    return AnswerToday(card, card * 10, kind, quality, fresh, 1, askable)


def test_the_day_so_far() -> None:
    answers = [
        answer(1, 1, fresh=True),
        answer(2, 4, fresh=True),
        answer(3, 2),
        answer(1, 3, "drill"),
        answer(4, 0, askable=False),
        answer(5, 0),
        answer(5, 4, "drill"),
    ]
    day = day_so_far(answers, drill=True)
    assert [it.card for it in day.drill] == [3, 1]
    assert day.moved_notes == {10, 20, 30, 40, 50}
    assert (day.introduced, day.due_answered) == ({1: 2}, 3)
    assert day_so_far(answers, drill=False).drill == ()


def test_the_drill_comes_last_and_held_cards_are_passed_over() -> None:
    plan = Plan([due(1, 3), due(2, 2), due(3, 1)], [new(9)], [DrillCard(7, 7, 1), DrillCard(8, 8, 1)])
    cards = lambda count, skip=(): [it.card for it in plan.first(count, TODAY, 1, skip)]  # noqa: E731
    assert cards(99) == [1, 2, 9, 3, 7, 8]
    assert cards(2) == [1, 2]
    assert cards(2, {1, 9}) == [2, 3]
    assert cards(99, {1, 2, 3, 9, 7}) == [8]
    assert cards(0) == []


def ahead(card: int, days: int, note: int | None = None, ordinal: int = 0) -> DueCard:
    return due(card, -days, note=note, ordinal=ordinal)


def test_ahead_come_the_cards_that_are_due_soonest() -> None:
    rows = [ahead(1, 5), ahead(2, 1), ahead(3, 2), ahead(4, 2, note=3), ahead(5, 1, note=6, ordinal=1), ahead(6, 1)]
    cards = lambda moved=(), studied=(): [it.card for it in soonest(rows, dict(moved), studied, 1, TODAY)]  # noqa: E731
    assert cards()[2:] == [3, 1]
    assert sorted(cards()[:2]) == [2, 6]
    assert cards(moved=[(2, 2)]) == [6, 2, 3, 1]
    assert cards(moved=[(4, 3)])[2:] == [4, 1]
    assert cards(moved=[(5, 6)]) == [2, 5, 3, 1]
    assert cards(studied={6, 3}) == [2, 1]


# --- what comes before the most overdue


def test_failed_cards_come_first_then_the_backlog_in_its_order_then_the_most_overdue() -> None:
    rows = [due(card, over) for card, over in ((1, 1), (2, 9), (3, 5), (4, 2), (5, 7), (6, 3))]
    order = Order(failed=frozenset({4, 1}), backlog={6: None, 3: None})

    def first(count: int, chosen: Order = order) -> list[int]:
        return [it[0] for it in in_order(rows, TODAY, 1, count, chosen)]

    assert first(6) == [4, 1, 6, 3, 2, 5]
    assert first(5) == [4, 1, 6, 3, 2]
    assert first(3) == [4, 1, 6]
    assert first(0) == []
    assert first(6, Order(failed=frozenset({4}))) == [4, 2, 5, 3, 6, 1]
    assert first(6, Order(backlog={6: None})) == [6, 2, 5, 3, 4, 1]


def test_of_days_to_come_a_limit_takes_the_young_first_and_leaves_the_rest_for_later() -> None:
    days = [(3, 2), (0, 0), (0, 9), (5, 0)]
    assert within_limit(days, None) == days
    assert within_limit(days, 4) == [(3, 1), (0, 1), (0, 4), (4, 0)]
    assert within_limit(days, 0) == [(0, 0)] * 4
