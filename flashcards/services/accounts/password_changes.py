"""New passwords, and what ends with the old one."""

from __future__ import annotations

from flashcards.errors import Invalid
from flashcards.services.accounts.hashed_secrets import secret_hash
from flashcards.services.accounts.passwords import hash_password, is_password
from flashcards.services.accounts.people import Learner
from flashcards.services.accounts.shared import Accounts


class PasswordChanges(Accounts):
    """How a password becomes another."""

    def change_password(
        self, learner: Learner, old: str, new: str, current_secret: str, *, keep_tokens: bool = False
    ) -> None:
        """Sets a new password, and ends the other sessions, the calendar's address and, unless they are to stay, the
        API tokens.

        Raises Invalid (`old`, `new`) and TooMany.
        """
        self._limits.count_password(learner.id)
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
        self._rows.delete_other_sessions(learner.id, secret_hash(current_secret) if current_secret else b"")
        self._rows.delete_reset_links(learner.id)
        if not keep_tokens:
            self._rows.delete_tokens(learner.id)
        self._audit.note(learner, action)

    def end_reset_links(self, learner: Learner) -> None:
        """Takes back the links that would set the learner's password; within a write of the caller's."""
        self._rows.delete_reset_links(learner.id)
