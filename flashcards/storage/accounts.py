"""The rows of people: learners, sessions, tokens, throttles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peewee import Case, fn

from flashcards.domain.ids import LearnerId
from flashcards.storage.database import Database, IntegrityError, Row
from flashcards.storage.learner_numbers import keep_number, number_anew
from flashcards.storage.models import Invite, Learner, Session, Throttle, Token
from flashcards.storage.prepared import Query, inserting, prepared

LEARNER_COLUMNS = (
    "id", "name", "is_author", "is_admin", "timezone", "day_start", "new_per_day", "due_per_day", "drill",
    "buttons", "letter_keys", "theme", "suspend_leeches", "created_at", "new_order",
)  # fmt: skip
_ACCOUNT = tuple(getattr(Learner, column) for column in LEARNER_COLUMNS)


@prepared
def _count() -> Query:
    return Learner.select(fn.count(Learner.id))


@prepared
def _admins() -> Query:
    return Learner.select(fn.count(Learner.id)).where(Learner.is_admin == 1)


@prepared
def _learners() -> Query:
    return Learner.select(*_ACCOUNT).order_by(Learner.name_key)


@prepared
def _by_name(name_key: str) -> Query:
    return Learner.select(*_ACCOUNT).where(Learner.name_key == name_key)


@prepared
def _by_id(learner: LearnerId) -> Query:
    return Learner.select(*_ACCOUNT).where(Learner.id == learner)


@prepared
def _password_hash(learner: LearnerId) -> Query:
    return Learner.select(Learner.password_hash).where(Learner.id == learner)


@prepared
def _insert(*values: Any, columns: tuple[str, ...]) -> Query:
    return Learner.insert(dict(zip(columns, values, strict=True))).returning(Learner.id)


@prepared
def _update(learner: LearnerId, *values: Any, columns: tuple[str, ...]) -> Query:
    return Learner.update(dict(zip(columns, values, strict=True))).where(Learner.id == learner)


@prepared
def _end_calendar(learner: LearnerId) -> Query:
    ended = 0 - (Learner.calendar_generation + 1)
    has_one = (Learner.id == learner) & (Learner.calendar_generation > 0)
    return Learner.update({Learner.calendar_generation: ended}).where(has_one)


@prepared
def _delete(learner: LearnerId) -> Query:
    return Learner.delete().where(Learner.id == learner)


@prepared
def _delete_expired(learner: LearnerId, now: int) -> Query:
    return Session.delete().where(Session.learner == learner, Session.expires_at <= now)


@prepared
def _insert_session(
    learner: LearnerId, secret_hash: bytes, user_agent: str, created_at: int, seen_at: int, expires_at: int
) -> Query:
    return Session.insert(
        learner=learner, secret_hash=secret_hash, user_agent=user_agent, created_at=created_at, seen_at=seen_at,
        expires_at=expires_at,
    ).returning(Session.id)  # fmt: skip


@prepared
def _session(secret_hash: bytes, now: int) -> Query:
    found = Session.select(Session.id, Session.seen_at, Session.secret_hash, *_ACCOUNT).join(Learner)
    return found.where(Session.secret_hash == secret_hash, Session.expires_at > now)


@prepared
def _touch_session(session: int, now: int, expires_at: int) -> Query:
    return Session.update({Session.seen_at: now, Session.expires_at: expires_at}).where(Session.id == session)


@prepared
def _sessions(learner: LearnerId, now: int) -> Query:
    return (
        Session.select(Session.id, Session.user_agent, Session.created_at, Session.seen_at, Session.secret_hash)
        .where(Session.learner == learner, Session.expires_at > now)
        .order_by(Session.seen_at.desc(), Session.id.desc())
    )


@prepared
def _delete_session(learner: LearnerId, session: int) -> Query:
    return Session.delete().where(Session.learner == learner, Session.id == session)


@prepared
def _delete_session_of(secret_hash: bytes) -> Query:
    return Session.delete().where(Session.secret_hash == secret_hash)


@prepared
def _delete_other_sessions(learner: LearnerId, secret_hash: bytes) -> Query:
    return Session.delete().where(Session.learner == learner, Session.secret_hash != secret_hash)


@prepared
def _delete_all_expired(now: int) -> Query:
    return Session.delete().where(Session.expires_at <= now)


_insert_token = inserting(
    Token, Token.learner, Token.name, Token.prefix, Token.secret_hash, Token.created_at, Token.scopes, Token.expires_at
)


@prepared
def _token(prefix: str) -> Query:
    columns = (Token.id, Token.used_at, Token.secret_hash, Token.scopes, Token.expires_at)
    return Token.select(*columns, *_ACCOUNT).join(Learner).where(Token.prefix == prefix)


@prepared
def _touch_token(token: int, now: int) -> Query:
    return Token.update({Token.used_at: now}).where(Token.id == token)


@prepared
def _tokens(learner: LearnerId) -> Query:
    return (
        Token.select(
            Token.id, Token.name, Token.prefix, Token.created_at, Token.used_at, Token.scopes, Token.expires_at
        )
        .where(Token.learner == learner)
        .order_by(Token.id)
    )


@prepared
def _delete_token(learner: LearnerId, token: int) -> Query:
    return Token.delete().where(Token.learner == learner, Token.id == token)


@prepared
def _delete_tokens(learner: LearnerId) -> Query:
    return Token.delete().where(Token.learner == learner)


@prepared
def _delete_reset_links(learner: LearnerId) -> Query:
    return Invite.delete().where(Invite.learner == learner)


@prepared
def _delete_links_made_by(maker: LearnerId) -> Query:
    return Invite.delete().where(Invite.made_by == maker, Invite.used_at.is_null())


@prepared
def _hit(bucket: str, now: int, oldest: int, limit: int) -> Query:
    """Counts an attempt where it is allowed: in a window that goes on below the limit, or in a new one."""
    goes_on = Throttle.window_start.between(oldest, now)
    columns = (Throttle.bucket, Throttle.window_start, Throttle.hits)
    return (
        Throttle.insert_many([(bucket, now, 1)], columns)
        .on_conflict(
            conflict_target=[Throttle.bucket],
            update={
                Throttle.hits: Case(None, ((goes_on, Throttle.hits + 1),), 1),
                Throttle.window_start: Case(None, ((goes_on, Throttle.window_start),), now),
            },
            where=~goes_on | (Throttle.hits < limit),
        )
        .returning(Throttle.hits)
    )


@prepared
def _window_start(bucket: str) -> Query:
    return Throttle.select(Throttle.window_start).where(Throttle.bucket == bucket)


@prepared
def _delete_still(still_since: int) -> Query:
    return Throttle.delete().where(Throttle.window_start < still_since)


@prepared
def _forget_hits(bucket: str, older_than: int) -> Query:
    return Throttle.delete().where((Throttle.bucket == bucket) | (Throttle.window_start < older_than))


class NameTaken(Exception):
    """Another account has this name."""


@dataclass(frozen=True, slots=True)
class Found:
    """A session or token and the learner it belongs to (`LEARNER_COLUMNS`)."""

    id: int
    touched_at: int | None
    secret_hash: bytes
    learner: Row
    scopes: str = ""
    expires_at: int | None = None


class AccountRows:
    """What the account service reads and writes; transactions are the service's."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # --- learners

    def count(self) -> int:
        """How many accounts there are."""
        row = _count.one(self._db)
        return int(row[0]) if row else 0

    def admins(self) -> int:
        """How many administrators there are."""
        row = _admins.one(self._db)
        return int(row[0]) if row else 0

    def learners(self) -> list[Row]:
        """All accounts, by name."""
        return _learners.all(self._db)

    def by_name(self, name_key: str) -> Row | None:
        """The account of that name, if there is one."""
        return _by_name.one(self._db, name_key)

    def by_id(self, learner: LearnerId) -> Row | None:
        """The account with that number, if there is one."""
        return _by_id.one(self._db, learner)

    def password_hash(self, learner: LearnerId) -> str | None:
        """The stored hash of an account's password."""
        row = _password_hash.one(self._db, learner)
        return row[0] if row else None

    def insert(self, values: dict[str, Any]) -> LearnerId:
        """Makes an account and returns its number, which no other ever had; raises NameTaken."""
        try:
            row = _insert.one(self._db, *values.values(), columns=tuple(values))
        except IntegrityError as error:
            raise NameTaken from error
        assert row is not None
        return number_anew(self._db, LearnerId(row[0]))

    def update(self, learner: LearnerId, values: dict[str, Any]) -> None:
        """Changes columns of an account; raises NameTaken."""
        try:
            _update.run(self._db, learner, *values.values(), columns=tuple(values))
        except IntegrityError as error:
            raise NameTaken from error

    def end_calendar(self, learner: LearnerId) -> None:
        """Ends the address of the learner's calendar, if there is one."""
        _end_calendar.run(self._db, learner)

    def delete(self, learner: LearnerId) -> None:
        """Removes an account and everything that is its own; its number is not given again."""
        keep_number(self._db, learner)
        _delete.run(self._db, learner)

    # --- sessions

    def insert_session(self, learner: LearnerId, secret_hash: bytes, user_agent: str, now: int, expires_at: int) -> int:
        """Opens a session and forgets the learner's expired ones."""
        _delete_expired.run(self._db, learner, now)
        row = _insert_session.one(self._db, learner, secret_hash, user_agent, now, now, expires_at)
        assert row is not None
        return LearnerId(row[0])

    def session(self, secret_hash: bytes, now: int) -> Found | None:
        """The open session with that secret, if there is one."""
        row = _session.one(self._db, secret_hash, now)
        return Found(row[0], row[1], row[2], row[3:]) if row else None

    def touch_session(self, session: int, now: int, expires_at: int) -> None:
        """Notes that the session was used."""
        _touch_session.run(self._db, session, now, expires_at)

    def sessions(self, learner: LearnerId, now: int) -> list[Row]:
        """(id, user_agent, created_at, seen_at, secret_hash) of the open sessions, the last used first."""
        return _sessions.all(self._db, learner, now)

    def delete_session(self, learner: LearnerId, session: int) -> bool:
        """Ends one session of the learner; whether there was one."""
        return bool(_delete_session.run(self._db, learner, session).rowcount)

    def delete_session_of(self, secret_hash: bytes) -> None:
        """Ends the session with that secret."""
        _delete_session_of.run(self._db, secret_hash)

    def delete_other_sessions(self, learner: LearnerId, secret_hash: bytes) -> None:
        """Ends all sessions of the learner but the one with that secret."""
        _delete_other_sessions.run(self._db, learner, secret_hash)

    # --- tokens

    def insert_token(
        self,
        learner: LearnerId,
        name: str,
        prefix: str,
        secret_hash: bytes,
        now: int,
        scopes: str,
        expires_at: int | None,
    ) -> None:
        """Stores a token; `expires_at` None: it is good until it is revoked."""
        _insert_token.run(self._db, learner, name, prefix, secret_hash, now, scopes, expires_at)

    def token(self, prefix: str) -> Found | None:
        """The token with that prefix, if there is one."""
        row = _token.one(self._db, prefix)
        return Found(row[0], row[1], row[2], row[5:], row[3], row[4]) if row else None

    def touch_token(self, token: int, now: int) -> None:
        """Notes that the token was used."""
        _touch_token.run(self._db, token, now)

    def tokens(self, learner: LearnerId) -> list[Row]:
        """(id, name, prefix, created_at, used_at, scopes, expires_at) of the learner's tokens, the oldest first."""
        return _tokens.all(self._db, learner)

    def delete_token(self, learner: LearnerId, token: int) -> bool:
        """Revokes one token of the learner; whether there was one."""
        return bool(_delete_token.run(self._db, learner, token).rowcount)

    def delete_tokens(self, learner: LearnerId) -> None:
        """Revokes all tokens of the learner."""
        _delete_tokens.run(self._db, learner)

    def delete_reset_links(self, learner: LearnerId) -> None:
        """Takes back the links that would set the learner's password."""
        _delete_reset_links.run(self._db, learner)

    def delete_links_made_by(self, maker: LearnerId) -> None:
        """Takes back the links that somebody made and nobody has used."""
        _delete_links_made_by.run(self._db, maker)

    # --- throttles

    def hit(self, bucket: str, now: int, window_ms: int, limit: int) -> int:
        """Counts one attempt; 0 where it is allowed, else the milliseconds until the next may be.

        One statement, so that attempts at the same moment cannot pass together.
        """
        allowed = _hit.one(self._db, bucket, now, now - window_ms + 1, limit)
        if allowed:
            return 0
        row = _window_start.one(self._db, bucket)
        return max(1, (row[0] if row else now) + window_ms - now)

    def delete_over(self, now: int, still_since: int) -> None:
        """Drops expired sessions, and the buckets that have been still since `still_since`."""
        _delete_all_expired.run(self._db, now)
        _delete_still.run(self._db, still_since)

    def forget_hits(self, bucket: str, older_than: int) -> None:
        """Starts the bucket anew, and drops the buckets that have been still since `older_than`."""
        _forget_hits.run(self._db, bucket, older_than)
