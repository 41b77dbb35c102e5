"""What is due for many learners at once is what the page Today tells each of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.services.accounts.people import Learner
from flashcards.services.plan.contract import Choice
from flashcards.services.plan.facade import Plans
from flashcards.services.reminders.deciding import Deciding, Due
from flashcards.storage.reminders import ReminderRows, Subscriber
from tests.integration.study_world import DAY_MS, NOON, StudyWorld

NAMES = [f"p{number:02d}" for number in range(16)]
ZONES = ("UTC", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("a", {f"n{number}": ("forward", "backward") for number in range(12)})
    world.deck("b", {f"m{number}": ("forward",) for number in range(12)})
    yield world
    world.close()


def people(world: StudyWorld) -> list[Learner]:
    """Learners with all settings that could matter."""
    found = []
    for number, name in enumerate(NAMES):
        settings = {
            "timezone": ZONES[number % 4],
            "drill": number % 3 != 0,
            "due_per_day": (None, 0, 2, 5)[number // 4],
            "new_per_day": 9,
        }
        found.append(world.learner(name, **settings))
    with world.db.write():
        world.db.execute("UPDATE learner SET reminder = '07:00'")
        world.db.execute("INSERT INTO learner_deck(learner_id, deck_id, active) VALUES (?, 2, 0)", (found[5].id,))
    return found


def subscribers(world: StudyWorld) -> list[Subscriber]:
    return ReminderRows(world.db).subscribers()


def told(world: StudyWorld, plans: Plans, learner: Learner) -> Due | None:
    """What the page says."""
    today = world.review.today(learner)
    if any(it.first <= today.study_day <= it.last for it in plans.breaks(learner)):
        return None
    cards = today.due + today.drill + today.early + (today.new if today.plan else 0)
    return Due(cards, today.seconds_left if today.plan else None) if cards else None


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_today_says_whatever_was_done(world: StudyWorld, seed: int) -> None:
    dice, learners = random.Random(seed), people(world)
    plans = Plans(world.db, world.clock, world.review)
    deciding = Deciding(world.db, world.clock, world.review, world.accounts.by_number)
    keys = [f"a#n{number}/{which}" for number in range(12) for which in ("forward", "backward")]
    keys += [f"b#m{number}" for number in range(12)]
    off, planned = learners[6], learners[7]
    plans.add_break(off, 20_601, 20_603)
    plans.make(planned, Choice(day=20_640, minutes=5))
    seen = 0
    for hours in (0, 1, 24, 29, 33, 52, 76, 80):
        world.clock.now = NOON + hours * DAY_MS // 24
        for learner in learners:
            for key in dice.sample(keys, dice.randrange(6)):
                world.answer(learner, key, dice.choice((1, 2, 3, 4, 5)))
            for verb in ("suspend", "bury", "reset"):
                if dice.random() < 0.2:
                    world.review.act(learner, world.card(dice.choice(keys)), verb)
            if dice.random() < 0.1:
                world.review.undo(learner)
        expected = {it.id: due for it in learners if (due := told(world, plans, it))}
        decided = deciding.due_now(subscribers(world))
        assert decided.due == expected
        assert not decided.failed
        seen += len(expected)
        for who in subscribers(world):
            if (due := decided.due.get(who.learner)) and due.seconds is None:
                learner = next(it for it in learners if it.id == who.learner)
                assert deciding.seconds(who, due) == world.review.seconds_of_due(learner, [due.cards])[0]
    assert seen > 40
    plans.close()
