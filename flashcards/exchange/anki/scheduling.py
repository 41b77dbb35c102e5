"""Our schedules and log rows, in Anki's numbers.

A package counts days from a day of its own, `EPOCH_DAY`: on import Anki moves the due dates of review cards by
the difference between that count and the collection's, so that the calendar date stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from flashcards.domain.schedule import Schedule
from flashcards.domain.study_day import Day, day_of

EPOCH_DAY: Day = day_of(date(2000, 1, 1))
CREATED_AT = EPOCH_DAY * 86_400 + 4 * 3600
"""`col.crt`: 04:00 UTC of that day, in epoch seconds. With an offset of 0 its date is that day's."""

MINIMUM_FACTOR = 1300
MAXIMUM_TOOK_MS = 60_000

_TYPE_NEW, _TYPE_REVIEW = 0, 2
_QUEUE_NEW, _QUEUE_REVIEW, _QUEUE_SUSPENDED, _QUEUE_BURIED = 0, 2, -1, -3
LEARN, REVIEW, RELEARN, FILTERED, MANUAL = range(5)

_EASE = (1, 1, 1, 2, 3, 4)
"""The button of Anki for each quality of SM-2."""


class AnkiSchedule(NamedTuple):
    """The scheduling columns of a card: `due` is a position for a new card, else days since `CREATED_AT`;
    `interval` is in days, `factor` in permille.
    """

    type: int
    queue: int
    due: int
    interval: int
    factor: int
    reps: int
    lapses: int


class AnkiReview(NamedTuple):
    """A row of Anki's log: `at` in epoch ms, intervals in days, `factor` in permille."""

    at: int
    ease: int
    interval: int
    last_interval: int
    factor: int
    took_ms: int
    type: int


class LogEntry(NamedTuple):
    """A row of our log, as far as Anki has a place for it. `quality` is None for what is no answer.

    The last four are what Anki knew of a row that came from there, else None.
    """

    at: int
    study_day: Day
    kind: str
    verb: str | None
    quality: int | None
    before_interval: int
    after_interval: int
    after_ease: int
    took_ms: int | None
    type: int | None = None
    interval: int | None = None
    last_interval: int | None = None
    factor: int | None = None


def new_card(position: int) -> AnkiSchedule:
    """A card that was never answered, the `position`th to be learnt."""
    return AnkiSchedule(_TYPE_NEW, _QUEUE_NEW, position, 0, 0, 0, 0)


def scheduled(schedule: Schedule, position: int, today: Day, reps: int, lapses: int) -> AnkiSchedule:
    """A learner's card: `position` is its place among new cards, `reps` how often it was answered."""
    queue = _queue(schedule, today)
    if schedule.due_on is None:
        return AnkiSchedule(_TYPE_NEW, queue, position, 0, 0, reps, lapses)
    return AnkiSchedule(
        _TYPE_REVIEW,
        queue,
        schedule.due_on - EPOCH_DAY,
        max(1, schedule.interval),  # 0 where a date was set on a new card; Anki knows no such review card
        max(MINIMUM_FACTOR, schedule.ease * 10),
        reps,
        lapses,
    )


def memory_data(stability: float, difficulty: float, retention: float, decay: float, last_at: int) -> str:
    """A card's data as Anki's FSRS keeps it: stability in days to four decimals, difficulty to three.

    `last_at` is the instant of the last answer. Without it Anki takes the due date less the interval, which is SM-2's.
    """
    values = {
        "s": round(stability, 4), "d": round(difficulty, 3), "dr": round(retention, 4), "decay": round(decay, 4),
        "lrt": last_at // 1000,
    }  # fmt: skip
    return json.dumps(values, separators=(",", ":"))


def _queue(schedule: Schedule, today: Day) -> int:
    if schedule.suspended:
        return _QUEUE_SUSPENDED
    if schedule.buried_until is not None and schedule.buried_until > today:
        return _QUEUE_BURIED
    return _QUEUE_NEW if schedule.due_on is None else _QUEUE_REVIEW


def reviews(log: Iterable[LogEntry]) -> Iterator[AnkiReview]:
    """The log of one card, in the order of its instants, as Anki writes such a log.

    The first answer, and those that drill it on its day, are of type 0, without which Anki's FSRS computes
    nothing; after a reset it begins anew. A drill after a lapse is relearning. Answers that moved no schedule are
    filtered ones; they say something of the memory all the same, and Anki's FSRS counts them, as their factor is above
    0. Rows that came from Anki go back as they came; what closed their import was no event there.
    """
    learnt_on: Day | None = None
    came = False
    for entry in log:
        known = _as_it_came(entry)
        if known is not None:
            came = True
            if learnt_on is None and known.ease:
                learnt_on = entry.study_day
            yield known
            continue
        if came and entry.verb == "import":
            continue
        if entry.quality is None:
            if entry.verb == "reset":
                learnt_on = None
            yield _manual(entry)
            continue
        if learnt_on is None:
            learnt_on = entry.study_day
            type_ = LEARN
        else:
            type_ = _type(entry, learnt_on)
        factor = max(MINIMUM_FACTOR, entry.after_ease * 10)
        yield _row(entry, _EASE[entry.quality], factor, type_)


def _type(entry: LogEntry, learnt_on: Day) -> int:
    match entry.kind:
        case "drill":
            return LEARN if entry.study_day == learnt_on else RELEARN
        case "scheduled" | "imported":
            return LEARN if entry.study_day == learnt_on else REVIEW
        case _:
            return FILTERED


def _as_it_came(entry: LogEntry) -> AnkiReview | None:
    """A row that came from Anki, in the numbers that it had there."""
    values = (entry.type, entry.interval, entry.last_interval, entry.factor)
    type_, interval, last, factor = values
    if type_ is None or interval is None or last is None or factor is None:
        return None
    ease = 0 if entry.quality is None else _EASE[entry.quality]
    return AnkiReview(entry.at, ease, interval, last, factor, _took(entry), type_)


def _manual(entry: LogEntry) -> AnkiReview:
    """Anki reads a manual row with a factor of 0 as "forget this card": only a reset is that."""
    factor = 0 if entry.verb == "reset" else max(MINIMUM_FACTOR, entry.after_ease * 10)
    return _row(entry, 0, factor, MANUAL)


def _row(entry: LogEntry, ease: int, factor: int, type_: int) -> AnkiReview:
    return AnkiReview(entry.at, ease, entry.after_interval, entry.before_interval, factor, _took(entry), type_)


def _took(entry: LogEntry) -> int:
    return min(max(entry.took_ms or 0, 0), MAXIMUM_TOOK_MS)
