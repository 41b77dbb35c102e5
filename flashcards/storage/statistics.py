"""A learner's log and schedules in sums: read from indexes alone, each in one pass."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from flashcards.domain.pace import LONGEST_MS
from flashcards.domain.schedule import FIRST_LEECH
from flashcards.domain.sm2 import REMEMBERED
from flashcards.domain.statistics import MATURE, QUALITIES, QUARTER_MS, SCHEDULED, DaySums
from flashcards.domain.study_day import Day
from flashcards.storage.database import Database

_KINDS = ", ".join(f"'{kind}'" for kind in sorted(SCHEDULED))
_DUE = f"before_interval >= 1 AND kind IN ({_KINDS})"
# Several counts are summed as one integer, 20 bits for each: a day has less than a million answers, and every
# sum less doubles the speed.
_BITS = 20
_MASK = (1 << _BITS) - 1
_PART = f"{_BITS} * ((before_interval >= 1) + (before_interval >= {MATURE}))"
_DAYS = f"""
    SELECT study_day, kind, sum(1 << {_PART}), sum((quality >= {REMEMBERED}) << {_PART}),
           sum(min(took_ms, {LONGEST_MS})),
           sum((quality < 3) << {_BITS} * quality), sum((quality >= 3) << {_BITS} * (quality - 3))
    FROM review INDEXED BY review_day
    WHERE learner_id = ? AND study_day >= ? AND quality IS NOT NULL AND undone = 0 {{among}}
    GROUP BY study_day, kind
"""
# All that is asked of the days before.
_OLDER = f"""
    SELECT study_day, count(*), sum(before_interval >= {MATURE}), sum(quality >= {REMEMBERED}),
           sum(quality >= {REMEMBERED} AND before_interval >= {MATURE})
    FROM review INDEXED BY review_day
    WHERE learner_id = ? AND study_day < ? AND quality IS NOT NULL AND undone = 0 AND {_DUE} {{among}}
    GROUP BY study_day
"""
_QUARTERS = f"""
    SELECT at / {QUARTER_MS}, count(*), sum(quality >= {REMEMBERED}) FROM review INDEXED BY review_day
    WHERE learner_id = ? AND study_day >= ? AND quality IS NOT NULL AND undone = 0
    AND {_DUE} {{among}}
    GROUP BY 1
"""
_AMONG = """
    AND card_id IN (SELECT c.id FROM card c JOIN note n ON n.id = c.note_id
                    WHERE n.deck_id IN (SELECT value FROM json_each(?))
                    AND n.removed_at IS NULL AND c.removed_at IS NULL)
"""
_SCHEDULES = "FROM schedule WHERE learner_id = ? AND deck_id IN (SELECT value FROM json_each(?))"
_ASKED = f"{_SCHEDULES} AND due_on IS NOT NULL AND suspended = 0"
_LEECHES = f"""
    SELECT s.card_id, c.which, n.key, n.title, n.line, d.key, d.path, s.lapses
    FROM schedule s JOIN card c ON c.id = s.card_id JOIN note n ON n.id = s.note_id JOIN deck d ON d.id = s.deck_id
    WHERE s.learner_id = ? AND s.deck_id IN (SELECT value FROM json_each(?)) AND s.lapses >= {FIRST_LEECH}
    ORDER BY s.lapses DESC, s.card_id LIMIT ?
"""
_ADDED = """
    SELECT r.at, count(*) FROM revision r JOIN note n ON n.id = r.note_id JOIN card c ON c.note_id = n.id
    WHERE r.number = 1 AND r.at >= ? AND n.draft = 0 AND n.removed_at IS NULL AND c.removed_at IS NULL
    AND n.deck_id IN (SELECT value FROM json_each(?)) GROUP BY r.at
