"""Two numbers fitted on what was predicted and what happened."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.memory.calibration import NONE, Calibration, calibrate, tally
from flashcards.domain.memory.chances import clipped, log_loss, logit, sigmoid

PAIRS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=200)


def made_up(count: int, true: Calibration, seed: int = 1) -> list[tuple[float, bool]]:
    chance = random.Random(seed)
    recalls = [chance.uniform(0.3, 0.99) for _ in range(count)]
    return [(recall, chance.random() < true(recall)) for recall in recalls]


def test_it_finds_the_numbers_that_made_the_log() -> None:
    true = Calibration(-0.5, 0.6)
    found = calibrate(tally(made_up(50_000, true)))
    assert found.intercept == pytest.approx(true.intercept, abs=0.05)
    assert found.slope == pytest.approx(true.slope, abs=0.05)


def test_no_answers_change_nothing() -> None:
    assert calibrate(tally([])) == NONE == Calibration(0.0, 1.0)
    assert NONE(0.123456789) == 0.123456789


def test_few_answers_change_little() -> None:
    found = calibrate(tally([(0.9, False)] * 5))
    assert 0.7 < found(0.9) < 0.9
    assert calibrate(tally(made_up(20_000, NONE)))(0.9) == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("recalls", [[0.9], [0.2, 0.9], [0.0], [1.0], [0.5, 0.5, 0.999]])
def test_it_does_not_run_away(recalls: list[float], right: bool) -> None:
    found = calibrate(tally([(recall, right) for recall in recalls] * 20_000))
    assert abs(found.intercept) < 60
    assert 0.2 <= found.slope <= 5
    for recall in recalls:
        assert (found(recall) > 0.5) is right or recall in (0.0, 1.0)


@given(PAIRS)
def test_it_never_predicts_worse_what_it_was_fitted_on_and_the_prior(pairs: list[tuple[float, bool]]) -> None:
    found = calibrate(tally(pairs))
    assert 0.2 <= found.slope <= 5
    if len(pairs) > 150:
        before, after = log_loss(pairs), log_loss([(found(recall), right) for recall, right in pairs])
        assert before is not None
        assert after is not None
        assert after <= before + 0.02
    assert calibrate(tally(pairs)) == found


@given(st.floats(-3, 3), st.floats(0.2, 5), st.floats(0.05, 0.95))
def test_there_is_a_way_back(intercept: float, slope: float, recall: float) -> None:
    chosen = Calibration(intercept, slope)
    back = chosen.asked_for(recall)
    if 1e-6 < back < 1 - 1e-6:
        assert chosen(back) == pytest.approx(recall, abs=1e-6)
    assert 0.70 <= chosen.retention(recall) <= 0.97


def test_a_learner_who_forgets_more_is_asked_sooner() -> None:
    worse = Calibration(-0.5, 1.0)
    assert worse.retention(0.9) > 0.9
    assert worse(worse.retention(0.9)) == pytest.approx(0.9)
    assert NONE.retention(0.9) == 0.9


@given(st.floats(-700, 700))
def test_chances(value: float) -> None:
    assert 0 <= sigmoid(value) <= 1
    assert sigmoid(value) + sigmoid(-value) == pytest.approx(1)
    if abs(value) < 15:
        assert logit(sigmoid(value)) == pytest.approx(value, abs=1e-5)
    assert 0.001 <= clipped(sigmoid(value)) <= 0.999


def test_the_loss_of_no_answers_is_none() -> None:
    assert log_loss([]) is None
    assert log_loss([(0.5, True), (0.5, False)]) == pytest.approx(0.6931, abs=1e-4)
    assert log_loss([(0.0, True)]) == pytest.approx(6.9078, abs=1e-4)
