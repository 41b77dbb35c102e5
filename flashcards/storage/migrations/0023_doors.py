"""Doors: links that let somebody in once, what a token may do and until when, and what happened to accounts."""

from typing import Any

STATEMENTS = (
    # A link that makes an account, or sets the password of one. It works once.
    """
    CREATE TABLE invite (
        id INTEGER PRIMARY KEY,
        secret_hash BLOB NOT NULL UNIQUE,        -- SHA-256 of the link's secret
        learner_id INTEGER REFERENCES learner(id) ON DELETE CASCADE,  -- whose password; NULL: an invitation
        role TEXT NOT NULL DEFAULT '',           -- of who is invited: words of author and admin
        made_by INTEGER REFERENCES learner(id) ON DELETE SET NULL,    -- NULL: the terminal
        made_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        used_at INTEGER
    )
    """,
    "CREATE INDEX invite_learner ON invite(learner_id)",
    "ALTER TABLE token ADD COLUMN scopes TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE token ADD COLUMN expires_at INTEGER",  # NULL: it goes on until it is revoked
    "ALTER TABLE token ADD COLUMN kind TEXT NOT NULL DEFAULT 'api'",
    # What there was could do what its owner could.
    "UPDATE token SET scopes = 'read review'",
    "UPDATE token SET scopes = 'read review author' WHERE learner_id IN (SELECT id FROM learner WHERE is_author = 1)",
    # Kept for 400 days, also when the learner has gone: then without the name.
    """
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        learner_id INTEGER REFERENCES learner(id) ON DELETE SET NULL,
        name_then TEXT,
        actor TEXT NOT NULL,                     -- self, terminal, server, or admin and a number
        action TEXT NOT NULL,
        target TEXT NOT NULL DEFAULT '',
        address_prefix TEXT NOT NULL DEFAULT '',
        request_id TEXT NOT NULL DEFAULT ''
    )
    """,
    "CREATE INDEX audit_learner ON audit(learner_id, id)",
)


def up(migrator: Any, db: Any) -> None:
    """Makes the tables and the columns."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
