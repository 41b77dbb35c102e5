"""The answer to a request: a plan for each day up to the day, and what will be known on it.

The plan is run with the learner's strength as it is thought to be, and at the ends of the range in which 80 of 100
such learners lie; their speed, how first answers go and which days they keep are uncertain, too. To that the chance of
each answer on the day is added, like standard deviations.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from flashcards.domain.plan.mind import Mind
from flashcards.domain.plan.model import (
    LONGEST,
    Asked,
    DayOrder,
    Known,
    Learner,
    Ordered,
    PathPoint,
    Plan,
    PlanCard,
    PlannedDay,
    Request,
)
from flashcards.domain.plan.new_cards_order import by_worth
from flashcards.domain.plan.run import NEVER, Run, Scope, SM2Run, named
from flashcards.domain.plan.spread import Deviations, missed_days, quantile, together
from flashcards.domain.study_day import Day

EIGHTY = 1.2816
"""So many standard deviations to each side hold 80 of 100."""
WIDER = 1.25
"""One factor does not say all of how a memory differs from the model's: what is known of it is taken as so much less
sure than its answers alone would make it."""
MORE_MINUTES = 15
_LESS = 0.75
_LEAST = 0.01
NEW_A_DAY = 20
_PATH_POINTS = 30
_ANSWERS = 8_000
_ANSWERS_OF_SHARES = 2_500
_FEWEST = 300
_USUAL_SECONDS = 12
_NAMED_DAYS = 14


def make_plan(request: Request, cards: Sequence[PlanCard], learner: Learner) -> Plan:
    """The plan for the cards in scope. The same input gives the same plan.

    A plan of more than some 10,000 answers (16,000 in a large scope) is run with every k-th card in the k-th part of
    the time, and its figures are multiplied; only the first two weeks then name their cards, from a run with all.
    """
    sample = _Sample(request, cards, _ANSWERS + len(cards) * 4 // 5)
    mind = _mind(sample.request, learner, 0)
    usual = Run(sample.request, sample.cards, mind, learner)
    as_drilled = Mind(learner, learner.strength.factor, request.style, drilled=True)
    without = SM2Run(sample.request, sample.cards, as_drilled, learner, NEW_A_DAY / sample.every)
    shares = _shares(request, cards, learner)
    path = _path(sample, usual, without, shares.middle)
    days = tuple(_planned(usual, place, sample.every) for place in range(len(usual.days)))
    if sample.every > 1:
        near = Run(request, cards, _mind(request, learner, 0), learner)
        near.go(request.today + _NAMED_DAYS)
        days = (*(_planned(near, place) for place in range(len(near.days))), *days[len(near.days) :])
    known = _known(usual, shares, cards)
    total = known.pop(None)
    left_out = _left_out(cards, round(usual.scope.states.count(NEVER) * sample.every))
    return Plan(
        days=days,
        known=total,
        folders={folder: it for folder, it in known.items() if folder is not None},
        without=path[-1].without,
        more=min(len(cards) - total.median, total.median * max(0.0, shares.more - 1)),
        path=path,
        left_out=left_out if sample.every > 1 else _left_out_of(usual),
        cards=len(cards),
        seen=len(cards) - len(left_out),
    )


class _Sample:
    """Every k-th card, and the k-th part of the time: as many that not more than `answers` answers come of it."""

    def __init__(self, request: Request, cards: Sequence[PlanCard], answers: int) -> None:
        expected = (request.day - request.today) * request.minutes * 60 / _USUAL_SECONDS
        most = len(cards) // _FEWEST
        step = max(1, min(most, math.ceil(expected / answers)))
        self.cards = cards[::step]
        self.every = len(cards) / len(self.cards) if cards else 1.0
        today = request.seconds_today
        self.request = replace(
            request,
            minutes=request.minutes / self.every,
            seconds_today=None if today is None else today / self.every,
        )


@dataclass(frozen=True, slots=True)
class _Shares:
    """What becomes of the number known, as a share of what the usual run gives.

    `low`, `middle` and `high` are the range and the median by what is uncertain of the learner and of the days that
    they will miss, without the chance of each answer on the day; `more` is 15 minutes more a day.
    """

    low: float = 1.0
    middle: float = 1.0
    high: float = 1.0
    more: float = 1.0


def _shares(request: Request, cards: Sequence[PlanCard], learner: Learner) -> _Shares:
    sample = _Sample(request, cards, _ANSWERS_OF_SHARES)

    def gone(minutes: float, deviations: float) -> tuple[float, Run]:
        asked = replace(sample.request, minutes=minutes / sample.every)
        run = Run(asked, sample.cards, _mind(asked, learner, deviations), learner)
        run.go()
        return run.scope.known(request.day), run

    usual, run = gone(request.minutes, 0)
    if usual <= 0 or request.minutes <= 0:
        return _Shares()
    off = EIGHTY * WIDER
    weak, strong = (max(_LEAST, gone(request.minutes, by)[0] / usual) for by in (-off, off))
    more = gone(request.minutes + MORE_MINUTES, 0)[0] / usual
    less = max(_LEAST, gone(request.minutes * _LESS, 0)[0] / usual)
    # By how much the number changes with the time, both on the logarithm.
    grows = max(0.0, math.log(max(1.0, more)) / math.log(1 + MORE_MINUTES / request.minutes))
    costs = max(0.0, math.log(less) / math.log(_LESS))
    around = together(
        [
            Deviations(max(0.0, -math.log(weak)) / EIGHTY, max(0.0, math.log(strong)) / EIGHTY),
            Deviations(costs * learner.speed_sd, grows * learner.speed_sd),
            Deviations(*[_first_grades_sd(run, learner, sample.every) / usual] * 2),
        ]
    )
    days = sum(request.seconds(day) > 0 for day in range(request.today, request.day))
    lost = costs * _lost_to_the_drill(run, learner, sample.every)
    chances = missed_days(days, learner.kept, learner.kept_known_from)
    outcomes = [
        (chance, costs * math.log(max(_LEAST, 1 - missed / max(1, days))) - lost)
        for missed, chance in enumerate(chances)
    ]
    low, middle, high = (math.exp(quantile(share, outcomes, around)) for share in (0.1, 0.5, 0.9))
    return _Shares(low, middle, high, more)


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


def days_cards(request: Request, cards: Sequence[PlanCard], learner: Learner, seconds: float) -> tuple[Asked, ...]:
    """The cards of today in their order, for `seconds` of answers: what a session is served from."""
    asked = replace(request, seconds_today=seconds)
    run = Run(asked, cards, _mind(asked, learner, 0), learner)
    run.go(request.today + 1)
    return named(run.days[0].asked, cards)


def day_order(request: Request, cards: Sequence[PlanCard], learner: Learner, seconds: float) -> DayOrder:
    """`days_cards` with how long each is expected to take."""
    asked = replace(request, seconds_today=seconds)
    mind = _mind(asked, learner, 0)
    run = Run(asked, cards, mind, learner)
    run.go(request.today + 1)
    states = Scope(cards, mind)

    def cost(place: int) -> float:
        if states.states[place] == NEVER:
            return mind.cost_of_new + mind.speed_of_new * (cards[place].effort - 1)
        return mind.cost(mind.recall(states.states[place], request.today - states.last[place]))

    day = run.days[0]
    return DayOrder(tuple(Ordered(cards[place].card, kind, cost(place)) for place, kind in day.asked), day.meant)


def with_minutes(
    request: Request, cards: Sequence[PlanCard], learner: Learner, known: Known, choices: Sequence[int]
) -> dict[int, Known]:
    """What would be known with other minutes a day, of `known` with those asked for: from small samples."""
    found = {}
    for minutes in choices:
        sample = _Sample(replace(request, minutes=max(minutes, request.minutes)), cards, _ANSWERS_OF_SHARES)
        usual, other = (
            _sampled(replace(sample.request, minutes=some / sample.every), sample, learner)
            for some in (request.minutes, minutes)
        )
        found[minutes] = _instead(known, usual, other)
    return found


def with_days_more(request: Request, cards: Sequence[PlanCard], learner: Learner, known: Known, days: int) -> Known:
    """What would be known if there were so many days more, of `known`: what missed days would have brought."""
    sample = _Sample(replace(request, day=min(request.day + days, request.today + LONGEST)), cards, _ANSWERS_OF_SHARES)
    usual, other = (
        _sampled(replace(sample.request, day=day), sample, learner) for day in (request.day, sample.request.day)
    )
    return _instead(known, usual, other, least=1.0)


def _sampled(request: Request, sample: _Sample, learner: Learner) -> tuple[float, float]:
    """How many cards are known on the day, and how many were seen."""
    run = Run(request, sample.cards, _mind(request, learner, 0), learner)
    run.go()
    return run.scope.known(request.day) * sample.every, run.seen() * sample.every


def _instead(known: Known, usual: tuple[float, float], other: tuple[float, float], least: float = 0.0) -> Known:
    """What would be known in another run than the usual one; not more than is seen in it."""
    share = max(least, other[0] / usual[0]) if usual[0] > 0 else 1.0
    return Known(*(min(other[1], value * share) for value in known))


def known_now(cards: Sequence[PlanCard], learner: Learner, day: Day) -> float:
    """How many cards would be known on a day if nothing were asked until then."""
    return Scope(cards, Mind(learner, learner.strength.factor)).known(day)


def _mind(request: Request, learner: Learner, deviations: float) -> Mind:
    return Mind(learner, learner.strength.at(deviations), request.style)


def _path(sample: _Sample, plan: Run, without: SM2Run, share_kept: float) -> tuple[PathPoint, ...]:
    """Runs both to the end, and says on at most 30 days what each knows."""
    request, every = sample.request, sample.every
    step = max(1, math.ceil((request.day - request.today) / _PATH_POINTS))
    points = []
    for day in [*range(request.today, request.day, step), request.day]:
        plan.go(day)
        without.go(day)
        share = every * share_kept ** ((day - request.today) / (request.day - request.today))
        points.append(PathPoint(day, plan.scope.known(day) * share, without.scope.known(day) * share))
    return tuple(points)


def _known(run: Run, shares: _Shares, cards: Sequence[PlanCard]) -> dict[int | None, Known]:
    """What is known on the day: of all cards (None), and by folder, in proportion where the run had a sample."""
    middle, chance, seen = _by_folder(run)
    sampled, counts = (Counter(it.folder for it in some) for some in (run.scope.cards, cards))
    found: dict[int | None, Known] = {}
    for folder in (None, *counts):
        count, of_these = (len(cards), len(run.scope.cards)) if folder is None else (counts[folder], sampled[folder])
        every = count / of_these if of_these else 0.0
        usual, by_chance = middle[folder] * every, EIGHTY * math.sqrt(chance[folder] * every)
        median = usual * shares.middle
        down = math.hypot(by_chance, usual * (shares.middle - shares.low))
        up = math.hypot(by_chance, usual * (shares.high - shares.middle))
        # Not more is known than was seen.
        found[folder] = Known(max(0.0, median - down), median, min(seen[folder] * every, median + up))
    return found


def _by_folder(run: Run) -> tuple[dict[int | None, float], dict[int | None, float], dict[int | None, int]]:
    """The expected number of cards known on the day, its variance, and how many were seen: of all cards (None), and
    by folder."""
    scope, day = run.scope, run.request.day
    known: dict[int | None, float] = defaultdict(float)
    variance: dict[int | None, float] = defaultdict(float)
    seen: dict[int | None, int] = defaultdict(int)
    known[None] = variance[None] = 0.0
    for card, state, last in zip(scope.cards, scope.states, scope.last, strict=True):
        recall = scope.mind.recall(state, day - last) if state != NEVER else 0.0
        for key in (None, card.folder):
            known[key] += recall
            variance[key] += recall * (1 - recall)
            seen[key] += state != NEVER
    return known, variance, seen


def _planned(run: Run, place: int, every: float = 1.0) -> PlannedDay:
    found = run.days[place]
    new = sum(kind == "new" for _, kind in found.asked)
    cards = named(found.asked, run.scope.cards) if every == 1 else ()
    return PlannedDay(found.day, cards, round(new * every), found.seconds * every)


def _left_out_of(run: Run) -> tuple[int, ...]:
    never = [card for card, state in zip(run.scope.cards, run.scope.states, strict=True) if state == NEVER]
    return tuple(card.card for card in sorted(never, key=lambda card: card.weight))


def _left_out(cards: Sequence[PlanCard], count: int) -> tuple[int, ...]:
    """So many of the new cards: those that come last where not all fit."""
    order = by_worth(cards, [card.weight for card in cards])
    return tuple(cards[place].card for place in order[: -count - 1 : -1])
