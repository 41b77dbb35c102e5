"""What the day's queue is made of. The reads are of what is due and what is unseen, not of all there is."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import cast

from flashcards.domain.pace import LONGEST_MS, Asked, Sample
from flashcards.domain.queue import AnswerToday, DueRow, NewCard, Prerequisite
from flashcards.domain.sm2 import DRILLED_UNTIL
from flashcards.domain.statistics import MATURE
from flashcards.domain.study_day import Day
from flashcards.storage.database import Database
from flashcards.storage.fronts import fronts_of
from flashcards.storage.schedules import asked_on, shown_on

_DUE = f"""
    SELECT card_id, due_on, interval, note_id, ordinal, deck_id FROM schedule INDEXED BY schedule_due
    WHERE learner_id = ?1 AND deck_id IS NOT NULL AND {asked_on("?2")}
"""
_ANSWERS = f"""
    SELECT r.card_id, r.note_id, r.kind, r.quality, r.before_due_on IS NULL, n.deck_id,
           s.deck_id IS NOT NULL AND s.due_on IS NOT NULL AND {shown_on("?2", "s.")}
    FROM review r INDEXED BY review_day JOIN note n ON n.id = r.note_id
    LEFT JOIN schedule s ON s.learner_id = r.learner_id AND s.card_id = r.card_id
    WHERE r.learner_id = ?1 AND r.study_day = ?2 AND r.kind IN ('scheduled', 'drill', 'plan') AND r.undone = 0
    ORDER BY r.at, r.seq
"""
# `seen` counts the cards of the deck that the learner has a schedule for: a deck wholly seen is not read.
# (Of those seen, the ones that are new all the same were reset, or suspended or buried before any answer.)
_DECKS_WITH_NEW = """
    SELECT d.id, ld.new_per_day, d.path FROM deck d {by}
    LEFT JOIN learner_deck ld ON ld.learner_id = ?1 AND ld.deck_id = d.id
    WHERE d.removed_at IS NULL AND (d.cards > coalesce(ld.seen, 0) OR EXISTS (
        SELECT 1 FROM schedule s INDEXED BY schedule_new
        WHERE s.learner_id = ?1 AND s.deck_id = d.id AND s.due_on IS NULL))
    {only} ORDER BY d.position, d.id
"""
_ALL_DECKS_WITH_NEW = _DECKS_WITH_NEW.format(by="INDEXED BY deck_study", only="")
_ONE_DECK_WITH_NEW = _DECKS_WITH_NEW.format(by="", only="AND d.id = ?2")
_NEW = f"""
    SELECT c.id, c.note_id, c.ordinal, n.deck_id
    FROM note n INDEXED BY note_deck CROSS JOIN card c ON c.note_id = n.id
    LEFT JOIN schedule s ON s.learner_id = ? AND s.card_id = c.id
    WHERE n.deck_id = ? AND n.removed_at IS NULL AND n.draft = 0 AND c.removed_at IS NULL
    AND (s.card_id IS NULL OR (s.due_on IS NULL AND {shown_on("?", "s.")}))
    ORDER BY n.position, c.ordinal
"""
# 0 junior, 1 core, 2 mid and whatever has no level, 3 senior.
_LEVEL = """coalesce((SELECT CASE WHEN max(t.tag = 'core') THEN 1 WHEN max(t.tag = 'junior') THEN 0
        WHEN max(t.tag = 'mid') THEN 2 ELSE 3 END
        FROM note_tag t WHERE t.note_id = n.id AND t.tag IN ('junior', 'core', 'mid', 'senior')
        GROUP BY t.note_id), 2)"""
_NEW_BY_LEVEL = _NEW.replace("ORDER BY n.position", f"ORDER BY {_LEVEL}, n.position")
_CORE = """
    WITH RECURSIVE wanted(id) AS (
        SELECT note_id FROM note_tag WHERE tag = 'core'
        UNION SELECT p.requires_id FROM wanted w JOIN prerequisite p ON p.note_id = w.id)
    SELECT id FROM wanted
