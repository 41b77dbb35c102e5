"""Which numbers predict a learner best, and whether to take them.

Two ways are tried: two numbers on the defaults (a calibration), and two numbers on all 21. Each is fitted without the
newest fifth of the log, and judged on it. The first time the better one has to beat the defaults there. Later the way
in force stays unless the other predicts that fifth better; what is taken is then fitted anew on the whole log.

Predictions are always calibrated: on public logs it cost 0.002 to 0.03 of log loss to give the two numbers up and take
them again, as the newest fifth alone would have it. Where the model is right as it comes, they come near 0 and 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from flashcards.domain.memory.calibration import NONE, Calibration, Tally, calibrate
from flashcards.domain.memory.chances import log_loss
from flashcards.domain.memory.fsrs import DEFAULTS, Parameters
from flashcards.domain.memory.walk import Logged, Predicted, since, steps, walk
from flashcards.domain.study_day import Day

LEAST_ANSWERS = 200
"""Day-first answers from which two numbers are fitted."""
LEAST_FOR_ALL = 1_000
"""And from which all 21 are."""
_GROWTH = 10
"""A refit waits until the log has grown by a tenth."""
_NEWEST = 5

Way = Literal["defaults", "calibrated", "fitted", "fitted and calibrated"]
_CANDIDATES: tuple[Way, ...] = ("calibrated", "fitted and calibrated")


@dataclass(frozen=True, slots=True)
class Fit:
    """What predicts: the model's parameters and the calibration of what they say."""

    parameters: Parameters = DEFAULTS
    calibration: Calibration = NONE

    @property
    def way(self) -> Way:
        """How it came about."""
        if self.parameters == DEFAULTS:
            return "defaults" if self.calibration == NONE else "calibrated"
        return "fitted" if self.calibration == NONE else "fitted and calibrated"


AS_IT_IS = Fit()


@dataclass(frozen=True, slots=True)
class Choice:
    """What came of a fitting.

    `answers` counts the log's day-first answers, `judged` those of the newest fifth; `losses` are the logarithmic
    losses of each way there. `taken` is whether `fit` is other than what was in force.
    """

    fit: Fit
    taken: bool
    answers: int
    judged: int = 0
    losses: tuple[tuple[Way, float], ...] = ()


def is_time(answers: int, fitted_on: int) -> bool:
    """Whether to fit a log of `answers` day-first answers, of which the last fit (if any: else 0) saw `fitted_on`."""
    return answers >= LEAST_ANSWERS and answers * _GROWTH >= fitted_on * (_GROWTH + 1)


class Ledger:
    """A learner's log in its order, and what was computed from it, each thing once.

    `patience` is how many times longer the log may be than the part on which all 21 numbers were last fitted until
    they are fitted anew: 1 for a fit that counts, more where many are made on the way through one log.
    """

    def __init__(self, log: Sequence[Logged], patience: float = 1) -> None:
        self.log = log
        self._patience = patience
        self._walks: dict[Parameters, list[Predicted]] = {}
        self._tallies: dict[Parameters, dict[int, Tally]] = {}
        self._optimised: dict[int, Parameters] = {}

    def predictions(self, chosen: Parameters, end: Day | None = None) -> list[Predicted]:
        """What the model said of each answer before the day `end`."""
        if chosen not in self._walks:
            self._walks[chosen] = walk(self.log, chosen)
        found = self._walks[chosen]
        return found if end is None else found[: since(found, end)]

    def calibrated(self, chosen: Parameters, end: Day | None = None) -> Calibration:
        """The two numbers fitted on what the model said before the day `end`."""
        said = self.predictions(chosen)
        rows = len(said) if end is None else since(said, end)
        known = self._tallies.setdefault(chosen, {})
        before = max((size for size in known if size <= rows), default=0)
        if before < rows:
            known[rows] = known[before].copy() if before else Tally()
            for it in said[before:rows]:
                known[rows].add(it.recall, it.right)
        return calibrate(known[rows]) if rows else NONE

    def optimised(self, end: Day | None = None) -> Parameters:
        """All 21 numbers fitted on what came before the day `end`."""
        rows = len(self.log) if end is None else since(self.log, end)
        before = max((size for size in self._optimised if size <= rows), default=0)
        if not before or before * self._patience < rows:
            start = self._optimised.get(before, DEFAULTS)
            from flashcards.domain.memory.optimise import optimise

            self._optimised[rows] = optimise(steps(self.log[:rows]), start)
            before = rows
        return self._optimised[before]


def choose(ledger: Ledger, in_force: Fit = AS_IT_IS, end: Day | None = None) -> Choice:
    """The fit for what the log says before the day `end`, or for all of it.

    Below 200 day-first answers what is in force stays.
    """
    usual = ledger.predictions(DEFAULTS, end)
    if len(usual) < LEAST_ANSWERS:
        return Choice(in_force, False, len(usual))
    day = usual[len(usual) - len(usual) // _NEWEST].day
    losses: dict[Way, float] = {}
    # With few answers here, the 21 numbers are those that came from elsewhere.
    given = None if len(usual) >= LEAST_FOR_ALL else in_force.parameters
    for way in ("defaults", *(_CANDIDATES[:1] if given == DEFAULTS else _CANDIDATES)):
        fit = _fitted(way, ledger, day, given)
        predictions = ledger.predictions(fit.parameters, end)
        newest = predictions[since(predictions, day) :]
        losses[way] = log_loss((fit.calibration(it.recall), it.right) for it in newest) or 0.0
    fit = _fitted(_best(losses, in_force.way), ledger, end, given)
    judged = len(usual) - since(usual, day)
    return Choice(fit, fit != in_force, len(usual), judged, tuple(losses.items()))


def _best(losses: Mapping[Way, float], in_force: Way) -> Way:
    """The way to take: the defaults stay only while they are in force and nothing beats them."""
    candidates = [way for way in losses if way != "defaults" or in_force == "defaults"]
    least = min(losses[way] for way in candidates)
    return in_force if losses.get(in_force) == least else next(way for way in candidates if losses[way] == least)


def _fitted(way: Way, ledger: Ledger, end: Day | None, given: Parameters | None) -> Fit:
    if way == "defaults":
        return AS_IT_IS
    parameters = DEFAULTS
    if way == "fitted and calibrated":
        parameters = given or ledger.optimised(end)
    return Fit(parameters, ledger.calibrated(parameters, end))
