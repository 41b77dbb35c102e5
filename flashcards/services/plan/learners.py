"""What a plan knows of its learner, from their log: each card's memory, how strong it is, how fast they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flashcards.domain import sm2
from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import DEFAULTS, Memory, Parameters
from flashcards.domain.memory.strength import strength_of
from flashcards.domain.memory.walk import Logged
from flashcards.domain.plan.model import Learner, learner_first_grades, learner_pace, learner_speeds
from flashcards.domain.study_day import Day
from flashcards.storage.plans import AnswerRow

_NEWEST = 20_000
"""So many of the newest answers say how strong a memory is: older ones are of another learner by now."""


@dataclass(frozen=True, slots=True)
class Material:
    """`memories` are each card's memory and the day of its last answer; `answers` is how many the log holds."""

    learner: Learner
    memories: dict[int, tuple[Memory, Day]]
    answers: int


def material(log: Sequence[AnswerRow], today: Day, off: frozenset[Day], chosen: Parameters = DEFAULTS) -> Material:
    """All of it. `off` are days on which nothing was to be studied: they are not missed."""
    memories = memories_of(log, chosen)
    newest = log[-_NEWEST:]
    kept, missed = _days(newest, today, off)
    timed = sum(row.took_ms is not None for row in newest)
    share, pace_sd = learner_pace(timed, kept, missed)
    logged = [Logged(row.day, row.at, row.seq, row.card, row.quality, row.interval) for row in newest]
    learner = Learner(
        parameters=chosen,
        strength=strength_of(logged, chosen),
        speeds=learner_speeds((_what(row), row.took_ms / 1000) for row in newest if row.took_ms is not None),
        first_grades=learner_first_grades(_first_grades(newest)),
        kept=share,
        pace_sd=pace_sd,
    )
    return Material(learner, memories, len(log))


def memories_of(log: Sequence[AnswerRow], chosen: Parameters = DEFAULTS) -> dict[int, tuple[Memory, Day]]:
    """Each card's memory and the day of its last answer, from a log in its order."""
    found: dict[int, tuple[Memory, Day]] = {}
    for row in log:
        before = found.get(row.card)
        if before is None:
            found[row.card] = fsrs.first(row.quality, chosen), row.day
        else:
            found[row.card] = fsrs.review(before[0], row.quality, row.day - before[1], chosen), row.day
    return found


def _what(row: AnswerRow) -> str:
    if row.kind == "drill":
        return "drill"
    if row.was_new:
        return "new"
    return "right" if row.quality >= sm2.REMEMBERED else "wrong"


def _first_grades(log: Sequence[AnswerRow]) -> list[int]:
    """How often each of the four grades was the first answer to a card."""
    counts = Counter(fsrs.rating_of(row.quality) for row in log if row.was_new and row.kind == "scheduled")
    return [counts[rating] for rating in (fsrs.AGAIN, fsrs.HARD, fsrs.GOOD, fsrs.EASY)]


def _days(log: Sequence[AnswerRow], today: Day, off: frozenset[Day]) -> tuple[int, int]:
    """(kept, missed): of the last 60 days before today, from the first answer on."""
    studied = {row.day for row in log}
    if not studied:
        return 0, 0
    days = [day for day in range(max(min(studied), today - 60), today) if day in studied or day not in off]
    kept = sum(day in studied for day in days)
    return kept, len(days) - kept
