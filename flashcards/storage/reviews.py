"""The log and the schedules: what an answer, a manual action and an undo read and write.

An answer is the hottest write there is. Every method runs within the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from peewee import JOIN, Select, fn

from flashcards.domain import sm2
from flashcards.domain.ids import CardId, DeckId, LearnerId, NoteId
from flashcards.domain.memory.fsrs import Memory, Parameters
from flashcards.domain.schedule import History, Schedule
from flashcards.domain.schedulers import Entry, name_of, replay
from flashcards.domain.sm2 import DRILLED_UNTIL
from flashcards.domain.statistics import day_counts
from flashcards.domain.study_day import Day
from flashcards.storage import counters, models
from flashcards.storage.database import Database, Row
from flashcards.storage.models import Card, LearnerState, Note, Review, Revision
from flashcards.storage.prepared import Differs, Indexed, Prepared, Query, inserting, prepared
from flashcards.storage.schedules import columns, columns_of, place, schedule_of

_USUALLY_ENOUGH = 4
"""Rows of a card's log: the last answer that moved its date is among them, but for a card that is drilled."""
_LOGGED = (
    Review.learner, Review.seq, Review.uid, Review.action, Review.card, Review.note, Review.at, Review.study_day,
    Review.quality, Review.kind, Review.verb, Review.revision, Review.scheduler,
    *columns(Review, "before_"), *columns(Review, "after_"), Review.took_ms, Review.leech,
    Review.stability, Review.difficulty, Review.parameters,
)  # fmt: skip
_PLACE = (
    models.Schedule.learner, models.Schedule.card, models.Schedule.note, models.Schedule.ordinal, models.Schedule.deck,
)  # fmt: skip
_MOVED = (*columns(models.Schedule), models.Schedule.lapses, models.Schedule.by)
_ASKED = _MOVED[:4]
CARD_COLUMNS = (
    Card.note, Card.ordinal, Note.revision, place(Card, Note), Card.answered,
    models.Schedule.card.is_null(False), models.Schedule.lapses, models.Schedule.by, *columns(models.Schedule),
)  # fmt: skip
"""What `card_row` takes of a card, its note and the learner's schedule of it."""

insert_log = inserting(Review, *_LOGGED)
"""Adds a row to the log: `log_values`."""
insert_schedule = inserting(models.Schedule, *_PLACE, *_MOVED)
"""Adds a schedule: learner, card, note, ordinal and deck, then what `update_schedule` takes first."""


def _update_schedule(*values: Any) -> Query:
    *moved, learner, card = values
    return models.Schedule.update(dict(zip(_MOVED, moved, strict=True))).where(is_schedule(learner, card))


@prepared
def _move_date(
    repetition: int, ease: int, interval: int, due_on: Day | None, learner: LearnerId, card: CardId,
) -> Query:  # fmt: skip
    """What nearly every answer does; indexes over other columns are left alone."""
    moved = dict(zip(_ASKED, (repetition, ease, interval, due_on), strict=True))
    return models.Schedule.update(moved).where(is_schedule(learner, card))


update_schedule: Prepared[...] = Prepared(_update_schedule, arity=len(_MOVED) + 2)
"""Moves a schedule: the columns of `schedules.COLUMNS`, lapses, who set the date; learner and card."""


def is_schedule(learner: Any, card: Any) -> Any:
    """The condition that a schedule is the learner's of a card."""
    return (models.Schedule.learner == learner) & (models.Schedule.card == card)


@prepared
def _card(learner: LearnerId, card: CardId) -> Query:
    return (
        Card.select(*CARD_COLUMNS)
        .join(Note)
        .join(models.Schedule, JOIN.LEFT_OUTER, on=is_schedule(learner, Card.id))
        .where(Card.id == card)
    )


@prepared
def _siblings(note: NoteId) -> Query:
    return Card.select(Card.id).where(Card.note == note, Card.removed_at.is_null()).order_by(Card.ordinal)


@prepared
def _log_end(learner: LearnerId) -> Query:
    last = LearnerState.select(LearnerState.last_seq).where(LearnerState.learner == learner)
    day = Review.select(fn.max(Review.study_day)).where(Review.learner == learner)
    return Select(columns=(last, day))