"""
_AHEAD = f"""
    SELECT card_id, due_on, interval, note_id, ordinal, deck_id FROM schedule INDEXED BY schedule_due
    WHERE learner_id = ?1 AND due_on > ?2 AND due_on IS NOT NULL AND deck_id IS NOT NULL AND {shown_on("?2")}
    AND (?3 IS NULL OR deck_id IN (SELECT value FROM json_each(?3)))
    ORDER BY due_on
"""
_ACTIVE = """
    FROM schedule s INDEXED BY schedule_due
    LEFT JOIN learner_deck ld ON ld.learner_id = s.learner_id AND ld.deck_id = s.deck_id
    WHERE s.learner_id = ?1 AND s.due_on IS NOT NULL AND s.suspended = 0 AND s.deck_id IS NOT NULL
    AND coalesce(ld.active, 1) = 1 AND (?2 IS NULL OR s.deck_id IN (SELECT value FROM json_each(?2)))
"""
_PREREQUISITES = """
    SELECT p.note_id,
        r.removed_at IS NULL AND r.draft = 0 AND coalesce(ld.active, 1) = 1 AND EXISTS (
            SELECT 1 FROM card c LEFT JOIN schedule s ON s.learner_id = ? AND s.card_id = c.id
            WHERE c.note_id = r.id AND c.removed_at IS NULL AND coalesce(s.suspended, 0) = 0),
        EXISTS (
            SELECT 1 FROM card c JOIN review v INDEXED BY review_card ON v.card_id = c.id AND v.learner_id = ?
            WHERE c.note_id = r.id AND v.quality IS NOT NULL AND v.undone = 0)
    FROM prerequisite p JOIN note r ON r.id = p.requires_id
    LEFT JOIN learner_deck ld ON ld.learner_id = ? AND ld.deck_id = r.deck_id
    WHERE p.note_id IN ({marks})
"""


_PACES = f"""
    SELECT asked, count(*), sum(quality >= {DRILLED_UNTIL}), count(took_ms),
           coalesce(sum(min(took_ms, {LONGEST_MS})), 0)
    FROM (SELECT iif(kind = 'drill', 'drill', iif(before_due_on IS NULL, 'new', 'due')) AS asked, quality, took_ms
          FROM review WHERE learner_id = ? AND undone = 0 AND kind IN ('scheduled', 'drill', 'plan')
          ORDER BY seq DESC LIMIT 500)
    GROUP BY asked
