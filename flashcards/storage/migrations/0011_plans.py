"""Plans to a date, the days that were made of them, breaks, and the order of new cards.

A plan's scope, weights, days off and outcome are JSON, as is the order of a day: `[[card, kind, seconds], ...]`. What
pages show of a plan (its path, its folders) is reckoned once a day and kept beside the order in `figures`. The plan
number 0 is none: its days hold the order of a backlog.
"""

from typing import Any

STATEMENTS = (
    """
    CREATE TABLE plan (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        id INTEGER NOT NULL,                     -- of this learner, from 1
        title TEXT NOT NULL DEFAULT '',
        day INTEGER NOT NULL,                    -- on which is recalled; nothing is studied then
        minute INTEGER,                          -- of that day, of the wall clock; NULL: not known
        scope TEXT NOT NULL DEFAULT '{}',        -- {"decks": [addresses], "tags": [...], "q": "..."}; nothing: all
        weights TEXT NOT NULL DEFAULT '{}',      -- {address: 0 to 3}; 0 is left out
        minutes INTEGER NOT NULL,                -- a day
        days_off TEXT NOT NULL DEFAULT '{}',     -- {"weekdays": [0 is Monday], "days": [...]}
        style TEXT NOT NULL DEFAULT 'most',      -- most or sure
        followed INTEGER NOT NULL DEFAULT 0,     -- of one plan of a learner at most
        created_at BIGINT NOT NULL,
        ended_at BIGINT,                         -- NULL: it goes on
        outcome TEXT,                            -- how it went, as the learner says
        PRIMARY KEY (learner_id, id)
    ) WITHOUT ROWID
    """,
    "CREATE UNIQUE INDEX plan_followed ON plan(learner_id) WHERE followed = 1",
    """
    CREATE TABLE plan_day (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        plan_id INTEGER NOT NULL,
        study_day INTEGER NOT NULL,
        made_at BIGINT NOT NULL,
        cards TEXT NOT NULL,                     -- the day's order
        seconds INTEGER NOT NULL,                -- to be studied that day
        new INTEGER NOT NULL,                    -- new cards within these seconds
        predicted_low REAL,                      -- known on the day of the plan, said this day; NULL: not reckoned
        predicted REAL,
        predicted_high REAL,
        recalled_expected REAL,                  -- known this day
        figures TEXT NOT NULL DEFAULT '{}',
        PRIMARY KEY (learner_id, plan_id, study_day)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE learner_break (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        first_day INTEGER NOT NULL,
        last_day INTEGER NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (learner_id, first_day)
    ) WITHOUT ROWID
    """,
    # file or level. NULL: what the folder above says; file where none says anything.
    "ALTER TABLE folder ADD COLUMN order_new TEXT",
    # How new cards come across decks: folders, core or random. NULL: deck after deck.
    "ALTER TABLE learner ADD COLUMN new_order TEXT",
)


def up(migrator: Any, db: Any) -> None:
    """Makes the tables and the columns."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
