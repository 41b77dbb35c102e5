"""The log and the schedules: what an answer, a manual action and an undo read and write.

Plain SQL: an answer is the hottest write there is, and a query builder takes three times as long. Every
method runs within the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from flashcards.domain import sm2
from flashcards.domain.memory.fsrs import Memory, Parameters
from flashcards.domain.schedule import History, Schedule
from flashcards.domain.schedulers import Entry, name_of, replay
from flashcards.domain.sm2 import DRILLED_UNTIL
from flashcards.domain.study_day import Day
from flashcards.storage import counters
from flashcards.storage.database import Database, Row
from flashcards.storage.schedules import COLUMNS, columns_of, schedule_of

_BEFORE = ", ".join(f"before_{column}" for column in COLUMNS)
_AFTER = ", ".join(f"after_{column}" for column in COLUMNS)
_LOG_COLUMNS = (
    "learner_id, seq, uid, action, card_id, note_id, at, study_day, quality, kind, verb, revision, scheduler,"
    f" {_BEFORE}, {_AFTER}, took_ms, leech, stability, difficulty, parameters"
)
INSERT_LOG = f"INSERT INTO review({_LOG_COLUMNS}) VALUES ({', '.join('?' * 30)})"
INSERT_SCHEDULE = (
    f'INSERT INTO schedule(learner_id, card_id, note_id, ordinal, deck_id, {", ".join(COLUMNS)}, lapses, "by")'
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
UPDATE_SCHEDULE = (
    f'UPDATE schedule SET {", ".join(f"{column} = ?" for column in COLUMNS)}, lapses = ?, "by" = ?'
    " WHERE learner_id = ? AND card_id = ?"
)
_CARD = f"""
    SELECT c.note_id, c.ordinal, n.revision,
           {counters.VISIBLE_DECK}, c.answered, s.card_id IS NOT NULL, s.lapses, s."by",
           {", ".join(f"s.{column}" for column in COLUMNS)}
    FROM card c JOIN note n ON n.id = c.note_id
    LEFT JOIN schedule s ON s.learner_id = ? AND s.card_id = c.id WHERE c.id = ?
"""
ENTRY_COLUMNS = (
    f"kind, quality, study_day, after_lapses, verb, scheduler, stability, difficulty, parameters, {_BEFORE}, {_AFTER}"
)
"""What a replay needs of a row: see `entry_of`."""
_STORED = f"""
    SELECT seq, uid, action, card_id, kind, verb, quality, at, study_day, undone, leech, scheduler, {_BEFORE}, {_AFTER}
    FROM review WHERE learner_id = ?
"""
NOTHING_KNOWN: Mapping[str, Parameters] = {}
_LAST = "undone = 0 AND kind <> 'imported' AND verb IS NOT 'edited' ORDER BY seq DESC"


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card as an answer finds it. `deck` is None while the card is hidden (removed, or a draft).

    `answered` is whether anybody ever answered it or set it aside. `stored` is whether the learner has a schedule
    row for it; without one, `schedule` is that of a new card. `by` is the scheduler that set its date.
    """

    id: int
    note: int
    ordinal: int
    revision: int
    deck: int | None
    answered: bool
    stored: bool
    lapses: int
    by: str
    schedule: Schedule


