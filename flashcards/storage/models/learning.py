"""What learners did, and what follows from it. Every key begins with the learner."""

from __future__ import annotations

from peewee import BigIntegerField, CompositeKey, IntegerField, TextField

from flashcards.storage.models.base import (
    DayNumber,
    Flag,
    Instant,
    Pointer,
    Table,
    belongs_to,
    default,
    index,
)
from flashcards.storage.models.collection import Card, Deck, Note
from flashcards.storage.models.people import Learner


class LearnerDeck(Table):
    """A deck as a learner has it."""

    learner = belongs_to(Learner)
    deck = Pointer(Deck)
    active = Flag(**default(1))
    new_per_day = IntegerField(null=True)  # NULL: only the learner's own limit
    seen = IntegerField(**default(0))  # schedules of visible cards in the deck

    class Meta:
        primary_key = CompositeKey("learner", "deck")
        without_rowid = True


class Schedule(Table):
    """When a learner is asked a card.

    `note`, `ordinal` and `deck` repeat what card and note say, so that the queue is one index scan; `deck` is NULL
    while the card is hidden (removed, or a draft).
    """

    learner = belongs_to(Learner)
    card = Pointer(Card)
    note = Pointer(Note)
    ordinal = IntegerField()
    deck = Pointer(Deck, null=True)
    repetition = IntegerField(**default(0))
    ease = IntegerField(**default(250))
    interval = IntegerField(**default(0))
    due_on = DayNumber(null=True)  # NULL: the card is new (never answered, or reset)
    suspended = Flag(**default(0))
    buried_until = DayNumber(null=True)  # shown again from this day on
    lapses = IntegerField(**default(0))
    by = TextField(**default("sm2"))  # which scheduler set due_on

    class Meta:
        primary_key = CompositeKey("learner", "card")
        without_rowid = True


index(
    "schedule_due",
    Schedule.learner,
    Schedule.due_on,
    Schedule.interval,
    Schedule.note,
    Schedule.ordinal,
    Schedule.deck,
    Schedule.buried_until,
    Schedule.suspended,
    where=Schedule.due_on.is_null(False) & (Schedule.suspended == 0) & Schedule.deck.is_null(False),
)
index("schedule_new", Schedule.learner, Schedule.deck, where=Schedule.due_on.is_null())
index("schedule_note", Schedule.note)
index("schedule_lapses", Schedule.learner, Schedule.lapses, Schedule.note, where=Schedule.lapses > 0)
index("schedule_suspended", Schedule.learner, Schedule.note, where=Schedule.suspended == 1)


class Review(Table):
    """The log: replaying it by `seq` gives every schedule."""

    learner = belongs_to(Learner)
    seq = IntegerField()
    uid = TextField()  # the answer's id, made by the client
    action = TextField()  # rows of one action of the learner share it
    card = Pointer(Card)
    note = Pointer(Note)
    at = Instant()
    study_day = DayNumber()
    quality = IntegerField(null=True)  # 0 to 5; NULL for manual rows
    kind = TextField()  # scheduled drill extra cram mock ahead plan manual imported
    verb = TextField(null=True)  # of manual rows: what was done
    revision = IntegerField()
    scheduler = TextField()
    before_repetition = IntegerField()
    before_ease = IntegerField()
    before_interval = IntegerField()
    before_due_on = DayNumber(null=True)
    before_suspended = Flag()
    before_buried_until = DayNumber(null=True)
    after_repetition = IntegerField()
    after_ease = IntegerField()
    after_interval = IntegerField()
    after_due_on = DayNumber(null=True)
    after_suspended = Flag()
    after_buried_until = DayNumber(null=True)
    took_ms = IntegerField(null=True)
    leech = Flag(**default(0))  # this answer made the card a leech (8th, 12th, ... lapse)
    undone = Flag(**default(0))
    after_lapses = IntegerField(null=True)  # of rows that close an import: a replay counts lapses from there on
    stability = BigIntegerField(null=True)  # memory after this row, in millionths of a day; NULL: says nothing
    difficulty = IntegerField(null=True)  # in millionths
    parameters = TextField(null=True)  # the name of the numbers that both were reckoned with

    class Meta:
        primary_key = CompositeKey("learner", "seq")
        indexes = ((("learner", "uid"), True),)
        without_rowid = True


index("review_card", Review.card, Review.learner, Review.seq)
index(
    "review_day",
    Review.learner,
    Review.study_day,
    Review.kind,
    Review.card,
    Review.undone,
    Review.quality,
    Review.before_interval,
    Review.took_ms,
    Review.at,
)


class LearnerDay(Table):
    """How many answers a learner gave on a day: rows of the log with a grade, undone ones aside.

    See `domain.statistics.DayCounts`.
    """

    learner = belongs_to(Learner)
    study_day = DayNumber()
    answers = IntegerField()
    due = IntegerField(**default(0))
    due_mature = IntegerField(**default(0))
    remembered = IntegerField(**default(0))
    remembered_mature = IntegerField(**default(0))

    class Meta:
        primary_key = CompositeKey("learner", "study_day")
        without_rowid = True


class CardAnswers(Table):
    """How many answers a learner gave on a card: rows of the log with a grade, undone ones aside."""

    learner = belongs_to(Learner)
    card = Pointer(Card)
    answers = IntegerField()

    class Meta:
        primary_key = CompositeKey("learner", "card")
        without_rowid = True


class LearnerState(Table):
    """Where a learner stands: also the row that a transaction of theirs locks first, where rows are locked."""

    learner = belongs_to(Learner, primary_key=True)
    last_seq = IntegerField(**default(0))  # of the learner's log
    applied_version = BigIntegerField(**default(0))
    changes = BigIntegerField(**default(0))  # of the log, schedules, memories, decks switched on: see `counters`
