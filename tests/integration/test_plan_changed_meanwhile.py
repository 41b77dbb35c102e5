"""A plan that is changed or deleted while its day is being reckoned: nothing of the old day is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flashcards.services.accounts.facade import Learner
from flashcards.services.plan.days import PlanDays
from flashcards.services.plan.facade import Plans
from flashcards.services.plan.process import Reckoned
from flashcards.storage.plans import PlanDayRow, PlanRow
from tests.integration.study_world import TODAY, StudyWorld
from tests.integration.test_plans import CHOICE, here


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("notes", 30)
    yield world
    world.close()


def interrupted(world: StudyWorld, act: Callable[[Plans], object]) -> Plans:
    """Plans of which the first day is reckoned while `act` is done."""
    left = [act]

    def reckon(work: bytes) -> Reckoned:
        if left:
            left.pop()(Plans(world.db, world.clock, world.review, here))
        return here(work)

    return Plans(world.db, world.clock, world.review, reckon)


def days(world: StudyWorld, ada: Learner) -> list[tuple[int, int]]:
    return world.db.all("SELECT plan_id, seconds FROM plan_day WHERE learner_id = ?", (ada.id,))


def test_changed_while_its_figures_are_reckoned(world: StudyWorld) -> None:
    ada = world.learner()
    made = Plans(world.db, world.clock, world.review, here).make(ada, CHOICE)
    plans = interrupted(world, lambda it: it.change(ada, made.id, replace(CHOICE, minutes=2)))
    plans.today(ada)
    assert days(world, ada) == []
    now = plans.today(ada)
    assert now is not None
    assert now.minutes == 2
    assert days(world, ada) == [(made.id, 120)]


def test_deleted_while_its_figures_are_reckoned(world: StudyWorld) -> None:
    ada = world.learner()
    made = Plans(world.db, world.clock, world.review, here).make(ada, CHOICE)
    interrupted(world, lambda it: it.delete(ada, made.id)).today(ada)
    assert days(world, ada) == []


def test_changed_while_its_order_is_made(world: StudyWorld) -> None:
    ada, plans = world.learner(), Plans(world.db, world.clock, world.review, here)
    made = plans.make(ada, CHOICE)
    plans.change(ada, made.id, replace(CHOICE, minutes=20))  # its day is to be made anew

    class Interrupted(PlanDays):
        def make_day(self, learner: int, plan: PlanRow, today: int) -> PlanDayRow:
            day = super().make_day(learner, plan, today)
            plans.change(ada, made.id, replace(CHOICE, minutes=2))
            return day

    Interrupted(world.db, world.clock).prepare(ada.id, TODAY)
    assert days(world, ada) == []
