"""Fitting to a learner's own log: when it is made, what it changes, and that nothing runs away."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.calibration import Calibration
from flashcards.domain.memory.fit import Fit
from flashcards.domain.memory.fsrs import DEFAULTS, Memory
from flashcards.errors import Conflict
from flashcards.services.accounts.people import Learner
from flashcards.services.memory import fitting
from flashcards.services.memory.fitting import FitService
from flashcards.services.memory.state import MemoryState
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.memory import MemoryRows, StoredFit
from tests.integration.study_world import StudyWorld

CARDS = 10


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("a", CARDS)
    yield world
    world.close()


def study(world: StudyWorld, learner: Learner, days: int, right: float, seed: int = 1) -> None:
    """Every card every day, each remembered with the chance `right`."""
    chance = random.Random(seed)
    for _ in range(days):
        for number in range(1, CARDS + 1):
            world.answer(learner, f"a#n{number}", 4 if chance.random() < right else 1, mode="cram")
        world.clock.days(1)


def force(world: StudyWorld, learner: Learner, fit: Fit) -> None:
    """As if a fitting had taken it."""
    rows = MemoryRows(world.db)
    with world.db.write():
        last = rows.last_fit(learner.id)
        rows.add_fit(learner.id, StoredFit((last.number if last else 0) + 1, 0, 0, {}, {}, True), fit)


def clean(world: StudyWorld) -> bool:
    report = DoctorService(world.db).examine()
    assert report.findings == ()
    return report.ok


def test_a_short_log_is_not_fitted(world: StudyWorld) -> None:
    ada, fits = world.learner(), FitService(world.db, world.clock)
    assert fits.nightly() == 0
    with pytest.raises(Conflict, match="There is too little to fit: 200 first answers"):
        fits.fit(ada.id)
    study(world, ada, 20, 0.7)  # 190 first answers of later days
    assert fits.nightly() == 0


def test_a_learner_who_forgets_more_than_predicted_gets_other_predictions(world: StudyWorld) -> None:
    ada, fits = world.learner(), FitService(world.db, world.clock)
    study(world, ada, 31, 0.55)
    states = MemoryState(world.db)
    before = states.predictor(ada.id)
    assert fits.nightly() == 1
    made = MemoryRows(world.db).last_fit(ada.id)
    assert made is not None
    assert (made.number, made.answers, made.taken, made.at) == (1, 300, True, world.clock())
    assert set(made.tried) == {"defaults", "calibrated"}
    assert made.tried["calibrated"] < made.tried["defaults"]
    assert made.figures["answers"] == 300
    after = states.predictor(ada.id)
    assert after.fit.way == "calibrated"
    (state, *_) = states.states(ada.id)
    today = state.last_on + 1
    assert abs(after.recall(state, today) - 0.55) < abs(before.recall(state, today) - 0.55)
    assert world.review.card(ada, str(state.card)).recall == after.recall(state, today)
    assert clean(world)

    assert fits.nightly() == 0  # the log has not grown
    study(world, ada, 2, 0.55)
    assert fits.nightly() == 0  # nor by a tenth
    study(world, ada, 1, 0.55)
    assert fits.nightly() == 1
    assert fits.fit(ada.id).number == 3  # whoever asks for it gets it


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_grades_that_are_all_alike_do_not_run_away(world: StudyWorld, right: float) -> None:
    ada = world.learner()
    study(world, ada, 31, right)
    FitService(world.db, world.clock).fit(ada.id)
    predictor = MemoryState(world.db).predictor(ada.id)
    assert 0.2 <= predictor.calibration.slope <= 5
    assert abs(predictor.calibration.intercept) < 10
    for state in MemoryState(world.db).states(ada.id):
        assert 0 < predictor.recall(state, state.last_on + 1) <= 1
    assert clean(world)


def test_other_numbers_make_every_memory_anew_and_rows_keep_what_they_were_made_with(world: StudyWorld) -> None:
    ada, ben = world.learner(), world.learner("ben")
    for learner in (ada, ben):
        study(world, learner, 3, 0.8)
    rows = world.db.all("SELECT learner_id, seq, stability, parameters FROM review")
    others = fsrs.parameters(number * 1.1 for number in DEFAULTS.numbers)
    force(world, ada, Fit(others, Calibration(0.25, 1.5)))
    states = MemoryState(world.db)
    assert states.predictor(ada.id).name == others.name
    asked = states.states(ada.id)
    assert states.catch_up_all() == CARDS
    assert states.states(ada.id) == asked
    assert world.db.all("SELECT learner_id, seq, stability, parameters FROM review") == rows
    assert clean(world)

    state = asked[0]
    answered = world.review.answer(ada, world.an_answer(f"a#n{state.card}", 4, mode="cram"))
    row = world.db.one(
        "SELECT stability, difficulty, parameters FROM review WHERE learner_id = ? AND seq = ?", (ada.id, answered.seq)
    )
    days = world.review.study_day(ada) - state.last_on
    after = fsrs.review(Memory(state.stability, state.difficulty), 4, days, others)
    assert row == (after.stability, after.difficulty, others.name)
    assert clean(world)
    assert states.predictor(ben.id).name == DEFAULTS.name


def test_a_time_zone_changed_in_the_middle_is_no_trouble(world: StudyWorld) -> None:
    ada = world.learner(timezone="Pacific/Auckland")
    study(world, ada, 12, 0.7)
    ada = world.accounts.save_settings(ada, timezone="America/Los_Angeles")
    study(world, ada, 20, 0.7, seed=2)
    FitService(world.db, world.clock).fit(ada.id)
    assert clean(world)


def test_an_account_that_goes_while_it_is_fitted_keeps_nobody_else_from_it(
    world: StudyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob, fits = world.learner("ada"), world.learner("bob"), FitService(world.db, world.clock)
    for learner in (ada, bob):
        study(world, learner, 31, 0.55)
    in_child = fitting._in_child

    def meanwhile(request: dict[str, Any]) -> dict[str, Any]:
        if world.accounts.learners()[0].name == "ada":
            world.accounts.delete_learner("ada")
        return in_child(request)

    monkeypatch.setattr(fitting, "_in_child", meanwhile)
    assert fits.nightly() == 1
    assert MemoryRows(world.db).last_fit(bob.id)
    assert clean(world)
