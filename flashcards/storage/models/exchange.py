"""What is kept for other programs, and of them."""

from __future__ import annotations

from peewee import BlobField, CompositeKey, IntegerField, TextField, fn

from flashcards.storage.models.base import Flag, Instant, Reference, Table, belongs_to, default, index
from flashcards.storage.models.collection import Note
from flashcards.storage.models.people import Learner


class AnkiFields(Table):
    """A note's fields as Anki gets them."""

    note = Reference(Note, primary_key=True)
    render_key = TextField()  # of the text that they were made from
    version = IntegerField()  # of the program that made them
    created_at = Instant()  # when the note was first seen
    first = TextField()  # HTML: a basic note's question, a cloze note's text
    rest = TextField()  # the answer (or heading), rubric, follow-ups, sources: by U+001F
    media = TextField()  # names of pictures and sounds: by U+001F


class AnkiExport(Table):
    """What Anki was told last of a note."""

    learner = belongs_to(Learner, null=True)  # NULL: exported for nobody by name
    guid = TextField()
    note = Reference(Note)
    modified = IntegerField()  # the note's `mod` in that package, epoch seconds
    digest = BlobField()  # of its tags and fields
    removed = Flag(**default(0))  # it was exported as removed

    class Meta:
        primary_key = False


index("anki_export_note", fn.coalesce(AnkiExport.learner, 0), AnkiExport.note, AnkiExport.guid, unique=True)


class ExpectedEdit(Table):
    """A substantive edit that an author has saved, until a sync has stored its text."""

    note = TextField(primary_key=True)  # deck#note, as its file says
    source = TextField()  # the text that was marked, with the definitions that it uses
    definitions = TextField()
    returned = IntegerField(null=True)  # how many cards came back; NULL: the text is not stored yet

    class Meta:
        without_rowid = True


class ImportedReview(Table):
    """What Anki knew of a row of its log that came here: `seq` is that row's in the learner's log."""

    learner = belongs_to(Learner)
    seq = IntegerField()
    type = IntegerField()  # 0 learning, 1 review, 2 relearning, 3 filtered, 4 and 5 by hand
    interval = IntegerField()  # in days; negative: in seconds
    last_interval = IntegerField()
    factor = IntegerField()  # in permille

    class Meta:
        primary_key = CompositeKey("learner", "seq")
        without_rowid = True
