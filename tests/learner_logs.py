"""Logs of made-up learners, whose memories are known: they study with SM-2 and answer as their memories say."""

from __future__ import annotations

import random

from flashcards.domain import sm2
from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import DEFAULTS, Memory, Parameters
from flashcards.domain.memory.walk import Logged

FIRST_DAY = 20_000
FIRST_GRADES = (0.25, 0.35, 0.9)
"""Cumulated: Again, Hard, Good; the rest is Easy."""


def made_up_log(
    days: int, new_a_day: int, seed: int, true: Parameters = DEFAULTS, strength: float = 1.0
) -> list[Logged]:
    """A log in its order. Failed cards are drilled the same day; a recall is that of `strength` times the stability."""
    chance = random.Random(seed)
    memories: dict[int, Memory] = {}
    schedules: dict[int, tuple[sm2.Memory, int]] = {}
    last: dict[int, int] = {}
    log: list[Logged] = []
    for day in range(FIRST_DAY, FIRST_DAY + days):
        due = [card for card, (_, due_on) in schedules.items() if due_on <= day]
        for card in [*due, *range(len(schedules), len(schedules) + new_a_day)]:
            before, _ = schedules.get(card, (sm2.Memory(), day))
            if card in memories:
                left = fsrs.recall(scaled(memories[card], strength), day - last[card], true)
                quality = _later_grade(chance) if chance.random() < left else 1
            else:
                quality = _first_grade(chance)
            log.append(Logged(day, len(log), len(log), card, quality, before.interval))
            memory = fsrs.review(memories.get(card), quality, day - last.get(card, day), true)
            if quality < sm2.REMEMBERED:
                log.append(Logged(day, len(log), len(log), card, 4, before.interval))
                memory = fsrs.review(memory, 4, 0, true)
            memories[card], last[card] = memory, day
            after = sm2.review(before, quality)
            schedules[card] = after, day + after.interval
    return log


def scaled(memory: Memory, strength: float) -> Memory:
    """The memory with `strength` times its stability."""
    return fsrs.kept(memory.days * strength, memory.difficulty / fsrs.UNIT)


def _first_grade(chance: random.Random) -> int:
    drawn = chance.random()
    return (1, 3, 4, 5)[sum(drawn > bound for bound in FIRST_GRADES)]


def _later_grade(chance: random.Random) -> int:
    return chance.choices((3, 4, 5), (1, 7, 2))[0]
