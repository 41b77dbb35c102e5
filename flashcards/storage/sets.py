"""Sets of cards to study: what was frozen when they were made, and what happened since."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flashcards.domain.study_day import Day
from flashcards.domain.study_set import GivenAnswer, SetCard
from flashcards.storage.cards import CardFilter, conditions
from flashcards.storage.database import Database
from flashcards.storage.schedules import shown_on

_LIVE = "c.removed_at IS NULL AND n.removed_at IS NULL AND n.draft = 0"
_SHOWN = f"(s.card_id IS NULL OR {shown_on(':today', 's.')})"
_CARD = f"SELECT c.id, n.id, c.ordinal, n.deck_id, s.due_on, NOT {_SHOWN}"
_JOINS = """
    JOIN deck d ON d.id = n.deck_id
    LEFT JOIN schedule s ON s.learner_id = :learner AND s.card_id = c.id
    LEFT JOIN card_flag f ON f.learner_id = :learner AND f.card_id = c.id
"""
_SINCE = """
    SELECT card_id, quality, verb FROM review
    WHERE learner_id = ? AND seq > ? AND undone = 0 AND kind <> 'imported' ORDER BY at, seq
"""
_CRAMMED = """
    SELECT card_id, quality, verb FROM review INDEXED BY review_day
    WHERE learner_id = ? AND study_day = ? AND undone = 0 AND kind IN ('cram', 'manual') ORDER BY at, seq
"""


@dataclass(frozen=True, slots=True)
class StoredSet:
    """A set as it was made. `seq` is the end of the learner's log then."""

    id: str
    query: str
    cards: tuple[int, ...]
    mode: str
    study_day: Day
    made_at: int
    seq: int


class SetRows:
    """Reads and writes of sets, and of what a search finds as far as a set needs it."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, learner: int, id_: str) -> StoredSet | None:
        """The set with that id; None where the learner has none."""
        row = self._db.one(
            "SELECT id, query, cards, mode, study_day, made_at, seq FROM study_set WHERE learner_id = ? AND id = ?",
            (learner, id_),
        )
        return StoredSet(row[0], row[1], tuple(json.loads(row[2])), *row[3:]) if row else None

    def add(self, learner: int, made: StoredSet) -> None:
        """Stores a new set."""
        cards = json.dumps(made.cards, separators=(",", ":"))
        self._db.execute(
            "INSERT INTO study_set(learner_id, id, query, cards, mode, study_day, made_at, seq)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (learner, made.id, made.query, cards, made.mode, made.study_day, made.made_at, made.seq),
        )

    def forget_older(self, learner: int, day: Day) -> None:
        """Drops the learner's sets of days before `day`."""
        self._db.execute("DELETE FROM study_set WHERE learner_id = ? AND study_day < ?", (learner, day))

    def since(self, learner: int, seq: int) -> list[GivenAnswer]:
        """What the log holds after the row `seq`, in the order in which it was given."""
        return list(map(GivenAnswer._make, self._db.all(_SINCE, (learner, seq))))

    def crammed(self, learner: int, day: Day) -> list[GivenAnswer]:
        """What was crammed or put away on a day, in the order in which it was given."""
        return list(map(GivenAnswer._make, self._db.all(_CRAMMED, (learner, day))))

    def found(self, learner: int, wanted: CardFilter) -> list[SetCard]:
        """The cards that a search finds and that can be asked, in the order of decks and files."""
        where, values = _where(wanted, learner)
        sql = (
            f"{_CARD} FROM card c JOIN note n ON n.id = c.note_id {_JOINS}"
            f" WHERE {where} ORDER BY d.position, d.id, n.position, c.ordinal"
        )
        return [_set_card(row) for row in self._db.all(sql, values)]

    def tally(self, learner: int, wanted: CardFilter) -> tuple[int, int, int]:
        """How many cards `found` would give, and how many of them the day could ask: due ones and new ones."""
        where, values = _where(wanted, learner)
        row = self._db.one(
            "SELECT count(*),"
            f" coalesce(sum(s.due_on IS NOT NULL AND s.due_on <= :today AND {_SHOWN}), 0),"
            f" coalesce(sum(s.due_on IS NULL AND {_SHOWN}), 0)"
            f" FROM card c JOIN note n ON n.id = c.note_id {_JOINS} WHERE {where}",
            values,
        )
        return (row[0], row[1], row[2]) if row else (0, 0, 0)

    def cards(self, learner: int, cards: Sequence[int], today: Day) -> list[SetCard]:
        """Those of these cards that can be asked, in the order of `cards`."""
        sql = (
            f"{_CARD} FROM json_each(:cards) wanted CROSS JOIN card c ON c.id = wanted.value"
            " CROSS JOIN note n ON n.id = c.note_id"
            f" LEFT JOIN schedule s ON s.learner_id = :learner AND s.card_id = c.id WHERE {_LIVE} ORDER BY wanted.key"
        )
        values = {"learner": learner, "today": today, "cards": json.dumps(cards)}
        return [_set_card(row) for row in self._db.all(sql, values)]


def _where(wanted: CardFilter, learner: int) -> tuple[str, dict[str, Any]]:
    """What a search asks of cards that can be asked, and the values for it."""
    where, values = conditions(wanted, learner)
    if wanted.match:
        where.append("n.id IN (SELECT rowid FROM note_text WHERE note_text MATCH :match)")
        values["match"] = wanted.match
    return " AND ".join([_LIVE, *where]), values


def _set_card(row: tuple[int, int, int, int, Day | None, int]) -> SetCard:
    return SetCard(row[0], row[1], row[2], row[3], row[4], bool(row[5]))
