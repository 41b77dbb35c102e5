"""A simulated learner whose true memory is not the model's, under the plan and under SM-2, in memory.

`python -m tests.simulated_learner [seeds]` prints what is recalled on the day under each, what had been predicted,
and how well answers were predicted on the way. The learner's stabilities are the model's times a hidden strength and
times a factor of each card's own; first answers are worse than usual, speeds their own, and days are missed.
"""

from __future__ import annotations

import random
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from flashcards.domain import sm2
from flashcards.domain.memory import fsrs
from flashcards.domain.memory.evaluation import binned
from flashcards.domain.memory.strength import fit_strength
from flashcards.domain.plan.model import (
    Known,
    Learner,
    PlanCard,
    Request,
    learner_of,
)
from flashcards.domain.plan.plan import day_order, make_plan
from flashcards.domain.plan.serving import LONGER, fitting
from tests.learner_logs import scaled

CARDS = 1701
TODAY = 20_000


@dataclass(frozen=True)
class Truth:
    """What the plan does not know."""

    strength: float = 1.0
    card_sd: float = 0.2
    first_grades: tuple[float, float, float, float] = (0.30, 0.12, 0.45, 0.13)
    speed: float = 1.15
    missed: float = 0.07


AS_THE_MODEL = Truth(1.0, 0.0, (0.24, 0.10, 0.49, 0.17), 1.0, 0.0)


@dataclass
class Card:
    """A card as the system knows it, and its own factor."""

    factor: float
    memory: fsrs.Memory | None = None
    last: int = 0
    schedule: sm2.Memory = field(default_factory=sm2.Memory)
    due: int = 0
    failed: bool = False


@dataclass
class Simulation:
    """A learner from today to the day."""

    truth: Truth
    days: int
    minutes: int
    seed: int
    cards: list[Card] = field(default_factory=list)
    ratios: list[tuple[float, bool]] = field(default_factory=list)
    times: list[tuple[str, float]] = field(default_factory=list)
    open: list[Card] = field(default_factory=list)
    first_counts: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    answers: int = 0
    day: int = 0
    last_day: int = -1
    predicted: list[tuple[int, float, bool]] = field(default_factory=list)
    known: dict[int, Known] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.cards = [Card(self.chance.lognormvariate(0, self.truth.card_sd)) for _ in range(CARDS)]
        self.missed = {day for day in range(self.days) if self.chance.random() < self.truth.missed}

    def recall(self, card: Card, day: int) -> float:
        """The truth."""
        if card.memory is None:
            return 0.0
        return fsrs.recall(scaled(card.memory, self.truth.strength * card.factor), TODAY + day - card.last)

    def answer(self, card: Card, day: int) -> float:
        """Asks the card; the seconds that it took."""
        today = TODAY + day
        if card.memory is None:
            grade = self.chance.choices(range(4), self.truth.first_grades)[0]
            quality, what, usual = (1, 3, 4, 5)[grade], "new", 22.0
            self.first_counts[grade] += 1
        else:
            right = self.chance.random() < self.recall(card, day)
            quality, what, usual = (4, "right", 9.0) if right else (1, "wrong", 18.0)
            self.ratios.append(((today - card.last) / card.memory.days, right))
        if card.memory is None or card.due <= today:
            card.schedule = sm2.review(card.schedule, quality)
            card.due = today + card.schedule.interval
        card.memory = fsrs.review(card.memory, quality, today - card.last)
        card.last = today
        card.failed = quality < sm2.REMEMBERED
        if quality < sm2.DRILLED_UNTIL:
            self.open.append(card)
        self.answers += 1
        return self._took(what, usual)

    def drill(self, seconds: float) -> float:
        """What failed since it was drilled last, in `seconds`: what is left open when they are over stays so.

        The seconds that it took.
        """
        spent = 0.0
        for card in self.open:
            if spent >= seconds:
                break
            assert card.memory is not None
            card.memory = fsrs.review(card.memory, 4, 0)
            spent += self._took("drill", 9.0)
        self.open.clear()
        return spent

    def _took(self, what: str, usual: float) -> float:
        seconds = usual * self.truth.speed * self.chance.lognormvariate(-0.08, 0.4)
        self.times.append((what, seconds))
        return seconds

    def learner(self) -> Learner:
        """What the log tells."""
        begun = min((day for day in range(self.day) if day not in self.missed), default=self.day)
        days = range(begun + 1, self.day)
        missed = sum(day in self.missed for day in days)
        return learner_of(fit_strength(self.ratios), self.times, self.first_counts, len(days) - missed, missed)

    def scope(self) -> list[PlanCard]:
        """The cards as a plan gets them."""
        return [
            PlanCard(number, number, memory=it.memory, last_on=it.last if it.memory else None,
                     schedule=it.schedule, due_on=it.due if it.memory else None,
                     failed=it.failed and it.last == TODAY + self.last_day)
            for number, it in enumerate(self.cards)
        ]  # fmt: skip

    def run(self, policy: Callable[[Simulation, int], None]) -> Simulation:
        """Every day that is not missed by a policy."""
        for day in range(self.days):
            self.day = day
            if day not in self.missed:
                policy(self, day)
                self.last_day = day
        return self

    def recalled(self) -> float:
        """The expected number recalled on the day."""
        return sum(self.recall(card, self.days) for card in self.cards)

    def drawn(self) -> int:
        """A number recalled on the day, by chance."""
        chance = random.Random(self.seed + 1)
        return sum(chance.random() < self.recall(card, self.days) for card in self.cards)

    def budget(self) -> float:
        return self.minutes * 60.0


