"""What an import of a history reads and writes: cards by guid, log rows by the ten thousand.

Every method runs within the caller's transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from peewee import JOIN, fn

from flashcards.domain import sm2
from flashcards.domain.ids import CardId, LearnerId, NoteId
from flashcards.domain.schedule import NEVER_SEEN, Schedule
from flashcards.domain.statistics import DayCounts, day_counts
from flashcards.domain.study_day import Day
from flashcards.storage import counters, models
from flashcards.storage.database import Database, Row
from flashcards.storage.models import Card, Deck, ImportedReview, Note, Review
from flashcards.storage.prepared import Among, Query, inserting, prepared
from flashcards.storage.reviews import CardRow, LogWrite, insert_log, insert_schedule, log_values, update_schedule
from flashcards.storage.schedules import columns, columns_of, place, schedule_of

_CACHE_KIB = 48 << 10


@prepared
def _cards(learner: LearnerId, guids: Collection[str]) -> Query:
    schedule = models.Schedule
    has_schedule = (schedule.learner == learner) & (schedule.card == Card.id)
    return (
        Note.select(
            Note.guid, Card.which, Card.id, Card.note, Card.ordinal, Note.revision, place(Card, Note), Card.answered,
            schedule.card.is_null(False), schedule.lapses, schedule.by, *columns(schedule),
        )
        .join(Card)
        .join(schedule, JOIN.LEFT_OUTER, on=has_schedule)
        .where(Among(Note.guid, guids), Note.removed_at.is_null(), Card.removed_at.is_null())
    )  # fmt: skip


@prepared
def _schedule(learner: LearnerId, card: CardId) -> Query:
    schedule = models.Schedule
    return schedule.select(*columns(schedule)).where(schedule.learner == learner, schedule.card == card)


@prepared
def _live_guids() -> Query:
    return Note.select(Note.guid, Deck.path).join(Deck).where(Note.removed_at.is_null())


@prepared
def _known_files() -> Query:
    return Deck.select(Deck.path, Deck.key, Deck.size, Deck.mtime_ns).where(Deck.removed_at.is_null())


@prepared
def _instants(learner: LearnerId) -> Query:
    is_a_grade = Review.kind.not_in(("manual", "flag"))
    return Review.select(Review.card, Review.at).where(Review.learner == learner, is_a_grade)


@prepared
def _uids(learner: LearnerId) -> Query:
    return Review.select(Review.uid).where(Review.learner == learner, Review.kind == "imported")


@prepared
def _last_moves(learner: LearnerId) -> Query:
    moved = (Review.kind == "scheduled") | ((Review.kind == "manual") & (Review.verb != "import"))
    return (
        Review.select(Review.card, fn.max(Review.at))
        .where(Review.learner == learner, Review.undone == 0, moved)
        .group_by(Review.card)
    )


@prepared
def _insert_imported(
    learner: LearnerId, seq: int, uid: str, action: str, card: CardId, note: NoteId, at: int, day: Day,
    quality: int | None, revision: int, scheduler: str, ease: int, last_interval: int, ease_too: int, interval: int,
    took_ms: int | None,
) -> Query:  # fmt: skip
    """What all imported rows have alike is said once, which is quicker than binding it each time."""
    return Review.insert(
        {
            Review.learner: learner, Review.seq: seq, Review.uid: uid, Review.action: action, Review.card: card,
            Review.note: note, Review.at: at, Review.study_day: day, Review.quality: quality,
            Review.kind: "imported", Review.revision: revision, Review.scheduler: scheduler,
            Review.before_repetition: 0, Review.before_ease: ease, Review.before_interval: last_interval,
            Review.before_suspended: 0,
            Review.after_repetition: 0, Review.after_ease: ease_too, Review.after_interval: interval,
            Review.after_suspended: 0,
            Review.took_ms: took_ms, Review.leech: 0,
        }
    )  # fmt: skip


_insert_known = inserting(
    ImportedReview, ImportedReview.learner, ImportedReview.seq,
    ImportedReview.type, ImportedReview.interval, ImportedReview.last_interval, ImportedReview.factor,
)  # fmt: skip


@prepared
def _set_lapses(lapses: int, learner: LearnerId, seq: int) -> Query:
    return Review.update({Review.after_lapses: lapses}).where(Review.learner == learner, Review.seq == seq)


class Known(NamedTuple):
    """What Anki knew of a row of its log, in its own numbers: see the table `imported_review`."""

    type: int
    interval: int
    last_interval: int
    factor: int


class ImportedRow(NamedTuple):
    """A row of another program's log: intervals in days, ease in hundredths, `quality` None for no answer.

    `took_ms` is None where that program does not say, `known` where it is not Anki.
    """

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
    took_ms: int | None
    known: Known | None


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

    def room(self) -> AbstractContextManager[None]:
        """Room for a hundred thousand rows, whose places in the indexes are all over the file."""
        return self._db.room(_CACHE_KIB)

    def cards(self, learner: LearnerId, guids: Iterable[str]) -> dict[tuple[str, str], CardRow]:
        """The cards of the live notes with these guids, by guid and `which`."""
        rows = _cards.run(self._db, learner, list(guids))
        return {(row[0], row[1]): _card(row[2:11], schedule_of(*row[11:])) for row in rows}

    def live_guids(self) -> dict[str, str]:
        """The guids of all notes that the files held at the last sync, each with its deck's path."""
        return dict(_live_guids.run(self._db))

    def known_files(self) -> dict[str, KnownFile]:
        """The deck files that the last sync read, by path."""
        rows = _known_files.run(self._db)
        return {path: KnownFile(*values) for path, *values in rows}

    def instants(self, learner: LearnerId) -> set[tuple[int, int]]:
        """(card, instant) of every answer and imported row in the learner's log."""
        return set(_instants.run(self._db, learner))

    def uids(self, learner: LearnerId) -> set[str]:
        """The ids of all imported rows in the learner's log."""
        return {uid for (uid,) in _uids.run(self._db, learner)}

    def last_moves(self, learner: LearnerId) -> dict[CardId, int]:
        """When the learner last moved each card here: by an answer or by hand, imports aside."""
        return dict(_last_moves.run(self._db, learner))

    def schedule(self, learner: LearnerId, card: CardRow) -> Schedule:
        """The schedule of a card as it stands now, after the rows of this import."""
        row = _schedule.one(self._db, learner, card.id)
        return schedule_of(*row) if row else NEVER_SEEN

    def append(self, learner: LearnerId, rows: Sequence[ImportedRow]) -> None:
        """Adds rows of the kind `imported`, by `seq`. They say what the other program did, and move nothing here."""
        if not rows:
            return
        scheduler = self._scheduler
        _insert_imported.many(
            self._db,
            (
                (
                    learner, seq, uid, action, card.id, card.note, at, day, quality, card.revision, scheduler,
                    ease, last_interval, ease, interval, took_ms,
                )
                for seq, uid, action, card, at, day, quality, ease, interval, last_interval, took_ms, _ in rows
            ),
        )  # fmt: skip
        _insert_known.many(self._db, ((learner, row.seq, *row.known) for row in rows if row.known is not None))
        cards = Counter([row.card.id for row in rows if row.quality is not None])
        counters.count_answers(self._db, learner, _days(rows), cards)
        self._keep(learner, rows[-1].seq, (row.card for row in rows))

    def close(self, learner: LearnerId, rows: Sequence[tuple[CardRow, LogWrite, int]]) -> None:
        """Adds rows that set schedules, by `seq`, as `ReviewRows.append` and `save` do, by the ten thousand.

        Each comes with the lapses that the card has from there on.
        """
        if not rows:
            return
        insert_log.many(self._db, (log_values(learner, card, row) for card, row, _ in rows))
        _set_lapses.many(
            self._db,
            [(lapses, learner, row.seq) for card, row, lapses in rows if lapses != card.lapses],
        )
        by = sm2.SCHEDULER
        stored = [(*columns_of(row.after), lapses, by, learner, card.id) for card, row, lapses in rows if card.stored]
        update_schedule.many(self._db, stored)
        new = (
            (learner, card.id, card.note, card.ordinal, card.deck, *columns_of(row.after), lapses, by)
            for card, row, lapses in rows
            if not card.stored
        )
        insert_schedule.many(self._db, new)
        first = (card.deck for card, _, _ in rows if not card.stored)
        counters.count_seen(self._db, learner, Counter(deck for deck in first if deck is not None))
        self._keep(learner, rows[-1][1].seq, (card for card, _, _ in rows))

    def _keep(self, learner: LearnerId, end: int, cards: Iterable[CardRow]) -> None:
        """Keeps where the log ends now, and which cards have a history from now on."""
        counters.keep_log_end(self._db, learner, end)
        counters.mark_answered(self._db, {card.id for card in cards if not card.answered})


def _days(rows: Iterable[ImportedRow]) -> dict[Day, DayCounts]:
    """What those of these rows that have a grade add to the days on which the answers were given."""
    alike = Counter([(row.study_day, row.quality, row.last_interval) for row in rows])
    days: dict[Day, DayCounts] = {}
    for (day, quality, interval), times in alike.items():
        if quality is not None:
            one = day_counts("imported", quality, interval)
            days[day] = days.get(day, DayCounts()).plus(one.times(times))
    return days


def _card(values: Row, schedule: Schedule) -> CardRow:
    card, note, ordinal, revision, deck, answered, stored, lapses, by = values
    return CardRow(
        card, note, ordinal, revision, deck, bool(answered), bool(stored), lapses or 0, by or sm2.SCHEDULER, schedule
    )
