"""Practice rounds: what was asked, what was answered, who ticked which point, and the link of a partner.

A round keeps the questions as they were asked, with their points: a deck may be edited while it goes on. What points
are known by (`point`) is their own id, else the hash of their text; a follow-up's begins with `follow:`.
"""

from typing import Any

STATEMENTS = (
    """
    CREATE TABLE practice_round (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        id TEXT NOT NULL,                        -- made by the client
        kind TEXT NOT NULL,                      -- concepts coding design behavioural mixed one
        level TEXT,                              -- junior mid senior; NULL: any
        minutes INTEGER NOT NULL,
        seed INTEGER NOT NULL,
        scope TEXT NOT NULL,                     -- {"decks": [], "tags": []}, as asked for
        questions TEXT NOT NULL,                 -- as asked, see `storage/practice.py`
        started_at INTEGER NOT NULL,
        finished_at INTEGER,
        plan_id TEXT,
        PRIMARY KEY (learner_id, id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE round_answer (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        round_id TEXT NOT NULL,
        id TEXT NOT NULL,                        -- made by the client
        position INTEGER NOT NULL,
        card_id INTEGER NOT NULL,
        revision INTEGER NOT NULL,               -- of the text that was asked
        text TEXT,                               -- NULL: skipped
        work TEXT NOT NULL DEFAULT '{}',         -- numbers, sketch, answers to follow-ups
        started_at INTEGER NOT NULL,
        took_ms INTEGER NOT NULL,
        at INTEGER NOT NULL,
        closed_at INTEGER,                       -- graded, skipped, or left without a grade
        review_seq INTEGER,                      -- of the mock in the learner's log; NULL: not graded
        PRIMARY KEY (learner_id, round_id, id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE round_mark (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        round_id TEXT NOT NULL,
        position INTEGER NOT NULL,
        who TEXT NOT NULL,                       -- self partner model
        point TEXT NOT NULL,
        card_id INTEGER NOT NULL,                -- of the question: a point's record over time is found by it
        mark TEXT NOT NULL,                      -- said partly missed
        at INTEGER NOT NULL,
        evidence TEXT,                           -- the model's: the learner's words that prove it
        PRIMARY KEY (learner_id, round_id, position, who, point)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX round_mark_card ON round_mark(card_id, learner_id, who, point, at)",
    """
    CREATE TABLE partner_link (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        round_id TEXT NOT NULL,
        secret_hash BLOB NOT NULL UNIQUE,        -- SHA-256 of what the link holds
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        joined_at INTEGER,
        session_hash BLOB,                       -- SHA-256 of the cookie of the browser that joined
        ended_at INTEGER,
        PRIMARY KEY (learner_id, round_id)
    ) WITHOUT ROWID
    """,
)


def up(migrator: Any, db: Any) -> None:
    """Makes the tables."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
