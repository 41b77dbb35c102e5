"""The answer to a request: a plan for each day up to the day, and what will be known on it.

The plan is run with the learner's strength as it is thought to be, and at the ends of the range in which 80 of 100
such learners lie; their speed, how first answers go and which days they keep are uncertain, too. To that the chance of
each answer on the day is added, like standard deviations.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace

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
from flashcards.domain.plan.shares import EIGHTY, Sample, Shares, Uncertain, sample_of
from flashcards.domain.study_day import Day

NEW_A_DAY = 20
_PATH_POINTS = 30
_ANSWERS = 8_000
_NAMED_DAYS = 14


def make_plan(request: Request, cards: Sequence[PlanCard], learner: Learner) -> Plan:
    """The plan for the cards in scope. The same input gives the same plan.

    A plan of more than some 10,000 answers (16,000 in a large scope) is run with every k-th card in the k-th part of
    the time, and its figures are multiplied; only the first two weeks then name their cards, from a run with all.
    """
    sample = sample_of(request, cards, _ANSWERS + len(cards) * 4 // 5)
    mind = _mind(sample.request, learner, 0)
    usual = Run(sample.request, sample.cards, mind, learner)
    as_drilled = Mind(learner, learner.strength.factor, request.style, drilled=True)
    without = SM2Run(sample.request, sample.cards, as_drilled, learner, NEW_A_DAY / sample.every)
    shares = Uncertain(request, cards, learner).shares()
    path = _path(sample, usual, without, shares)
    days = tuple(_planned(usual, place, sample.every) for place in range(len(usual.days)))
    if sample.every > 1:
        near = Run(request, cards, _mind(request, learner, 0), learner)
        near.go(request.today + _NAMED_DAYS)
        days = (*(_planned(near, place) for place in range(len(near.days))), *days[len(near.days) :])
    left_out = _left_out_of(usual)
    if sample.every > 1:
        left_out = _left_out(cards, round(len(left_out) * sample.every))
    known = _known(usual, shares, cards, left_out)
    total = known.pop(None)
    return Plan(
        days=days,
        known=total,
        folders={folder: it for folder, it in known.items() if folder is not None},
        without=path[-1].without,
        more=min(len(cards) - total.median, total.median * max(0.0, shares.more - 1)),
        path=path,
        left_out=left_out,
        cards=len(cards),
        seen=len(cards) - len(left_out),
    )


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
    """What would be known with other minutes a day, of `known` with those asked for: from a small sample."""
    if not choices:
        return {}
    uncertain = Uncertain(request, cards, learner, max(choices))
    found = {}
    for minutes in choices:
        factors, seen = uncertain.with_minutes(minutes)
        found[minutes] = Known(*(min(seen, value * factor) for value, factor in zip(known, factors, strict=True)))
    return found


def with_days_more(request: Request, cards: Sequence[PlanCard], learner: Learner, known: Known, days: int) -> Known:
    """What would be known if there were so many days more, of `known`: what missed days would have brought."""
    sample = sample_of(replace(request, day=min(request.day + days, request.today + LONGEST)), cards)
    usual, other = (
        replace(sample, request=replace(sample.request, day=day)).run(learner)
        for day in (request.day, sample.request.day)
    )
    known_then, known_later = usual.scope.known(request.day), other.scope.known(sample.request.day)
    share = max(1.0, known_later / known_then) if known_then > 0 else 1.0
    # Not more than is seen then.
    return Known(*(min(other.seen() * sample.every, value * share) for value in known))


def known_now(cards: Sequence[PlanCard], learner: Learner, day: Day) -> float:
    """How many cards would be known on a day if nothing were asked until then."""
    return Scope(cards, Mind(learner, learner.strength.factor)).known(day)


def _mind(request: Request, learner: Learner, deviations: float) -> Mind:
    return Mind(learner, learner.strength.at(deviations), request.style)


def _path(sample: Sample, plan: Run, without: SM2Run, shares: Shares) -> tuple[PathPoint, ...]:
    """Runs both to the end, and says on at most 30 days what each knows.

    Without the plan, of what the days would bring as much is brought as there are days kept.
    """
    request, every = sample.request, sample.every
    idle = Scope(sample.cards, without.scope.mind)
    step = max(1, math.ceil((request.day - request.today) / _PATH_POINTS))
    points = []
    for day in [*range(request.today, request.day, step), request.day]:
        plan.go(day)
        without.go(day)
        share = shares.middle ** ((day - request.today) / (request.day - request.today))
        left = idle.known(day)
        as_is = left + (without.scope.known(day) - left) * shares.days_kept
        points.append(PathPoint(day, plan.scope.known(day) * share * every, as_is * every))
    return tuple(points)


def _known(run: Run, shares: Shares, cards: Sequence[PlanCard], left_out: Collection[int]) -> dict[int | None, Known]:
    """What is known on the day: of all cards (None), and by folder, in proportion where the run had a sample.

    A folder of which the sample has no card is taken to go as all cards do that are not `left_out`.
    """
    middle, chance, seen = _by_folder(run)
    sampled, counts = (Counter(it.folder for it in some) for some in (run.scope.cards, cards))
    never = set(left_out)
    begun = Counter(card.folder for card in cards if card.card not in never)
    found: dict[int | None, Known] = {}
    for folder in (None, *counts):
        like = folder if folder is not None and sampled[folder] else None
        if folder is None:
            count, of_these = len(cards), len(run.scope.cards)
        elif like is None:
            count, of_these = begun[folder], seen[None]
        else:
            count, of_these = counts[folder], sampled[folder]
        every = count / of_these if of_these else 0.0
        usual, by_chance = middle[like] * every, EIGHTY * math.sqrt(chance[like] * every)
        median = usual * shares.middle
        down = math.hypot(by_chance, usual * (shares.middle - shares.low))
        up = math.hypot(by_chance, usual * (shares.high - shares.middle))
        # Not more is known than was seen.
        found[folder] = Known(max(0.0, median - down), median, min(seen[like] * every, median + up))
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
