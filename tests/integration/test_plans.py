"""Plans: made, changed, followed, ended; the queue of a plan's day; what is said of bad input."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flashcards.errors import Invalid, NotFound, Unavailable
from flashcards.services.accounts.facade import Learner
from flashcards.services.plan import process
from flashcards.services.plan.contract import Choice
from flashcards.services.plan.facade import Plans
from flashcards.services.plan.process import Reckoned
from tests.integration.study_world import TODAY, StudyWorld


def here(work: bytes) -> Reckoned:
    """The arithmetic without a child process, which takes a second to start on a busy machine."""
    return process.reckon(*pickle.loads(work))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("ml/coding/trees", 30)
    world.deck("ml/concepts/bias", {f"c{number}": ("forward",) for number in range(30)})
    world.deck("notes", 10)
    yield world
    world.close()


@pytest.fixture
def plans(world: StudyWorld) -> Plans:
    return Plans(world.db, world.clock, world.review, here)


@pytest.fixture
def ada(world: StudyWorld) -> Learner:
    return world.learner()


CHOICE = Choice(TODAY + 14, 10)


def test_what_a_plan_would_bring_is_said_before_it_starts(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    outlook = plans.outlook(ada, CHOICE)
    assert 0 < outlook.known.low < outlook.known.median < outlook.known.high <= outlook.cards == 70
    assert [(it.title, it.cards) for it in outlook.groups] == [("coding", 30), ("concepts", 30), ("Notes", 10)]
    assert len(outlook.days) == 14
    assert {it.minutes for it in outlook.days} == {10}
    assert set(outlook.by_minutes) == {25, 40}
    assert outlook.by_minutes[25].median >= outlook.known.median
    assert outlook.more == outlook.by_minutes[25].median - outlook.known.median  # one number for 15 minutes more
    assert outlook.answers == 0
    assert plans.plans(ada) == []


def test_a_child_process_reckons_the_same(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    apart = Plans(world.db, world.clock, world.review)
    assert apart.outlook(ada, CHOICE) == plans.outlook(ada, CHOICE)


@pytest.mark.parametrize(
    ("choice", "field", "says"),
    [
        (replace(CHOICE, day=TODAY), "date", "That is today"),
        (replace(CHOICE, day=TODAY - 3), "date", "past"),
        (replace(CHOICE, day=TODAY + 3652), "date", "at most 365 days"),
        (replace(CHOICE, minutes=0), "minutes", "1 to 600"),
        (replace(CHOICE, weights={"ml": 0, "notes": 0}), "weights", "Nothing is left"),
        (replace(CHOICE, weights={"ml": 7}), "weights", "0 (left out) to 3"),
        (replace(CHOICE, decks=("gone/away",)), "decks", "'gone/away'"),
        (replace(CHOICE, weekdays_off=tuple(range(7))), "weekdays_off", "at least one"),
        (replace(CHOICE, q="is:due"), "q", "every day"),
        (replace(CHOICE, q="is:nonsense"), "q", "is:"),
        (replace(CHOICE, tags=("nobody",)), "weights", "Nothing is left"),
    ],
)
def test_what_cannot_be_is_said_with_what_to_give(
    plans: Plans, ada: Learner, choice: Choice, field: str, says: str
) -> None:
    for act in (plans.outlook, plans.make):
        with pytest.raises(Invalid, match=says.replace("(", r"\(").replace(")", r"\)")) as refused:
            act(ada, choice)
        assert refused.value.field == field
    assert plans.plans(ada) == []


def test_several_plans_and_one_is_followed(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    first, second = plans.make(ada, CHOICE), plans.make(ada, replace(CHOICE, title="Second", minutes=20))
    assert [(it.id, it.followed) for it in plans.plans(ada)] == [(2, True), (1, False)]
    assert plans.follow(ada, first.id).followed
    assert [(it.id, it.followed) for it in plans.plans(ada)] == [(2, False), (1, True)]
    plans.leave(ada)
    assert plans.followed(ada) is None
    ended = plans.end(ada, second.id, "Trees, and bias.")
    assert (ended.outcome, ended.ended_at) == ("Trees, and bias.", world.clock())
    plans.delete(ada, second.id)
    with pytest.raises(NotFound):
        plans.plan(ada, second.id)
    with pytest.raises(NotFound):
        plans.plan(world.learner("bob"), first.id)


def test_the_queue_is_the_plans_day(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    assert world.review.queue(ada).plan is None
    plan = plans.make(ada, CHOICE)
    queue = world.review.queue(ada, limit=100)
    assert queue.plan == plan.id
    # Ten minutes at 22 seconds each: no limit of 20 new cards.
    assert queue.left.new == queue.left.total == len(queue.cards) == 27
    # A deck that is begun is finished before the next one.
    assert {card.deck_address for card in queue.cards} == {"ml/coding/trees"}
    assert world.review.queue(ada, deck="ml/coding", limit=100).left.new == 27
    assert world.review.queue(ada, deck="notes", limit=100).left.new == 0


def test_time_that_was_spent_is_gone(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    plans.make(ada, CHOICE)
    before = world.review.queue(ada)
    first = before.cards[0]
    world.review.answer(ada, replace(world.an_answer("notes#n1", 4), card=first.id, mode="plan", took_ms=300_000))
    after = world.review.queue(ada)
    assert after.left.total == pytest.approx(before.left.total / 2, abs=2)
    assert first.id not in [card.id for card in after.cards]


def test_what_was_forgotten_comes_first_the_next_day_and_its_drill_takes_no_card_away(
    world: StudyWorld, plans: Plans, ada: Learner
) -> None:
    plans.make(ada, replace(CHOICE, decks=("notes",), minutes=4))
    before = world.review.queue(ada, limit=100).left
    for number in range(1, 6):
        world.answer(ada, f"notes#n{number}", 1 if number in (2, 4) else 4, mode="plan", took_ms=22_000)
    left = world.review.queue(ada, limit=100).left
    assert (left.drill, left.new) == (2, before.new - 5)
    world.answer(ada, "notes#n2", 4, mode="plan", took_ms=1_000)  # the drill of one is done, the other's is left open
    world.clock.days(1)
    assert set(world.queue_keys(ada)[:2]) in ({"due:n2", "due:n4"}, {"plan:n2", "plan:n4"})


def test_a_card_asked_before_its_date_moves_nothing(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    plans.make(ada, replace(CHOICE, decks=("notes",)))
    for number in range(1, 11):
        world.answer(ada, f"notes#n{number}", 4, mode="plan", took_ms=5_000)
    assert {kind for _, kind, *_ in world.log(ada)} == {"scheduled"}
    world.clock.days(1)
    for number in range(1, 11):
        world.answer(ada, f"notes#n{number}", 4, mode="plan", took_ms=5_000)
    world.clock.days(3)
    before = world.stored_state(ada)
    queue = world.review.queue(ada, limit=100)
    assert {card.kind for card in queue.cards} == {"plan"}
    assert queue.left.early == queue.left.total == 10
    assert set(queue.cards[0].intervals.values()) == {3}
    given = [world.answer(ada, f"notes#n{number}", 4 if number > 2 else 1, mode="plan") for number in range(1, 11)]
    assert {it.kind for it in given} == {"plan"}
    assert world.stored_state(ada) == before
    # What failed is drilled, as ever, and the others are done.
    assert world.queue_keys(ada) == ["drill:n1", "drill:n2"]
    assert world.answer(ada, "notes#n1", 4, mode="plan").kind == "drill"
    assert world.review.undo(ada).mode == "review"
    assert world.queue_keys(ada) == ["drill:n1", "drill:n2"] or world.queue_keys(ada) == ["drill:n2", "drill:n1"]


def test_one_forecast_a_day_whoever_asks_and_whatever_was_answered(
    world: StudyWorld, plans: Plans, ada: Learner
) -> None:
    plan = plans.make(ada, CHOICE)
    first = plans.today(ada)
    assert first is not None
    for number in range(1, 11):
        world.answer(ada, f"notes#n{number}", 4, mode="plan", took_ms=2_000)
    now, outlook = plans.today(ada), plans.outlook(ada, plans.choice(plan))
    assert now is not None
    assert now.known == first.known == outlook.known
    assert now.path == outlook.path
    assert (now.cards, outlook.answers) == (outlook.cards, 0)
    # Another device, after a start of the program; and the same plan under another name, which is not stored.
    again = Plans(world.db, world.clock, world.review, here)
    assert again.outlook(ada, plans.choice(plan)) == outlook
    other = again.outlook(ada, replace(CHOICE, title="What if"))
    assert other.known == pytest.approx(outlook.known, abs=0.1)
    # The next day says what was learnt.
    world.clock.days(1)
    tomorrow = plans.outlook(ada, plans.choice(plan))
    assert tomorrow.answers == 10
    assert tomorrow.known != outlook.known
    assert (then := plans.today(ada)) is not None
    assert then.known == tomorrow.known


def test_what_was_known_in_the_morning_is_asked_of_the_log(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    for number in range(1, 6):
        world.answer(ada, f"notes#n{number}", 4, took_ms=8_000)
    world.clock.days(3)
    before = plans.outlook(ada, CHOICE)
    for number in range(3, 9):
        world.answer(ada, f"notes#n{number}", 1 if number == 4 else 4, took_ms=40_000)
    after = Plans(world.db, world.clock, world.review, here).outlook(ada, CHOICE)
    assert after.known == pytest.approx(before.known, abs=0.1)
    assert (after.answers, after.seen) == (before.answers, before.seen) == (5, before.seen)


def test_siblings_come_on_another_day_and_prerequisites_first(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    world.deck("pairs", {f"p{number}": ("forward", "backward") for number in range(6)})
    world.requires("pairs#p0", "pairs#p5")
    plans.make(ada, replace(CHOICE, decks=("pairs",)))
    keys = [key.removeprefix("new:") for key in world.queue_keys(ada)]
    assert sorted(keys) == [f"p{number}" for number in range(6)]
    assert keys.index("p5") < keys.index("p0")
    world.review.act(ada, world.card("pairs#p5"), "bury")
    assert "new:p0" not in world.queue_keys(ada)
    world.answer(ada, "pairs#p1", 4, mode="plan")
    assert not any(key.startswith("new:p1") for key in world.queue_keys(ada))


def test_in_a_small_plan_no_card_waits_for_ever_behind_another_of_its_note(
    world: StudyWorld, plans: Plans, ada: Learner
) -> None:
    world.deck("pairs", {f"p{number}": ("forward", "backward") for number in range(6)})
    plan = plans.make(ada, replace(CHOICE, decks=("pairs",)))
    assert plans.outlook(ada, plans.choice(plan)).left_out == 0
    asked: set[str] = set()
    for _ in range(2):
        keys = world.queue_keys(ada)
        asked |= set(keys)
        assert len(keys) == 6
        for key in keys:
            kind, _, card = key.partition(":")
            world.answer(ada, f"pairs#{card}", 4, mode="plan" if kind == "plan" else "review")
        world.clock.days(1)
    assert {f"new:p{number}" for number in range(6)} < asked
    assert len(asked) == 12


def test_due_cards_outside_the_plan_get_what_time_is_left_and_are_counted(
    world: StudyWorld, plans: Plans, ada: Learner
) -> None:
    for number in range(1, 11):
        world.answer(ada, f"notes#n{number}", 4)
    world.clock.days(1)
    world.deck("small", 2)
    plans.make(ada, replace(CHOICE, decks=("small",), minutes=2))
    queue = world.review.queue(ada, limit=100)
    kinds = [card.kind for card in queue.cards]
    assert kinds[:2] == ["new", "new"]
    assert 3 <= kinds.count("due") == queue.left.due < 10
    assert world.review.today(ada).outside == 10 - queue.left.due
    # A review of that deck alone is as without the plan.
    assert world.review.queue(ada, deck="notes").left.due == 10


def test_a_folder_that_vanishes_and_decks_that_change(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    plan = plans.make(ada, replace(CHOICE, decks=("notes", "ml/coding")))
    with world.db.write():
        world.db.execute("UPDATE deck SET removed_at = 1 WHERE path = 'notes.md'")
    world.remove("ml/coding/trees#n1")
    assert {card.deck_address for card in world.review.queue(ada, limit=100).cards} == {"ml/coding/trees"}
    assert "new:n1" not in world.queue_keys(ada, limit=100)
    outlook = plans.outlook(ada, plans.choice(plan))
    assert (outlook.choice.decks, outlook.cards) == (("ml/coding",), 29)
    with world.db.write():
        world.db.execute("UPDATE deck SET removed_at = 1 WHERE path = 'ml/coding/trees.md'")
    world.clock.days(1)
    assert world.review.queue(ada).cards == ()
    today = plans.today(ada)
    assert today is not None
    assert (today.cards, today.known and today.known.median) == (0, 0.0)


def test_a_day_off_has_nothing_and_more_is_there_for_who_asks(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    plans.make(ada, replace(CHOICE, days_off=(TODAY,)))
    assert world.review.queue(ada).left.total == 0
    today = plans.today(ada)
    assert today is not None
    assert today.minutes == 0
    world.clock.days(1)
    queue = world.review.queue(ada)
    assert queue.left.total > 10
    assert world.review.queue(ada, more=3).left.total == queue.left.total + 3


def test_changed_minutes_change_today(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    plan = plans.make(ada, CHOICE)
    before = world.review.queue(ada).left.total
    plans.change(ada, plan.id, replace(CHOICE, minutes=20))
    assert world.review.queue(ada).left.total > 1.5 * before


def test_the_plans_day_is_stored_and_every_day_is_reckoned(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    plan = plans.make(ada, CHOICE)
    first = plans.today(ada)
    assert first is not None
    assert first.known is not None
    assert (first.days_left, first.minutes, first.cards, first.recalled) == (14, 10, 70, 0.0)
    assert plans.today(ada) == first
    for card in world.review.queue(ada, limit=100).cards:
        world.review.answer(ada, replace(world.an_answer("notes#n1", 4), card=card.id, mode="plan", took_ms=20_000))
    world.clock.days(1)
    second = plans.today(ada)
    assert second is not None
    assert second.recalled > 15
    assert [day for day, _ in second.past] == [TODAY, TODAY + 1]
    assert [it.study_day for it in plans.days(ada, plan.id)] == [TODAY, TODAY + 1]
    assert second.price is None


def test_days_without_cards_have_a_price_in_cards_and_minutes(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    world.deck("large", 400)
    plans.make(ada, replace(CHOICE, minutes=20))
    first = plans.today(ada)
    assert first is not None
    assert first.price is None
    for card in world.review.queue(ada, limit=100).cards:
        world.review.answer(ada, replace(world.an_answer("notes#n1", 4), card=card.id, mode="plan", took_ms=20_000))
    world.clock.days(1)
    plans.today(ada)
    world.clock.days(3)
    later = plans.today(ada)
    assert later is not None
    assert later.price is not None
    assert later.price.days == 3
    assert later.price.cards >= 5
    assert 20 < later.price.minutes < 60


def test_ten_days_of_a_plan_change_no_date(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    """Every scheduled answer given again by somebody without a plan gives the same dates."""
    bob = world.learner("bob")
    plans.make(ada, replace(CHOICE, minutes=15, days_off=(TODAY + 4,)))
    grades = [4, 4, 1, 5, 3, 4, 2, 4]
    count = 0
    for day in range(10):
        if day != 6:  # one day is missed
            while cards := world.review.queue(ada, limit=5).cards:
                card = cards[0]
                grade = 4 if card.kind == "drill" else grades[count % len(grades)]
                count += 1
                given = replace(world.an_answer("notes#n1", grade), card=card.id, mode="plan", took_ms=9_000)
                answered = world.review.answer(ada, given)
                if answered.kind == "scheduled":
                    world.review.answer(bob, replace(world.an_answer("notes#n1", grade), card=card.id))
        world.clock.days(1)
    kinds = {kind for _, kind, *_ in world.log(ada)}
    assert {"scheduled", "plan", "drill"} <= kinds
    dates = [[row[1:] for row in world.stored_state(learner)] for learner in (ada, bob)]
    assert dates[0] == dates[1]
    plan = plans.followed(ada)
    assert plan is not None
    plans.end(ada, plan.id)
    assert [row[1:] for row in world.stored_state(ada)] == dates[1]


def test_a_learner_whose_day_cannot_be_reckoned_keeps_no_other_waiting(world: StudyWorld, ada: Learner) -> None:
    bob = world.learner("bob")

    def not_of_ada(work: bytes) -> Reckoned:
        if not calls:
            calls.append(1)
            raise Unavailable("The process that reckons cannot be started.")
        return here(work)

    plans, calls = Plans(world.db, world.clock, world.review, here), list[int]()
    for learner in (ada, bob):
        plans.make(learner, CHOICE)
    world.clock.days(1)
    plans = Plans(world.db, world.clock, world.review, not_of_ada)
    with pytest.raises(Unavailable, match="cannot be started"):
        plans.wake([ada, bob])
    day = Plans(world.db, world.clock, world.review, not_of_ada).today(bob, seconds=0)
    assert day
    assert day.known


def test_an_answer_of_a_clock_that_was_ahead_ends_no_plans_day(world: StudyWorld, plans: Plans, ada: Learner) -> None:
    """The next day nothing came, neither Today nor a card: nobody forgets before the answer."""
    plans.make(ada, CHOICE)
    world.answer(ada, "notes#n1", 4)
    world.clock.days(400)
    world.answer(ada, "notes#n2", 4)
    world.clock.days(-400)
    for _ in range(3):
        world.clock.days(1)
        before = plans.today(ada)
        assert before
        assert before.known
        assert world.review.today(ada).plan
        (card,) = world.review.queue(ada, limit=1).cards
        assert card.key != "notes#n2/c1"
        assert plans.outlook(ada, replace(CHOICE, day=world.review.study_day(ada) + 9)).known.low > 0
