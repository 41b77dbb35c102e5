"""Which numbers are taken for a learner: those that predict the newest fifth of the log best."""

from __future__ import annotations

import math
from functools import cache

import pytest

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.calibration import NONE, Calibration
from flashcards.domain.memory.chances import log_loss
from flashcards.domain.memory.fit import AS_IT_IS, Fit, Ledger, choose, is_time
from flashcards.domain.memory.fsrs import BOUNDS, DEFAULTS
from flashcards.domain.memory.optimise import optimise
from flashcards.domain.memory.walk import Logged, steps, walk
from tests.learner_logs import FIRST_DAY, made_up_log

OTHER = fsrs.parameters((0.1, 0.5, 0.9, 3.0, *DEFAULTS.numbers[4:8], 1.4, *DEFAULTS.numbers[9:20], 0.3))


@cache
def other_log() -> list[Logged]:
    return made_up_log(90, 12, 1, OTHER)


def alike(quality: int, answers: int = 3000) -> list[Logged]:
    """Every card asked day after day, always with one grade."""
    cards = answers // 30
    return [
        Logged(FIRST_DAY + day, card, day * cards + card, card, quality) for day in range(30) for card in range(cards)
    ]


def test_a_learner_unlike_the_defaults_gets_numbers_of_their_own() -> None:
    log = other_log()
    choice = choose(Ledger(log))
    assert choice.taken
    assert choice.fit.way in ("fitted", "fitted and calibrated")
    losses = dict(choice.losses)
    assert losses[choice.fit.way] == min(losses.values()) < losses["defaults"]
    assert choice.answers > 1000
    assert choice.judged == pytest.approx(choice.answers / 5, rel=0.2)


def test_what_was_fitted_predicts_a_later_log_nearly_as_well_as_the_truth() -> None:
    fitted = optimise(steps(other_log()))
    later = made_up_log(90, 12, 2, OTHER)
    ours, truth, defaults = (
        log_loss((it.recall, it.right) for it in walk(later, chosen)) for chosen in (fitted, OTHER, DEFAULTS)
    )
    assert ours is not None
    assert truth is not None
    assert defaults is not None
    assert ours < truth + 0.005
    assert ours < defaults - 0.01


def test_the_same_log_gives_the_same_numbers() -> None:
    assert choose(Ledger(other_log())) == choose(Ledger(list(other_log())))


def test_a_learner_like_the_defaults_is_predicted_no_worse() -> None:
    choice = choose(Ledger(made_up_log(60, 10, 3)))
    later = made_up_log(60, 10, 4)
    ours = log_loss((choice.fit.calibration(it.recall), it.right) for it in walk(later, choice.fit.parameters))
    defaults = log_loss((it.recall, it.right) for it in walk(later, DEFAULTS))
    assert ours is not None
    assert defaults is not None
    assert ours < defaults + 0.004


def test_some_hundred_answers_give_two_numbers() -> None:
    log = made_up_log(40, 3, 5, strength=0.3)
    choice = choose(Ledger(log))
    assert 200 <= choice.answers < 1000
    assert [way for way, _ in choice.losses] == ["defaults", "calibrated"]
    assert choice.fit.way == "calibrated"
    assert choice.fit.calibration.intercept < 0


def test_numbers_from_elsewhere_are_calibrated_and_stay_while_they_predict_better() -> None:
    log = made_up_log(40, 3, 5, OTHER)
    choice = choose(Ledger(log), Fit(OTHER))
    assert 200 <= choice.answers < 1000
    assert [way for way, _ in choice.losses] == ["defaults", "calibrated", "fitted and calibrated"]
    assert choice.fit.parameters == OTHER
    assert choice.fit.calibration != NONE
    usual = choose(Ledger(made_up_log(40, 3, 5)), Fit(OTHER))
    assert usual.fit.way == min(usual.losses[1:], key=lambda pair: pair[1])[0]


def test_below_200_answers_what_is_in_force_stays() -> None:
    mine = Fit(OTHER, Calibration(0.1, 0.9))
    for in_force in (AS_IT_IS, mine):
        choice = choose(Ledger(made_up_log(10, 2, 6)), in_force)
        assert (choice.fit, choice.taken, choice.losses) == (in_force, False, ())
    assert not choose(Ledger([])).taken


def test_a_calibration_is_fitted_anew_where_the_defaults_beat_it_and_not_given_up() -> None:
    # Until then half as strong, from the last fifth on as the defaults: what was fitted before does not hold.
    weak = made_up_log(40, 3, 7, strength=0.2)
    later = [row._replace(day=row.day + 40, card=row.card + 9999) for row in made_up_log(25, 3, 8)]
    log = [*weak, *later]
    before = choose(Ledger(weak))
    choice = choose(Ledger(log), before.fit)
    losses = dict(choice.losses)
    assert losses["defaults"] < losses["calibrated"]
    assert choice.fit.way == "calibrated"
    assert before.fit.calibration.intercept < choice.fit.calibration.intercept < 0
    assert not choose(Ledger(log)).taken  # who has none yet does not begin with one that the defaults beat


@pytest.mark.parametrize("quality", range(6))
def test_grades_all_alike_do_not_run_away(quality: int) -> None:
    choice = choose(Ledger(alike(quality)))
    assert abs(choice.fit.calibration.intercept) < 30
    assert 0.2 <= choice.fit.calibration.slope <= 5
    fitted = optimise(steps(alike(quality)))
    for chosen in (choice.fit.parameters, fitted):
        assert all(low <= number <= high for number, (low, high) in zip(chosen.numbers, BOUNDS, strict=True))
    said = [choice.fit.calibration(it.recall) for it in walk(alike(quality), choice.fit.parameters)]
    mean = sum(said) / len(said)
    assert mean > 0.9 if quality >= 3 else mean < 0.6


def test_single_answers_are_nothing_to_fit() -> None:
    log = [Logged(FIRST_DAY, card, card, card, 4) for card in range(2000)]
    assert choose(Ledger(log)) == choose(Ledger(log))
    assert not choose(Ledger(log)).taken
    assert optimise(steps(log)) == DEFAULTS


def test_the_end_of_what_is_known_is_kept() -> None:
    log = other_log()
    day = FIRST_DAY + 60
    assert choose(Ledger(log), end=day) == choose(Ledger([row for row in log if row.day < day]))


def test_when_to_fit() -> None:
    assert not is_time(199, 0)
    assert is_time(200, 0)
    assert not is_time(1099, 1000)
    assert is_time(1100, 1000)


def test_a_long_log_is_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    from flashcards.domain.memory import optimise as module

    monkeypatch.setattr(module, "MOST_ANSWERS", 1500)
    cards = steps(other_log())
    assert sum(map(len, module.thinned(cards))) <= 1700
    close = optimise(cards)
    assert math.isclose(close.numbers[2], OTHER.numbers[2], rel_tol=0.4)
