"""A learner's statistics: what was done, what is remembered, what will come; docs/statistics.md tells each figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from flashcards.clock import Clock
from flashcards.domain import statistics
from flashcards.domain.ids import DeckId
from flashcards.domain.sm2 import REMEMBERED
from flashcards.domain.statistics import DaySums, Retention, Share
from flashcards.domain.study_day import Day, raw_study_day
from flashcards.errors import Invalid
from flashcards.services.accounts.people import Learner
from flashcards.services.kept import Kept
from flashcards.services.memory.known import KnownCards, together
from flashcards.services.review.contract import DayCount
from flashcards.services.review.queue import Queues
from flashcards.storage.counters import Mark, mark_of
from flashcards.storage.database import Database
from flashcards.storage.statistics import IntervalRow, Leech, StatisticsRows

PERIODS = {"30": 30, "90": 90, "365": 365, "all": None}
USUAL_PERIOD = "90"
LONGEST_PERIOD = 36_500
FORECAST_DAYS, CALENDAR_DAYS, HOURS_DAYS, LEECHES = 30, 371, 365, 50
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class StatsToday:
    """Today's answers: how many, the time they took, and how many were wrong."""

    answers: int
    ms: int
    again: int


@dataclass(frozen=True, slots=True)
class CardCounts:
    """How many cards there are in which state; `known` is how many are expected to be remembered today."""

    total: int
    new: int
    young: int
    mature: int
    suspended: int
    known: float


@dataclass(frozen=True, slots=True)
class Statistics:
    """Everything that the page shows.

    `days` is the length of the period, None for all; it began on `first_day`. `reviews`, `buttons`, `hours`
    (at most the last 365 days) and `added` are of the period; the rest is of its own time or of now. `added`
    maps days to cards. `overdue` is the part of the backlog that was due before today.
    """

    study_day: Day
    days: int | None
    first_day: Day
    deck: str | None
    answered: bool
    today: StatsToday
    remembered: Share
    daily_load: float
    cards: CardCounts
    overdue: DayCount
    forecast: tuple[DayCount, ...]
    reviews: dict[Day, dict[str, int]]
    retention: tuple[Retention, ...]
    calendar: dict[Day, int]
    intervals: tuple[tuple[int, int], ...]
    eases: tuple[tuple[int, int], ...]
    hours: tuple[Share, ...]
    buttons: tuple[int, ...]
    added: dict[Day, int]
    leeches: tuple[Leech, ...]


@dataclass(frozen=True, slots=True)
class _LogSums:
    """A learner's log in sums: see `StatisticsRows`. Nobody changes them."""

    sums: list[DaySums]
    older: list[DaySums]
    quarters: list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class _Standing:
    """A learner's cards as they stand, in some decks. Nobody changes it."""

    intervals: list[IntervalRow]
    eases: list[tuple[int, int]]
    leeches: tuple[Leech, ...]


