"""How well a learner's answers were predicted, each day's from what was known before that day.

Predictions are clipped to 0.001 and 0.999. Beside them stand a constant, (k + 1) / (n + 2) of the n answers before
that day of which k were right, and what SM-2 implies, 0.9 ** (days / interval).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from flashcards.domain.memory.chances import clipped, log_loss
from flashcards.domain.memory.fit import AS_IT_IS, LEAST_ANSWERS, Fit, Ledger, choose
from flashcards.domain.memory.fsrs import DEFAULTS
from flashcards.domain.memory.walk import Logged, Predicted, since
from flashcards.domain.study_day import Day

BINS = 10
WEEKS = 12
_MONDAY = 3
"""The first day of all, 1970-01-01, was a Thursday."""
_WALK_GROWTH = 1.1
_WALK_PATIENCE = 4


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose predictions lie in one tenth: the mean of these, the share remembered, how many."""

    predicted: float
    happened: float
    answers: int


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from `first` on: the mean prediction of their answers, the share remembered, how many."""

    first: Day
    predicted: float
    happened: float
    answers: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures; None where there are no answers, `auc` also where all were right or none was.

    `log_loss_defaults` is that of the model as it comes. `weeks` are the last twelve that have answers, each from a
    Monday on. `fit` is what predicts from now on.
    """

    answers: int
    log_loss: float | None
    log_loss_constant: float | None
    log_loss_sm2: float | None
    rmse_bins: float | None
    auc: float | None
    bins: tuple[Bin, ...]
    fit: Fit
    log_loss_defaults: float | None = None
    weeks: tuple[Week, ...] = ()

    @property
    def parameters(self) -> str:
        """The name of the parameters that predict from now on."""
        return self.fit.parameters.name


InForce = tuple[Day, Fit]
"""From which day on a fit predicts."""


def evaluate(log: Sequence[Logged], start: Day | None = None, fits: Sequence[InForce] | None = None) -> Evaluation:
    """Walks forward through a log in its order; answers from the day `start` on are judged, or all.

    `fits` are those that were in force, by day. None is what the rule of `fit.choose` would have taken on the way:
    at `start`, and each time the log had grown by a tenth, as at night. Nothing of a day is seen before its
    predictions stand.
    """
    ledger = Ledger(log, _WALK_PATIENCE)
    in_force = list(walk_fits(ledger, start) if fits is None else fits)
    constants = list(_constants(ledger.predictions(DEFAULTS)))
    first = 0 if start is None else since(ledger.predictions(DEFAULTS), start)
    ours = list(_said(ledger, in_force))[first:]
    judged = ledger.predictions(DEFAULTS)[first:]
    rights = [it.right for it in judged]
    pairs = list(zip(ours, rights, strict=True))
    bins = binned(pairs)
    return Evaluation(
        answers=len(judged),
        log_loss=log_loss(pairs),
        log_loss_constant=log_loss(zip(constants[first:], rights, strict=True)),
        log_loss_sm2=log_loss((it.sm2, it.right) for it in judged),
        rmse_bins=rmse(bins),
        auc=auc(pairs),
        bins=bins,
        fit=in_force[-1][1] if in_force else AS_IT_IS,
        log_loss_defaults=log_loss((it.recall, it.right) for it in judged),
        weeks=by_week((it.day, predicted, right) for it, (predicted, right) in zip(judged, pairs, strict=True)),
    )


def walk_fits(ledger: Ledger, start: Day | None = None) -> Iterator[InForce]:
    """(day, fit in force from that day on): what would have been taken on the way through the log.

    On the day `start`, where 200 answers come before it, and each time the log has grown by a tenth.
    """
    said = ledger.predictions(DEFAULTS)
    first = 0 if start is None else since(said, start)
    wanted, fit = max(LEAST_ANSWERS, first), AS_IT_IS
    for before, after in pairwise([it.day for it in said]):
        known = since(said, after) if after > before else 0
        if known and known >= wanted and (start is None or after >= start):
            fit = choose(ledger, fit, after).fit
            yield after, fit
            wanted = math.ceil(known * _WALK_GROWTH)


def _said(ledger: Ledger, in_force: Sequence[InForce]) -> Iterator[float]:
    """The clipped prediction of each answer, by the fit in force on its day."""
    place, fit = 0, AS_IT_IS
    predictions = ledger.predictions(fit.parameters)
    for number in range(len(predictions)):
        while place < len(in_force) and in_force[place][0] <= predictions[number].day:
            fit = in_force[place][1]
            predictions = ledger.predictions(fit.parameters)
            place += 1
        yield clipped(fit.calibration(predictions[number].recall))


def _constants(predictions: Iterable[Predicted]) -> Iterator[float]:
    right = answers = 0
    for _, of_day in groupby(predictions, key=lambda it: it.day):
        rights = [it.right for it in of_day]
        yield from [(right + 1) / (answers + 2)] * len(rights)
        right, answers = right + sum(rights), answers + len(rights)


def binned(pairs: Iterable[tuple[float, bool]]) -> tuple[Bin, ...]:
    """The answers by tenths of the prediction, lowest first; tenths without answers are left out."""
    sums = [[0.0, 0, 0] for _ in range(BINS)]
    for predicted, right in pairs:
        row = sums[min(BINS - 1, int(predicted * BINS))]
        row[0] += predicted
        row[1] += right
        row[2] += 1
    return tuple(Bin(total / count, right / count, int(count)) for total, right, count in sums if count)


def by_week(answers: Iterable[tuple[Day, float, bool]]) -> tuple[Week, ...]:
    """The last twelve weeks of (day, prediction, remembered), which come by day; weeks without any are left out."""
    weeks = [
        (first, [(predicted, right) for _, predicted, right in of_week])
        for first, of_week in groupby(answers, key=lambda it: it[0] - (it[0] + _MONDAY) % 7)
    ]
    return tuple(
        Week(first, sum(it for it, _ in pairs) / len(pairs), sum(right for _, right in pairs) / len(pairs), len(pairs))
        for first, pairs in weeks[-WEEKS:]
    )


def rmse(bins: Sequence[Bin]) -> float | None:
    """The root of the mean square of (predicted - happened), each bin weighing as many as its answers."""
    answers = sum(it.answers for it in bins)
    if not answers:
        return None
    return math.sqrt(sum(it.answers * (it.predicted - it.happened) ** 2 for it in bins) / answers)


def auc(pairs: Iterable[tuple[float, bool]]) -> float | None:
    """How likely a remembered answer had the higher prediction than a forgotten one, ties counting half.

    By the rank sum of H. Mann and D. Whitney (1947). None where one of the two kinds is missing.
    """
    ordered = sorted(pairs)
    rights = sum(right for _, right in ordered)
    wrongs = len(ordered) - rights
    if not rights or not wrongs:
        return None
    total, rank = 0.0, 1
    for _, tied in groupby(ordered, key=lambda pair: pair[0]):
        kinds = [right for _, right in tied]
        total += sum(kinds) * (rank + (len(kinds) - 1) / 2)
        rank += len(kinds)
    return (total - rights * (rights + 1) / 2) / (rights * wrongs)
