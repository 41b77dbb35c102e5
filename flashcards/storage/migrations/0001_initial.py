"""The first schema.

Conventions: instants are epoch milliseconds in UTC (`*_at`); days are whole days since 1970-01-01 (`*_on`,
`study_day`, `buried_until`); ease is in hundredths; lists are JSON arrays. Nothing a learner did is ever
deleted: notes and cards that leave the files get a `removed_at`.
"""

from typing import Any

STATEMENTS = (
    # --- people -------------------------------------------------------------------------------------
    """
    CREATE TABLE learner (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        name_key TEXT NOT NULL UNIQUE,           -- NFKC, case folded: what must be unique
        password_hash TEXT NOT NULL,
        is_author INTEGER NOT NULL DEFAULT 0,
        is_admin INTEGER NOT NULL DEFAULT 0,
        timezone TEXT NOT NULL DEFAULT 'UTC',
        day_start INTEGER NOT NULL DEFAULT 4,    -- the hour at which the learner's day starts
        new_per_day INTEGER NOT NULL DEFAULT 20,
        due_per_day INTEGER,                     -- NULL: no limit
        drill INTEGER NOT NULL DEFAULT 1,
        buttons INTEGER NOT NULL DEFAULT 4,      -- 4 or 6
        letter_keys INTEGER NOT NULL DEFAULT 1,
        theme TEXT NOT NULL DEFAULT 'auto',      -- auto, light, dark
        suspend_leeches INTEGER NOT NULL DEFAULT 0,
        created_at INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE session (
        id INTEGER PRIMARY KEY,
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        secret_hash BLOB NOT NULL UNIQUE,        -- SHA-256 of the cookie's secret
        user_agent TEXT NOT NULL DEFAULT '',
        created_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    )
    """,
    "CREATE INDEX session_learner ON session(learner_id)",
    """
    CREATE TABLE token (
        id INTEGER PRIMARY KEY,
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        name TEXT NOT NULL DEFAULT '',
        prefix TEXT NOT NULL UNIQUE,
        secret_hash BLOB NOT NULL,               -- HMAC with the server's key
        created_at INTEGER NOT NULL,
        used_at INTEGER
    )
    """,
    "CREATE INDEX token_learner ON token(learner_id)",
    """
    CREATE TABLE throttle (
        bucket TEXT PRIMARY KEY,
        window_start INTEGER NOT NULL,
        hits INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    # --- what the files say -------------------------------------------------------------------------
    "CREATE TABLE folder (path TEXT PRIMARY KEY, title TEXT, sort_order REAL) WITHOUT ROWID",
    """
    CREATE TABLE deck (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL,                       -- the deck id of the format
        path TEXT NOT NULL,                      -- relative to the decks folder, with .md
        title TEXT NOT NULL,
        description TEXT NOT NULL DEFAULT '',
        tags TEXT NOT NULL DEFAULT '[]',
        author TEXT NOT NULL DEFAULT '',
        license TEXT NOT NULL DEFAULT '',
        source TEXT NOT NULL DEFAULT '',
        language TEXT NOT NULL DEFAULT '',
        sort_order REAL,
        position INTEGER NOT NULL DEFAULT 0,     -- study order over the whole collection
        cards INTEGER NOT NULL DEFAULT 0,        -- visible cards; kept by sync
        prose TEXT NOT NULL DEFAULT '[]',        -- [{position, line, section, key, html}]
        problems TEXT NOT NULL DEFAULT '[]',     -- what check says of the file
        size INTEGER NOT NULL DEFAULT -1,        -- of the file as last read, with mtime_ns: unchanged?
        mtime_ns INTEGER NOT NULL DEFAULT -1,
        media TEXT NOT NULL DEFAULT '[]',        -- [[path, size, mtime_ns]] of its pictures: unchanged?
        read_by TEXT NOT NULL DEFAULT '',        -- which program and renderer: another reads it again
        removed_at INTEGER
    )
    """,
    "CREATE UNIQUE INDEX deck_key ON deck(key) WHERE removed_at IS NULL",
    "CREATE UNIQUE INDEX deck_path ON deck(path) WHERE removed_at IS NULL",
    # The queue asks every time which decks have new cards: not from rows that hold the decks' prose.
    "CREATE INDEX deck_study ON deck(position, cards) WHERE removed_at IS NULL",
    """
    CREATE TABLE note (
        id INTEGER PRIMARY KEY,
        deck_id INTEGER NOT NULL REFERENCES deck(id),
        key TEXT NOT NULL,                       -- the note id of the format
        explicit INTEGER NOT NULL,
        guid TEXT NOT NULL UNIQUE,               -- ours for exports: stable through edits, moves, renames
        kind TEXT NOT NULL,                      -- basic or cloze
        position INTEGER NOT NULL,               -- in its file
        line INTEGER NOT NULL,
        section TEXT,
        title TEXT NOT NULL,                     -- the question as plain text
        question TEXT NOT NULL,                  -- Markdown; a cloze note's heading
        answer TEXT NOT NULL,                    -- Markdown; a cloze note's body
        source TEXT NOT NULL,
        definitions TEXT NOT NULL DEFAULT '',
        rubric TEXT NOT NULL DEFAULT '[]',
        follow_ups TEXT NOT NULL DEFAULT '[]',
        sources TEXT NOT NULL DEFAULT '[]',
        tags TEXT NOT NULL DEFAULT '[]',
        requires TEXT NOT NULL DEFAULT '[]',     -- [[deck id or null, note id]] as written; see prerequisite
        typed INTEGER NOT NULL DEFAULT 0,
        reversed INTEGER NOT NULL DEFAULT 0,
        one_line INTEGER NOT NULL DEFAULT 0,
        draft INTEGER NOT NULL DEFAULT 0,
        revision INTEGER NOT NULL DEFAULT 1,
        render_key TEXT,                         -- into rendering
        modified_at INTEGER NOT NULL,            -- when its text last changed
        removed_at INTEGER
    )
    """,
    "CREATE UNIQUE INDEX note_key ON note(deck_id, key) WHERE removed_at IS NULL",
    "CREATE INDEX note_deck ON note(deck_id, position) WHERE removed_at IS NULL",
    "CREATE INDEX note_removed ON note(removed_at) WHERE removed_at IS NOT NULL",
    "CREATE INDEX note_render ON note(render_key)",
    "CREATE INDEX note_requires ON note(deck_id) WHERE requires <> '[]'",
    "CREATE TABLE note_tag (tag TEXT NOT NULL, note_id INTEGER NOT NULL REFERENCES note(id),"
    " PRIMARY KEY (tag, note_id)) WITHOUT ROWID",
    "CREATE INDEX note_tag_note ON note_tag(note_id)",
    "CREATE TABLE prerequisite (note_id INTEGER NOT NULL REFERENCES note(id),"
    " requires_id INTEGER NOT NULL REFERENCES note(id), PRIMARY KEY (note_id, requires_id)) WITHOUT ROWID",
    "CREATE TABLE revision (note_id INTEGER NOT NULL REFERENCES note(id), number INTEGER NOT NULL,"
    " source TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (note_id, number))",
    """
    CREATE TABLE card (
        id INTEGER PRIMARY KEY,
        note_id INTEGER NOT NULL REFERENCES note(id),
        which TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        removed_at INTEGER,                      -- its own; a removed or draft note hides it as well
        UNIQUE (note_id, which)
    )
    """,
    """
    CREATE TABLE rendering (
        key TEXT NOT NULL,
        which TEXT NOT NULL,                     -- a card's which, or 'note' for what siblings share
        question_html TEXT NOT NULL,             -- 'note': the question; of a cloze note nothing
        answer_html TEXT NOT NULL,               -- 'note': the answer; of a cloze note every gap marked
        extra TEXT NOT NULL DEFAULT '{}',        -- a card's which: {typed_answer}; 'note': {rubric_html,
                                                 -- follow_ups_html, sources_html (lists), title, problems}
        PRIMARY KEY (key, which)
    )
    """,
    """
    CREATE TABLE media (
        name TEXT NOT NULL,                      -- hash and extension: the last part of its address
        path TEXT NOT NULL,                      -- in the decks folder
        mime TEXT NOT NULL,
        size INTEGER NOT NULL,
        width INTEGER,
        height INTEGER,
        PRIMARY KEY (name, path)                 -- two files may hold the same bytes
    ) WITHOUT ROWID
    """,
    # --- what learners did --------------------------------------------------------------------------
    """
    CREATE TABLE learner_deck (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        deck_id INTEGER NOT NULL REFERENCES deck(id),
        active INTEGER NOT NULL DEFAULT 1,
        new_per_day INTEGER,                     -- NULL: only the learner's own limit
        seen INTEGER NOT NULL DEFAULT 0,         -- schedules of visible cards in the deck; kept by triggers
        PRIMARY KEY (learner_id, deck_id)
    ) WITHOUT ROWID
    """,
    # note_id, ordinal and deck_id repeat what card and note say, so that the queue is one index scan;
    # deck_id is NULL while the card is hidden (removed or draft). Sync keeps them.
    """
    CREATE TABLE schedule (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        card_id INTEGER NOT NULL REFERENCES card(id),
        note_id INTEGER NOT NULL,
        ordinal INTEGER NOT NULL,
        deck_id INTEGER,
        repetition INTEGER NOT NULL DEFAULT 0,
        ease INTEGER NOT NULL DEFAULT 250,
        interval INTEGER NOT NULL DEFAULT 0,
        due_on INTEGER,                          -- NULL: the card is new (never answered, or reset)
        suspended INTEGER NOT NULL DEFAULT 0,
        buried_until INTEGER,                    -- shown again from this day on
        lapses INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (learner_id, card_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX schedule_due ON schedule"
    "(learner_id, due_on, interval, note_id, ordinal, deck_id, buried_until, suspended)"
    " WHERE due_on IS NOT NULL AND suspended = 0 AND deck_id IS NOT NULL",
    "CREATE INDEX schedule_new ON schedule(learner_id, deck_id) WHERE due_on IS NULL",
    "CREATE INDEX schedule_note ON schedule(note_id)",
    # The log is the truth: replaying it by seq gives every schedule.
    """
    CREATE TABLE review (
        id INTEGER PRIMARY KEY,
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        uid TEXT NOT NULL,                       -- the answer's id, made by the client
        action TEXT NOT NULL,                    -- rows of one action of the learner share it
        card_id INTEGER NOT NULL REFERENCES card(id),
        note_id INTEGER NOT NULL,
        at INTEGER NOT NULL,
        study_day INTEGER NOT NULL,
        quality INTEGER,                         -- 0 to 5; NULL for manual rows
        kind TEXT NOT NULL,                      -- scheduled drill extra cram mock ahead manual imported
        verb TEXT,           -- of manual rows: suspend unsuspend bury unbury reset due import leech edited
        revision INTEGER NOT NULL,
        scheduler TEXT NOT NULL,
        before_repetition INTEGER NOT NULL, before_ease INTEGER NOT NULL, before_interval INTEGER NOT NULL,
        before_due_on INTEGER, before_suspended INTEGER NOT NULL, before_buried_until INTEGER,
        after_repetition INTEGER NOT NULL, after_ease INTEGER NOT NULL, after_interval INTEGER NOT NULL,
        after_due_on INTEGER, after_suspended INTEGER NOT NULL, after_buried_until INTEGER,
        took_ms INTEGER,
        leech INTEGER NOT NULL DEFAULT 0,        -- this answer made the card a leech (8th, 12th, ... lapse)
        undone INTEGER NOT NULL DEFAULT 0,
        UNIQUE (learner_id, seq),
        UNIQUE (learner_id, uid)
    )
    """,
    "CREATE INDEX review_card ON review(card_id, learner_id, seq)",
    "CREATE INDEX review_day ON review(learner_id, study_day, kind, card_id)",
    # --- counters that make the daily pages independent of how much was ever learned -----------------
    """
    CREATE TABLE learner_day (
        learner_id INTEGER NOT NULL REFERENCES learner(id) ON DELETE CASCADE,
        study_day INTEGER NOT NULL,
        answers INTEGER NOT NULL,                -- rows of the log with a grade, undone ones aside
        PRIMARY KEY (learner_id, study_day)
    ) WITHOUT ROWID
    """,
    """
    CREATE TRIGGER review_insert_day AFTER INSERT ON review
    WHEN NEW.quality IS NOT NULL AND NEW.undone = 0 BEGIN
        INSERT INTO learner_day(learner_id, study_day, answers) VALUES (NEW.learner_id, NEW.study_day, 1)
        ON CONFLICT(learner_id, study_day) DO UPDATE SET answers = answers + 1;
    END
    """,
    """
    CREATE TRIGGER review_undo_day AFTER UPDATE OF undone ON review WHEN NEW.quality IS NOT NULL BEGIN
        UPDATE learner_day SET answers = answers + OLD.undone - NEW.undone
        WHERE learner_id = NEW.learner_id AND study_day = NEW.study_day;
    END
    """,
    """
    CREATE TRIGGER schedule_insert_seen AFTER INSERT ON schedule WHEN NEW.deck_id IS NOT NULL BEGIN
        INSERT INTO learner_deck(learner_id, deck_id, seen) VALUES (NEW.learner_id, NEW.deck_id, 1)
        ON CONFLICT(learner_id, deck_id) DO UPDATE SET seen = seen + 1;
    END
    """,
    """
    CREATE TRIGGER schedule_delete_seen AFTER DELETE ON schedule WHEN OLD.deck_id IS NOT NULL BEGIN
        UPDATE learner_deck SET seen = seen - 1 WHERE learner_id = OLD.learner_id AND deck_id = OLD.deck_id;
    END
    """,
    """
    CREATE TRIGGER schedule_move_seen AFTER UPDATE OF deck_id ON schedule
    WHEN OLD.deck_id IS NOT NEW.deck_id BEGIN
        UPDATE learner_deck SET seen = seen - 1 WHERE learner_id = OLD.learner_id AND deck_id = OLD.deck_id;
        INSERT INTO learner_deck(learner_id, deck_id, seen)
            SELECT NEW.learner_id, NEW.deck_id, 1 WHERE NEW.deck_id IS NOT NULL
        ON CONFLICT(learner_id, deck_id) DO UPDATE SET seen = seen + 1;
    END
    """,
)


def up(migrator: Any, db: Any) -> None:
    """Creates every table, index and trigger."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
