"""Which scheduler a learner chose for which folder, and what a choice needs to know of all cards in it.

Plain SQL, within the caller's transaction.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from flashcards.domain.schedulers import SM2, Entry
from flashcards.storage import counters
from flashcards.storage.database import Database
from flashcards.storage.reviews import (
    ENTRY_COLUMNS,
    INSERT_LOG,
    UPDATE_SCHEDULE,
    CardRow,
    LogWrite,
    entry_of,
    log_values,
)
from flashcards.storage.schedules import COLUMNS, columns_of, schedule_of

PARTS = 10_000
"""A retention is counted in parts of this size."""


class StoredChoice(NamedTuple):
    """A choice for a folder or deck, `folder` being its address, "" for everything else."""

    folder: str
    scheduler: str
    retention: int
    since: int


class PlacedCard(NamedTuple):
    """A scheduled card with the address of its deck."""

    address: str
    card: CardRow


class ChoiceRows:
    """Reads and writes of `learner_scheduler`, and of the cards that a choice is about."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self, learner: int) -> list[StoredChoice]:
        """The learner's choices, by folder."""
        rows = self._db.all(
            "SELECT folder, scheduler, retention, since FROM learner_scheduler WHERE learner_id = ? ORDER BY folder",
            (learner,),
        )
        return [StoredChoice(*row) for row in rows]

    def save(self, learner: int, it: StoredChoice, action: str | None) -> None:
        """Stores a choice; `action` is that of the log which moved dates by it, with what was chosen before."""
        former = next((row for row in self.all(learner) if row.folder == it.folder), None)
        self._db.execute(
            "INSERT INTO learner_scheduler(learner_id, folder, scheduler, retention, since, action, former)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(learner_id, folder) DO UPDATE SET"
            " scheduler = excluded.scheduler, retention = excluded.retention, since = excluded.since,"
            " action = excluded.action, former = excluded.former",
            (learner, *it, action, None if former is None else json.dumps(list(former))),
        )

    def remove(self, learner: int, folder: str) -> None:
        """Forgets the choice for a folder: it follows the one above it again."""
        self._db.execute("DELETE FROM learner_scheduler WHERE learner_id = ? AND folder = ?", (learner, folder))

    def take_back(self, learner: int, action: str) -> None:
        """Brings back what was chosen before the action."""
        row = self._db.one(
            "SELECT folder, former FROM learner_scheduler WHERE learner_id = ? AND action = ?", (learner, action)
        )
        if row is None:
            return
        self.remove(learner, row[0])
        if row[1] is not None:
            self.save(learner, StoredChoice(*json.loads(row[1])), None)

    def address_of_note(self, note: int) -> str:
        """The address of the deck that holds a note, or held it last."""
        row = self._db.one("SELECT d.path FROM note n JOIN deck d ON d.id = n.deck_id WHERE n.id = ?", (note,))
        return str(row[0]).removesuffix(".md") if row else ""

    def addresses(self, notes: Iterable[int]) -> dict[int, str]:
        """The same by note."""
        rows = self._db.all(
            "SELECT n.id, d.path FROM note n JOIN deck d ON d.id = n.deck_id"
            " WHERE n.id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(notes)),),
        )
        return {note: path.removesuffix(".md") for note, path in rows}

    def scheduled_cards(self, learner: int) -> list[PlacedCard]:
        """Every card of the learner that has a date, or of which FSRS-6 would give the next; hidden ones too."""
        rows = self._db.all(
            'SELECT d.path, s.card_id, s.note_id, s.ordinal, n.revision, s.deck_id, s.lapses, s."by",'
            f" {', '.join('s.' + column for column in COLUMNS)} FROM schedule s"
            " JOIN note n ON n.id = s.note_id JOIN deck d ON d.id = n.deck_id"
            " WHERE s.learner_id = ? AND (s.due_on IS NOT NULL OR s.\"by\" <> 'sm2') ORDER BY s.card_id",
            (learner,),
        )
        return [
            PlacedCard(
                path.removesuffix(".md"),
                CardRow(card, note, ordinal, revision, deck, True, True, lapses, by, schedule_of(*columns)),
            )
            for path, card, note, ordinal, revision, deck, lapses, by, *columns in rows
        ]

    def set_by_hand(self, learner: int) -> set[int]:
        """The cards whose date was set by hand, or by an author's edit, and by nothing since."""
        rows = self._db.all(
            "SELECT r.card_id FROM review r WHERE r.learner_id = ?1 AND r.undone = 0 AND r.verb IN ('due', 'edited')"
            " AND NOT EXISTS (SELECT 1 FROM review x INDEXED BY review_card WHERE x.card_id = r.card_id"
            " AND x.learner_id = ?1 AND x.seq > r.seq AND x.undone = 0 AND (x.kind = 'scheduled'"
            " OR (x.kind = 'drill' AND x.scheduler <> 'sm2') OR x.verb IN ('reset', 'import', 'sync')))",
            (learner,),
        )
        return {card for (card,) in rows}

    def logs(self, learner: int, cards: Collection[int]) -> dict[int, list[Entry]]:
        """The logs of these cards as a replay takes them."""
        wanted, found = set(cards), defaultdict(list)
        rows = self._db.each(
            f"SELECT card_id, {ENTRY_COLUMNS} FROM review WHERE learner_id = ? AND undone = 0 ORDER BY seq", (learner,)
        )
        for card, *columns in rows:
            if card in wanted:
                found[card].append(entry_of(columns))
        return dict(found)

    def move(self, learner: int, rows: Sequence[tuple[CardRow, LogWrite, str]]) -> None:
        """Adds rows that set schedules, many at once; the last of each is who decides from then on."""
        if not rows:
            return
        self._db.executemany(INSERT_LOG, (log_values(learner, card, row) for card, row, _ in rows))
        self._db.executemany(
            UPDATE_SCHEDULE,
            ((*columns_of(row.after), card.lapses, by, learner, card.id) for card, row, by in rows),
        )
        counters.keep_log_end(self._db, learner, rows[-1][1].seq)

    def take_back_switches(self, learner: int, action: str) -> int:
        """Undoes all rows of a switch at once; gives how many. Who decided before is what the row before says."""
        rows = self._db.all(
            f"SELECT r.seq, r.card_id, {', '.join('r.before_' + column for column in COLUMNS)},"
            " (SELECT x.scheduler FROM review x INDEXED BY review_card WHERE x.card_id = r.card_id"
            " AND x.learner_id = r.learner_id AND x.seq < r.seq AND x.undone = 0 AND x.kind <> 'imported'"
            " ORDER BY x.seq DESC LIMIT 1) FROM review r"
            " WHERE r.learner_id = ? AND r.action = ? AND r.undone = 0 AND r.verb = 'scheduler'",
            (learner, action),
        )
        self._db.execute(
            "UPDATE review SET undone = 1 WHERE learner_id = ? AND action = ? AND verb = 'scheduler'", (learner, action)
        )
        if rows:  # an author's edit since then would lead back to a date that is no more
            cards = json.dumps([row[1] for row in rows])
            self._db.execute(
                "UPDATE review SET undone = 1 WHERE learner_id = ? AND verb = 'edited' AND seq > ?"
                " AND card_id IN (SELECT value FROM json_each(?))",
                (learner, min(row[0] for row in rows), cards),
            )
        self._db.executemany(
            f'UPDATE schedule SET {", ".join(f"{column} = ?" for column in COLUMNS)}, "by" = ?'
            " WHERE learner_id = ? AND card_id = ?",
            ((*before, (label or SM2).partition("@")[0], learner, card) for _, card, *before, label in rows),
        )
        return len(rows)
