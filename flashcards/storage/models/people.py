"""Learners, and how they are known to be who they are."""

from __future__ import annotations

from peewee import AutoField, BlobField, IntegerField, TextField

from flashcards.storage.models.base import Flag, Instant, Reference, Table, belongs_to, default, index


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
    letter = TextField(null=True)  # when the weekly letter comes, 1-07:00 for Mondays; NULL: never
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
    scopes = TextField(**default(""))  # words of read, review, author
    expires_at = Instant(null=True)  # NULL: until it is revoked
    kind = TextField(**default("api"))


index("token_learner", Token.learner)


class Invite(Table):
    """A link that lets somebody in once: it makes an account, or sets the password of one."""

    id = AutoField()
    secret_hash = BlobField(unique=True)  # SHA-256 of the link's secret
    learner = belongs_to(Learner, null=True)  # whose password; NULL: an invitation
    role = TextField(**default(""))  # of who is invited: words of author and admin
    made_by = Reference(Learner, null=True, on_delete="SET NULL", column_name="made_by")  # NULL: the terminal
    made_at = Instant()
    expires_at = Instant()
    used_at = Instant(null=True)


index("invite_learner", Invite.learner)


class Audit(Table):
    """What happened to an account, and by whom."""

    id = AutoField()
    at = Instant()
    learner = Reference(Learner, null=True, on_delete="SET NULL")
    name_then = TextField(null=True)  # NULL: the account is gone
    actor = TextField()  # self, terminal, server, or admin and a number
    action = TextField()
    target = TextField(**default(""))
    address_prefix = TextField(**default(""))
    request_id = TextField(**default(""))


index("audit_learner", Audit.learner, Audit.id)


class Throttle(Table):
    """How often something was tried in the present window."""

    bucket = TextField(primary_key=True)
    window_start = Instant()
    hits = IntegerField()

    class Meta:
        without_rowid = True