def _of_card(learner: LearnerId, card: CardId) -> tuple[Any, Any]:
    """The log by cards, and the condition that a row of it is the learner's of one card and counts."""
    log = Indexed(Review, "review_card")
    return log, (log.card == card) & (log.learner == learner) & (log.undone == 0)


def _answers_of(learner: LearnerId, card: CardId) -> tuple[Any, Query]:
    log, is_the_cards = _of_card(learner, card)
    answers = (
        log.select(log.seq, log.study_day, log.kind, log.quality, log.at)
        .where(is_the_cards, log.kind.in_(("scheduled", "drill", "plan")))
        .order_by(log.seq.desc())
    )
    return log, answers


@prepared
def _last_answers(learner: LearnerId, card: CardId) -> Query:
    return _answers_of(learner, card)[1].limit(_USUALLY_ENOUGH)


@prepared
def _answers_before(learner: LearnerId, card: CardId, seq: int) -> Query:
    log, answers = _answers_of(learner, card)
    return answers.where(log.seq < seq)


@prepared
def _revision_at(note: NoteId, at: int) -> Query:
    return Revision.select(fn.max(Revision.number)).where(Revision.note == note, Revision.at <= at)


@prepared
def _forget(learner: LearnerId, card: CardId) -> Query:
    return models.Schedule.delete().where(is_schedule(learner, card))


@prepared
def _moves(learner: LearnerId, card: CardId) -> Query:
    log, is_the_cards = _of_card(learner, card)
    return log.select(log.seq).where(is_the_cards, log.kind.in_(("scheduled", "manual"))).limit(1)


@prepared
def _entries(learner: LearnerId, card: CardId) -> Query:
    log, is_the_cards = _of_card(learner, card)
    return log.select(*entry_columns(log)).where(is_the_cards).order_by(log.seq)


def entry_columns(log: Any) -> tuple[Any, ...]:
    """What a replay needs of a row of the log (or an alias of it): see `entry_of`."""
    return (
        log.kind, log.quality, log.study_day, log.after_lapses, log.verb, log.scheduler, log.stability, log.difficulty,
        log.parameters, *columns(log, "before_"), *columns(log, "after_"),
    )  # fmt: skip


@prepared
def _scheduler_before(learner: LearnerId, card: CardId, seq: int) -> Query:
    log, is_the_cards = _of_card(learner, card)
    return log.select(log.scheduler).where(is_the_cards, log.seq < seq, log.kind != "imported").order_by(log.seq.desc())


def _stored_rows(learner: LearnerId) -> Any:
    return Review.select(
        Review.seq, Review.uid, Review.action, Review.card, Review.kind, Review.verb, Review.quality, Review.at,
        Review.study_day, Review.undone, Review.leech, Review.scheduler,
        *columns(Review, "before_"), *columns(Review, "after_"),
    ).where(Review.learner == learner)  # fmt: skip


@prepared
def _row(learner: LearnerId, uid: str) -> Query:
    return _stored_rows(learner).where(Review.uid == uid)


@prepared
def _cards_of_action(learner: LearnerId, since: int, action: str) -> Query:
    """How many: its rows were stored together, from the row `since` on."""
    return Review.select(fn.count(Review.card.distinct())).where(
        Review.learner == learner, Review.seq >= since, Review.action == action
    )


@prepared
def _last_rows(learner: LearnerId) -> Query:
    """What the learner did, the last first: logs of other programs aside, and what authors did."""
    done_here = (Review.undone == 0) & (Review.kind != "imported") & Differs(Review.verb, "edited")
    return _stored_rows(learner).where(done_here).order_by(Review.seq.desc())


@prepared
def _last_rows_in_short(learner: LearnerId) -> Query:
    return _last_rows.query(learner).select(Review.action, Review.uid, Review.verb, Review.at, Review.card)


@prepared
def _undo_edits(learner: LearnerId, card: CardId, after: int) -> Query:
    log, is_the_cards = _of_card(learner, card)
    edits = log.select(log.seq).where(is_the_cards, log.seq > after, log.verb == "edited")
    return Review.update({Review.undone: 1}).where(Review.learner == learner, Review.seq.in_(edits))


