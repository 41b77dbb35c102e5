"""What the files say: folders, decks, notes, cards and their renderings. Sync alone writes them."""

from __future__ import annotations

from peewee import AutoField, BigIntegerField, CompositeKey, DoubleField, IntegerField, TextField

from flashcards.storage.models.base import Flag, Instant, Pointer, Reference, Table, default, index


class Folder(Table):
    """A folder that gives itself a title or an order."""

    path = TextField(primary_key=True)
    title = TextField(null=True)
    sort_order = DoubleField(null=True)
    order_new = TextField(null=True)  # of new cards: level or file; NULL: as the folder above says

    class Meta:
        without_rowid = True


class Deck(Table):
    """A deck file as it was read last, or as it was when it went."""

    id = AutoField()
    key = TextField()  # the deck id of the format
    path = TextField()  # relative to the decks folder, with .md
    title = TextField()
    description = TextField(**default(""))
    tags = TextField(**default("[]"))
    author = TextField(**default(""))
    license = TextField(**default(""))
    source = TextField(**default(""))
    language = TextField(**default(""))
    sort_order = DoubleField(null=True)
    position = IntegerField(**default(0))  # study order over the whole collection
    cards = IntegerField(**default(0))  # visible cards; kept by sync
    prose = TextField(**default("[]"))  # [{position, line, section, key, html}]
    problems = TextField(**default("[]"))  # what check says of the file
    size = BigIntegerField(**default(-1))  # of the file as last read, with mtime_ns: unchanged?
    mtime_ns = BigIntegerField(**default(-1))
    media = TextField(**default("[]"))  # [[path, size, mtime_ns]] of its pictures: unchanged?
    read_by = TextField(**default(""))  # which program and renderer: another reads it again
    removed_at = Instant(null=True)


index("deck_key", Deck.key, unique=True, where=Deck.removed_at.is_null())
index("deck_path", Deck.path, unique=True, where=Deck.removed_at.is_null())
# The queue asks every time which decks have new cards: not from rows that hold the decks' prose.
index("deck_study", Deck.position, Deck.cards, where=Deck.removed_at.is_null())


class Note(Table):
    """A note as its file has it, or had it when it went."""

    id = AutoField()
    deck = Reference(Deck)
    key = TextField()  # the note id of the format
    explicit = Flag()
    guid = TextField(unique=True)  # ours for exports: stable through edits, moves, renames
    kind = TextField()  # basic or cloze
    position = IntegerField()  # in its file
    line = IntegerField()
    section = TextField(null=True)
    title = TextField()  # the question as plain text
    question = TextField()  # Markdown; a cloze note's heading
    answer = TextField()  # Markdown; a cloze note's body
    source = TextField()
    definitions = TextField(**default(""))
    rubric = TextField(**default("[]"))
    follow_ups = TextField(**default("[]"))
    sources = TextField(**default("[]"))
    tags = TextField(**default("[]"))
    requires = TextField(**default("[]"))  # [[deck id or null, note id]] as written; see Prerequisite
    typed = Flag(**default(0))
    reversed = Flag(**default(0))
    one_line = Flag(**default(0))
    draft = Flag(**default(0))
    revision = IntegerField(**default(1))
    render_key = TextField(null=True)  # into Rendering
    modified_at = Instant()  # when its text last changed
    removed_at = Instant(null=True)
    rubric_refs = TextField(**default("[]"))  # null or {deck, id, level} for each point; empty where none has one
    follow_up_refs = TextField(**default("[]"))
    in_full = TextField(**default(""))  # Markdown
    clarify = TextField(**default("[]"))


index("note_key", Note.deck, Note.key, unique=True, where=Note.removed_at.is_null())
index("note_deck", Note.deck, Note.position, where=Note.removed_at.is_null())
index("note_drafts", Note.deck, where=(Note.draft == 1) & Note.removed_at.is_null())
index("note_removed", Note.removed_at, where=Note.removed_at.is_null(False))
index("note_render", Note.render_key)
index("note_requires", Note.deck, where=Note.requires != "[]")
index("note_refers", Note.deck, where=(Note.rubric_refs != "[]") | (Note.follow_up_refs != "[]"))


class NoteTag(Table):
    """A tag that a note itself has."""

    tag = TextField()
    note = Reference(Note)

    class Meta:
        primary_key = CompositeKey("tag", "note")
        without_rowid = True


index("note_tag_note", NoteTag.note)


class NoteText(Table):
    """The words of notes, by the note's number: SQLite's FTS5 over what `search_text` makes of a note.

    A virtual table, which its migration makes; for queries it is one like the others.
    """

    rowid = AutoField()
    text = TextField()

    class Meta:
        table_name = "note_text"


class NoteFront(Table):
    """A card's front as a number: the same for confusable fronts (`domain/fronts.py`)."""

    note = Reference(Note)
    ordinal = IntegerField()  # of the card: 0 forward, 1 backward; gaps have none
    mark = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("note", "ordinal")
        without_rowid = True


class Prerequisite(Table):
    """A note and one that is to be learnt before it."""

    note = Reference(Note)
    requires = Reference(Note)

    class Meta:
        primary_key = CompositeKey("note", "requires")
        without_rowid = True


class Revision(Table):
    """A text that a note had from an instant on."""

    note = Reference(Note)
    number = IntegerField()
    source = TextField()
    at = Instant()

    class Meta:
        primary_key = CompositeKey("note", "number")


index("revision_first", Revision.at, Revision.note, where=Revision.number == 1)


class Card(Table):
    """What is asked: one side of a note, or one of its gaps."""

    id = AutoField()
    note = Reference(Note)
    which = TextField()
    ordinal = IntegerField()
    removed_at = Instant(null=True)  # its own; a removed or draft note hides it as well
    answered = Flag(**default(0))  # whether anybody ever answered it or set it aside; never taken back

    class Meta:
        indexes = ((("note", "which"), True),)


class Rendering(Table):
    """The HTML of a text: of a card's side, or (`which` is note) of what siblings share."""

    key = TextField()
    which = TextField()
    question_html = TextField()  # note: the question; of a cloze note nothing
    answer_html = TextField()  # note: the answer; of a cloze note every gap marked
    extra = TextField(**default("{}"))  # a card's which: {typed_answer}; note: {rubric_html, follow_ups_html,
    # sources_html (lists), title, problems}

    class Meta:
        primary_key = CompositeKey("key", "which")


class Media(Table):
    """A picture or sound that cards show."""

    name = TextField()  # hash and extension: the last part of its address
    path = TextField()  # in the decks folder
    mime = TextField()
    size = BigIntegerField()
    width = IntegerField(null=True)
    height = IntegerField(null=True)

    class Meta:
        primary_key = CompositeKey("name", "path")  # two files may hold the same bytes
        without_rowid = True


class RubricPoint(Table):
    """A point of a note's rubric, and the card that teaches it."""

    note = Pointer(Note)
    point = TextField()  # the id that it names, else a hash of its text
    position = IntegerField()
    text = TextField()
    level = TextField(null=True)  # junior, mid, senior
    teaches_card = Pointer(Card, column_name="teaches_card", null=True)

    class Meta:
        primary_key = CompositeKey("note", "point")
        without_rowid = True


index("rubric_point_card", RubricPoint.teaches_card, where=RubricPoint.teaches_card.is_null(False))


class FollowUp(Table):
    """A question that an interviewer asks next, and the card that answers it."""

    note = Pointer(Note)
    position = IntegerField()
    text = TextField()
    answered_by_card = Pointer(Card, column_name="answered_by_card", null=True)

    class Meta:
        primary_key = CompositeKey("note", "position")
        without_rowid = True
