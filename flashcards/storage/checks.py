"""Reads for `doctor`: everything that could contradict something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flashcards.domain.ids import CardId, LearnerId
from flashcards.domain.schedule import Schedule
from flashcards.domain.schedulers import Entry
from flashcards.domain.statistics import DayCounts
from flashcards.storage import models
from flashcards.storage.by_hand import ByHand
from flashcards.storage.card_ranges import CardRange, card_ranges
from flashcards.storage.counters import DAYS_COUNTED
from flashcards.storage.database import Database
from flashcards.storage.memory import MemoryRows
from flashcards.storage.models import Review
from flashcards.storage.prepared import Indexed, Query, prepared
from flashcards.storage.reviews import entry_columns, entry_of
from flashcards.storage.schedules import PLACE_BY_HAND, columns, schedule_of

# By hand: what is examined is how two tables contradict each other, a condition each, which SQL says best. What was
# counted is added up with what there is to count, less than nothing: joined to each other, two long lists without an
# index take as many steps as one times the other.
_ORPHANS = {
    "cards without their note": "card c WHERE NOT EXISTS (SELECT 1 FROM note WHERE id = c.note_id)",
    "notes without their deck": "note n WHERE NOT EXISTS (SELECT 1 FROM deck WHERE id = n.deck_id)",
    "notes that are live in a deck that is removed":
        "note n JOIN deck d ON d.id = n.deck_id WHERE n.removed_at IS NULL AND d.removed_at IS NOT NULL",
    "live notes that were never rendered":
        "note n WHERE n.removed_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM rendering r WHERE r.key = n.render_key)",
    "schedules that are filed under a wrong note, place or deck":
        "schedule s JOIN card c ON c.id = s.card_id JOIN note n ON n.id = c.note_id"
        f" WHERE s.note_id <> c.note_id OR s.ordinal <> c.ordinal OR s.deck_id {{differs}} {PLACE_BY_HAND}",
    "log rows that are filed under a wrong note":
        "review r JOIN card c ON c.id = r.card_id WHERE r.note_id <> c.note_id",
    "log rows of cards that are not there":
        "review r WHERE NOT EXISTS (SELECT 1 FROM card WHERE id = r.card_id)",
    "schedules of cards that are not there":
        "schedule s WHERE NOT EXISTS (SELECT 1 FROM card WHERE id = s.card_id)",
    "settings of decks that are not there":
        "learner_deck l WHERE NOT EXISTS (SELECT 1 FROM deck WHERE id = l.deck_id)",
    "what Anki knew of rows that are not in the log":
        "imported_review i WHERE NOT EXISTS (SELECT 1 FROM review r WHERE r.learner_id = i.learner_id"
        " AND r.seq = i.seq)",
    "flags on cards that are not there":
        "card_flag f WHERE NOT EXISTS (SELECT 1 FROM card c WHERE c.id = f.card_id)",
    "answers of practice rounds that are not there":
        "round_answer a WHERE NOT EXISTS (SELECT 1 FROM practice_round r WHERE r.learner_id = a.learner_id"
        " AND r.id = a.round_id)",
    "ticks of practice rounds that are not there":
        "round_mark m WHERE NOT EXISTS (SELECT 1 FROM practice_round r WHERE r.learner_id = m.learner_id"
        " AND r.id = m.round_id)",
    "ticks on cards that are not there":
        "round_mark m WHERE NOT EXISTS (SELECT 1 FROM card c WHERE c.id = m.card_id)",
}  # fmt: skip
_TAKEN_AWAY = ", ".join(f"-{count}" for count in DayCounts._fields)
_DIFFERS = " OR ".join(f"sum({count}) <> 0" for count in DayCounts._fields)
_COUNTERS = {
    "flags of cards":
        "(SELECT learner_id, card_id, verb FROM (SELECT learner_id, card_id, verb, row_number() OVER"
        " (PARTITION BY learner_id, card_id ORDER BY seq DESC) AS place FROM review WHERE kind = 'flag'"
        " AND undone = 0) AS flagged WHERE place = 1) r FULL JOIN card_flag f ON f.learner_id = r.learner_id"
        " AND f.card_id = r.card_id WHERE coalesce('flag:' || f.flag, 'flag:0') <> coalesce(r.verb, 'flag:0')",
    "cards of decks":
        "deck d WHERE d.removed_at IS NULL AND d.cards <> (SELECT count(*) FROM note n JOIN card c"
        " ON c.note_id = n.id WHERE n.deck_id = d.id AND n.removed_at IS NULL AND n.draft = 0"
        " AND c.removed_at IS NULL)",
    "seen cards of decks":
        "(SELECT 1 FROM (SELECT learner_id, deck_id, 1 AS cards, 0 AS kept FROM schedule WHERE deck_id IS NOT NULL"
        " UNION ALL SELECT learner_id, deck_id, -seen, 1 FROM learner_deck) AS counted"
        " GROUP BY learner_id, deck_id HAVING sum(cards) <> 0 AND sum(kept) > 0) AS wrong",
    "decks with seen cards that are not counted":
        "(SELECT DISTINCT learner_id, deck_id FROM schedule WHERE deck_id IS NOT NULL) s WHERE NOT EXISTS"
        " (SELECT 1 FROM learner_deck ld WHERE ld.learner_id = s.learner_id AND ld.deck_id = s.deck_id)",
    "answers of days":
        f"(SELECT 1 FROM ({DAYS_COUNTED} UNION ALL SELECT learner_id, study_day, {_TAKEN_AWAY} FROM learner_day)"
        f" AS counted GROUP BY learner_id, study_day HAVING {_DIFFERS}) AS wrong",
    "ends of logs":
        "learner l LEFT JOIN learner_state s ON s.learner_id = l.id WHERE coalesce(s.last_seq, 0)"
        " <> coalesce((SELECT max(seq) FROM review WHERE learner_id = l.id), 0)",
    "marks of cards that somebody has answered":
        "card c WHERE c.answered = 0 AND (EXISTS (SELECT 1 FROM review WHERE card_id = c.id)"
        " OR EXISTS (SELECT 1 FROM schedule WHERE note_id = c.note_id AND card_id = c.id))",
}  # fmt: skip
_ANSWERS_OF_CARDS = ByHand(
    "SELECT count(*) FROM (SELECT 1 FROM (SELECT learner_id, card_id, 1 AS answers FROM review"
    " WHERE quality IS NOT NULL AND undone = 0 AND card_id > ? AND card_id <= ?"
    " UNION ALL SELECT learner_id, card_id, -answers FROM card_answers WHERE card_id > ? AND card_id <= ?) AS counted"
    " GROUP BY learner_id, card_id HAVING sum(answers) <> 0) AS wrong"
)


@prepared
def _schedules(above: int, upto: int) -> Query:
    schedule = models.Schedule
    rows = schedule.select(schedule.learner, schedule.card, schedule.lapses, schedule.by, *columns(schedule))
    return rows.where(schedule.card > above, schedule.card <= upto).order_by(schedule.learner, schedule.card)


@prepared
def _log(above: int, upto: int) -> Query:
    """Sorted, not looked up: finding the rows one by one by their card takes five times as long."""
    log = Indexed(Review, None)
    return (
        log.select(log.learner, log.card, log.seq, *entry_columns(log))
        .where(log.undone == 0, log.card > above, log.card <= upto)
        .order_by(log.learner, log.card, log.seq)
    )


class LoggedEntry(NamedTuple):
    """A row of the log that counts."""

    learner: LearnerId
    card: CardId
    seq: int
    entry: Entry


class CheckRows:
    """Reads that examine the whole database."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def integrity(self) -> Iterator[str]:
        """What the database itself finds wrong with its files."""
        return self._db.damage()

    def foreign_keys(self) -> Iterator[str]:
        """Rows that refer to rows that are not there."""
        return self._db.dangling()

    def orphans(self) -> Iterator[str]:
        """Rows that belong to nothing, or to something else than they say."""
        return self._counted(_ORPHANS)

    def counters(self) -> Iterator[str]:
        """Stored counts that are not what counting gives."""
        yield from self._counted(_COUNTERS)
        counts = (_ANSWERS_OF_CARDS.one(self._db, *cards, *cards) for cards in self.ranges())
        if wrong := sum(row[0] for row in counts if row):
            yield f"answers of cards: {wrong:,} are wrong"

    def _counted(self, queries: dict[str, str]) -> Iterator[str]:
        for what, source in queries.items():
            row = ByHand(f"SELECT count(*) FROM {source}").one(self._db)
            if row and row[0]:
                yield f"{row[0]:,} {what}" if queries is _ORPHANS else f"{what}: {row[0]:,} are wrong"

    def ranges(self) -> Iterator[CardRange]:
        """Ranges of cards that `schedules` and `log` can be read for, one after the other: all cards there could be."""
        return card_ranges(self._db)

    def schedules(self, cards: CardRange) -> Iterator[tuple[tuple[int, int], tuple[Schedule, int, str]]]:
        """(schedule, lapses, who decides its date) of every (learner, card) of the range, in their order."""
        for learner, card, lapses, by, *values in _schedules.each(self._db, *cards):
            yield (learner, card), (schedule_of(*values), lapses, by)

    def log(self, cards: CardRange) -> Iterator[LoggedEntry]:
        """The logs of these cards by learner and card, in the order of `seq`, undone rows left out."""
        known = MemoryRows(self._db).parameters()
        for learner, card, seq, *row in _log.each(self._db, *cards):
            yield LoggedEntry(learner, card, seq, entry_of(row, known))

    def totals(self) -> dict[str, int]:
        """How much was examined."""
        tables = {"learners": "learner", "decks": "deck", "notes": "note", "cards": "card",
                  "schedules": "schedule", "log rows": "review"}  # fmt: skip
        counts = {}
        for what, table in tables.items():
            row = self._db.one(f"SELECT count(*) FROM {table}")
            counts[what] = int(row[0]) if row else 0
        return counts
