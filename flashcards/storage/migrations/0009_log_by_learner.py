"""The log belongs to its learner: keyed by learner and `seq`, counted by statements, with room for the memory.

What learners did refers to learners only. Decks, notes and cards are read by everybody and written by sync alone; that
the rows of learners name existing ones is proved by `doctor`, not asked of the database at each answer. Triggers go:
`storage/counters.py` keeps the counts that they kept.
"""

from typing import Any

_BEFORE_AND_AFTER = """
        before_repetition INTEGER NOT NULL, before_ease INTEGER NOT NULL, before_interval INTEGER NOT NULL,
        before_due_on INTEGER, before_suspended INTEGER NOT NULL, before_buried_until INTEGER,
        after_repetition INTEGER NOT NULL, after_ease INTEGER NOT NULL, after_interval INTEGER NOT NULL,
        after_due_on INTEGER, after_suspended INTEGER NOT NULL, after_buried_until INTEGER,
"""
_REVIEW_KEPT = (
    "learner_id, seq, uid, action, card_id, note_id, at, study_day, quality, kind, verb, revision, scheduler,"
    " before_repetition, before_ease, before_interval, before_due_on, before_suspended, before_buried_until,"
    " after_repetition, after_ease, after_interval, after_due_on, after_suspended, after_buried_until,"
    " took_ms, leech, undone, after_lapses"
)
_SCHEDULE_KEPT = (
    "learner_id, card_id, note_id, ordinal, deck_id, repetition, ease, interval, due_on, suspended, buried_until,"
    " lapses"
)

STATEMENTS = (
    "DROP TRIGGER review_insert_day",
    "DROP TRIGGER review_undo_day",
    "DROP TRIGGER schedule_insert_seen",
    "DROP TRIGGER schedule_delete_seen",
    "DROP TRIGGER schedule_move_seen",
    f"""
    CREATE TABLE new_review (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        uid TEXT NOT NULL,                       -- the answer's id, made by the client
        action TEXT NOT NULL,                    -- rows of one action of the learner share it
        card_id INTEGER NOT NULL,
        note_id INTEGER NOT NULL,
        at BIGINT NOT NULL,
        study_day INTEGER NOT NULL,
        quality INTEGER,                         -- 0 to 5; NULL for manual rows
        kind TEXT NOT NULL,                      -- scheduled drill extra cram mock ahead plan manual imported
        verb TEXT,                               -- of manual rows: what was done
        revision INTEGER NOT NULL,
        scheduler TEXT NOT NULL,
{_BEFORE_AND_AFTER}
        took_ms INTEGER,
        leech INTEGER NOT NULL DEFAULT 0,        -- this answer made the card a leech (8th, 12th, ... lapse)
        undone INTEGER NOT NULL DEFAULT 0,
        after_lapses INTEGER,                    -- of rows that close an import: the count of lapses from there on
        stability BIGINT,                        -- memory after this row, in millionths of a day; NULL: says nothing
        difficulty INTEGER,                      -- in millionths
        parameters TEXT,                         -- the name of the numbers that both were reckoned with
        PRIMARY KEY (learner_id, seq),
        UNIQUE (learner_id, uid)
    ) WITHOUT ROWID
    """,
    f"INSERT INTO new_review({_REVIEW_KEPT}) SELECT {_REVIEW_KEPT} FROM review ORDER BY learner_id, seq",
    "DROP TABLE review",
    "ALTER TABLE new_review RENAME TO review",
    "CREATE INDEX review_card ON review(card_id, learner_id, seq)",
    "CREATE INDEX review_day ON review"
    "(learner_id, study_day, kind, card_id, undone, quality, before_interval, took_ms, at)",
    """
    CREATE TABLE new_schedule (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        card_id INTEGER NOT NULL,
        note_id INTEGER NOT NULL,
        ordinal INTEGER NOT NULL,
        deck_id INTEGER,                         -- NULL while the card is hidden (removed or draft)
        repetition INTEGER NOT NULL DEFAULT 0,
        ease INTEGER NOT NULL DEFAULT 250,
        interval INTEGER NOT NULL DEFAULT 0,
        due_on INTEGER,                          -- NULL: the card is new (never answered, or reset)
        suspended INTEGER NOT NULL DEFAULT 0,
        buried_until INTEGER,                    -- shown again from this day on
        lapses INTEGER NOT NULL DEFAULT 0,
        "by" TEXT NOT NULL DEFAULT 'sm2',        -- which scheduler set due_on
        PRIMARY KEY (learner_id, card_id)
    ) WITHOUT ROWID
    """,
    f"INSERT INTO new_schedule({_SCHEDULE_KEPT}) SELECT {_SCHEDULE_KEPT} FROM schedule",
    "DROP TABLE schedule",
    "ALTER TABLE new_schedule RENAME TO schedule",
    "CREATE INDEX schedule_due ON schedule"
    "(learner_id, due_on, interval, note_id, ordinal, deck_id, buried_until, suspended)"
    " WHERE due_on IS NOT NULL AND suspended = 0 AND deck_id IS NOT NULL",
    "CREATE INDEX schedule_new ON schedule(learner_id, deck_id) WHERE due_on IS NULL",
    "CREATE INDEX schedule_note ON schedule(note_id)",
    """
    CREATE TABLE new_learner_deck (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        deck_id INTEGER NOT NULL,
        active INTEGER NOT NULL DEFAULT 1,
        new_per_day INTEGER,                     -- NULL: only the learner's own limit
        seen INTEGER NOT NULL DEFAULT 0,         -- schedules of visible cards in the deck
        PRIMARY KEY (learner_id, deck_id)
    ) WITHOUT ROWID
    """,
    "INSERT INTO new_learner_deck SELECT learner_id, deck_id, active, new_per_day, seen FROM learner_deck",
    "DROP TABLE learner_deck",
    "ALTER TABLE new_learner_deck RENAME TO learner_deck",
    """
    CREATE TABLE learner_state (
        learner_id INTEGER PRIMARY KEY REFERENCES learner(id) ON DELETE CASCADE,
        last_seq INTEGER NOT NULL DEFAULT 0,     -- of the learner's log
        applied_version BIGINT NOT NULL DEFAULT 0
    )
    """,
    "INSERT INTO learner_state(learner_id, last_seq)"
    " SELECT id, coalesce((SELECT max(seq) FROM review WHERE learner_id = learner.id), 0) FROM learner",
    # Whether anybody ever answered a card or set it aside: asked at each sync, and not of everybody's log.
    "ALTER TABLE card ADD COLUMN answered INTEGER NOT NULL DEFAULT 0",
    "UPDATE card SET answered = 1 WHERE id IN (SELECT card_id FROM review UNION SELECT card_id FROM schedule)",
)


def up(migrator: Any, db: Any) -> None:
    """Rebuilds what learners did, row by row the same."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