class StatsService(Queues):
    """Reads one learner's log: `StatsService(database, clock, known)`.

    What takes long is kept for as long as nothing that it says has changed: see `counters.mark_of`.
    """

    def __init__(self, database: Database, clock: Clock, known: KnownCards) -> None:
        super().__init__(database, clock)
        self._known = known
        self._logs = Kept[_LogSums]()
        self._standings = Kept[_Standing]()
        self._new_notes = Kept[list[tuple[int, int]]]()

    def statistics(self, learner: Learner, *, days: str | None = None, deck: str | None = None) -> Statistics:
        """The figures over a period of so many days (``all``: everything; 90 unless given).

        `deck` is the address of a deck or folder. Cards that left it, or the files, count no more. What will
        come is of the decks that are switched on. Raises Invalid and NotFound.
        """
        period = _period(days)
        with self._db.read():
            rows = StatisticsRows(self._db)
            today = self.study_day(learner)
            address = None if deck is None else deck.removesuffix(".md")
            chosen = None if address is None else self._decks_at(address)
            active = rows.active_decks(learner.id)
            decks = frozenset(active if chosen is None else active & chosen)
            mark = mark_of(self._db, learner.id)
            begun = rows.first_day(learner.id)
            first = min(begun or today, today) if period is None else today - period + 1
            read_from = first if chosen is None else min(first, today - CALENDAR_DAYS + 1)
            hours_from = max(first, today - HOURS_DAYS + 1)
            log = self._log_sums(learner, mark, read_from, hours_from, chosen)
            sums = log.sums
            kept = statistics.retention([*log.older, *sums], today)
            in_period = [it for it in sums if first <= it.day <= today]
            coming = self.forecast(learner, days=FORECAST_DAYS, deck=address)
            now = self._standing(learner, mark, decks)
            by_deck = self._known.by_deck(learner, today)
            known = together(it for deck, it in by_deck.items() if deck in decks)
            return Statistics(
                study_day=today,
                days=period,
                first_day=first,
                deck=deck,
                answered=begun is not None,
                today=_today(sums, today),
                remembered=next(it.both for it in kept if it.window == "30 days"),
                daily_load=statistics.daily_load((it.interval, it.scheduled) for it in now.intervals),
                cards=_counts(rows.cards(decks), now.intervals, known.recalled),
                overdue=coming.overdue,
                forecast=coming.days,
                reviews=statistics.kinds_by_day(in_period),
                retention=kept,
                calendar=self._calendar(learner, sums, today, chosen),
                intervals=tuple((it.interval, it.scheduled) for it in now.intervals if it.scheduled),
                eases=tuple(now.eases),
                hours=statistics.by_hour(log.quarters, learner.timezone),
                buttons=statistics.buttons(in_period),
                added=self._added(learner, mark, first, decks),
                leeches=now.leeches,
            )

    def _standing(self, learner: Learner, mark: Mark, decks: frozenset[DeckId]) -> _Standing:
        rows = StatisticsRows(self._db)

        def found() -> _Standing:
            leeches = tuple(rows.leeches(learner.id, decks, LEECHES))
            return _Standing(*rows.standing(learner.id, decks), leeches)

        return self._standings.get((learner.id, learner.created_at, mark, decks), found)

    def _log_sums(
        self, learner: Learner, mark: Mark, first: Day, hours_from: Day, decks: Collection[DeckId] | None
    ) -> _LogSums:
        """What the log gives, of all decks (None) or of some: what these hold is then the collection's business too."""
        rows, who = StatisticsRows(self._db), learner.id

        def found() -> _LogSums:
            return _LogSums(
                rows.day_sums(who, first, decks),
                rows.older_sums(who, first, decks),
                rows.quarters(who, hours_from, decks),
            )

        of = mark.learner if decks is None else (mark, frozenset(decks))
        return self._logs.get((who, learner.created_at, first, hours_from, of), found)

    def _calendar(
        self, learner: Learner, sums: list[DaySums], today: Day, decks: Collection[DeckId] | None
    ) -> dict[Day, int]:
        first = today - CALENDAR_DAYS + 1
        if decks is None:
            return self._card_rows.days_studied(learner.id, first)
        found: Counter[Day] = Counter()
        for it in sums:
            if first <= it.day:
                found[it.day] += sum(it.buttons)
        return dict(found)

    def _added(self, learner: Learner, mark: Mark, first: Day, decks: frozenset[DeckId]) -> dict[Day, int]:
        """Cards by the day of the learner's calendar on which the server first read them."""
        rows, since = StatisticsRows(self._db), (first - 1) * _DAY_MS
        found: Counter[Day] = Counter()
        for at, count in self._new_notes.get((mark.collection, since, decks), lambda: rows.added(since, decks)):
            found[raw_study_day(at, learner.timezone, learner.day_start)] += count
        return {day: found[day] for day in sorted(found) if day >= first}


def _period(days: str | None) -> int | None:
    text = days or USUAL_PERIOD
    if text in PERIODS:
        return PERIODS[text]
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= LONGEST_PERIOD):
        raise Invalid(f"Give a number of days from 1 to {LONGEST_PERIOD:,}, or all.", field="days")
    return int(text)


def _today(sums: list[DaySums], today: Day) -> StatsToday:
    mine = [it for it in sums if it.day == today]
    return StatsToday(
        answers=sum(sum(it.buttons) for it in mine),
        ms=sum(it.ms for it in mine),
        again=sum(sum(it.buttons[:REMEMBERED]) for it in mine),
    )


def _counts(total: int, intervals: list[IntervalRow], known: float) -> CardCounts:
    mature = sum(it.scheduled for it in intervals if it.interval >= statistics.MATURE)
    young = sum(it.scheduled for it in intervals) - mature
    suspended = sum(it.suspended for it in intervals)
    # Those that nobody asked yet have no schedule: they are what is left.
    new = max(0, total - young - mature - suspended)
    return CardCounts(total, new, young, mature, suspended, known)
