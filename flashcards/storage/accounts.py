"""The rows of people: learners, sessions, tokens, throttles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flashcards.storage.database import Database, IntegrityError, Row

LEARNER_COLUMNS = (
    "id", "name", "is_author", "is_admin", "timezone", "day_start", "new_per_day", "due_per_day", "drill",
    "buttons", "letter_keys", "theme", "suspend_leeches", "created_at", "new_order",
)  # fmt: skip
_LEARNER = ", ".join(f"l.{column}" for column in LEARNER_COLUMNS)


class NameTaken(Exception):
    """Another account has this name."""


@dataclass(frozen=True, slots=True)
class Found:
    """A session or token and the learner it belongs to (`LEARNER_COLUMNS`)."""

    id: int
    touched_at: int | None
    secret_hash: bytes
    learner: Row


class AccountRows:
    """What the account service reads and writes; transactions are the service's."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # --- learners

    def count(self) -> int:
        """How many accounts there are."""
        row = self._db.one("SELECT count(*) FROM learner")
        return int(row[0]) if row else 0

    def admins(self) -> int:
        """How many administrators there are."""
        row = self._db.one("SELECT count(*) FROM learner WHERE is_admin = 1")
        return int(row[0]) if row else 0

    def learners(self) -> list[Row]:
        """All accounts, by name."""
        return self._db.all(f"SELECT {_LEARNER} FROM learner l ORDER BY l.name_key")

    def by_name(self, name_key: str) -> Row | None:
        """The account of that name, if there is one."""
        return self._db.one(f"SELECT {_LEARNER} FROM learner l WHERE l.name_key = ?", (name_key,))

    def by_id(self, learner: int) -> Row | None:
        """The account with that number, if there is one."""
        return self._db.one(f"SELECT {_LEARNER} FROM learner l WHERE l.id = ?", (learner,))

    def password_hash(self, learner: int) -> str | None:
        """The stored hash of an account's password."""
        row = self._db.one("SELECT password_hash FROM learner WHERE id = ?", (learner,))
        return row[0] if row else None

    def insert(self, values: dict[str, Any]) -> int:
        """Makes an account and returns its number; raises NameTaken."""
        names = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        try:
            cursor = self._db.execute(f"INSERT INTO learner({names}) VALUES ({marks})", tuple(values.values()))
        except IntegrityError as error:
            raise NameTaken from error
        return int(cursor.lastrowid)

    def update(self, learner: int, values: dict[str, Any]) -> None:
        """Changes columns of an account; raises NameTaken."""
        sets = ", ".join(f"{column} = ?" for column in values)
        try:
            self._db.execute(f"UPDATE learner SET {sets} WHERE id = ?", (*values.values(), learner))
        except IntegrityError as error:
            raise NameTaken from error

    def delete(self, learner: int) -> None:
        """Removes an account and everything that is its own."""
        self._db.execute("DELETE FROM learner WHERE id = ?", (learner,))

    # --- sessions

    def insert_session(self, learner: int, secret_hash: bytes, user_agent: str, now: int, expires_at: int) -> int:
        """Opens a session and forgets the learner's expired ones."""
        self._db.execute("DELETE FROM session WHERE learner_id = ? AND expires_at <= ?", (learner, now))
        cursor = self._db.execute(
            "INSERT INTO session(learner_id, secret_hash, user_agent, created_at, seen_at, expires_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (learner, secret_hash, user_agent, now, now, expires_at),
        )
        return int(cursor.lastrowid)

    def session(self, secret_hash: bytes, now: int) -> Found | None:
        """The open session with that secret, if there is one."""
        row = self._db.one(
            f"SELECT s.id, s.seen_at, s.secret_hash, {_LEARNER}"
            " FROM session s JOIN learner l ON l.id = s.learner_id"
            " WHERE s.secret_hash = ? AND s.expires_at > ?",
            (secret_hash, now),
        )
        return Found(row[0], row[1], row[2], row[3:]) if row else None

    def touch_session(self, session: int, now: int, expires_at: int) -> None:
        """Notes that the session was used."""
        self._db.execute("UPDATE session SET seen_at = ?, expires_at = ? WHERE id = ?", (now, expires_at, session))

    def sessions(self, learner: int, now: int) -> list[Row]:
        """(id, user_agent, created_at, seen_at, secret_hash) of the open sessions, the last used first."""
        return self._db.all(
            "SELECT id, user_agent, created_at, seen_at, secret_hash FROM session"
            " WHERE learner_id = ? AND expires_at > ? ORDER BY seen_at DESC, id DESC",
            (learner, now),
        )

    def delete_session(self, learner: int, session: int) -> bool:
        """Ends one session of the learner; whether there was one."""
        cursor = self._db.execute("DELETE FROM session WHERE learner_id = ? AND id = ?", (learner, session))
        return bool(cursor.rowcount)

    def delete_session_of(self, secret_hash: bytes) -> None:
        """Ends the session with that secret."""
        self._db.execute("DELETE FROM session WHERE secret_hash = ?", (secret_hash,))

    def delete_other_sessions(self, learner: int, secret_hash: bytes) -> None:
        """Ends all sessions of the learner but the one with that secret."""
        self._db.execute("DELETE FROM session WHERE learner_id = ? AND secret_hash <> ?", (learner, secret_hash))

    # --- tokens

    def insert_token(self, learner: int, name: str, prefix: str, secret_hash: bytes, now: int) -> None:
        """Stores a token."""
        self._db.execute(
            "INSERT INTO token(learner_id, name, prefix, secret_hash, created_at) VALUES (?, ?, ?, ?, ?)",
            (learner, name, prefix, secret_hash, now),
        )

    def token(self, prefix: str) -> Found | None:
        """The token with that prefix, if there is one."""
        row = self._db.one(
            f"SELECT t.id, t.used_at, t.secret_hash, {_LEARNER}"
            " FROM token t JOIN learner l ON l.id = t.learner_id WHERE t.prefix = ?",
            (prefix,),
        )
        return Found(row[0], row[1], row[2], row[3:]) if row else None

    def touch_token(self, token: int, now: int) -> None:
        """Notes that the token was used."""
        self._db.execute("UPDATE token SET used_at = ? WHERE id = ?", (now, token))

    def tokens(self, learner: int) -> list[Row]:
        """(id, name, prefix, created_at, used_at) of the learner's tokens, the oldest first."""
        return self._db.all(
            "SELECT id, name, prefix, created_at, used_at FROM token WHERE learner_id = ? ORDER BY id",
            (learner,),
        )

    def delete_token(self, learner: int, token: int) -> bool:
        """Revokes one token of the learner; whether there was one."""
        cursor = self._db.execute("DELETE FROM token WHERE learner_id = ? AND id = ?", (learner, token))
        return bool(cursor.rowcount)

    def delete_tokens(self, learner: int) -> None:
        """Revokes all tokens of the learner."""
        self._db.execute("DELETE FROM token WHERE learner_id = ?", (learner,))

    # --- throttles

    def hit(self, bucket: str, now: int, window_ms: int, limit: int) -> int:
        """Counts one attempt; 0 where it is allowed, else the milliseconds until the next may be.

        One statement, so that attempts at the same moment cannot pass together.
        """
        allowed = self._db.one(
            "INSERT INTO throttle(bucket, window_start, hits) VALUES (:bucket, :now, 1)"
            " ON CONFLICT(bucket) DO UPDATE SET"
            " hits = CASE WHEN window_start BETWEEN :oldest AND :now THEN hits + 1 ELSE 1 END,"
            " window_start = CASE WHEN window_start BETWEEN :oldest AND :now THEN window_start ELSE :now END"
            " WHERE window_start NOT BETWEEN :oldest AND :now OR hits < :limit RETURNING hits",
            {"bucket": bucket, "now": now, "oldest": now - window_ms + 1, "limit": limit},
        )
        if allowed:
            return 0
        row = self._db.one("SELECT window_start FROM throttle WHERE bucket = ?", (bucket,))
        return max(1, (row[0] if row else now) + window_ms - now)

    def delete_over(self, now: int, still_since: int) -> None:
        """Drops expired sessions, and the buckets that have been still since `still_since`."""
        self._db.execute("DELETE FROM session WHERE expires_at <= ?", (now,))
        self._db.execute("DELETE FROM throttle WHERE window_start < ?", (still_since,))

    def forget_hits(self, bucket: str, older_than: int) -> None:
        """Starts the bucket anew, and drops the buckets that have been still since `older_than`."""
        self._db.execute("DELETE FROM throttle WHERE bucket = ? OR window_start < ?", (bucket, older_than))
