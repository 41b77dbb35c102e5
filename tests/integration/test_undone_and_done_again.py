"""What was taken back by undo can be done again, and leaves nothing of itself behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.errors import Conflict
from flashcards.services.memory.scheduling import SchedulerService
from flashcards.services.upkeep.doctor import DoctorService
from tests.integration.practice_world import Practice, practice_site, prepare
from tests.integration.study_world import StudyWorld


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("practice"))


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[Practice]:
    with practice_site(tmp_path, prepared) as site:
        yield site


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("b", 4)
    yield world
    world.close()


@pytest.mark.parametrize("grade", [4, 2])
def test_an_answer_whose_grade_was_undone_is_graded_again(site: Practice, grade: int) -> None:
    ann = site.learner()
    opened = site.begin(ann)
    asked = site.say(ann, opened)
    site.tick(ann, opened, asked, grade=4)
    site.services.review.undo(ann)
    for _ in range(2):  # sent again, it stays
        again = site.tick(ann, opened, asked, grade=grade)
        assert again.questions[0].grade == grade
    with pytest.raises(Conflict, match="its grade already"):
        site.tick(ann, opened, asked, grade=5)
    site.services.review.undo(ann)
    assert site.tick(ann, opened, asked).questions[0].grade is None
    assert site.tick(ann, opened, asked, grade=1).questions[0].grade == 1


def test_two_choices_of_a_scheduler_are_taken_back_one_after_the_other(world: StudyWorld) -> None:
    ada, service = world.learner(), SchedulerService(world.db, world.clock)
    for number in range(1, 5):
        world.answer(ada, f"b#n{number}", 4)
    service.choose(ada, "fsrs-6", 0.9, at_once=True)
    service.choose(ada, "fsrs-6", 0.8, at_once=True)
    service.choose(ada, "sm2", 0.9, at_once=True)
    said = []
    for _ in range(3):
        world.review.undo(ada)
        said.append([(it.scheduler, it.retention) for it in service.choices(ada)])
    assert said == [[("fsrs-6", 0.8)], [("fsrs-6", 0.9)], []]
    assert DoctorService(world.db).examine().findings == ()


def test_a_choice_stored_without_its_action_is_brought_back(world: StudyWorld) -> None:
    ada, service = world.learner(), SchedulerService(world.db, world.clock)
    world.answer(ada, "b#n1", 4)
    service.choose(ada, "fsrs-6", 0.9)
    service.choose(ada, "sm2", 0.9, at_once=True)
    service.choose(ada, "fsrs-6", 0.8, at_once=True)
    with world.db.write():
        world.db.execute('UPDATE learner_scheduler SET former = \'["", "sm2", 9000, 1]\'')
    world.review.undo(ada)
    assert [(it.scheduler, it.retention) for it in service.choices(ada)] == [("sm2", 0.9)]