"""

Counts = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """How many cards have an interval: scheduled ones, suspended ones, and those remembered when last asked."""

    interval: int
    scheduled: int
    suspended: int
    known: int


@dataclass(frozen=True, slots=True)
class Leech:
    """A card that is forgotten again and again, and where it is written."""

    card: int
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

    def active_decks(self, learner: int) -> set[int]:
        """The decks that are part of the learner's reviews."""
        rows = self._db.all(
            "SELECT d.id FROM deck d LEFT JOIN learner_deck ld ON ld.learner_id = ? AND ld.deck_id = d.id"
            " WHERE d.removed_at IS NULL AND coalesce(ld.active, 1) = 1",
            (learner,),
        )
        return {deck for (deck,) in rows}

    def day_sums(self, learner: int, first: Day, decks: Collection[int] | None) -> list[DaySums]:
        """The log from the day `first` on, by day and kind of answer."""
        sql, more = _limited(_DAYS, decks)
        return [
            DaySums(day, kind, _apart(asked), _apart(right), ms or 0, (*_apart(low), *_apart(high)))
            for day, kind, asked, right, ms, low, high in self._db.all(sql, (learner, first, *more))
        ]

    def older_sums(self, learner: int, before: Day, decks: Collection[int] | None) -> list[DaySums]:
        """The log before a day, as far as retention goes: answers of the kinds that say something of it, by day."""
        sql, more = _limited(_OLDER, decks)
        return [
            DaySums(day, "scheduled", (0, both - mature, mature), (0, right - old, old), 0, (0,) * QUALITIES)
            for day, both, mature, right, old in self._db.all(sql, (learner, before, *more))
        ]

    def log_mark(self, learner: int) -> tuple[int, int]:
        """What is another whenever an answer came to the learner's log, or was taken out of it."""
        row = self._db.one(
            "SELECT (SELECT last_seq FROM learner_state WHERE learner_id = ?1),"
            " (SELECT sum(answers) FROM learner_day WHERE learner_id = ?1)",
            (learner,),
        )
        return (row[0] or 0, row[1] or 0) if row else (0, 0)

    def first_day(self, learner: int) -> Day | None:
        """The first day with an answer; None where there is none."""
        row = self._db.one("SELECT min(study_day) FROM learner_day WHERE learner_id = ? AND answers > 0", (learner,))
        return row[0] if row else None

    def quarters(self, learner: int, first: Day, decks: Collection[int] | None) -> list[tuple[int, int, int]]:
        """(quarter of an hour since 1970, answers to cards with an interval, remembered), from `first` on."""
        sql, more = _limited(_QUARTERS, decks)
        return [tuple(row) for row in self._db.all(sql, (learner, first, *more))]

    def cards(self, decks: Collection[int]) -> int:
        """How many cards these decks show."""
        row = self._db.one("SELECT sum(cards) FROM deck WHERE id IN (SELECT value FROM json_each(?))", (_json(decks),))
        return (row[0] if row else 0) or 0

    def intervals(self, learner: int, decks: Collection[int]) -> list[IntervalRow]:
        """The learner's cards by their interval."""
        rows = self._db.all(
            "SELECT interval, sum(due_on IS NOT NULL AND suspended = 0), sum(suspended),"
            f" sum(due_on IS NOT NULL AND repetition > 0) {_SCHEDULES} GROUP BY interval",
            (learner, _json(decks)),
        )
        return [IntervalRow(*row) for row in rows]

    def eases(self, learner: int, decks: Collection[int]) -> Counts:
        """(ease in hundredths, cards) of the scheduled cards."""
        sql = f"SELECT ease, count(*) {_ASKED} GROUP BY ease"
        return [tuple(row) for row in self._db.all(sql, (learner, _json(decks)))]

    def added(self, at: int, decks: Collection[int]) -> Counts:
        """(instant, cards): when the notes of these decks were first read, from `at` on."""
        return [tuple(row) for row in self._db.all(_ADDED, (at, _json(decks)))]

    def leeches(self, learner: int, decks: Collection[int], limit: int) -> list[Leech]:
        """The cards with the most lapses, of those that are leeches."""
        return [Leech(*row) for row in self._db.all(_LEECHES, (learner, _json(decks), limit))]


def _limited(sql: str, decks: Collection[int] | None) -> tuple[str, tuple[str, ...]]:
    return (sql.format(among=""), ()) if decks is None else (sql.format(among=_AMONG), (_json(decks),))


def _json(decks: Iterable[int]) -> str:
    return json.dumps(sorted(decks))


def _apart(packed: int) -> tuple[int, int, int]:
    return packed & _MASK, packed >> _BITS & _MASK, packed >> 2 * _BITS


assert QUALITIES == 6, "the qualities are summed three by three"
