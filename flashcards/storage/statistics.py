"""A learner's log and schedules in sums: read from indexes alone, each in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, SQL, fn

from flashcards.domain.ids import CardId, DeckId, LearnerId
from flashcards.domain.leech import FIRST_LEECH
from flashcards.domain.minutes_left import LONGEST_MS
from flashcards.domain.sm2 import REMEMBERED
from flashcards.domain.statistics import MATURE, QUALITIES, QUARTER_MS, SCHEDULED, DaySums
from flashcards.domain.study_day import Day
from flashcards.storage.database import Database
from flashcards.storage.models import (
    Card,
    Deck,
    LearnerDay,
    LearnerDeck,
    Note,
    Review,
    Revision,
    Schedule,
)
from flashcards.storage.prepared import Among, AtMost, Indexed, Number, Query, Shifted, prepared

# Several counts are summed as one integer, 20 bits for each: a day has less than a million answers, and every
# sum less doubles the speed.
_BITS = 20
_MASK = (1 << _BITS) - 1

_log = Indexed(Review, "review_day")
_GRADES = _log.quality.is_null(False) & (_log.undone == 0)
_IS_DUE = (_log.before_interval >= 1) & _log.kind.in_(tuple(sorted(SCHEDULED)))
_IS_RIGHT = _log.quality >= REMEMBERED
_IS_MATURE = _log.before_interval >= MATURE


def _shifted(number: Any, bits: Any) -> Any:
    """The number, moved to the left by so many bits."""
    return Shifted(Number(number), bits)


def _sum(condition: Any) -> Any:
    """How many rows fulfil a condition."""
    return fn.sum(Number(condition))


def _among(query: Any, decks: Collection[DeckId] | None) -> Any:
    """The rows of the log whose cards stand in these decks now (None: all rows)."""
    if decks is None:
        return query
    is_there = Note.removed_at.is_null() & Card.removed_at.is_null()
    cards = Card.select(Card.id).join(Note).where(Among(Note.deck, decks), is_there)
    return query.where(_log.card.in_(cards))


@prepared
def _days(learner: LearnerId, first: Day, decks: Collection[DeckId] | None = None) -> Query:
    part = (Number(_log.before_interval >= 1) + Number(_IS_MATURE)) * _BITS
    query = _log.select(
        _log.study_day, _log.kind, fn.sum(_shifted(SQL("1"), part)), fn.sum(_shifted(_IS_RIGHT, part)),
        fn.sum(AtMost(_log.took_ms, LONGEST_MS)), fn.sum(_shifted(_log.quality < 3, _log.quality * _BITS)),
        fn.sum(_shifted(_log.quality >= 3, (_log.quality - 3) * _BITS)),
    )  # fmt: skip
    query = query.where(_log.learner == learner, _log.study_day >= first, _GRADES)
    return _among(query, decks).group_by(_log.study_day, _log.kind)


@prepared
def _older(learner: LearnerId, before: Day) -> Query:
    """All that is asked of the days before: it is counted as answers come."""
    day = LearnerDay
    counted = (day.study_day, day.due, day.due_mature, day.remembered, day.remembered_mature)
    return day.select(*counted).where(day.learner == learner, day.study_day < before, day.due > 0)


@prepared
def _older_of_decks(learner: LearnerId, before: Day, decks: Collection[DeckId]) -> Query:
    """The same of some decks, from the log: cards move between them."""
    query = _log.select(
        _log.study_day, fn.count(SQL("*")), _sum(_IS_MATURE), _sum(_IS_RIGHT), _sum(_IS_RIGHT & _IS_MATURE)
    ).where(_log.learner == learner, _log.study_day < before, _GRADES, _IS_DUE)
    return _among(query, decks).group_by(_log.study_day)


@prepared
def _quarters(learner: LearnerId, first: Day, decks: Collection[DeckId] | None = None) -> Query:
    query = _log.select(_log.at / QUARTER_MS, fn.count(SQL("*")), _sum(_IS_RIGHT)).where(
        _log.learner == learner, _log.study_day >= first, _GRADES, _IS_DUE
    )
    return _among(query, decks).group_by(SQL("1"))


@prepared
def _active_decks(learner: LearnerId) -> Query:
    has_it = (LearnerDeck.learner == learner) & (LearnerDeck.deck == Deck.id)
    is_active = fn.coalesce(LearnerDeck.active, 1) == 1
    return (
        Deck.select(Deck.id).join(LearnerDeck, JOIN.LEFT_OUTER, on=has_it).where(Deck.removed_at.is_null(), is_active)
    )


@prepared
def _first_day(learner: LearnerId) -> Query:
    return LearnerDay.select(fn.min(LearnerDay.study_day)).where(LearnerDay.learner == learner, LearnerDay.answers > 0)


@prepared
def _cards(decks: Collection[DeckId]) -> Query:
    return Deck.select(fn.sum(Deck.cards)).where(Among(Deck.id, decks))


@prepared
def _standing(learner: LearnerId, decks: Collection[DeckId]) -> Query:
    is_asked = Schedule.due_on.is_null(False) & (Schedule.suspended == 0)
    columns = (Schedule.interval, Schedule.ease, _sum(is_asked), fn.sum(Schedule.suspended))
    mine = Schedule.select(*columns).where(Schedule.learner == learner, Among(Schedule.deck, decks))
    return mine.group_by(Schedule.interval, Schedule.ease)


@prepared
def _leeches(learner: LearnerId, decks: Collection[DeckId], limit: int) -> Query:
    schedule = Indexed(Schedule, "schedule_lapses")
    return (
        schedule.select(
            schedule.card, Card.which, Note.key, Note.title, Note.line, Deck.key, Deck.path, schedule.lapses
        )
        .join(Card, on=(Card.id == schedule.card))
        .join(Note, on=(Note.id == schedule.note))
        .join(Deck, on=(Deck.id == schedule.deck))
        .where(schedule.learner == learner, schedule.lapses > 0, schedule.lapses >= FIRST_LEECH)
        .where(Among(schedule.deck, decks))
        .order_by(schedule.lapses.desc(), schedule.card)
        .limit(limit)
    )


@prepared
def _added(at: int, decks: Collection[DeckId]) -> Query:
    is_there = (Note.draft == 0) & Note.removed_at.is_null() & Card.removed_at.is_null()
    first = Indexed(Revision, "revision_first")  # from there on, few notes are new
    return (
        first.select(first.at, fn.count(SQL("*")))
        .join(Note, on=(Note.id == first.note))
        .join(Card, on=(Card.note == Note.id))
        .where(first.number == 1, first.at >= at, is_there, Among(Note.deck, decks))
        .group_by(first.at)
    )


Counts = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """How many cards have an interval: scheduled ones, and suspended ones."""

    interval: int
    scheduled: int
    suspended: int


@dataclass(frozen=True, slots=True)
class Leech:
    """A card that is forgotten again and again, and where it is written."""

    card: CardId
    which: str
    note_key: str
    title: str
    line: int
    deck_key: str
    path: str
    lapses: int


class StatisticsRows:
    """Reads for one learner. `decks` limits them to cards that stand there now; None is no limit."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def active_decks(self, learner: LearnerId) -> set[DeckId]:
        """The decks that are part of the learner's reviews."""
        return {deck for (deck,) in _active_decks.all(self._db, learner)}

    def day_sums(self, learner: LearnerId, first: Day, decks: Collection[DeckId] | None) -> list[DaySums]:
        """The log from the day `first` on, by day and kind of answer."""
        return [
            DaySums(day, kind, _apart(asked), _apart(right), ms or 0, (*_apart(low), *_apart(high)))
            for day, kind, asked, right, ms, low, high in _days.all(self._db, learner, first, decks)
        ]

    def older_sums(self, learner: LearnerId, before: Day, decks: Collection[DeckId] | None) -> list[DaySums]:
        """The log before a day, as far as retention goes: answers of the kinds that say something of it, by day."""
        if decks is None:
            rows = _older.all(self._db, learner, before)
        else:
            rows = _older_of_decks.all(self._db, learner, before, decks)
        return [
            DaySums(day, "scheduled", (0, both - mature, mature), (0, right - old, old), 0, (0,) * QUALITIES)
            for day, both, mature, right, old in rows
        ]

    def first_day(self, learner: LearnerId) -> Day | None:
        """The first day with an answer; None where there is none."""
        row = _first_day.one(self._db, learner)
        return row[0] if row else None

    def quarters(self, learner: LearnerId, first: Day, decks: Collection[DeckId] | None) -> list[tuple[int, int, int]]:
        """(quarter of an hour since 1970, answers to cards with an interval, remembered), from `first` on."""
        return _quarters.all(self._db, learner, first, decks)

    def cards(self, decks: Collection[DeckId]) -> int:
        """How many cards these decks show."""
        row = _cards.one(self._db, decks)
        return (row[0] if row else 0) or 0

    def standing(self, learner: LearnerId, decks: Collection[DeckId]) -> tuple[list[IntervalRow], Counts]:
        """The learner's cards by their interval, and (ease in hundredths, cards) of the scheduled ones.

        One pass for both: all schedules are looked at.
        """
        scheduled, suspended, eases = Counter[int](), Counter[int](), Counter[int]()
        for interval, ease, asked, held in _standing.all(self._db, learner, decks):
            scheduled[interval] += asked
            suspended[interval] += held
            eases[ease] += asked
        intervals = [IntervalRow(it, scheduled[it], suspended[it]) for it in sorted(scheduled)]
        return intervals, sorted((ease, cards) for ease, cards in eases.items() if cards)

    def added(self, at: int, decks: Collection[DeckId]) -> Counts:
        """(instant, cards): when the notes of these decks were first read, from `at` on."""
        return _added.all(self._db, at, decks)

    def leeches(self, learner: LearnerId, decks: Collection[DeckId], limit: int) -> list[Leech]:
        """The cards with the most lapses, of those that are leeches."""
        return [Leech(*row) for row in _leeches.all(self._db, learner, decks, limit)]


def _apart(packed: int) -> tuple[int, int, int]:
    return packed & _MASK, packed >> _BITS & _MASK, packed >> 2 * _BITS


assert QUALITIES == 6, "the qualities are summed three by three"
