"""Links that let somebody in once: an invitation makes an account, a reset sets the password of one.

An administrator makes them and hands them over; nobody has to tell anybody a password. What is stored is a hash.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from flashcards.clock import Clock
from flashcards.domain.ids import NO_LEARNER, LearnerId
from flashcards.errors import Invalid, NotFound
from flashcards.services.accounts.audit import AuditLog
from flashcards.services.accounts.facade import AccountService
from flashcards.services.accounts.hashed_secrets import secret_hash
from flashcards.services.accounts.people import Learner
from flashcards.storage.database import Database
from flashcards.storage.invites import InviteRows

_DAY = 86_400_000
INVITE_DAYS = (1, 7, 30)
RESET_DAYS = 1


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that nobody has used yet. `name` is whose password it sets, "" for an invitation."""

    id: int
    name: str
    author: bool
    admin: bool
    made_by: str
    made_at: int
    expires_at: int


class Invites:
    """Makes links, and does what they say."""

    def __init__(self, database: Database, clock: Clock, accounts: AccountService, audit: AuditLog, url: str) -> None:
        """`url` is where the server is reached, "" where nobody said."""
        self._db = database
        self._rows = InviteRows(database)
        self._clock = clock
        self._accounts = accounts
        self._audit = audit
        self._url = url

    def invite(self, by: Learner | None, *, author: bool = False, admin: bool = False, days: int = 7) -> str:
        """The address of an invitation, to be shown once; `by` None is the terminal. Raises Invalid (`days`)."""
        if days not in INVITE_DAYS:
            raise Invalid(f"An invitation is good for {_choices(INVITE_DAYS)} days.", field="days")
        role = " ".join(word for word, given in (("author", author), ("admin", admin)) if given)
        return self._make(by, None, role, days, "invite")

    def reset(self, by: Learner | None, whose: Learner) -> str:
        """The address of a link that sets a password, good for a day; an older one of theirs ends."""
        return self._make(by, whose, "", RESET_DAYS, "reset")

    def _make(self, by: Learner | None, whose: Learner | None, role: str, days: int, path: str) -> str:
        secret, now = secrets.token_urlsafe(32), self._clock()
        with self._db.write():
            if whose is not None:
                self._accounts.end_reset_links(whose)
                self._audit.note(whose, "reset link")
            elif by is not None:
                self._audit.note(by, "invite", role)
            learner, made_by = (it.id if it else None for it in (whose, by))
            self._rows.add(secret_hash(secret), learner, role, made_by, now, now + days * _DAY)
        return f"{self._url}/{path}/{secret}"

    def open(self) -> list[OpenLink]:
        """The links that can still be used, the oldest first."""
        return [
            OpenLink(id_, name or "", "author" in role.split(), "admin" in role.split(), maker or "", made, expires)
            for id_, name, role, maker, made, expires in self._rows.all_open(self._clock())
        ]

    def revoke(self, by: Learner, link: int) -> None:
        """Takes a link back; raises NotFound."""
        with self._db.write():
            if not self._rows.delete(link):
                raise NotFound("There is no such link; it may have been used already.")
            self._audit.note(by, "invite revoked")

    # --- what the links do

    def invited(self, secret: str) -> None:
        """Looks whether an invitation is good; raises NotFound."""
        self._find(secret, is_reset=False)

    def accept(self, secret: str, name: str, password: str, *, timezone: str | None, remote: str) -> Learner:
        """Makes the account that the invitation is for. Raises NotFound, Invalid, Conflict (the name), TooMany."""
        self._accounts.count_signup(remote)
        number, _, role = self._find(secret, is_reset=False)
        made = self._accounts.prepared(
            name, password, author="author" in role.split(), admin="admin" in role.split(), timezone=timezone
        )
        return self._once(number, lambda: self._accounts.store(made, "invited"))

    def whose(self, secret: str) -> str:
        """The name of the account whose password the link sets; raises NotFound."""
        _, learner, _ = self._find(secret, is_reset=True)
        return self._accounts.by_number(learner).name

    def set_password(self, secret: str, password: str, *, remote: str) -> Learner:
        """Sets it; logins, tokens and the calendar's address end. Raises NotFound, Invalid and TooMany."""
        self._accounts.count_signup(remote)
        number, learner, _ = self._find(secret, is_reset=True)
        whose = self._accounts.by_number(learner)
        new = self._accounts.hashed(password)

        def store() -> Learner:
            self._accounts.store_password(whose, new, "reset")
            return whose

        return self._once(number, store)

    def _find(self, secret: str, *, is_reset: bool) -> tuple[int, LearnerId, str]:
        row = self._rows.open(secret_hash(secret), self._clock())
        if row is None or (row[1] is not None) != is_reset:
            raise NotFound("This link was used, taken back, or is too old: ask whoever gave it to you for another.")
        return row[0], LearnerId(row[1] or NO_LEARNER), row[2]

    def _once(self, number: int, work: Callable[[], Learner]) -> Learner:
        """Does the work and uses up the link, both or neither."""
        with self._db.write():
            if not self._rows.use(number, self._clock()):
                raise NotFound("This link was used just now.")
            return work()

    def forget_over(self) -> None:
        """Drops links that were used or are too old, and what happened too long ago; for a job."""
        with self._db.write():
            self._rows.delete_over(self._clock())
            self._audit.prune()


def _choices(days: tuple[int, ...]) -> str:
    return ", ".join(map(str, days[:-1])) + f" or {days[-1]}"
