"""Sets of cards to study, flags on cards, and searches that are kept under a name."""

from __future__ import annotations

from peewee import Check, CompositeKey, IntegerField, SmallIntegerField, TextField

from flashcards.storage.models.base import DayNumber, Flag, Instant, Pointer, Table, belongs_to, default
from flashcards.storage.models.collection import Card
from flashcards.storage.models.people import Learner


class StudySet(Table):
    """A set, frozen when it was made."""

    learner = belongs_to(Learner)
    id = TextField()  # made by the client
    query = TextField()  # the search; "" where the cards were named one by one
    cards = TextField()  # a JSON list of card ids, in the order of asking
    mode = TextField()  # review: what is due moves as usual; cram: nothing moves
    study_day = DayNumber()
    made_at = Instant()
    seq = IntegerField()  # the end of the learner's log then: what follows is the set's
    title = TextField(**default(""))  # "": a search, or cards named one by one

    class Meta:
        primary_key = CompositeKey("learner", "id")
        without_rowid = True


class CardFlag(Table):
    """A learner's flag on a card: what the rows of kind `flag` in the log come to."""

    learner = belongs_to(Learner)
    card = Pointer(Card)
    flag = SmallIntegerField(constraints=[Check("flag BETWEEN 1 AND 7")])
    at = Instant()

    class Meta:
        primary_key = CompositeKey("learner", "card")
        without_rowid = True


class SavedSearch(Table):
    """A search under a name."""

    learner = belongs_to(Learner)
    id = TextField()  # made by the client
    name = TextField()
    query = TextField()
    on_today = Flag(**default(0))
    position = IntegerField()

    class Meta:
        primary_key = CompositeKey("learner", "id")
        without_rowid = True
