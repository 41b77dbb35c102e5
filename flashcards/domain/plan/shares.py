"""What becomes of the number known, as shares of what one run of the plan gives: by what is uncertain of the learner,
and by how much of the time will be studied.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean

from flashcards.domain.plan.mind import Mind
from flashcards.domain.plan.model import Learner, PlanCard, Request
from flashcards.domain.plan.run import Run, Scope
from flashcards.domain.plan.spread import Deviations, missed_days, quantile, together

EIGHTY = 1.2816
"""So many standard deviations to each side hold 80 of 100."""
WIDER = 1.25
"""One factor does not say all of how a memory differs from the model's: what is known of it is taken as so much less
sure than its answers alone would make it."""
MORE_MINUTES = 15
_LESS = 0.75
_HALF = 0.5
_LEAST = 0.01
_ANSWERS = 2_500
_FEWEST = 300
_USUAL_SECONDS = 12


@dataclass(frozen=True, slots=True)
class Sample:
    """Every k-th card (`every`), and the k-th part of the time."""

    request: Request
    cards: Sequence[PlanCard]
    every: float

    def with_minutes(self, minutes: float) -> Sample:
        """The same cards with other minutes a day, of the whole."""
        return replace(self, request=replace(self.request, minutes=minutes / self.every))

    def run(self, learner: Learner, deviations: float = 0.0) -> Run:
        """A run to the end, of a memory so many deviations stronger than it is thought to be."""
        mind = Mind(learner, learner.strength.at(deviations), self.request.style)
        run = Run(self.request, self.cards, mind, learner)
        run.go()
        return run


def sample_of(request: Request, cards: Sequence[PlanCard], answers: int = _ANSWERS) -> Sample:
    """So many cards that not more than `answers` answers come of it."""
    expected = (request.day - request.today) * request.minutes * 60 / _USUAL_SECONDS
    most = len(cards) // _FEWEST
    step = max(1, min(most, math.ceil(expected / answers)))
    every = len(cards) / len(cards[::step]) if cards else 1.0
    today = None if request.seconds_today is None else request.seconds_today / every
    return Sample(replace(request, minutes=request.minutes / every, seconds_today=today), cards[::step], every)


class Effort:
    """How many cards of a sample are known on the day, by the share of the time that is studied.

    Run with all of the time, with three quarters and with half of it; without any, what is known now is left to itself.
    More time brings more, and each further part of it no more than the one before. The runs alone do not keep to that,
    as another mix of new and known cards may be best for other minutes: what lies below a line between others is
    lifted to it.
    """

    def __init__(self, sample: Sample, learner: Learner) -> None:
        request, day = sample.request, sample.request.day
        self.run = sample.run(learner)
        self.all = self.run.scope.known(day)
        self.seen = self.run.seen()
        nothing = Scope(sample.cards, Mind(learner, learner.strength.factor, request.style)).known(day)
        points = [(0.0, min(self.all, nothing))]
        for share in (_HALF, _LESS):
            known = sample.with_minutes(request.minutes * sample.every * share).run(learner).scope.known(day)
            points.append((share, min(self.all, max(points[-1][1], known))))
        self._points = _hull([*points, (1.0, self.all)])

    def kept(self, share: float) -> float:
        """The number known with a share of the time, as a share of that with all of it."""
        for (left, low), (right, high) in pairwise(self._points):
            if share <= right:
                return (low + (high - low) * (share - left) / (right - left)) / self.all
        return 1.0

    @property
    def costs(self) -> float:
        """By how much less is known with less time, both on the logarithm."""
        return max(0.0, math.log(max(_LEAST, self.kept(_LESS))) / math.log(_LESS))


def _hull(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points, without those that lie below the line between two others."""
    found: list[tuple[float, float]] = []
    for x, y in points:
        while len(found) > 1:
            (x0, y0), (x1, y1) = found[-2:]
            if (y1 - y0) * (x - x0) > (y - y0) * (x1 - x0):
                break
            found.pop()
        found.append((x, y))
    return found


@dataclass(frozen=True, slots=True)
class Shares:
    """What becomes of the number known, as a share of what the usual run gives.

    `low`, `middle` and `high` are the range and the median by what is uncertain of the learner and of the days that
    they will miss, without the chance of each answer on the day; `more` is 15 minutes more a day. `days_kept` is the
    share of the days that are kept, in the middle.
    """

    low: float = 1.0
    middle: float = 1.0
    high: float = 1.0
    more: float = 1.0
    days_kept: float = 1.0


