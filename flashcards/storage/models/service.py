"""The jobs of the service, their runs, and what was sent to whom."""

from __future__ import annotations

from peewee import BigIntegerField, CompositeKey, IntegerField, TextField

from flashcards.storage.models.base import DayNumber, Flag, Instant, Table, belongs_to, default
from flashcards.storage.models.people import Learner


class Service(Table):
    """Counts of the service as a whole, by name."""

    key = TextField(primary_key=True)
    value = BigIntegerField()

    class Meta:
        without_rowid = True


class Job(Table):
    """A job of the process that leads."""

    name = TextField(primary_key=True)
    title = TextField()
    rhythm = TextField()  # in words
    next_at = Instant(null=True)  # NULL: whenever something changes
    asked_at = Instant(null=True)  # somebody wants a run now

    class Meta:
        without_rowid = True


class JobRun(Table):
    """A run of a job; the last ones are kept."""

    job = TextField()
    started_at = Instant()
    finished_at = Instant()
    ok = Flag()
    result = TextField()  # a sentence for people

    class Meta:
        primary_key = CompositeKey("job", "started_at")
        without_rowid = True


class Sent(Table):
    """What a learner was sent, once a day each."""

    learner = belongs_to(Learner)
    kind = TextField()
    study_day = DayNumber()
    at = Instant()

    class Meta:
        primary_key = CompositeKey("learner", "kind", "study_day")
        without_rowid = True


class Channel(Table):
    """An address beside mail at which a learner is told that cards are due."""

    learner = belongs_to(Learner)
    id = IntegerField()  # of this learner, from 1
    kind = TextField()
    shown = TextField()  # what a page may say of it
    url_encrypted = TextField()
    made_at = Instant()
    failures = IntegerField(**default(0))  # in a row
    tried_at = Instant(null=True)  # the last time
    trouble = TextField(**default(""))  # what went wrong then, for people

    class Meta:
        primary_key = CompositeKey("learner", "id")
        without_rowid = True
