"""Breaks: a holiday spread over the days around it, and the order of a backlog after one that was not planned."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flashcards.domain.ids import CardId
from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import DEFAULTS, Memory, Parameters
from flashcards.domain.plan.mind import Mind
from flashcards.domain.plan.model import Learner
from flashcards.domain.study_day import Day

AHEAD = 30
"""Days: an answer in a backlog is worth what it adds to the recall then."""
DAYS_AFTER = 7
"""Over so many days after a break its cards are spread."""


class Waiting(NamedTuple):
    """A scheduled card: its memory, the day of its last answer, the day on which it is due."""

    card: CardId
    memory: Memory
    last_on: Day
    due_on: Day


@dataclass(frozen=True, slots=True)
class Backlog:
    """`order` is that of the due cards, `days` how many it will take to answer them, None where it only grows.

    `hold_new` is whether no new cards should come until then.
    """

    order: tuple[CardId, ...]
    days: int | None
    hold_new: bool


def backlog(
    cards: Iterable[Waiting], today: Day, learner: Learner, seconds_a_day: float, coming_a_day: float, threshold: int
) -> Backlog:
    """The due cards by gain a minute: first those of which asking adds most, for the time it takes, to what is known
    in 30 days.

    `coming_a_day` is how many further cards become due on an average day. New cards are held back while more than
    `threshold` cards are due.
    """
    mind = Mind(learner, learner.strength.factor, drilled=True)
    worth, seconds = [], 0.0
    for it in cards:
        if it.due_on > today:
            continue
        days = max(1, today - it.last_on)
        gain, recall = mind.worth(mind.state(it.memory), days, AHEAD)
        worth.append((-gain, it.card))
        seconds += mind.cost(recall)
    mean = seconds / len(worth) if worth else 0.0
    free = seconds_a_day - coming_a_day * mean
    days_needed = 0 if not worth else math.ceil(seconds / free) if free > 0 else None
    return Backlog(tuple(card for _, card in sorted(worth)), days_needed, len(worth) > threshold)


def spread_over(order: Sequence[CardId], first: Day, days: int) -> dict[CardId, Day]:
    """Cards in their order over so many days from `first` on, as many on each as on the others."""
    return {card: first + number * days // len(order) for number, card in enumerate(order)}


def spread_break(
    cards: Sequence[Waiting], today: Day, first: Day, last: Day, chosen: Parameters = DEFAULTS
) -> dict[CardId, Day]:
    """The day on which each card comes that is due in the break from `first` to `last`: before it or after it.

    Those that would be forgotten most until after it come before, on the days from `today` on, the others within a
    week after it, most at risk first; each day gets as many as the others. A break that has begun has only days after.
    Raises ValueError where it ends before it begins.
    """
    if last < first:
        raise ValueError("the break ends before it begins: give its first day, then its last")
    before = list(range(max(today, first - DAYS_AFTER), first))
    after = list(range(last + 1, last + 1 + DAYS_AFTER))
    falling = [it for it in cards if first <= it.due_on <= last]
    falling.sort(key=lambda it: (fsrs.recall(it.memory, last + 1 - it.last_on, chosen), it.card))
    early = len(falling) * len(before) // (len(before) + len(after))
    placed: dict[CardId, Day] = {}
    # The one most at risk comes last before the break: the later it is asked, the longer it stays.
    for some, days in ((falling[:early], before[::-1]), (falling[early:], after)):
        for number, it in enumerate(some):
            placed[it.card] = days[number * len(days) // len(some)]
    return placed
