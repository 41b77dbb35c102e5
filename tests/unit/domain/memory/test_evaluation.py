"""The walk forward: nothing is seen before it is predicted, and the figures are what they say."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.calibration import Calibration
from flashcards.domain.memory.evaluation import Bin, auc, binned, evaluate, rmse
from flashcards.domain.memory.fit import Fit
from flashcards.domain.memory.fsrs import DEFAULTS
from flashcards.domain.memory.walk import Logged, middle_day, since, steps, walk
from tests.learner_logs import FIRST_DAY, made_up_log

PAIRS = st.lists(st.tuples(st.floats(0.001, 0.999), st.booleans()), max_size=60)


def row(day: int, card: int, quality: int, interval: int = 0, at: int = 0) -> Logged:
    return Logged(FIRST_DAY + day, at, day, card, quality, interval)


LOG = [row(0, 1, 4), row(0, 1, 1, at=1), row(3, 1, 4, 1), row(3, 1, 4, 1, at=1), row(9, 1, 1, 6), row(9, 2, 4)]


def test_only_the_first_answer_of_a_later_day_is_predicted() -> None:
    found = walk(LOG, DEFAULTS)
    assert [(it.day - FIRST_DAY, it.right) for it in found] == [(3, True), (9, False)]
    assert [it.sm2 for it in found] == [pytest.approx(0.9**3), pytest.approx(0.9)]
    memory = fsrs.review(fsrs.first(4), 1, 0)
    assert found[0].recall == fsrs.recall(memory, 3)
    assert steps(LOG) == [[(0, 3), (0, 1), (3, 3), (0, 3), (6, 1)], [(0, 3)]]


def test_the_figures_of_a_small_log() -> None:
    found = evaluate(LOG)
    first, second = (it.recall for it in walk(LOG, DEFAULTS))
    assert found.answers == 2
    assert found.log_loss == pytest.approx(-(math.log(first) + math.log(1 - second)) / 2)
    assert found.log_loss_constant == pytest.approx(-(math.log(1 / 2) + math.log(1 / 3)) / 2)
    assert found.log_loss_sm2 == pytest.approx(-(math.log(0.9**3) + math.log(0.1)) / 2)
    assert found.auc == (1.0 if first > second else 0.0)
    assert sum(it.answers for it in found.bins) == 2
    assert found.parameters == DEFAULTS.name


def test_answers_of_a_day_do_not_know_of_each_other() -> None:
    log = [row(day, card, 4, 1) for day in (0, 1) for card in range(4)]
    assert evaluate(log).log_loss_constant == pytest.approx(-math.log(0.5))


def test_one_class_has_no_auc() -> None:
    log = [row(day, 1, 4, 1) for day in range(5)]
    assert evaluate(log).auc is None


def test_no_answers_no_figures() -> None:
    found = evaluate([])
    assert (found.answers, found.log_loss, found.log_loss_constant, found.log_loss_sm2) == (0, None, None, None)
    assert (found.rmse_bins, found.auc, found.bins) == (None, None, ())
    assert middle_day([]) is None


def test_predictions_are_clipped() -> None:
    log = [row(0, 1, 1), row(3000, 1, 4, 1)]
    assert evaluate(log).log_loss_sm2 == pytest.approx(-math.log(0.001))


def test_what_comes_later_changes_no_prediction() -> None:
    log = made_up_log(60, 10, 1, strength=0.4)
    cut = since(log, FIRST_DAY + 45)
    whole, start = evaluate(log, FIRST_DAY + 45), FIRST_DAY + 30
    other = [*log[:cut], *(it._replace(quality=5 - it.quality) for it in log[cut:])]
    assert evaluate(log[:cut], start).log_loss == evaluate(other[:cut], start).log_loss
    one, two = (evaluate([*rows, row(45, 1, 4)], FIRST_DAY + 45) for rows in (log[:cut], other[:cut]))
    assert one == two
    assert whole.answers == len(walk(log, DEFAULTS)) - since(walk(log, DEFAULTS), FIRST_DAY + 45)


def test_a_weak_learner_is_predicted_better_than_by_the_defaults_a_constant_or_sm2() -> None:
    log = made_up_log(80, 10, 2, strength=0.3)
    half = middle_day(log)
    found, defaults = evaluate(log, half), evaluate(log, half, [])
    assert found.log_loss is not None
    assert defaults.log_loss is not None
    assert found.log_loss_constant is not None
    assert found.log_loss_sm2 is not None
    assert found.log_loss < min(defaults.log_loss, found.log_loss_constant, found.log_loss_sm2) - 0.003
    assert found.fit.way != "defaults"


def test_who_remembers_nearly_everything_is_predicted_about_as_well_as_by_a_constant() -> None:
    """Nothing tells their answers apart, and the first third of the log has no failure at all."""
    apart = []
    for seed in range(6):
        log = sure_log(seed)
        found = evaluate(log, middle_day(log))
        assert found.log_loss is not None
        assert found.log_loss_constant is not None
        apart.append(found.log_loss - found.log_loss_constant)
    assert sum(apart) / len(apart) < 0.003


def sure_log(seed: int, days: int = 45, new_a_day: int = 12) -> list[Logged]:
    """98% is remembered, whatever the interval; until a third of the days are over, everything."""
    chance = random.Random(seed)
    log: list[Logged] = []
    due: dict[int, tuple[int, int]] = {}
    for day in range(days):
        asked = [card for card, (due_on, _) in due.items() if due_on <= day][:40]
        for card in [*asked, *(1000 * day + number for number in range(new_a_day))]:
            interval = due.get(card, (0, 0))[1]
            right = day < days // 3 or chance.random() < 0.98
            log.append(Logged(FIRST_DAY + day, len(log), len(log), card, 4 if right else 1, interval))
            then = max(1, round(interval * 2.5)) if right else 1
            due[card] = day + then, then
    return log


def test_fits_predict_from_their_day_on() -> None:
    log = made_up_log(30, 5, 3)
    half = FIRST_DAY + 15
    always = Fit(DEFAULTS, Calibration(-2.0, 1.0))
    assert evaluate(log, half, [(half, always)]) == evaluate(log, half, [(FIRST_DAY, always)])
    assert evaluate(log, half, [(FIRST_DAY + 99, always)]).bins == evaluate(log, half, []).bins
    assert evaluate(log, half, [(half, always)]).log_loss != evaluate(log, half, []).log_loss


@given(PAIRS)
def test_auc_counts_pairs(pairs: list[tuple[float, bool]]) -> None:
    rights = [said for said, right in pairs if right]
    wrongs = [said for said, right in pairs if not right]
    if not rights or not wrongs:
        assert auc(pairs) is None
        return
    won = sum((a > b) + (a == b) / 2 for a in rights for b in wrongs)
    assert auc(pairs) == pytest.approx(won / len(rights) / len(wrongs))


@given(PAIRS)
def test_bins_hold_every_answer_once(pairs: list[tuple[float, bool]]) -> None:
    bins = binned(pairs)
    assert len(bins) <= 10
    assert sum(it.answers for it in bins) == len(pairs)
    assert sum(it.happened * it.answers for it in bins) == pytest.approx(sum(right for _, right in pairs))
    assert [it.predicted for it in bins] == sorted(it.predicted for it in bins)


def test_the_root_mean_square_weighs_bins_by_their_answers() -> None:
    assert rmse([Bin(0.9, 0.8, 30), Bin(0.5, 0.7, 10)]) == pytest.approx(math.sqrt((30 * 0.01 + 10 * 0.04) / 40))