def under_plan(ask_known: bool = False) -> Callable[[Simulation, int], None]:
    """A day as the queue serves it: what the morning promised, then the drill, then what else fits.

    `ask_known` also asks each day what will be known.
    """

    def policy(it: Simulation, day: int) -> None:
        learner, scope = it.learner(), it.scope()
        request = Request(TODAY + day, TODAY + it.days, it.minutes)
        if ask_known:
            it.known[day] = make_plan(request, scope, learner).known
        order = day_order(request, scope, learner, it.budget() * LONGER)
        shorter = order.meant < len(order.cards) and order.seconds < it.budget() - 60
        promise = set(fitting(order.cards, order.seconds if shorter else it.budget()))
        spent = 0.0
        for promised in (True, False):
            for asked in order.cards:
                if (asked.card in promise) == promised and spent < it.budget():
                    spent += _asked(it, it.cards[asked.card], day, learner.strength.factor)
            spent += it.drill(it.budget() - spent)

    return policy


def _asked(it: Simulation, card: Card, day: int, strength: float) -> float:
    """Asks a card, and keeps how likely it was said to be remembered; the seconds that it took."""
    if card.memory is None:
        return it.answer(card, day)
    said = fsrs.recall(scaled(card.memory, strength), TODAY + day - card.last)
    before = len(it.ratios)
    seconds = it.answer(card, day)
    it.predicted.append((day, said, it.ratios[before][1]))
    return seconds


def under_sm2(new_a_day: int) -> Callable[[Simulation, int], None]:
    """What is due, most overdue first, then new cards, then the drill, while there is time."""

    def policy(it: Simulation, day: int) -> None:
        today, spent = TODAY + day, 0.0
        due = [card for card in it.cards if card.memory is not None and card.due <= today]
        due.sort(key=lambda card: (card.due - today) / card.schedule.interval)
        new = [card for card in it.cards if card.memory is None][:new_a_day]
        for card in [*due, *new]:
            if spent >= it.budget():
                break
            spent += it.answer(card, day)
        it.drill(it.budget() - spent)

    return policy


def compared(truth: Truth, days: int, minutes: int, seed: int) -> tuple[float, float, float]:
    """Recalled on the day: under the plan, with SM-2 in the same minutes, with SM-2 and 20 new a day."""
    plan, same, twenty = (
        Simulation(truth, days, minutes, seed).run(policy).recalled()
        for policy in (under_plan(), under_sm2(CARDS), under_sm2(20))
    )
    return plan, same, twenty


def ranged(truth: Truth, days: int, minutes: int, seed: int, on: int = 0) -> tuple[Known, int]:
    """What was said on day `on`, and the number then recalled on the day."""
    it = Simulation(truth, days, minutes, seed)
    said: list[Known] = []

    def policy(simulation: Simulation, day: int) -> None:
        if day >= on and not said:
            request = Request(TODAY + day, TODAY + days, minutes)
            said.append(make_plan(request, simulation.scope(), simulation.learner()).known)
        under_plan()(simulation, day)

    it.run(policy)
    return said[0], it.drawn()


SETTINGS = ((14, 45), (28, 30), (28, 60))


def main(seeds: int) -> None:
    """Prints the tables."""
    print(f"recalled of {CARDS} on the day, mean of seeds 1 to {seeds}: plan; SM-2 same minutes; SM-2 20 new")
    for days, minutes in SETTINGS:
        kinds = {"as the model": AS_THE_MODEL, **{f"x{strength}": Truth(strength) for strength in (0.5, 1.0, 2.0)}}
        for name, truth in kinds.items():
            rows = [compared(truth, days, minutes, seed) for seed in range(1, seeds + 1)]
            plan, same, twenty = (statistics.mean(column) for column in zip(*rows, strict=True))
            worst = min(row[0] / row[1] for row in rows)
            print(
                f"  {days} d {minutes} min {name:<13}{plan:7.0f}{same:7.0f}{twenty:7.0f}"
                f"   plan / same {plan / same:.2f}, worst seed {worst:.2f}", flush=True,
            )  # fmt: skip
    print("\ninside the range given")
    for days, minutes in SETTINGS[:2]:
        inside = 0
        for seed in range(1, seeds * 5 + 1):
            strength = random.Random(seed).lognormvariate(0, 0.5)
            said, then = ranged(Truth(strength), days, minutes, seed)
            inside += said.low <= then <= said.high
        print(f"  {days} d {minutes} min before the start, strengths drawn: {inside} of {seeds * 5}", flush=True)
        for strength in (0.5, 2.0):
            found = [ranged(Truth(strength), days, minutes, seed, 3) for seed in range(1, seeds * 2 + 1)]
            inside = sum(said.low <= then <= said.high for said, then in found)
            apart = statistics.mean(said.median - then for said, then in found)
            print(f"  {days} d {minutes} min on day 3, x{strength}: {inside} of {seeds * 2}, median {apart:+.0f}")
    print("\npredicted and happened, answers after the first week")
    for strength in (0.5, 1.0, 2.0):
        pairs = []
        for seed in range(1, seeds + 1):
            it = Simulation(Truth(strength), 28, 60, seed).run(under_plan())
            pairs += [(said, right) for day, said, right in it.predicted if day >= 7]
        bins = binned(pairs)
        total = len(pairs)
        off = sum(said - right for said, right in pairs) / max(1, total)
        print(f"  x{strength}: {total:,} answers, predicted {off:+.3f} of what happened; by tenths " + ", ".join(
            f"{it.predicted:.2f}/{it.happened:.2f} ({it.answers})" for it in bins))  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
