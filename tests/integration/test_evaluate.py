"""`flashcards evaluate`: how well a log was predicted, each day's from what was known before it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flashcards.config import Config
from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import DEFAULTS
from flashcards.services.accounts.people import Learner
from flashcards.services.memory.measure import MemoryMeasure, evaluation_json
from flashcards.services.review.facade import Answer
from flashcards.wiring import open_services
from tests.databases import settings_for
from tests.integration.study_world import DAY_MS, NOON, SetClock, StudyWorld
from tests.integration.test_commands import run

KEYS = ["answers", "log_loss", "log_loss_constant", "log_loss_sm2", "rmse_bins", "auc", "bins", "parameters"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("a", 6)
    yield world
    world.close()


def figures(world: StudyWorld, learner: Learner, start: str | None = None) -> dict[str, Any]:
    return evaluation_json(MemoryMeasure(world.db).evaluate(learner.id, start))


def test_without_answers_there_is_nothing_to_say(world: StudyWorld) -> None:
    ada = world.learner()
    nothing = dict.fromkeys(KEYS) | {"answers": 0, "bins": [], "parameters": DEFAULTS.name}
    assert figures(world, ada) == nothing
    world.answer(ada, "a#n1", 4)
    world.answer(ada, "a#n1", 3)
    assert figures(world, ada) == nothing  # nothing of the same day is predicted
    assert figures(world, ada, "half") == nothing


def test_one_prediction_by_hand(world: StudyWorld) -> None:
    ada = world.learner()
    world.answer(ada, "a#n1", 4)
    world.clock.days(6)
    world.answer(ada, "a#n1", 1)
    predicted = fsrs.recall(fsrs.first(4), 6)
    found = figures(world, ada)
    assert found == {
        "answers": 1,
        "log_loss": round(-math.log(1 - predicted), 4),
        "log_loss_constant": round(-math.log(1 / 2), 4),
        "log_loss_sm2": round(-math.log(1 - 0.9**6), 4),  # SM-2 had asked for it after a day
        "rmse_bins": round(predicted, 4),
        "auc": None,
        "bins": [{"predicted": round(predicted, 4), "happened": 0.0, "answers": 1}],
        "parameters": DEFAULTS.name,
    }
    assert list(found) == KEYS


def test_a_reset_card_is_another_card(world: StudyWorld) -> None:
    ada = world.learner()
    world.answer(ada, "a#n1", 4)
    world.clock.days(3)
    world.review.act(ada, world.card("a#n1"), "reset")
    world.answer(ada, "a#n1", 1)
    assert figures(world, ada)["answers"] == 0


def test_undone_answers_and_other_learners_do_not_count(world: StudyWorld) -> None:
    ada, ben = world.learner(), world.learner("ben")
    for learner in (ada, ben):
        world.answer(learner, "a#n1", 4)
    world.clock.days(2)
    world.answer(ada, "a#n1", 4)
    world.review.undo(ada)
    assert figures(world, ada)["answers"] == 0


@pytest.mark.parametrize("grade", [0, 1, 4])
def test_grades_that_are_all_alike_give_sane_numbers(world: StudyWorld, grade: int) -> None:
    ada = world.learner()
    for _ in range(60):
        for number in range(1, 7):
            world.answer(ada, f"a#n{number}", grade)
        world.clock.days(1)
    found = figures(world, ada)
    assert found["answers"] == 6 * 59
    assert found["auc"] is None
    assert 0 <= found["log_loss"] < found["log_loss_sm2"]
    assert all(0 <= it["predicted"] <= 1 for it in found["bins"])


def test_a_start_can_be_given(tmp_path: Path) -> None:
    (tmp_path / "decks").mkdir()
    (tmp_path / "decks/a.md").write_text("".join(f"## Q{number}?\n\nA\n\n" for number in range(4)))
    clock = SetClock()
    data = settings_for(tmp_path / "data", tmp_path / "decks")
    opened = open_services(Config.from_env(data), clock)
    opened.sync.sync()
    opened.accounts.add_learner("ada", "secret words here")
    ada = opened.accounts.find("ada")
    for day in range(10):
        clock.now = NOON + day * DAY_MS
        for card in opened.review.cards(ada).items:
            grade = 1 if (day + int(card.id)) % 4 == 0 else 4
            number = f"00000000-0000-4000-8000-{day:06d}{int(card.id):06d}"
            opened.review.answer(ada, Answer(number, card.id, grade, mode="cram"))
    opened.close()

    whole = json.loads(run(tmp_path, "evaluate", "--json").stdout)
    assert list(whole) == KEYS
    assert whole["answers"] == 36
    assert sum(it["answers"] for it in whole["bins"]) == 36
    half = json.loads(run(tmp_path, "evaluate", "--user", "ada", "--from", "half", "--json").stdout)
    assert half["answers"] == 20
    assert json.loads(run(tmp_path, "evaluate", "--from", "2026-05-30", "--json").stdout)["answers"] == 28
    told = run(tmp_path, "evaluate")
    assert told.returncode == 0
    assert "36 answers judged" in told.stdout
    assert "always the share so far" in told.stdout
    wrong = run(tmp_path, "evaluate", "--from", "yesterday")
    assert wrong.returncode == 2
    assert "'yesterday' is no place to begin: give half, or a date such as 2026-05-01" in wrong.stderr
    assert run(tmp_path, "evaluate", "--user", "nobody").returncode == 1
