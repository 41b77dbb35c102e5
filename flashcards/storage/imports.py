"""What an import of a history reads and writes: cards by guid, log rows by the ten thousand.

Every method runs within the caller's transaction.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from flashcards.domain import sm2
from flashcards.domain.schedule import NEVER_SEEN, Schedule
from flashcards.domain.study_day import Day
from flashcards.storage import counters
from flashcards.storage.database import Database, Row
from flashcards.storage.reviews import INSERT_LOG, INSERT_SCHEDULE, UPDATE_SCHEDULE, CardRow, LogWrite, log_values
from flashcards.storage.schedules import COLUMNS, columns_of, schedule_of

_CACHE_KIB = 48 << 10
_LISTED = "IN (SELECT value FROM json_each(?))"
_CARDS = f"""
    SELECT n.guid, c.which, c.id, c.note_id, c.ordinal, n.revision,
           {counters.VISIBLE_DECK}, c.answered, s.card_id IS NOT NULL, s.lapses, s."by",
           {", ".join(f"s.{column}" for column in COLUMNS)}
    FROM note n JOIN card c ON c.note_id = n.id
    LEFT JOIN schedule s ON s.learner_id = ? AND s.card_id = c.id
    WHERE n.guid {_LISTED} AND n.removed_at IS NULL AND c.removed_at IS NULL
"""
# The same columns; what all imported rows have alike is said once, which is quicker than binding it each time.
_INSERT_IMPORTED = INSERT_LOG.partition(" VALUES ")[0] + (
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'imported', NULL, ?, ?, 0, ?, ?, NULL, 0, NULL, 0, ?, ?, NULL, 0, NULL, ?, 0,"
    " NULL, NULL, NULL)"
)


class Known(NamedTuple):
    """What Anki knew of a row of its log, in its own numbers: see the table `imported_review`."""

    type: int
    interval: int
    last_interval: int
    factor: int


class ImportedRow(NamedTuple):
    """A row of another program's log: intervals in days, ease in hundredths, `quality` None for no answer."""

    seq: int
    uid: str
    action: str
    card: CardRow
    at: int
    study_day: Day
    quality: int | None
    ease: int
    interval: int
    last_interval: int
    took_ms: int
    known: Known


class KnownFile(NamedTuple):
    """A deck file as it was when it was read last."""

    deck_id: str
    size: int
    mtime_ns: int