class LogWrite(NamedTuple):
    """A row to be added to the log; see the table `review`. Without a `revision` it is of the text of today.

    Without a `scheduler` it was the one that the card has.
    """

    seq: int
    uid: str
    action: str
    at: int
    study_day: Day
    quality: int | None
    kind: str
    verb: str | None
    before: Schedule
    after: Schedule
    took_ms: int | None
    leech: bool
    revision: int | None = None
    scheduler: str | None = None
    stability: int | None = None
    difficulty: int | None = None
    parameters: str | None = None


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row of the log, as far as a repetition or an undo needs it."""

    seq: int
    uid: str
    action: str
    card: int
    kind: str
    verb: str | None
    quality: int | None
    at: int
    study_day: Day
    undone: bool
    leech: bool
    scheduler: str
    before: Schedule
    after: Schedule


class ReviewRows:
    """Reads and writes of the log and the schedules."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def card(self, learner: int, card: int) -> CardRow | None:
        """The card and the learner's schedule of it; None where there is no such card."""
        row = self._db.one(_CARD, (learner, card))
        if row is None:
            return None
        note, ordinal, revision, deck, answered, stored, lapses, by, *columns = row
        return CardRow(
            card, note, ordinal, revision, deck, bool(answered), bool(stored), lapses or 0, by or sm2.SCHEDULER,
            schedule_of(*columns),
        )  # fmt: skip

    def siblings(self, note: int) -> list[int]:
        """The cards of a note that its text has today, by ordinal."""
        rows = self._db.all("SELECT id FROM card WHERE note_id = ? AND removed_at IS NULL ORDER BY ordinal", (note,))
        return [card for (card,) in rows]

    def log_end(self, learner: int) -> tuple[int, Day | None]:
        """The last `seq` of the learner (0: none) and the latest study day in the log."""
        row = self._db.one(
            "SELECT (SELECT last_seq FROM learner_state WHERE learner_id = ?1),"
            " (SELECT max(study_day) FROM review WHERE learner_id = ?1)",
            (learner,),
        )
        return (row[0] or 0, row[1]) if row else (0, None)

    def history(self, learner: int, card: int, day: Day, at: int) -> History:
        """What the log says of a card, for the kind of an answer given at the instant `at` of `day`.

        Answers given later that day do not count for the drill, though they came here first.
        """
        rows = self._db.each(
            "SELECT study_day, kind, quality, at FROM review INDEXED BY review_card"
            " WHERE card_id = ? AND learner_id = ?"
            " AND undone = 0 AND kind IN ('scheduled', 'drill', 'plan') ORDER BY seq DESC",
            (card, learner),
        )
        last_moved: Day | None = None
        given: list[tuple[int, int]] = []  # until `at`: when, and with which quality
        for study_day, kind, quality, given_at in rows:
            if study_day == day and given_at <= at:
                given.append((given_at, quality))
            if kind == "scheduled":
                last_moved = study_day if last_moved is None else last_moved
                if study_day <= day:  # rows before it are of earlier days
                    break
        last = max(given, key=itemgetter(0), default=None)  # of the same instant, the one that came last
        return History(last_moved, last is not None and last[1] < DRILLED_UNTIL)

    def revision_at(self, card: CardRow, at: int) -> int:
        """Which revision of the card's note there was at an instant; the present one where that is not known."""
        if card.revision == 1:
            return 1
        row = self._db.one("SELECT max(number) FROM revision WHERE note_id = ? AND at <= ?", (card.note, at))
        return (row[0] if row else None) or card.revision

    def append(self, learner: int, card: CardRow, row: LogWrite) -> None:
        """Adds a row to the log, and to what is counted of it."""
        self._db.execute(INSERT_LOG, log_values(learner, card, row))
        counters.keep_log_end(self._db, learner, row.seq)
        if row.quality is not None:
            counters.count_answers(self._db, learner, {row.study_day: 1}, {card.id: 1})
        if not card.answered:
            counters.mark_answered(self._db, [card.id])

    def save(self, learner: int, card: CardRow, schedule: Schedule, lapses: int, by: str | None = None) -> None:
        """Stores the learner's schedule of a card; `by` is who set its date, where that changes."""
        columns = columns_of(schedule)
        by = by or card.by
        if card.stored:
            self._db.execute(UPDATE_SCHEDULE, (*columns, lapses, by, learner, card.id))
        else:
            place = (learner, card.id, card.note, card.ordinal, card.deck)
            self._db.execute(INSERT_SCHEDULE, (*place, *columns, lapses, by))
            if card.deck is not None:
                counters.count_seen(self._db, learner, {card.deck: 1})

    def forget(self, learner: int, card: CardRow) -> None:
        """Drops the learner's schedule of a card: it was never answered after all."""
        self._db.execute("DELETE FROM schedule WHERE learner_id = ? AND card_id = ?", (learner, card.id))
        if card.stored and card.deck is not None:
            counters.count_seen(self._db, learner, {card.deck: -1})

    def has_moves(self, learner: int, card: int) -> bool:
        """Whether anything in the log gives the card a schedule."""
        return bool(
            self._db.one(
                "SELECT 1 FROM review INDEXED BY review_card WHERE card_id = ? AND learner_id = ? AND undone = 0"
                " AND kind IN ('scheduled', 'manual') LIMIT 1",
                (card, learner),
            )
        )

    def lapses(self, learner: int, card: int) -> int:
        """How often the learner has forgotten the card, by what stands in the log."""
        return replay(self.entries(learner, card)).lapses

    def entries(self, learner: int, card: int) -> list[Entry]:
        """The log of a card as a replay takes it, without the numbers that FSRS-6 used."""
        rows = self._db.all(
            f"SELECT {ENTRY_COLUMNS} FROM review INDEXED BY review_card"
            " WHERE card_id = ? AND learner_id = ? AND undone = 0 ORDER BY seq",
            (card, learner),
        )
        return [entry_of(row) for row in rows]

    def by_before(self, learner: int, card: int, seq: int) -> str:
        """Which scheduler decided the card's date before the row `seq`."""
        row = self._db.one(
            "SELECT scheduler FROM review INDEXED BY review_card WHERE card_id = ? AND learner_id = ? AND undone = 0"
            " AND seq < ? AND kind <> 'imported' ORDER BY seq DESC LIMIT 1",
            (card, learner, seq),
        )
        return name_of(row[0]) if row else sm2.SCHEDULER

    def has_action(self, learner: int, action: str) -> bool:
        """Whether the learner's log holds an action: one of many rows."""
        return self._db.one("SELECT 1 FROM review WHERE learner_id = ? AND action = ?", (learner, action)) is not None

    def stored(self, learner: int, uid: str) -> StoredRow | None:
        """The row with that id in the learner's log, undone or not."""
        row = self._db.one(f"{_STORED} AND uid = ?", (learner, uid))
        return _stored(row) if row else None

    def last_action_in_short(self, learner: int) -> list[tuple[str, str, str | None, int, int]]:
        """(action, uid, verb, at, card) of what `last_action` gives: after an import that may be 100,000 rows."""
        found = self._db.each(
            f"SELECT action, uid, verb, at, card_id FROM review WHERE learner_id = ? AND {_LAST}", (learner,)
        )
        _, rows = next(groupby(found, key=itemgetter(0)), ("", ()))
        return list(rows)

    def last_action(self, learner: int) -> list[StoredRow]:
        """The rows of the learner's last action that is not undone, the last one first.

        Logs of other programs aside, and what authors did.
        """
        found = self._db.each(f"{_STORED} AND {_LAST}", (learner,))
        rows: list[StoredRow] = []
        for values in found:
            row = _stored(values)
            if rows and row.action != rows[0].action:
                break
            rows.append(row)
        return rows

    def undo_edits(self, learner: int, card: int, after: int) -> None:
        """Takes out of what counts that authors brought the card back after the row `after`."""
        self._db.execute(
            "UPDATE review INDEXED BY review_card SET undone = 1"
            " WHERE card_id = ? AND learner_id = ? AND seq > ? AND verb = 'edited'",
            (card, learner, after),
        )

    def mark_undone(self, learner: int, row: StoredRow) -> None:
        """Takes a row of the log, which is not undone yet, out of what counts; it stays there to be read."""
        self._db.execute("UPDATE review SET undone = 1 WHERE learner_id = ? AND seq = ?", (learner, row.seq))
        if row.quality is not None:
            counters.count_answers(self._db, learner, {row.study_day: -1}, {row.card: -1})