class Uncertain:
    """What is uncertain of a learner under a request, from a small sample of it."""

    def __init__(self, request: Request, cards: Sequence[PlanCard], learner: Learner, most: float = 0.0) -> None:
        """`most` is the greatest number of minutes that will be asked for."""
        self._learner = learner
        largest = replace(request, minutes=max(most, request.minutes))
        self._sample = sample_of(largest, cards).with_minutes(request.minutes)
        self._minutes = request.minutes
        self.effort = Effort(self._sample, learner)
        self._known = self.effort.all > 0 and request.minutes > 0
        if not self._known:
            return
        off = EIGHTY * WIDER
        weak, strong = (max(_LEAST, self._share(self._sample, by)) for by in (-off, off))
        self._more = self._share(self._sample.with_minutes(request.minutes + MORE_MINUTES))
        # By how much the number changes with the time, both on the logarithm.
        grows = max(0.0, math.log(max(1.0, self._more)) / math.log(1 + MORE_MINUTES / request.minutes))
        costs = self.effort.costs
        self._around = together(
            [
                Deviations(max(0.0, -math.log(weak)) / EIGHTY, max(0.0, math.log(strong)) / EIGHTY),
                Deviations(costs * learner.speed_sd, grows * learner.speed_sd),
                Deviations(*[_first_grades_sd(self.effort.run, learner, self._sample.every) / self.effort.all] * 2),
            ]
        )
        self._days = sum(request.seconds(day) > 0 for day in range(request.today, request.day))
        self._chances = missed_days(self._days, learner.kept, learner.kept_known_from)

    def _share(self, sample: Sample, deviations: float = 0.0) -> float:
        return sample.run(self._learner, deviations).scope.known(sample.request.day) / self.effort.all

    def shares(self) -> Shares:
        """What becomes of the number known."""
        if not self._known:
            return Shares()
        low, middle, high = self._range(self.effort)
        return Shares(low, middle, high, self._more, self._days_kept())

    def _range(self, effort: Effort) -> tuple[float, float, float]:
        lost = _lost_to_the_drill(effort.run, self._learner, self._sample.every)
        outcomes = [
            (chance, math.log(max(_LEAST, effort.kept((1 - lost) * (1 - missed / max(1, self._days))))))
            for missed, chance in enumerate(self._chances)
        ]
        low, middle, high = (math.exp(quantile(share, outcomes, self._around)) for share in (0.1, 0.5, 0.9))
        return low, middle, high

    def _days_kept(self) -> float:
        so_far = 0.0
        for missed, chance in enumerate(self._chances):
            so_far += chance
            if so_far >= 0.5:
                return 1 - missed / max(1, self._days)
        return 0.0

    def with_minutes(self, minutes: float) -> tuple[tuple[float, float, float], float]:
        """What other minutes a day make of the low end, the middle and the high end of the number known, as factors;
        and how many cards are seen then."""
        if not self._known:
            return (1.0, 1.0, 1.0), self.effort.seen * self._sample.every
        other = Effort(self._sample.with_minutes(minutes), self._learner)
        more = other.all / self.effort.all
        here, there = self._range(self.effort), self._range(other) if other.all > 0 else (0.0, 0.0, 0.0)
        low, middle, high = (more * new / old for new, old in zip(there, here, strict=True))
        return (low, middle, high), other.seen * self._sample.every


def _lost_to_the_drill(run: Run, learner: Learner, every: float) -> float:
    """The share of the time that no card gets: whoever is through with a day's cards sooner than was expected drills.

    How long a day's cards take is about normal around its minutes: the mean of what is left over is its standard
    deviation by the root of two pi.
    """
    days = [len(day.asked) * every for day in run.days if day.asked]
    answers = fmean(days) if days else 1.0
    return min(0.5, learner.time_spread / math.sqrt(2 * math.pi * max(1.0, answers)))


def _first_grades_sd(run: Run, learner: Learner, every: float) -> float:
    """The standard deviation of the number known, as the first grades of the cards to be begun are not sure: how often
    each is given, and to how many of these.

    The variance of the chances is that of a Dirichlet distribution.
    """
    scope, day = run.scope, run.request.day
    known = [
        (grade, scope.mind.recall(scope.states[it], day - scope.last[it])) for it, grade in run.first_grades.items()
    ]
    if not known:
        return 0.0
    by_grade = [fmean([recall for it, recall in known if it == grade] or [0.0]) for grade in range(4)]
    mean = sum(chance * recall for chance, recall in zip(learner.first_grades, by_grade, strict=True))
    spread = sum(chance * (recall - mean) ** 2 for chance, recall in zip(learner.first_grades, by_grade, strict=True))
    return len(known) * math.sqrt(spread * (1 / (learner.grades_known_from + 1) + 1 / (len(known) * every)))
