"""A form that is sent a second time makes nothing a second time."""

from __future__ import annotations

from pathlib import Path

import pytest

from flashcards.errors import Conflict
from flashcards.services.memory.scheduling import SchedulerService
from flashcards.services.plan.facade import Plans
from flashcards.services.practice.contract import Wish
from tests.integration.practice_world import practice_site
from tests.integration.study_world import TODAY, StudyWorld
from tests.integration.test_plans import CHOICE, here
from tests.site import new_id


def test_a_plan_that_is_followed_is_not_made_twice(tmp_path: Path) -> None:
    world = StudyWorld(tmp_path)
    world.deck("notes", 10)
    ada, plans = world.learner(), Plans(world.db, world.clock, world.review, here)
    first = plans.make(ada, CHOICE)
    assert plans.make(ada, CHOICE) == first
    assert [it.id for it in plans.plans(ada)] == [first.id]
    other = plans.make(ada, type(CHOICE)(TODAY + 20, 10))
    assert [it.id for it in plans.plans(ada)] == [other.id, first.id]
    assert plans.make(ada, CHOICE).id not in {first.id, other.id}  # the first is no longer followed
    world.close()


def test_the_same_questions_asked_again_begin_one_round(tmp_path: Path) -> None:
    with practice_site(tmp_path) as site:
        ann = site.learner()
        earlier = site.begin(ann, "one")
        wish = Wish(id=new_id(), again=earlier.round.id)
        first, second = (site.services.practice.begin(ann, wish) for _ in range(2))
        assert (first.created, second.created) == (True, False)
        assert first.round == second.round
        assert len(site.services.practice.rounds(ann)) == 2


def test_the_id_of_an_answer_chooses_no_scheduler(tmp_path: Path) -> None:
    world = StudyWorld(tmp_path)
    world.deck("b", 4)
    ada, service = world.learner(), SchedulerService(world.db, world.clock)
    world.answer(ada, "b#n1", 4)
    (row,) = world.review.log(ada)
    with pytest.raises(Conflict, match="nothing was chosen"):
        service.choose(ada, "fsrs-6", 0.9, at_once=True, id=row.id)
    assert service.choices(ada) == []
    world.close()


def test_a_partners_link_that_cannot_be_shown_ends_no_other(tmp_path: Path) -> None:
    with practice_site(tmp_path) as site:
        ann = site.learner()
        opened = site.begin(ann, "one")
        secret = site.services.practice.make_link(ann, opened.round.id)
        refused = site.client(ann).post(f"/practice/{opened.round.id}/partner", data={"what": "make"})
        assert refused.status_code == 422
        site.services.practice.may_join(secret)