def log_values(learner: int, card: CardRow, row: LogWrite) -> Row:
    """The values of `INSERT_LOG`."""
    return (
        learner, row.seq, row.uid, row.action, card.id, card.note, row.at, row.study_day, row.quality,
        row.kind, row.verb, row.revision or card.revision, row.scheduler or card.by,
        *columns_of(row.before), *columns_of(row.after), row.took_ms, int(row.leech),
        row.stability, row.difficulty, row.parameters,
    )  # fmt: skip


def _stored(row: Row) -> StoredRow:
    seq, uid, action, card, kind, verb, quality, at, day, undone, leech, scheduler, *schedules = row
    before, after = schedule_of(*schedules[:6]), schedule_of(*schedules[6:])
    return StoredRow(
        seq, uid, action, card, kind, verb, quality, at, day, bool(undone), bool(leech), scheduler, before, after
    )


def entry_of(columns: Sequence[Any], known: Mapping[str, Parameters] = NOTHING_KNOWN) -> Entry:
    """The entry for `ENTRY_COLUMNS`; `known` are sets of parameters by name."""
    kind, quality, day, lapses, verb, scheduler, stability, difficulty, name, *schedules = columns
    memory = None if stability is None else Memory(stability, difficulty)
    before, after = schedule_of(*schedules[:6]), schedule_of(*schedules[6:])
    parameters = None if name is None else known.get(name)
    return Entry(kind, quality, day, before, after, lapses, verb, scheduler, memory, parameters)
