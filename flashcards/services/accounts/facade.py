"""Accounts: signing up and in, sessions, passwords, tokens, settings, roles.

One service in parts, each in a module of its own: `sign_up`, `sessions`, `password_changes`, `tokens`, with
`login_limits` for how often anything may be tried.
"""

from __future__ import annotations

from flashcards.domain.ids import LearnerId
from flashcards.errors import Conflict, Forbidden, Invalid
from flashcards.services.accounts.password_changes import PasswordChanges
from flashcards.services.accounts.passwords import is_password
from flashcards.services.accounts.people import Learner, SessionInfo, SignupState, TokenInfo, roles_of
from flashcards.services.accounts.sessions import Sessions
from flashcards.services.accounts.settings import checked_settings
from flashcards.services.accounts.shared import learner_of
from flashcards.services.accounts.sign_up import SignUp
from flashcards.services.accounts.tokens import Tokens
from flashcards.storage.accounts import NameTaken

__all__ = ["AccountService", "Learner", "SessionInfo", "SignupState", "TokenInfo"]

_DAY = 86_400_000


class AccountService(SignUp, Sessions, PasswordChanges, Tokens):
    """Who may do what: `AccountService(database, clock, secret_key=...)`."""

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

    def learners(self) -> list[Learner]:
        """All accounts, by name."""
        return [learner_of(row) for row in self._rows.learners()]

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
        """Gives or takes roles; None leaves one as it is. `acting` None is the command line. The links that somebody
        made as administrator end with that role.

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
            if learner.is_admin and not changed.is_admin:
                self._rows.delete_links_made_by(learner.id)  # or they would let themselves in again
            if roles_of(changed) != roles_of(learner):
                self._audit.note(changed, "roles", roles_of(changed))
            return changed

    def delete_learner(self, name: str) -> None:
        """Removes an account with its whole history, and the links that it made; raises NotFound, and Conflict for the
        last admin."""
        with self._db.write():
            learner = self.find(name)
            if self._rows.count() > 1:
                self._keep_an_admin(learner)
            self._audit.note(learner, "deleted")
            self._audit.forget_name(learner.id)
            self._rows.delete_links_made_by(learner.id)
            self._rows.delete(learner.id)

    def leave(self, learner: Learner, password: str) -> None:
        """Removes the learner's own account with its whole history, on their password.

        Raises Invalid (`leave`) where it is another password, TooMany, and Conflict for the last administrator of
        others.
        """
        self._limits.count_password(learner.id)
        if not is_password(self._rows.password_hash(learner.id), password):
            raise Invalid("This is not your password.", field="leave")
        self.delete_learner(learner.name)

    def _keep_an_admin(self, learner: Learner) -> None:
        if learner.is_admin and self._rows.admins() == 1:
            raise Conflict(f"{learner.name} is the last administrator: make somebody else one first.")

    def forget_old(self) -> None:
        """Drops what is kept of attempts and logins that are long over; for a job."""
        now = self._clock()
        with self._db.write():
            self._rows.delete_over(now, now - _DAY)
