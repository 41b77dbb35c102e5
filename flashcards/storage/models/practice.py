"""Practice rounds: what was asked, answered and ticked, and the link of a partner."""

from __future__ import annotations

from peewee import BigIntegerField, BlobField, CompositeKey, IntegerField, TextField

from flashcards.storage.models.base import Instant, Pointer, Table, belongs_to, default, index
from flashcards.storage.models.collection import Card
from flashcards.storage.models.people import Learner


class PracticeRound(Table):
    """A round, with its questions as they were asked."""

    learner = belongs_to(Learner)
    id = TextField()  # made by the client
    kind = TextField()  # concepts coding design behavioural mixed one
    level = TextField(null=True)  # junior mid senior; NULL: any
    minutes = IntegerField()
    seed = BigIntegerField()
    scope = TextField()  # {"decks": [], "tags": []}, as asked for
    questions = TextField()  # as asked, see `storage/practice.py`
    started_at = Instant()
    finished_at = Instant(null=True)
    plan_id = TextField(null=True)

    class Meta:
        primary_key = CompositeKey("learner", "id")
        without_rowid = True


class RoundAnswer(Table):
    """An answer in a round."""

    learner = belongs_to(Learner)
    round_id = TextField()
    id = TextField()  # made by the client
    position = IntegerField()
    card = Pointer(Card)
    revision = IntegerField()  # of the text that was asked
    text = TextField(null=True)  # NULL: skipped
    work = TextField(**default("{}"))  # numbers, sketch, answers to follow-ups
    started_at = Instant()
    took_ms = IntegerField()
    at = Instant()
    closed_at = Instant(null=True)  # graded, skipped, or left without a grade
    review_seq = IntegerField(null=True)  # of the mock in the learner's log; NULL: not graded

    class Meta:
        primary_key = CompositeKey("learner", "round_id", "id")
        without_rowid = True


class RoundMark(Table):
    """A tick: whether a point was said, and who says so."""

    learner = belongs_to(Learner)
    round_id = TextField()
    position = IntegerField()
    who = TextField()  # self partner model
    point = TextField()
    card = Pointer(Card)  # of the question: a point's record over time is found by it
    mark = TextField()  # said partly missed
    at = Instant()
    evidence = TextField(null=True)  # the model's: the learner's words that prove it
    taught_by = Pointer(Card, column_name="taught_by", null=True)  # NULL: the point has no card of its own

    class Meta:
        primary_key = CompositeKey("learner", "round_id", "position", "who", "point")
        without_rowid = True


index("round_mark_card", RoundMark.card, RoundMark.learner, RoundMark.who, RoundMark.point, RoundMark.at)


class PartnerLink(Table):
    """The link by which a partner joins a round."""

    learner = belongs_to(Learner)
    round_id = TextField()
    secret_hash = BlobField(unique=True)  # SHA-256 of what the link holds
    created_at = Instant()
    expires_at = Instant()
    joined_at = Instant(null=True)
    session_hash = BlobField(null=True)  # SHA-256 of the cookie of the browser that joined
    ended_at = Instant(null=True)

    class Meta:
        primary_key = CompositeKey("learner", "round_id")
        without_rowid = True
