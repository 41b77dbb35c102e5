"""What a plan knows of its learner, from their log: each card's memory, how strong it is, how fast they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flashcards.domain import sm2
from flashcards.domain.ids import CardId
from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import DEFAULTS, Memory, Parameters
from flashcards.domain.memory.strength import fit_strength
from flashcards.domain.plan.model import Learner, learner_of
from flashcards.domain.study_day import Day
from flashcards.storage.plans import AnswerRow

NEWEST = 20_000
"""So many of the newest answers say how a learner is: older ones are of another one by now."""


@dataclass(frozen=True, slots=True)
class Material:
    """`memories` are each card's memory and the day of its last answer; `answers` is how many the log holds.

    `efforts` is how many times the usual each card's first answer takes; `forgotten` are the cards that were
    forgotten on the last day of studying.
    """

    learner: Learner
    memories: Mapping[CardId, tuple[Memory, Day]]
    answers: int
    efforts: Mapping[CardId, float]
    forgotten: frozenset[CardId] = frozenset()


def material(
    log: Sequence[AnswerRow],
    today: Day,
    off: frozenset[Day],
    memories: Mapping[CardId, tuple[Memory, Day]],
    answers: int,
    efforts: Mapping[CardId, float],
    forgotten: frozenset[CardId] = frozenset(),
    chosen: Parameters = DEFAULTS,
) -> Material:
    """All of it. `log` are the newest of the learner's `answers`, in their order; `off` are days on which nothing was
    to be studied: they are not missed."""
    learner = learner_of(
        fit_strength(_ratios(log, whole=len(log) >= answers, chosen=chosen), chosen),
        list(_timed(log, efforts)),
        _first_grades(log),
        *_days(log, today, off),
        chosen,
    )
    return Material(learner, memories, answers, efforts, forgotten)


def before_today(
    log: Sequence[AnswerRow], memories: Mapping[CardId, tuple[Memory, Day]], answers: int, today: Day
) -> tuple[list[AnswerRow], dict[CardId, tuple[Memory, Day]], int]:
    """(log, memories, answers) as they were before the first answer of today."""
    before = [row for row in log if row.day < today]
    since = {row.card: row for row in reversed(log) if row.day >= today}
    found = dict(memories)
    for card in since:
        found.pop(card, None)
    for row in before:
        if row.card in since and not since[row.card].was_new:
            if row.stability is not None and row.difficulty is not None:
                found[row.card] = Memory(row.stability, row.difficulty), row.day
            elif row.card in memories:  # an old row that stores none: nearly what is known now
                found[row.card] = memories[row.card][0], row.day
    return before, found, answers - (len(log) - len(before))


def _ratios(log: Sequence[AnswerRow], *, whole: bool, chosen: Parameters) -> Iterator[tuple[float, bool]]:
    """(days by stability, remembered) of the first answers of later days.

    The memory after an answer is what was stored with it; where it was not, it is computed, as far as the answers
    before are known (`whole`: all are).
    """
    known: dict[CardId, tuple[Memory, Day]] = {}
    for row in log:
        before = known.get(row.card)
        if before is not None and row.day > before[1]:
            yield (row.day - before[1]) / before[0].days, row.quality >= sm2.REMEMBERED
        if row.stability is not None and row.difficulty is not None:
            known[row.card] = Memory(row.stability, row.difficulty), row.day
        elif before is not None:
            known[row.card] = fsrs.review(before[0], row.quality, max(0, row.day - before[1]), chosen), row.day
        elif whole:
            known[row.card] = fsrs.first(row.quality, chosen), row.day


def _timed(log: Sequence[AnswerRow], efforts: Mapping[CardId, float]) -> Iterator[tuple[str, float]]:
    """What each answer was, and its seconds; those to a new card as if it were a usual one."""
    for row in log:
        if row.took_ms is not None:
            what = _what(row)
            yield what, row.took_ms / 1000 / (efforts.get(row.card, 1.0) if what == "new" else 1.0)


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
    """(kept, missed): of the last 60 days before today, from the day after that of the first answer on."""
    studied = {row.day for row in log}
    if not studied:
        return 0, 0
    days = [day for day in range(max(min(studied) + 1, today - 60), today) if day in studied or day not in off]
    kept = sum(day in studied for day in days)
    return kept, len(days) - kept
