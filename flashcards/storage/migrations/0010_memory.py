"""How well each card is remembered, by which numbers, and which scheduler a learner chose.

`memory` follows from the log and can be made anew. Cards that were answered before it was there get a row without
parameters, which says only that there is something to compute: a job does that, and whoever asks before it.
"""

from typing import Any

DEFAULTS = (
    "fsrs-6/a00444e09ca1",
    """\
[0.212,1.2931,2.3065,8.2956,6.4133,0.8334,3.0194,0.001,1.8722,0.1666,0.796,\
1.4835,0.0614,0.2629,1.6483,0.6014,1.8729,0.5425,0.0912,0.0658,0.1542]""",
)

STATEMENTS = (
    """
    CREATE TABLE memory (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        card_id INTEGER NOT NULL,
        stability INTEGER NOT NULL,              -- in millionths of a day
        difficulty INTEGER NOT NULL,             -- in millionths
        last_on INTEGER NOT NULL,                -- the study day of the newest answer that says something
        last_at INTEGER NOT NULL,                -- its instant, in epoch ms
        answers INTEGER NOT NULL,
        parameters TEXT NOT NULL,                -- the name of the numbers it was computed with; '': not yet
        PRIMARY KEY (learner_id, card_id)
    ) WITHOUT ROWID
    """,
    # Which rows are to be computed anew, without looking at the others.
    "CREATE INDEX memory_parameters ON memory(learner_id, parameters)",
    "CREATE TABLE fsrs_parameters (name TEXT PRIMARY KEY, numbers TEXT NOT NULL) WITHOUT ROWID",
    """
    CREATE TABLE learner_fit (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        number INTEGER NOT NULL,                 -- from 1
        at INTEGER NOT NULL,
        answers INTEGER NOT NULL,                -- first answers of later days in the log then
        parameters TEXT NOT NULL,                -- in force from then on, see fsrs_parameters
        slope INTEGER NOT NULL,                  -- of the calibration, in millionths; and its intercept
        intercept INTEGER NOT NULL,
        tried TEXT NOT NULL,                     -- {way: log loss over the newest fifth}
        figures TEXT NOT NULL,                   -- how well the log was predicted, see docs/memory.md
        taken INTEGER NOT NULL,                  -- whether this changed what is in force
        PRIMARY KEY (learner_id, number)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE learner_scheduler (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        folder TEXT NOT NULL,                    -- the address of a folder or deck; '': everything else
        scheduler TEXT NOT NULL,                 -- sm2, fsrs-6
        retention INTEGER NOT NULL,              -- wished, in ten-thousandths
        since INTEGER NOT NULL,
        action TEXT,                             -- of the rows that moved dates by it: their undo takes it back, too
        former TEXT,                             -- what was chosen before, as JSON; NULL: nothing
        PRIMARY KEY (learner_id, folder)
    ) WITHOUT ROWID
    """,
    """
    INSERT INTO memory(learner_id, card_id, stability, difficulty, last_on, last_at, answers, parameters)
    SELECT r.learner_id, r.card_id, 0, 0, max(r.study_day), max(r.at), count(*), ''
    FROM review r LEFT JOIN imported_review i ON i.learner_id = r.learner_id AND i.seq = r.seq
    WHERE r.quality IS NOT NULL AND r.undone = 0
        AND (i.type IS NULL OR NOT (i.type IN (4, 5) OR (i.type = 3 AND i.factor = 0)))
    GROUP BY r.learner_id, r.card_id
    """,
)


def up(migrator: Any, db: Any) -> None:
    """Makes the tables, and says of which cards there is something to compute."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
    db.execute_sql("INSERT INTO fsrs_parameters(name, numbers) VALUES (?, ?)", DEFAULTS)
