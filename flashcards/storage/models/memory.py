"""How well cards are remembered, by which numbers, and which scheduler a learner chose."""

from __future__ import annotations

from peewee import BigIntegerField, CompositeKey, IntegerField, TextField

from flashcards.storage.models.base import DayNumber, Flag, Instant, Pointer, Table, belongs_to, index
from flashcards.storage.models.collection import Card
from flashcards.storage.models.people import Learner


class Memory(Table):
    """What is remembered of a card; it follows from the log."""

    learner = belongs_to(Learner)
    card = Pointer(Card)
    stability = BigIntegerField()  # in millionths of a day
    difficulty = IntegerField()  # in millionths
    last_on = DayNumber()  # the study day of the newest answer that says something
    last_at = Instant()
    answers = IntegerField()
    parameters = TextField()  # the name of the numbers it was computed with; "": not yet

    class Meta:
        primary_key = CompositeKey("learner", "card")
        without_rowid = True


# Which rows are to be computed anew, without looking at the others.
index("memory_parameters", Memory.learner, Memory.parameters)


class FsrsParameters(Table):
    """A set of numbers, named by what it holds."""

    name = TextField(primary_key=True)
    numbers = TextField()

    class Meta:
        without_rowid = True


class LearnerFit(Table):
    """A fit of the numbers to a learner's log."""

    learner = belongs_to(Learner)
    number = IntegerField()  # from 1
    at = Instant()
    answers = IntegerField()  # first answers of later days in the log then
    parameters = TextField()  # in force from then on, see FsrsParameters
    slope = IntegerField()  # of the calibration, in millionths; and its intercept
    intercept = IntegerField()
    tried = TextField()  # {way: log loss over the newest fifth}
    figures = TextField()  # how well the log was predicted, see docs/memory.md
    taken = Flag()  # whether this changed what is in force

    class Meta:
        primary_key = CompositeKey("learner", "number")
        without_rowid = True


class LearnerScheduler(Table):
    """Which scheduler a learner chose for a folder or deck."""

    learner = belongs_to(Learner)
    folder = TextField()  # the address of a folder or deck; "": everything else
    scheduler = TextField()  # sm2, fsrs-6
    retention = IntegerField()  # wished, in ten-thousandths
    since = Instant()
    action = TextField(null=True)  # of the log, which moved dates by this choice
    former = TextField(null=True)  # what was chosen before it, for taking it back

    class Meta:
        primary_key = CompositeKey("learner", "folder")
        without_rowid = True
