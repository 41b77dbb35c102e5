"""What closes the loop of practice: where a missed point leads to, sets with a name, faults, consent to the model.

A tick names the card that its point is taught by, as the round has it: what was missed is found without reading rounds.
A report of a fault is a proposal without a text of its own.
"""

import json
from typing import Any

STATEMENTS = (
    "ALTER TABLE round_mark ADD COLUMN taught_by INTEGER",  # NULL: no card of its own
    "ALTER TABLE study_set ADD COLUMN title TEXT NOT NULL DEFAULT ''",  # '': a search, or cards named one by one
    "ALTER TABLE learner ADD COLUMN consent_llm_at INTEGER",  # since when answers may go to the model; NULL: never
    """
    CREATE TABLE proposal (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        id TEXT NOT NULL,                        -- made by the client
        origin TEXT NOT NULL,                    -- review mcp anki partner
        note_id INTEGER NOT NULL,
        base_revision INTEGER NOT NULL,          -- of the note's text that was seen
        text TEXT,                               -- the note as it should be; NULL: a remark alone
        remark TEXT NOT NULL,
        state TEXT NOT NULL,                     -- open taken declined answered withdrawn
        answer TEXT,
        answered_by INTEGER,
        at INTEGER NOT NULL,
        answered_at INTEGER,
        PRIMARY KEY (learner_id, id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX proposal_open ON proposal(at) WHERE state = 'open'",
)


def up(migrator: Any, db: Any) -> None:
    """Adds the columns and the table, and tells earlier ticks their cards."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
    rounds = db.execute_sql("SELECT learner_id, id, questions FROM practice_round").fetchall()
    for learner, round_, questions in rounds:
        for position, question in enumerate(json.loads(questions)):
            for key, *_, card in (*question["points"], *question["follow_ups"]):
                if card is not None:
                    db.execute_sql(
                        "UPDATE round_mark SET taught_by = ?"
                        " WHERE learner_id = ? AND round_id = ? AND position = ? AND point = ?",
                        (int(card), learner, round_, position, key),
                    )
