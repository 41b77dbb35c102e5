"""Signing up: who may, the setup code of a first account, and how an account is made."""

from __future__ import annotations

import base64
import hmac
import logging
from typing import Any

from flashcards.domain.study_day import zone
from flashcards.errors import Conflict, Forbidden
from flashcards.services.accounts.names import account_name, name_key
from flashcards.services.accounts.passwords import hash_password
from flashcards.services.accounts.people import Learner, SignupState, roles_of
from flashcards.services.accounts.settings import checked_settings
from flashcards.services.accounts.shared import Accounts
from flashcards.storage.accounts import NameTaken

LOG = logging.getLogger("flashcards.accounts")


class SignUp(Accounts):
    """How accounts come to be."""

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
        self._limits.count_signup(remote)

    @staticmethod
    def _check_signup(state: SignupState) -> None:
        if not state.open:
            raise Forbidden("Sign-up is closed here: ask an administrator for an account.")

    def _check_code(self, code: str, remote: str) -> None:
        self._limits.count_code(remote)
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
        self._audit.note(learner, action, roles_of(learner))
        return learner


def _known_zone(name: str | None) -> str:
    try:
        return zone(name or "UTC").key
    except ValueError:
        return "UTC"