@prepared
def _mark_undone(learner: LearnerId, seq: int) -> Query:
    return Review.update({Review.undone: 1}).where(Review.learner == learner, Review.seq == seq)


NOTHING_KNOWN: Mapping[str, Parameters] = {}


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card as an answer finds it. `deck` is None while the card is hidden (removed, or a draft).

    `answered` is whether anybody ever answered it or set it aside. `stored` is whether the learner has a schedule
    row for it; without one, `schedule` is that of a new card. `by` is the scheduler that set its date.
    """

    id: CardId
    note: NoteId
    ordinal: int
    revision: int
    deck: DeckId | None
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
    card: CardId
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

    def card(self, learner: LearnerId, card: CardId) -> CardRow | None:
        """The card and the learner's schedule of it; None where there is no such card."""
        row = _card.one(self._db, learner, card)
        return None if row is None else card_row(card, row)

    def siblings(self, note: NoteId) -> list[CardId]:
        """The cards of a note that its text has today, by ordinal."""
        return [card for (card,) in _siblings.all(self._db, note)]

    def log_end(self, learner: LearnerId) -> tuple[int, Day | None]:
        """The last `seq` of the learner (0: none) and the latest study day in the log."""
        row = _log_end.one(self._db, learner)
        return (row[0] or 0, row[1]) if row else (0, None)

    def history(self, learner: LearnerId, card: CardId, day: Day, at: int) -> History:
        """What the log says of a card, for the kind of an answer given at the instant `at` of `day`.

        Answers given later that day do not count for the drill, though they came here first.
        """
        last_moved: Day | None = None
        given: list[tuple[int, int]] = []  # until `at`: when, and with which quality
        for _, study_day, kind, quality, given_at in self._history_rows(learner, card):
            if study_day == day and given_at <= at:
                given.append((given_at, quality))
            if kind == "scheduled":
                last_moved = study_day if last_moved is None else last_moved
                if study_day <= day:  # rows before it are of earlier days
                    break
        last = max(given, key=itemgetter(0), default=None)  # of the same instant, the one that came last
        return History(last_moved, last is not None and last[1] < DRILLED_UNTIL)

    def _history_rows(self, learner: LearnerId, card: CardId) -> Iterator[Row]:
        """The last first, and no more of them than are taken: a card may have been drilled thousands of times."""
        yield from (last := _last_answers.all(self._db, learner, card))
        if len(last) == _USUALLY_ENOUGH:
            yield from _answers_before.each(self._db, learner, card, last[-1][0])

    def revision_at(self, card: CardRow, at: int) -> int:
        """Which revision of the card's note there was at an instant; the present one where that is not known."""
        if card.revision == 1:
            return 1
        row = _revision_at.one(self._db, card.note, at)
        return (row[0] if row else None) or card.revision

    def append(self, learner: LearnerId, card: CardRow, row: LogWrite) -> None:
        """Adds a row to the log, and to what is counted of it."""
        insert_log.tell(self._db, *log_values(learner, card, row))
        counters.keep_log_end(self._db, learner, row.seq)
        if row.quality is not None:
            counts = day_counts(row.kind, row.quality, row.before.memory.interval)
            counters.count_answers(self._db, learner, {row.study_day: counts}, {card.id: 1})
        if not card.answered:
            counters.mark_answered(self._db, [card.id])

    def save(self, learner: LearnerId, card: CardRow, schedule: Schedule, lapses: int, by: str | None = None) -> None:
        """Stores the learner's schedule of a card; `by` is who set its date, where that changes."""
        state = columns_of(schedule)
        repetition, ease, interval, due_on, *hidden = state
        stands = [*columns_of(card.schedule)[len(_ASKED) :], card.lapses, card.by]
        if card.stored and stands == [*hidden, lapses, by or card.by]:
            _move_date.tell(self._db, repetition, ease, interval, due_on, learner, card.id)
        elif card.stored:
            update_schedule.tell(self._db, *state, lapses, by or card.by, learner, card.id)
        else:
            placed = (learner, card.id, card.note, card.ordinal, card.deck)
            insert_schedule.tell(self._db, *placed, *state, lapses, by or card.by)
            if card.deck is not None:
                counters.count_seen(self._db, learner, {card.deck: 1})

    def forget(self, learner: LearnerId, card: CardRow) -> None:
        """Drops the learner's schedule of a card: it was never answered after all."""
        _forget.tell(self._db, learner, card.id)
        if card.stored and card.deck is not None:
            counters.count_seen(self._db, learner, {card.deck: -1})

    def has_moves(self, learner: LearnerId, card: CardId) -> bool:
        """Whether anything in the log gives the card a schedule."""
        return _moves.one(self._db, learner, card) is not None

    def lapses(self, learner: LearnerId, card: CardId) -> int:
        """How often the learner has forgotten the card, by what stands in the log."""
        return replay(self.entries(learner, card)).lapses

    def entries(self, learner: LearnerId, card: CardId) -> list[Entry]:
        """The log of a card as a replay takes it, without the numbers that FSRS-6 used."""
        return [entry_of(row) for row in _entries.all(self._db, learner, card)]

    def by_before(self, learner: LearnerId, card: CardId, seq: int) -> str:
        """Which scheduler decided the card's date before the row `seq`."""
        row = _scheduler_before.one(self._db, learner, card, seq)
        return name_of(row[0]) if row else sm2.SCHEDULER

    def stored(self, learner: LearnerId, uid: str) -> StoredRow | None:
        """The row with that id in the learner's log, undone or not."""
        row = _row.one(self._db, learner, uid)
        return _stored(row) if row else None

    def cards_of(self, learner: LearnerId, row: StoredRow) -> int:
        """How many cards an action was about, of which this is the first row."""
        found = _cards_of_action.one(self._db, learner, row.seq, row.action)
        return int(found[0]) if found else 0

    def last_action_in_short(self, learner: LearnerId) -> list[tuple[str, str, str | None, int, int]]:
        """(action, uid, verb, at, card) of what `last_action` gives: after an import that may be 100,000 rows."""
        found = _last_rows_in_short.each(self._db, learner)
        _, rows = next(groupby(found, key=itemgetter(0)), ("", ()))
        return list(rows)

    def last_action(self, learner: LearnerId) -> list[StoredRow]:
        """The rows of the learner's last action that is not undone, the last one first.

        Logs of other programs aside, and what authors did.
        """
        rows: list[StoredRow] = []
        for values in _last_rows.each(self._db, learner):
            row = _stored(values)
            if rows and row.action != rows[0].action:
                break
            rows.append(row)
        return rows

    def undo_edits(self, learner: LearnerId, card: CardId, after: int) -> None:
        """Takes out of what counts that authors brought the card back after the row `after`."""
        _undo_edits.tell(self._db, learner, card, after)

    def mark_undone(self, learner: LearnerId, row: StoredRow) -> None:
        """Takes a row of the log, which is not undone yet, out of what counts; it stays there to be read."""
        _mark_undone.tell(self._db, learner, row.seq)
        counters.mark_change(self._db, learner)
        if row.quality is not None:
            counts = day_counts(row.kind, row.quality, row.before.memory.interval).times(-1)
            counters.count_answers(self._db, learner, {row.study_day: counts}, {row.card: -1})


def card_row(card: CardId, columns: Sequence[Any]) -> CardRow:
    """The card with these `CARD_COLUMNS`."""
    note, ordinal, revision, deck, answered, stored, lapses, by, *schedule = columns
    return CardRow(
        card, note, ordinal, revision, deck, bool(answered), bool(stored), lapses or 0, by or sm2.SCHEDULER,
        schedule_of(*schedule),
    )  # fmt: skip


def log_values(learner: LearnerId, card: CardRow, row: LogWrite) -> Row:
    """The values of `insert_log`."""
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
    """The entry for `entry_columns`; `known` are sets of parameters by name."""
    kind, quality, day, lapses, verb, scheduler, stability, difficulty, name, *schedules = columns
    memory = None if stability is None else Memory(stability, difficulty)
    before, after = schedule_of(*schedules[:6]), schedule_of(*schedules[6:])
    parameters = None if name is None else known.get(name)
    return Entry(kind, quality, day, before, after, lapses, verb, scheduler, memory, parameters)
