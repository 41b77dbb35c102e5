"""Accounts: signing up and in, sessions, tokens, settings, roles."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import secrets
from collections.abc import Collection
from typing import Any

from flashcards.clock import Clock
from flashcards.domain.ids import LearnerId
from flashcards.domain.study_day import zone
from flashcards.errors import (
    Conflict,
    FlashcardsError,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    Unauthenticated,
)
from flashcards.services.accounts.audit import AuditLog
from flashcards.services.accounts.devices import Devices, network_of
from flashcards.services.accounts.names import account_name, line_of, name_key
from flashcards.services.accounts.passwords import hash_password, is_password, needs_new_hash
from flashcards.services.accounts.people import Learner, SessionInfo, SignupState, TokenInfo
from flashcards.services.accounts.scopes import checked_days, checked_scopes
from flashcards.services.accounts.settings import checked_settings
from flashcards.storage.accounts import LEARNER_COLUMNS, AccountRows, NameTaken
from flashcards.storage.database import Database, Row

LOG = logging.getLogger("flashcards.accounts")

__all__ = ["AccountService", "Learner", "SessionInfo", "SignupState", "TokenInfo"]

_MINUTE = 60_000
_DAY = 24 * 60 * _MINUTE
SESSION_MS = 90 * _DAY
"""A session that is not used for so long is over."""
_TOUCH_MS = 5 * _MINUTE
"""How often the use of a session or a token is noted at most: a note is a write."""
_USER_AGENT, _TOKEN_NAME = 200, 60

# Attempts a minute. A name is counted for each network apart, or anybody could lock its owner out; all networks
# together may try it ten times as often. A device that has logged in as somebody before counts for itself alone.
# A count of name and network starts anew when the owner logs in; a network's does not, or a guesser with an account
# could wipe it.
_PER_NAME, _PER_NAME_ANYWHERE, _PER_NETWORK, _SIGNUPS, _CODES = 10, 100, 60, 60, 5

_FLAGS = [LEARNER_COLUMNS.index(name) for name in ("is_author", "is_admin", "drill", "letter_keys", "suspend_leeches")]
_NEW_ORDER = LEARNER_COLUMNS.index("new_order")


class AccountService:
    """Who may do what. Every secret is stored as a hash and shown once."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        secret_key: bytes,
        signup: str = "first",
        first_needs_code: bool = False,
        audit: AuditLog | None = None,
    ) -> None:
        """`signup` is first, open or closed; `first_needs_code` is true where others than people at this machine may
        come."""
        self._db = database
        self._rows = AccountRows(database)
        self._audit = audit or AuditLog(database, clock)
        self._clock = clock
        self._key = secret_key
        self._signup = signup
        self._first_needs_code = first_needs_code
        self._code_is_said = False
        self._devices = Devices(lambda text: self._mac(text.encode()))

    # --- signing up

    def signup_state(self, *, plain: bool = True) -> SignupState:
        """Whether somebody may sign up now, and whether that takes the setup code.

        `plain` is whether it is certainly a visit from this machine, with no proxy in between.
        """
        first = self._rows.count() == 0
        is_open = self._signup == "open" or (self._signup == "first" and first)
        return SignupState(is_open, first, is_open and first and (self._first_needs_code or not plain))

    def setup_code(self) -> str | None:
        """The code that every first sign-up needs; None where it needs none."""
        return self._setup_code() if self.signup_state().needs_code else None

    def say_setup_code(self) -> None:
        """Writes the code into the log, once: it was not printed at start where no visit but a plain one was likely."""
        if not self._first_needs_code and not self._code_is_said:
            self._code_is_said = True
            LOG.warning("somebody came through a proxy. The first account needs this code: %s", self._setup_code())

    def sign_up(
        self,
        name: str,
        password: str,
        *,
        code: str | None,
        timezone: str | None,
        remote: str,
        plain: bool = True,
    ) -> Learner:
        """Makes an account; the first one is an author and administrator. `plain` is as for `signup_state`.

        A `timezone` that is unknown here becomes UTC: a browser says it, nobody typed it. Raises Forbidden
        where sign-up is closed or the code is wrong, Invalid, Conflict (the name is taken) and TooMany.
        """
        self.count_signup(remote)
        state = self.signup_state(plain=plain)
        self._check_signup(state)
        if state.needs_code:
            self._check_code(code or "", remote)
        values = self.prepared(name, password, author=state.first, admin=state.first, timezone=timezone)
        with self._db.write():
            # Two first visitors at once: the second finds that the door has closed.
            if self.signup_state(plain=plain) != state:
                self._check_signup(SignupState(False, False, False))
            return self.store(values, "signed up")

    def add_learner(
        self,
        name: str,
        password: str,
        *,
        author: bool = False,
        admin: bool = False,
        timezone: str | None = None,
    ) -> Learner:
        """Makes an account for somebody; raises Invalid and Conflict."""
        values = self.prepared(name, password, author=author, admin=admin)
        if timezone is not None:
            values |= checked_settings({"timezone": timezone})
        with self._db.write():
            return self.store(values, "added")

    def count_signup(self, remote: str) -> None:
        """Counts an attempt of the client's to get an account or a password; raises TooMany."""
        self._throttle(f"signup:{network_of(remote)}", _SIGNUPS)

    @staticmethod
    def _check_signup(state: SignupState) -> None:
        if not state.open:
            raise Forbidden("Sign-up is closed here: ask an administrator for an account.")

    def _check_code(self, code: str, remote: str) -> None:
        self._throttle(f"code:{network_of(remote)}", _CODES)
        given = "".join(code.split()).replace("-", "").upper()
        if not hmac.compare_digest(given.encode(), self._setup_code().encode()):
            raise Forbidden("The first account needs the code that the server printed; see its log.")

    def _setup_code(self) -> str:
        digest = self._mac(b"setup code")
        # Base 32 without the characters that people take for one another.
        return base64.b32encode(digest)[:8].decode().translate(str.maketrans("OIL", "89X"))

    def prepared(
        self, name: str, password: str, *, author: bool, admin: bool, timezone: str | None = None
    ) -> dict[str, Any]:
        """What `store` stores; hashing takes time, so it comes before the transaction. Raises Invalid."""
        name = account_name(name)
        return {
            "name": name,
            "name_key": name_key(name),
            "password_hash": hash_password(password),
            "is_author": int(author),
            "is_admin": int(admin),
            "timezone": _known_zone(timezone),
            "created_at": self._clock(),
        }

    def store(self, values: dict[str, Any], action: str) -> Learner:
        """Makes the account that `prepared` prepared; within a write of the caller's. Raises Conflict (the name)."""
        try:
            learner = self._learner(self._rows.insert(values))
        except NameTaken as error:
            raise Conflict(f"The name {values['name']} is taken.") from error
        self._audit.note(learner, action, _roles_of(learner))
        return learner

    # --- signing in

    def log_in(
        self, name: str, password: str, *, user_agent: str, remote: str, devices: str = ""
    ) -> tuple[Learner, str]:
        """The learner and the secret for the cookie of a new session.

        `remote` is the client's address, `devices` what `remember_device` gave its browser before. Raises
        Unauthenticated, with the same words and after the same time for an unknown name and a wrong password,
        and TooMany.
        """
        key = name_key(name[:1000])
        bucket = self._count_login(key, remote, devices)
        row = self._rows.by_name(key)
        stored = self._rows.password_hash(row[0]) if row else None
        if not is_password(stored, password) or row is None or stored is None:
            # The name only where there is an account: people type their password into the wrong field.
            if row is None:
                LOG.warning("a login from %s failed: no account of that name", line_of(remote, 60))
            else:
                LOG.warning("a login as %s from %s failed: wrong password", _learner(row).name, line_of(remote, 60))
            raise Unauthenticated("The name or the password is not right.")
        learner = _learner(row)
        rehashed = hash_password(password) if needs_new_hash(stored) else None
        with self._db.write():
            self._rows.forget_hits(bucket, self._clock() - _DAY)
            if rehashed:
                self._rows.update(learner.id, {"password_hash": rehashed})
            return learner, self._open_session(learner, user_agent)

    def _count_login(self, key: str, remote: str, devices: str) -> str:
        """Counts an attempt to log in; gives the bucket that starts anew where it succeeds. Raises TooMany."""
        name, network = hashlib.sha256(key.encode()).hexdigest(), network_of(remote)
        if device := self._devices.known(devices, name):
            self._throttle(bucket := f"login:{name} by {device}", _PER_NAME)
            return bucket
        self._throttle(f"login from {network}", _PER_NETWORK)
        self._throttle(bucket := f"login:{name} from {network}", _PER_NAME)
        self._throttle(f"login:{name}", _PER_NAME_ANYWHERE)
        return bucket

    def remember_device(self, learner: Learner, devices: str) -> str:
        """What the browser keeps to be known as one that has logged in as this learner; `devices` is what it kept."""
        return self._devices.with_name(devices, hashlib.sha256(name_key(learner.name).encode()).hexdigest())

    def start_session(self, learner: Learner, user_agent: str) -> str:
        """Opens a session and returns the secret for its cookie."""
        with self._db.write():
            return self._open_session(learner, user_agent)

    def _open_session(self, learner: Learner, user_agent: str) -> str:
        self._audit.note(learner, "login")
        secret, now = secrets.token_urlsafe(32), self._clock()
        self._rows.insert_session(learner.id, _hash(secret), line_of(user_agent, _USER_AGENT), now, now + SESSION_MS)
        return secret

    def by_session(self, secret: str) -> Learner | None:
        """Whose session it is; None where it is over or unknown."""
        now = self._clock()
        found = self._rows.session(_hash(secret), now)
        if found is None:
            return None
        if found.touched_at is None or not 0 <= now - found.touched_at < _TOUCH_MS:
            self._note(lambda: self._rows.touch_session(found.id, now, now + SESSION_MS))
        return _learner(found.learner)

    def by_token(self, token: str) -> Learner | None:
        """Whose token it is; None where it is revoked, over or unknown."""
        found = self.bearer(token)
        return found and found[0]

    def bearer(self, token: str) -> tuple[Learner, frozenset[str]] | None:
        """Whose token it is and what it may do; None where it is revoked, over or unknown."""
        mark, _, rest = token.partition("_")
        prefix, _, secret = rest.partition("_")
        found = self._rows.token(prefix) if mark == "fc" else None
        if found is None or not hmac.compare_digest(found.secret_hash, self._token_hash(prefix, secret)):
            return None
        now = self._clock()
        if found.expires_at is not None and found.expires_at <= now:
            return None
        if found.touched_at is None or not 0 <= now - found.touched_at < _TOUCH_MS:
            self._note(lambda: self._rows.touch_token(found.id, now))
        return _learner(found.learner), frozenset(found.scopes.split())

    def _note(self, write: Any) -> None:
        try:
            with self._db.write(wait=False):
                write()
        except FlashcardsError:
            # A full or busy disk must not keep people from what they can still read; the next use tries again.
            return

    def forget_old(self) -> None:
        """Drops what is kept of attempts and logins that are long over; for a job."""
        now = self._clock()
        with self._db.write():
            self._rows.delete_over(now, now - _DAY)

    # --- sessions and passwords

    def log_out(self, secret: str) -> None:
        """Ends the session; nothing happens where it is over already."""
        with self._db.write():
            self._rows.delete_session_of(_hash(secret))

    def sessions(self, learner: Learner, current_secret: str = "") -> list[SessionInfo]:
        """Where the learner is logged in, the last used first."""
        current = _hash(current_secret)
        return [
            SessionInfo(id_, agent, created, seen, hmac.compare_digest(secret_hash, current))
            for id_, agent, created, seen, secret_hash in self._rows.sessions(learner.id, self._clock())
        ]

    def revoke_session(self, learner: Learner, session: int) -> None:
        """Ends one session of the learner; raises NotFound."""
        with self._db.write():
            if not self._rows.delete_session(learner.id, session):
                raise NotFound("There is no such session; it may be over already.")

    def revoke_other_sessions(self, learner: Learner, current_secret: str) -> None:
        """Ends every session of the learner but this one."""
        with self._db.write():
            self._rows.delete_other_sessions(learner.id, _hash(current_secret))
            self._audit.note(learner, "sessions")

    def change_password(
        self, learner: Learner, old: str, new: str, current_secret: str, *, keep_tokens: bool = False
    ) -> None:
        """Sets a new password, and ends the other sessions, the calendar's address and, unless they are to stay, the
        API tokens.

        Raises Invalid (`old`, `new`) and TooMany.
        """
        self._throttle(f"password:{learner.id}", _PER_NAME)
        if not is_password(self._rows.password_hash(learner.id), old):
            raise Invalid("This is not your password.", field="old")
        new_hash = hash_password(new, field="new")
        with self._db.write():
            self.store_password(learner, new_hash, "password", current_secret, keep_tokens=keep_tokens)

    def set_password(self, name: str, password: str, *, keep_tokens: bool = False) -> None:
        """Sets anybody's password; ends their sessions, calendar's address and API tokens. Raises NotFound, Invalid."""
        learner, new_hash = self.find(name), hash_password(password)
        with self._db.write():
            self.store_password(learner, new_hash, "password set", keep_tokens=keep_tokens)

    @staticmethod
    def hashed(password: str) -> str:
        """What `store_password` stores; raises Invalid."""
        return hash_password(password)

    def store_password(
        self, learner: Learner, new_hash: str, action: str, current_secret: str = "", *, keep_tokens: bool = False
    ) -> None:
        """Stores a new password and ends what the old one opened; within a write of the caller's."""
        self._rows.update(learner.id, {"password_hash": new_hash})
        self._rows.end_calendar(learner.id)
        self._rows.delete_other_sessions(learner.id, _hash(current_secret) if current_secret else b"")
        self._rows.delete_reset_links(learner.id)
        if not keep_tokens:
            self._rows.delete_tokens(learner.id)
        self._audit.note(learner, action)

    def end_reset_links(self, learner: Learner) -> None:
        """Takes back the links that would set the learner's password; within a write of the caller's."""
        self._rows.delete_reset_links(learner.id)

    # --- settings

    def save_settings(self, learner: Learner, **changes: object) -> Learner:
        """The learner with other settings; raises Invalid (the field is named) and Conflict (the name)."""
        columns = checked_settings(changes)
        with self._db.write():
            try:
                if columns:
                    self._rows.update(learner.id, columns)
            except NameTaken as error:
                raise Conflict(f"The name {columns['name']} is taken.") from error
            return self._learner(learner.id)

    # --- tokens

    def tokens(self, learner: Learner) -> list[TokenInfo]:
        """The learner's API tokens, the oldest first."""
        rows = self._rows.tokens(learner.id)
        return [
            TokenInfo(id_, name, prefix, made, used, tuple(scopes.split()), over)
            for id_, name, prefix, made, used, scopes, over in rows
        ]

    def create_token(
        self, learner: Learner, name: str, *, scopes: Collection[str] | None = None, days: int | None = None
    ) -> str:
        """A new token, to be shown once: ``fc_<prefix>_<secret>``.

        `scopes` None: all that the learner may do; `days` None: it is good until it is revoked. Raises Invalid.
        """
        held, days = checked_scopes(learner, scopes), checked_days(days)
        now = self._clock()
        expires_at = None if days is None else now + days * _DAY
        prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        with self._db.write():
            while self._rows.token(prefix):
                prefix = secrets.token_hex(4)
            self._rows.insert_token(
                learner.id,
                line_of(name, _TOKEN_NAME),
                prefix,
                self._token_hash(prefix, secret),
                now,
                held,
                expires_at,
            )
            self._audit.note(learner, "token", f"{prefix}, {held}")
        return f"fc_{prefix}_{secret}"

    def revoke_token(self, learner: Learner, token: int) -> None:
        """Revokes one token of the learner; raises NotFound."""
        with self._db.write():
            if not self._rows.delete_token(learner.id, token):
                raise NotFound("There is no such token; it may be revoked already.")
            self._audit.note(learner, "token revoked")

    def _token_hash(self, prefix: str, secret: str) -> bytes:
        return self._mac(f"token {prefix} {secret}".encode("utf-8", "replace"))

    # --- people

    def learners(self) -> list[Learner]:
        """All accounts, by name."""
        return [_learner(row) for row in self._rows.learners()]

    def find(self, name: str) -> Learner:
        """The account of that name; raises NotFound."""
        row = self._rows.by_name(name_key(name))
        if row is None:
            raise NotFound(f"There is no account {line_of(name, 60)!r}.")
        return _learner(row)

    def by_number(self, learner: LearnerId) -> Learner:
        """The account with that number; raises NotFound."""
        return self._learner(learner)

    def set_roles(
        self,
        who: LearnerId | str,
        *,
        author: bool | None = None,
        admin: bool | None = None,
        acting: Learner | None = None,
    ) -> Learner:
        """Gives or takes roles; None leaves one as it is. `acting` None is the command line.

        Raises Forbidden, NotFound, and Conflict where no administrator would be left.
        """
        if acting is not None and not acting.is_admin:
            raise Forbidden("Only an administrator gives roles.")
        with self._db.write():
            learner = self.find(who) if isinstance(who, str) else self._learner(who)
            if admin is False:
                self._keep_an_admin(learner)
            roles = {"is_author": author, "is_admin": admin}
            if changes := {column: int(value) for column, value in roles.items() if value is not None}:
                self._rows.update(learner.id, changes)
            changed = self._learner(learner.id)
            if _roles_of(changed) != _roles_of(learner):
                self._audit.note(changed, "roles", _roles_of(changed))
            return changed

    def delete_learner(self, name: str) -> None:
        """Removes an account with its whole history; raises NotFound, and Conflict for the last admin."""
        with self._db.write():
            learner = self.find(name)
            if self._rows.count() > 1:
                self._keep_an_admin(learner)
            self._audit.note(learner, "deleted")
            self._audit.forget_name(learner.id)
            self._rows.delete(learner.id)

    def leave(self, learner: Learner, password: str) -> None:
        """Removes the learner's own account with its whole history, on their password.

        Raises Invalid (`leave`) where it is another password, TooMany, and Conflict for the last administrator of
        others.
        """
        self._throttle(f"password:{learner.id}", _PER_NAME)
        if not is_password(self._rows.password_hash(learner.id), password):
            raise Invalid("This is not your password.", field="leave")
        self.delete_learner(learner.name)

    def _keep_an_admin(self, learner: Learner) -> None:
        if learner.is_admin and self._rows.admins() == 1:
            raise Conflict(f"{learner.name} is the last administrator: make somebody else one first.")

    # --- helpers

    def _learner(self, learner: LearnerId) -> Learner:
        row = self._rows.by_id(learner)
        if row is None:
            raise NotFound("There is no such account.")
        return _learner(row)

    def _throttle(self, bucket: str, per_minute: int) -> None:
        with self._db.write():
            wait = self._rows.hit(bucket, self._clock(), _MINUTE, per_minute)
        if wait:
            seconds = -(-wait // 1000)
            raise TooMany(f"Too many attempts: try again in {seconds} seconds.", retry_after=seconds)

    def _mac(self, message: bytes) -> bytes:
        return hmac.digest(self._key, message, "sha256")


def _learner(row: Row) -> Learner:
    values = list(row)
    for index in _FLAGS:
        values[index] = bool(values[index])
    values[_NEW_ORDER] = values[_NEW_ORDER] or "decks"
    return Learner(*values)


def _roles_of(learner: Learner) -> str:
    roles = [name for name, held in (("author", learner.is_author), ("administrator", learner.is_admin)) if held]
    return " and ".join(roles) or "learner"


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def _known_zone(name: str | None) -> str:
    try:
        return zone(name or "UTC").key
    except ValueError:
        return "UTC"
