"""Holidays, backlogs, and what was left open: what comes first, and what is said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.errors import Invalid, NotFound
from flashcards.services.accounts.facade import Learner
from flashcards.services.plan.contract import Choice
from flashcards.services.plan.facade import Plans
from tests.integration.study_world import TODAY, StudyWorld
from tests.integration.test_plans import here


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("a", 300)
    yield world
    world.close()


@pytest.fixture
def plans(world: StudyWorld) -> Plans:
    return Plans(world.db, world.clock, world.review, here)


@pytest.fixture
def ada(world: StudyWorld) -> Learner:
    return world.learner()


def learnt(world: StudyWorld, ada: Learner, count: int) -> None:
    """So many cards, answered on two days in a row: due in five days."""
    for _ in range(2):
        for number in range(1, count + 1):
            world.answer(ada, f"a#n{number}", 4, took_ms=10_000)
        world.clock.days(1)


def due_dates(world: StudyWorld, ada: Learner) -> Counter[int]:
    rows = world.db.all("SELECT due_on FROM schedule WHERE learner_id = ?", (ada.id,))
    return Counter(due - world.review.study_day(ada) for (due,) in rows)


def test_a_holiday_spreads_what_falls_into_it_and_undo_takes_it_back(
    world: StudyWorld, plans: Plans, ada: Learner
) -> None:
    learnt(world, ada, 24)
    assert due_dates(world, ada) == {5: 24}
    before = world.stored_state(ada)
    today = world.review.study_day(ada)
    assert plans.add_break(ada, today + 4, today + 8) == 24
    days = due_dates(world, ada)
    assert not {4, 5, 6, 7, 8} & days.keys()
    assert min(days) < 4
    assert max(days) > 8
    assert max(days.values()) <= 4
    assert [(it.first, it.last) for it in plans.breaks(ada)] == [(today + 4, today + 8)]
    last = world.review.last_action(ada)
    assert last is not None
    assert last.cards == 24
    world.review.undo(ada)
    assert world.stored_state(ada) == before


def test_what_comes_to_fall_into_a_holiday_later_is_said(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    today = world.review.study_day(ada)
    assert plans.add_break(ada, today + 5, today + 9) == 0
    learnt(world, ada, 10)
    found = plans.falling(ada)
    assert found is not None
    assert found[1] == 10
    assert plans.add_break(ada, *(found[0].first, found[0].last)) == 10
    assert plans.falling(ada) is None


@pytest.mark.parametrize(
    ("first", "last", "field", "says"),
    [
        (3, 2, "last", "ends before it begins"),
        (-9, -3, "last", "is over"),
        (1, 400, "last", "at most 365"),
        (1000, 1003, "first", "two years"),
        (12, 14, "first", "another break"),
    ],
)
def test_breaks_that_cannot_be(plans: Plans, ada: Learner, first: int, last: int, field: str, says: str) -> None:
    plans.add_break(ada, TODAY + 10, TODAY + 13)
    with pytest.raises(Invalid, match=says) as refused:
        plans.add_break(ada, TODAY + first, TODAY + last)
    assert refused.value.field == field
    with pytest.raises(NotFound):
        plans.delete_break(ada, TODAY + 11)
    plans.delete_break(ada, TODAY + 10)
    assert plans.breaks(ada) == []


def test_a_break_is_days_off_of_the_plan(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    plans.make(ada, Choice(TODAY + 14, 10))
    assert world.review.queue(ada).left.total > 10
    plans.add_break(ada, TODAY, TODAY + 1)
    assert world.review.queue(ada).left.total == 0
    found = plans.today(ada)
    assert found is not None
    assert found.on_break
    outlook = plans.outlook(ada, Choice(TODAY + 14, 10))
    assert [it.minutes for it in outlook.days][:3] == [0, 0, 10]
    # Days on holiday are not missed.
    world.clock.days(2)
    found = plans.today(ada)
    assert found is not None
    assert found.price is None


def test_a_backlog_comes_by_gain_with_new_cards_held_back(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    for start in range(1, 301, 20):
        for number in range(start, start + 20):
            world.answer(ada, f"a#n{number}", 5 if number % 2 else 3, took_ms=10_000)
        world.clock.days(1)
    world.deck("b", 50)
    world.clock.days(40)
    queue = world.review.queue(ada, limit=500)
    assert (queue.left.due, queue.left.new) == (300, 0)
    today = world.review.today(ada)
    assert today.backlog is not None
    assert today.backlog.due == 300
    assert today.backlog.days is not None
    assert today.backlog.days > 5
    # By their dates easy and hard ones are alike, and by what asking them gains they are not.
    order = [card.id for card in queue.cards]
    assert Counter(int(card) % 2 for card in order[:100]).most_common(1)[0][1] > 80
    assert [card.id for card in world.review.queue(ada, limit=500).cards] == order
    # Who asks for new cards gets them all the same, and below the threshold they come by themselves.
    assert world.review.queue(ada, more=5).left.new > 0
    for card in queue.cards[:201]:
        world.answer(ada, f"a#n{card.key.partition('#n')[2].partition('/')[0]}", 4, took_ms=10_000)
    after = world.review.queue(ada)
    assert after.left.due == 99
    assert after.left.new == 20
    assert world.review.today(ada).backlog is None


def test_a_usual_day_is_no_backlog_however_large(world: StudyWorld, ada: Learner) -> None:
    for number in range(1, 151):
        world.answer(ada, f"a#n{number}", 4)
    world.clock.days(1)
    assert world.review.queue(ada).left.due == 150
    assert world.review.today(ada).backlog is None
    assert world.review.queue(ada).left.new == 20


def test_what_failed_and_was_left_open_comes_first_the_next_day(world: StudyWorld, ada: Learner) -> None:
    for number in range(1, 9):
        world.answer(ada, f"a#n{number}", 1 if number in (3, 6) else 4)
    world.answer(ada, "a#n7", 1)  # failed, and known again in the drill
    world.answer(ada, "a#n7", 4)
    world.clock.days(1)
    first = world.queue_keys(ada, limit=8)
    due = [key for key in first if key.startswith("due:")]
    assert set(due[:2]) == {"due:n3", "due:n6"}


def test_what_is_due_can_be_spread_after_the_day(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    learnt(world, ada, 28)
    world.clock.days(10)
    plan = plans.make(ada, Choice(world.review.study_day(ada) + 1, 10))
    world.clock.days(2)
    assert world.review.queue(ada).plan is None
    assert plans.today(ada) is None
    assert plans.followed(ada) is not None
    plans.end(ada, plan.id, "Trees.")
    assert plans.spread_due(ada, 14) == 28
    assert due_dates(world, ada) == dict.fromkeys(range(14), 2)
    assert world.review.queue(ada).left.due == 2
