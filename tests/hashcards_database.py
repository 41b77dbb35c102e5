"""Databases as hashcards 0.4 leaves them beside its decks, made by the schema that it documents in `src/schema.sql`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from blake3 import blake3

SCHEMA = """
    CREATE TABLE cards (
        card_hash TEXT PRIMARY KEY, added_at TEXT NOT NULL, last_reviewed_at TEXT, stability REAL, difficulty REAL,
        interval_raw REAL, interval_days INTEGER, due_date TEXT, review_count INTEGER NOT NULL) STRICT;
    CREATE TABLE sessions (
        session_id INTEGER PRIMARY KEY, started_at TEXT NOT NULL, ended_at TEXT NOT NULL) STRICT;
    CREATE TABLE reviews (
        review_id INTEGER PRIMARY KEY, session_id INTEGER NOT NULL REFERENCES sessions (session_id),
        card_hash TEXT NOT NULL REFERENCES cards (card_hash), reviewed_at TEXT NOT NULL, grade TEXT NOT NULL,
        stability REAL NOT NULL, difficulty REAL NOT NULL, interval_raw REAL NOT NULL,
        interval_days INTEGER NOT NULL, due_date TEXT NOT NULL) STRICT;
"""


def basic(question: str, answer: str) -> str:
    """The hash of a question with its answer."""
    return str(blake3(b"Basic" + question.encode() + answer.encode()).hexdigest())


def cloze(bare: str, deleted: str) -> str:
    """The hash of a deletion: `bare` is the text without brackets, `deleted` the first place of these words in it."""
    text, words = bare.encode(), deleted.encode()
    first = text.index(words)
    ends = first.to_bytes(8, "little") + (first + len(words) - 1).to_bytes(8, "little")
    return str(blake3(b"Cloze" + text + ends).hexdigest())


class Answer(NamedTuple):
    """A row of `reviews`."""

    at: str
    grade: str
    stability: float
    difficulty: float
    interval: int
    due: str


def make(path: Path, cards: Sequence[tuple[str, Sequence[Answer]]]) -> Path:
    """A database in which each card has the state that its last answer left."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(SCHEMA)
        database.execute("INSERT INTO sessions VALUES (1, '2027-01-01T09:00:00.000', '2027-01-01T10:00:00.000')")
        for key, answers in cards:
            state: tuple[object, ...] = (None,) * 6
            if answers:
                last = answers[-1]
                state = last.at, last.stability, last.difficulty, last.interval + 0.2, last.interval, last.due
            database.execute(
                "INSERT INTO cards VALUES (?, '2026-12-01T08:00:00.000', ?, ?, ?, ?, ?, ?, ?)",
                (key, *state, len(answers)),
            )
            database.executemany(
                "INSERT INTO reviews VALUES (NULL, 1, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(key, it.at, it.grade, it.stability, it.difficulty, it.interval + 0.2, it.interval, it.due)
                 for it in answers],
            )  # fmt: skip
    return path


def change(path: Path, *statements: str) -> None:
    """Does to a database what nobody should."""
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)
