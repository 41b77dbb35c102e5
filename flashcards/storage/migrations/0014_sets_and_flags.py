"""Sets of cards to study, flags on cards, and searches that are kept under a name.

The keys begin with the learner; there is no foreign key to a card, as cards are made by sync and `doctor` looks.
"""

from typing import Any

STATEMENTS = (
    """
    CREATE TABLE study_set (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        id TEXT NOT NULL,                        -- made by the client
        query TEXT NOT NULL,                     -- the search; '' where the cards were named one by one
        cards TEXT NOT NULL,                     -- a JSON list of card ids, in the order of asking
        mode TEXT NOT NULL,                      -- review: what is due moves as usual; cram: nothing moves
        study_day INTEGER NOT NULL,
        made_at INTEGER NOT NULL,
        seq INTEGER NOT NULL,                    -- the end of the learner's log then: what follows is the set's
        PRIMARY KEY (learner_id, id)
    ) WITHOUT ROWID
    """,
    # What the rows of kind `flag` in the log come to.
    """
    CREATE TABLE card_flag (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        card_id INTEGER NOT NULL,
        flag INTEGER NOT NULL CHECK (flag BETWEEN 1 AND 7),
        at INTEGER NOT NULL,
        PRIMARY KEY (learner_id, card_id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE saved_search (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        id TEXT NOT NULL,                        -- made by the client
        name TEXT NOT NULL,
        query TEXT NOT NULL,
        on_today INTEGER NOT NULL DEFAULT 0,
        position INTEGER NOT NULL,
        PRIMARY KEY (learner_id, id)
    ) WITHOUT ROWID
    """,
)


def up(migrator: Any, db: Any) -> None:
    """Makes the tables."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