class ImportRows:
    """Reads and writes for bringing a history in."""

    def __init__(self, database: Database, scheduler: str) -> None:
        self._db = database
        self._scheduler = scheduler

    @contextmanager
    def room(self) -> Iterator[None]:
        """More cache for a hundred thousand rows, whose places in the indexes are all over the file."""
        (usual,) = self._db.one("PRAGMA cache_size") or (-8000,)
        self._db.execute(f"PRAGMA cache_size = {-_CACHE_KIB}")
        try:
            yield
        finally:
            self._db.execute(f"PRAGMA cache_size = {int(usual)}")

    def cards(self, learner: int, guids: Iterable[str]) -> dict[tuple[str, str], CardRow]:
        """The cards of the live notes with these guids, by guid and `which`."""
        rows = self._db.execute(_CARDS, (learner, json.dumps(list(guids))))
        return {(row[0], row[1]): _card(row[2:11], schedule_of(*row[11:])) for row in rows}

    def live_guids(self) -> dict[str, str]:
        """The guids of all notes that the files held at the last sync, each with its deck's path."""
        sql = "SELECT n.guid, d.path FROM note n JOIN deck d ON d.id = n.deck_id WHERE n.removed_at IS NULL"
        return dict(self._db.execute(sql))

    def known_files(self) -> dict[str, KnownFile]:
        """The deck files that the last sync read, by path."""
        rows = self._db.execute("SELECT path, key, size, mtime_ns FROM deck WHERE removed_at IS NULL")
        return {path: KnownFile(*values) for path, *values in rows}

    def date_notes(self, dates: Iterable[tuple[int, str]]) -> None:
        """Makes notes as old as (epoch ms, guid) says, where their text is as it came and they are not older yet."""
        self._db.executemany(
            "UPDATE note SET modified_at = ?1 WHERE guid = ?2 AND revision = 1 AND modified_at > ?1", dates
        )

    def instants(self, learner: int) -> set[tuple[int, int]]:
        """(card, instant) of every answer and imported row in the learner's log."""
        rows = self._db.execute(
            "SELECT card_id, at FROM review WHERE learner_id = ? AND kind NOT IN ('manual', 'flag')", (learner,)
        )
        return set(rows)

    def uids(self, learner: int) -> set[str]:
        """The ids of all imported rows in the learner's log."""
        rows = self._db.execute("SELECT uid FROM review WHERE learner_id = ? AND kind = 'imported'", (learner,))
        return {uid for (uid,) in rows}

    def last_moves(self, learner: int) -> dict[int, int]:
        """When the learner last moved each card here: by an answer or by hand, imports aside."""
        rows = self._db.execute(
            "SELECT card_id, max(at) FROM review WHERE learner_id = ? AND undone = 0"
            " AND (kind = 'scheduled' OR (kind = 'manual' AND verb <> 'import')) GROUP BY card_id",
            (learner,),
        )
        return dict(rows)

    def schedule(self, learner: int, card: CardRow) -> Schedule:
        """The schedule of a card as it stands now, after the rows of this import."""
        row = self._db.one(
            f"SELECT {', '.join(COLUMNS)} FROM schedule WHERE learner_id = ? AND card_id = ?", (learner, card.id)
        )
        return schedule_of(*row) if row else NEVER_SEEN

    def append(self, learner: int, rows: Sequence[ImportedRow]) -> None:
        """Adds rows of the kind `imported`. They say what the other program did, and move nothing here."""
        scheduler = self._scheduler
        self._db.executemany(
            _INSERT_IMPORTED,
            (
                (
                    learner, seq, uid, action, card.id, card.note, at, day, quality, card.revision, scheduler,
                    ease, last_interval, ease, interval, took_ms,
                )
                for seq, uid, action, card, at, day, quality, ease, interval, last_interval, took_ms, _ in rows
            ),
        )  # fmt: skip
        self._db.executemany(
            "INSERT INTO imported_review(learner_id, seq, type, interval, last_interval, factor)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            ((learner, row.seq, *row.known) for row in rows),
        )
        graded = [row for row in rows if row.quality is not None]
        days, cards = Counter(row.study_day for row in graded), Counter(row.card.id for row in graded)
        counters.count_answers(self._db, learner, days, cards)
        self._keep(learner, [(row.card, row.seq) for row in rows])

    def close(self, learner: int, rows: Sequence[tuple[CardRow, LogWrite, int]]) -> None:
        """Adds rows that set schedules, as `ReviewRows.append` and `save` do, by the ten thousand.

        Each comes with the lapses that the card has from there on.
        """
        self._db.executemany(INSERT_LOG, (log_values(learner, card, row) for card, row, _ in rows))
        self._db.executemany(
            "UPDATE review SET after_lapses = ? WHERE learner_id = ? AND seq = ?",
            [(lapses, learner, row.seq) for card, row, lapses in rows if lapses != card.lapses],
        )
        by = sm2.SCHEDULER
        stored = [(*columns_of(row.after), lapses, by, learner, card.id) for card, row, lapses in rows if card.stored]
        self._db.executemany(UPDATE_SCHEDULE, stored)
        new = (
            (learner, card.id, card.note, card.ordinal, card.deck, *columns_of(row.after), lapses, by)
            for card, row, lapses in rows
            if not card.stored
        )
        self._db.executemany(INSERT_SCHEDULE, new)
        first = (card.deck for card, _, _ in rows if not card.stored)
        counters.count_seen(self._db, learner, Counter(deck for deck in first if deck is not None))
        self._keep(learner, [(card, row.seq) for card, row, _ in rows])

    def _keep(self, learner: int, rows: Sequence[tuple[CardRow, int]]) -> None:
        """Keeps where the log ends now, and which cards have a history from now on."""
        if rows:
            counters.keep_log_end(self._db, learner, max(seq for _, seq in rows))
            counters.mark_answered(self._db, {card.id for card, _ in rows if not card.answered})


def _card(values: Row, schedule: Schedule) -> CardRow:
    card, note, ordinal, revision, deck, answered, stored, lapses, by = values
    return CardRow(
        card, note, ordinal, revision, deck, bool(answered), bool(stored), lapses or 0, by or sm2.SCHEDULER, schedule
    )
