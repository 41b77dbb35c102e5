"""Learners, and how they are known to be who they are."""

from __future__ import annotations

from peewee import AutoField, BlobField, IntegerField, TextField

from flashcards.storage.models.base import Flag, Instant, Table, belongs_to, default, index


class Learner(Table):
    """An account."""

    id = AutoField()
    name = TextField()
    name_key = TextField(unique=True)  # NFKC, case folded: what must be unique
    password_hash = TextField()
    is_author = Flag(**default(0))
    is_admin = Flag(**default(0))
    timezone = TextField(**default("UTC"))
    day_start = IntegerField(**default(4))  # the hour at which the learner's day starts
    new_per_day = IntegerField(**default(20))
    due_per_day = IntegerField(null=True)  # NULL: no limit
    drill = Flag(**default(1))
    buttons = IntegerField(**default(4))  # 4 or 6
    letter_keys = Flag(**default(1))
    theme = TextField(**default("auto"))  # auto, light, dark
    suspend_leeches = Flag(**default(0))
    created_at = Instant()
    new_order = TextField(null=True)  # how new cards come across decks: decks, folders, core or random
    email = TextField(null=True)  # where reminders go
    email_verified_at = Instant(null=True)
    reminder = TextField(null=True)  # the hour on the learner's clock, 07:00; NULL: no reminder
    calendar_generation = IntegerField(**default(0))  # below zero: there is no address
    consent_llm_at = Instant(null=True)  # since when answers may go to the model; NULL: never


class Session(Table):
    """A browser that is logged in."""

    id = AutoField()
    learner = belongs_to(Learner)
    secret_hash = BlobField(unique=True)  # SHA-256 of the cookie's secret
    user_agent = TextField(**default(""))
    created_at = Instant()
    seen_at = Instant()
    expires_at = Instant()


index("session_learner", Session.learner)


class Token(Table):
    """What a program uses the API with."""

    id = AutoField()
    learner = belongs_to(Learner)
    name = TextField(**default(""))
    prefix = TextField(unique=True)
    secret_hash = BlobField()  # HMAC with the server's key
    created_at = Instant()
    used_at = Instant(null=True)


index("token_learner", Token.learner)


class Throttle(Table):
    """How often something was tried in the present window."""

    bucket = TextField(primary_key=True)
    window_start = Instant()
    hits = IntegerField()

    class Meta:
        without_rowid = True