"""


@dataclass(frozen=True, slots=True)
class DeckWithNew:
    """A deck that may have new cards for the learner; `new_per_day` is its own limit.

    `by_level` is whether its new cards come by level; `address` is the deck's.
    """

    id: int
    new_per_day: int | None
    address: str = ""
    by_level: bool = False


@dataclass(frozen=True, slots=True)
class DeckCountsRow:
    """A deck as a learner has it. `unseen` are its cards in the state new: never answered, or reset."""

    id: int
    key: str
    path: str
    title: str
    new_per_day: int | None
    cards: int
    unseen: int
    active: bool
    errors: int


class QueueRows:
    """Reads for the day's queue, of one learner."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def due(self, learner: int, today: Day) -> list[DueRow]:
        """Every card that is due, in all decks, in no order that means anything."""
        return cast(list[DueRow], self._db.all(_DUE, (learner, today)))

    def answers(self, learner: int, today: Day) -> list[AnswerToday]:
        """Today's answers of the kinds scheduled, drill and plan, in the order in which they were given."""
        return list(map(AnswerToday._make, self._db.all(_ANSWERS, (learner, today))))

    def due_later(self, learner: int, today: Day, decks: Collection[int] | None) -> Iterator[DueRow]:
        """The cards of these decks (None: all) that are due after today, the soonest first; read bit by bit."""
        return cast(Iterator[DueRow], self._db.each(_AHEAD, (learner, today, _list(decks))))

    def studied_ahead(self, learner: int, today: Day) -> dict[int, tuple[int, int]]:
        """The cards that were studied ahead today: card to (deck, note)."""
        rows = self._db.all(
            "SELECT r.card_id, n.deck_id, r.note_id FROM review r INDEXED BY review_day JOIN note n ON n.id = r.note_id"
            " WHERE r.learner_id = ? AND r.study_day = ? AND r.kind = 'ahead' AND r.undone = 0",
            (learner, today),
        )
        return {card: (deck, note) for card, deck, note in rows}

    def last_answered(self, learner: int) -> int | None:
        """The card of the learner's last answer, on whichever device; None where there is none."""
        row = self._db.one(
            "SELECT card_id FROM review WHERE learner_id = ? AND undone = 0 AND quality IS NOT NULL"
            " ORDER BY seq DESC LIMIT 1",
            (learner,),
        )
        return int(row[0]) if row else None

    def marks(self, cards: Iterable[int]) -> dict[int, int]:
        """Of these cards those that others could be confused with, each with what it has in common with them."""
        return fronts_of(self._db, cards)

    def inactive_decks(self, learner: int) -> set[int]:
        """The decks that the learner has switched off."""
        rows = self._db.all("SELECT deck_id FROM learner_deck WHERE learner_id = ? AND active = 0", (learner,))
        return {deck for (deck,) in rows}

    def decks_at(self, address: str) -> set[int]:
        """The decks at an address: one deck, or those below a folder; empty where there is none."""
        rows = self._db.all(
            "SELECT id FROM deck WHERE removed_at IS NULL AND (path = ? OR path >= ? AND path < ?)",
            (f"{address}.md", f"{address}/", f"{address}0"),  # "0" comes right after "/"
        )
        return {deck for (deck,) in rows}

    def notes_tagged(self, tag: str) -> set[int]:
        """The notes with a tag, their own or their deck's."""
        rows = self._db.all(
            "SELECT note_id FROM note_tag WHERE tag = ?1 UNION SELECT n.id FROM deck d, json_each(d.tags) t"
            " JOIN note n ON n.deck_id = d.id WHERE t.value = ?1 AND n.removed_at IS NULL",
            (tag,),
        )
        return {note for (note,) in rows}

    def decks_with_new(self, learner: int, only: int | None = None) -> list[DeckWithNew]:
        """The decks that may have new cards, in study order; those that are switched off too. Or that `only` one."""
        says: dict[str, str] = dict(self._db.all("SELECT path, order_new FROM folder WHERE order_new IS NOT NULL"))
        if only is None:
            rows = self._db.all(_ALL_DECKS_WITH_NEW, (learner,))
        else:
            rows = self._db.all(_ONE_DECK_WITH_NEW, (learner, only))
        return [
            DeckWithNew(deck, limit, path.removesuffix(".md"), bool(says) and _by_level(path, says))
            for deck, limit, path in rows
        ]

    def new_cards(self, learner: int, decks: Iterable[DeckWithNew], today: Day) -> Iterator[NewCard]:
        """The new cards of these decks, in their order; read bit by bit, as far as they are taken."""
        return chain.from_iterable(self._new_cards(learner, deck, today) for deck in decks)

    def _new_cards(self, learner: int, deck: DeckWithNew, today: Day) -> Iterator[NewCard]:
        sql = _NEW_BY_LEVEL if deck.by_level else _NEW
        return map(NewCard._make, self._db.each(sql, (learner, deck.id, today)))

    def core(self) -> set[int]:
        """The core notes, and those that must come before them."""
        return {note for (note,) in self._db.all(_CORE)}

    def prerequisites(self, learner: int, notes: Iterable[int]) -> dict[int, list[Prerequisite]]:
        """What these notes ask to be learnt first; notes that ask nothing are left out."""
        wanted = list(notes)
        sql = _PREREQUISITES.format(marks=", ".join("?" * len(wanted)))
        found: dict[int, list[Prerequisite]] = {}
        for note, in_play, answered in self._db.all(sql, (learner, learner, learner, *wanted)):
            found.setdefault(note, []).append(Prerequisite(bool(in_play), bool(answered)))
        return found

    def decks(self, learner: int, only: int | None = None) -> list[DeckCountsRow]:
        """Every deck, in study order, or that `only` one."""
        wanted = "" if only is None else " AND d.id = ?2"
        rows = self._db.all(
            "SELECT d.id, d.key, d.path, d.title, ld.new_per_day, d.cards, d.cards - coalesce(ld.seen, 0)"
            " + (SELECT count(*) FROM schedule s INDEXED BY schedule_new WHERE s.learner_id = ?1 AND s.deck_id = d.id"
            " AND s.due_on IS NULL AND s.suspended = 0),"
            " coalesce(ld.active, 1) = 1, iif(d.problems = '[]', 0,"
            " (SELECT count(*) FROM json_each(d.problems) p WHERE p.value ->> 2 = 'error'))"
            " FROM deck d LEFT JOIN learner_deck ld ON ld.learner_id = ?1 AND ld.deck_id = d.id"
            f" WHERE d.removed_at IS NULL{wanted} ORDER BY d.position, d.id",
            (learner,) if only is None else (learner, only),
        )
        return [
            DeckCountsRow(deck, key, path, title, new_per_day, cards, unseen, bool(active), errors)
            for deck, key, path, title, new_per_day, cards, unseen, active, errors in rows
        ]

    def answers_on(self, learner: int, day: Day) -> int:
        """How many answers the learner gave on a day, of whatever kind."""
        row = self._db.one("SELECT answers FROM learner_day WHERE learner_id = ? AND study_day = ?", (learner, day))
        return int(row[0]) if row else 0

    def days_studied(self, learner: int, last: Day) -> Iterator[Day]:
        """The days until `last` with an answer, the latest first; read bit by bit."""
        rows = self._db.each(
            "SELECT study_day FROM learner_day WHERE learner_id = ? AND study_day <= ?"
            " AND answers > 0 ORDER BY study_day DESC",
            (learner, last),
        )
        return (day for (day,) in rows)

    def next_due(self, learner: int, today: Day) -> Day | None:
        """The first day after today with cards due in active decks."""
        row = self._db.one(
            f"SELECT s.due_on {_ACTIVE} AND s.due_on > ?3 ORDER BY s.due_on LIMIT 1", (learner, None, today)
        )
        return row[0] if row else None

    def due_on(self, learner: int, day: Day, decks: Collection[int] | None) -> list[tuple[int, int]]:
        """(note, interval) of the cards due on that very day in these decks (None: all), where they are active."""
        return self._db.all(f"SELECT s.note_id, s.interval {_ACTIVE} AND s.due_on = ?3", (learner, _list(decks), day))

    def buried(self, learner: int, today: Day, decks: Collection[int] | None) -> list[tuple[int, int]]:
        """(note, interval) of the cards that would be asked today if they were not buried, as in `due_on`."""
        sql = f"SELECT s.note_id, s.interval {_ACTIVE} AND s.due_on <= ?3 AND NOT {shown_on('?3', 's.')}"
        return self._db.all(sql, (learner, _list(decks), today))

    def coming(self, learner: int, first: Day, last: Day, decks: Collection[int] | None) -> list[tuple[Day, int, int]]:
        """(day, young, mature) of the notes with cards due on each day from `first` to `last`, as in `due_on`."""
        sql = (
            f"SELECT due_on, sum(longest < {MATURE}), sum(longest >= {MATURE}) FROM (SELECT s.due_on AS due_on,"
            f" max(s.interval) AS longest {_ACTIVE} AND s.due_on BETWEEN ?3 AND ?4 GROUP BY s.due_on, s.note_id)"
            " GROUP BY due_on"
        )
        return self._db.all(sql, (learner, _list(decks), first, last))

    def paces(self, learner: int) -> dict[Asked, Sample]:
        """What the learner's last answers say of each kind of card: due, new, or in the drill."""
        rows = self._db.all(_PACES, (learner,))
        return {kind: Sample(*figures) for kind, *figures in rows}


def _by_level(path: str, says: Mapping[str, str]) -> bool:
    """Whether the nearest folder that says how new cards come says by level."""
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        if folder in says:
            return says[folder] == "level"
    return False


def _list(decks: Collection[int] | None) -> str | None:
    return None if decks is None else json.dumps(sorted(decks))
