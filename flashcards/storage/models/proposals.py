"""What people propose for notes: a remark, or another text."""

from __future__ import annotations

from peewee import CompositeKey, IntegerField, TextField

from flashcards.storage.models.base import Instant, Pointer, Table, belongs_to, index
from flashcards.storage.models.collection import Note
from flashcards.storage.models.people import Learner


class Proposal(Table):
    """A learner's remark on a note, or a text that it should have, and what became of that."""

    learner = belongs_to(Learner)
    id = TextField()  # made by the client
    origin = TextField()  # review mcp anki partner
    note = Pointer(Note)
    base_revision = IntegerField()  # of the note's text that was seen
    text = TextField(null=True)  # the note as it should be; NULL: a remark alone
    remark = TextField()
    state = TextField()  # open taken declined answered withdrawn
    answer = TextField(null=True)
    answered_by = IntegerField(null=True)
    at = Instant()
    answered_at = Instant(null=True)

    class Meta:
        primary_key = CompositeKey("learner", "id")
        without_rowid = True


index("proposal_open", Proposal.at, where=Proposal.state == "open")
