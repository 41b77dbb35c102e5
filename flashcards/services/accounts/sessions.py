"""Logging in and out: sessions of browsers."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets

from flashcards.errors import NotFound, Unauthenticated
from flashcards.services.accounts.hashed_secrets import secret_hash
from flashcards.services.accounts.names import line_of, name_key
from flashcards.services.accounts.passwords import hash_password, is_password, needs_new_hash
from flashcards.services.accounts.people import Learner, SessionInfo
from flashcards.services.accounts.shared import Accounts, learner_of

LOG = logging.getLogger("flashcards.accounts")
SESSION_MS = 90 * 86_400_000
"""A session that is not used for so long is over."""
_USER_AGENT = 200


class Sessions(Accounts):
    """Where somebody is logged in."""

    def log_in(
        self, name: str, password: str, *, user_agent: str, remote: str, devices: str = ""
    ) -> tuple[Learner, str]:
        """The learner and the secret for the cookie of a new session.

        `remote` is the client's address, `devices` what `remember_device` gave its browser before. Raises
        Unauthenticated, with the same words and after the same time for an unknown name and a wrong password,
        and TooMany.
        """
        key = name_key(name[:1000])
        bucket = self._limits.count_login(key, remote, devices)
        row = self._rows.by_name(key)
        stored = self._rows.password_hash(row[0]) if row else None
        if not is_password(stored, password) or row is None or stored is None:
            # The name only where there is an account: people type their password into the wrong field.
            if row is None:
                LOG.warning("a login from %s failed: no account of that name", line_of(remote, 60))
            else:
                LOG.warning("a login as %s from %s failed: wrong password", learner_of(row).name, line_of(remote, 60))
            raise Unauthenticated("The name or the password is not right.")
        learner = learner_of(row)
        rehashed = hash_password(password) if needs_new_hash(stored) else None
        with self._db.write():
            self._limits.start_anew(bucket)
            if rehashed:
                self._rows.update(learner.id, {"password_hash": rehashed})
            return learner, self._open_session(learner, user_agent)

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
        self._rows.insert_session(
            learner.id, secret_hash(secret), line_of(user_agent, _USER_AGENT), now, now + SESSION_MS
        )
        return secret

    def by_session(self, secret: str) -> Learner | None:
        """Whose session it is; None where it is over or unknown."""
        now = self._clock()
        found = self._rows.session(secret_hash(secret), now)
        if found is None:
            return None
        if self._is_old(found.touched_at):
            self._note(learner_of(found.learner).id, lambda: self._rows.touch_session(found.id, now, now + SESSION_MS))
        return learner_of(found.learner)

    def log_out(self, secret: str) -> None:
        """Ends the session; nothing happens where it is over already."""
        with self._db.write():
            self._rows.delete_session_of(secret_hash(secret))

    def sessions(self, learner: Learner, current_secret: str = "") -> list[SessionInfo]:
        """Where the learner is logged in, the last used first."""
        current = secret_hash(current_secret)
        return [
            SessionInfo(id_, agent, created, seen, hmac.compare_digest(stored, current))
            for id_, agent, created, seen, stored in self._rows.sessions(learner.id, self._clock())
        ]

    def revoke_session(self, learner: Learner, session: int) -> None:
        """Ends one session of the learner; raises NotFound."""
        with self._db.write():
            if not self._rows.delete_session(learner.id, session):
                raise NotFound("There is no such session; it may be over already.")

    def revoke_other_sessions(self, learner: Learner, current_secret: str) -> None:
        """Ends every session of the learner but this one."""
        with self._db.write():
            self._rows.delete_other_sessions(learner.id, secret_hash(current_secret))
            self._audit.note(learner, "sessions")
