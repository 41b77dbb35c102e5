"""Plans to a date, the days that were made of them, and breaks."""

from __future__ import annotations

from peewee import CompositeKey, DoubleField, IntegerField, TextField

from flashcards.storage.models.base import DayNumber, Flag, Instant, Table, belongs_to, default, index
from flashcards.storage.models.people import Learner


class Plan(Table):
    """A plan of a learner."""

    learner = belongs_to(Learner)
    id = IntegerField()  # of this learner, from 1
    title = TextField(**default(""))
    day = DayNumber()  # on which is recalled; nothing is studied then
    minute = IntegerField(null=True)  # of that day, of the wall clock; NULL: not known
    scope = TextField(**default("{}"))  # {"decks": [addresses], "tags": [...], "q": "..."}; nothing: all
    weights = TextField(**default("{}"))  # {address: 0 to 3}; 0 is left out
    minutes = IntegerField()  # a day
    days_off = TextField(**default("{}"))  # {"weekdays": [0 is Monday], "days": [...]}
    style = TextField(**default("most"))  # most or sure
    followed = Flag(**default(0))  # of one plan of a learner at most
    created_at = Instant()
    ended_at = Instant(null=True)  # NULL: it goes on
    outcome = TextField(null=True)  # how it went, as the learner says

    class Meta:
        primary_key = CompositeKey("learner", "id")
        without_rowid = True


index("plan_followed", Plan.learner, unique=True, where=Plan.followed == 1)


class PlanDay(Table):
    """A day as a plan orders it; the plan number 0 is none: its days hold the order of a backlog."""

    learner = belongs_to(Learner)
    plan_id = IntegerField()
    study_day = DayNumber()
    made_at = Instant()
    cards = TextField()  # the day's order: [[card, kind, seconds], ...]
    seconds = IntegerField()  # to be studied that day
    new = IntegerField()  # new cards within these seconds
    predicted_low = DoubleField(null=True)  # known on the day of the plan, said this day; NULL: not reckoned
    predicted = DoubleField(null=True)
    predicted_high = DoubleField(null=True)
    recalled_expected = DoubleField(null=True)  # known this day
    figures = TextField(**default("{}"))

    class Meta:
        primary_key = CompositeKey("learner", "plan_id", "study_day")
        without_rowid = True


class LearnerBreak(Table):
    """Days on which a learner does not study."""

    learner = belongs_to(Learner)
    first_day = DayNumber()
    last_day = DayNumber()
    created_at = Instant()

    class Meta:
        primary_key = CompositeKey("learner", "first_day")
        without_rowid = True
