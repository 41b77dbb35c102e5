"""What the parts of the account service share: the rows, the clock, the key, and reading an account."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from flashcards.clock import Clock
from flashcards.domain.ids import LearnerId
from flashcards.errors import FlashcardsError, NotFound
from flashcards.services.accounts.audit import AuditLog
from flashcards.services.accounts.devices import Devices
from flashcards.services.accounts.login_limits import LoginLimits
from flashcards.services.accounts.names import line_of, name_key
from flashcards.services.accounts.people import Learner
from flashcards.storage.accounts import LEARNER_COLUMNS, AccountRows
from flashcards.storage.database import Database, Row

_TOUCH_MS = 5 * 60_000
"""How often the use of a session or a token is noted at most: a note is a write."""

_FLAGS = [LEARNER_COLUMNS.index(name) for name in ("is_author", "is_admin", "drill", "letter_keys", "suspend_leeches")]
_NEW_ORDER = LEARNER_COLUMNS.index("new_order")


class Accounts:
    """Every secret is stored as a hash and shown once."""

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
        self._keyed = hmac.new(secret_key, digestmod="sha256")
        self._signup = signup
        self._first_needs_code = first_needs_code
        self._code_is_said = False
        self._devices = Devices(lambda text: self._mac(text.encode()))
        self._limits = LoginLimits(database, clock, self._devices)

    def find(self, name: str) -> Learner:
        """The account of that name; raises NotFound."""
        row = self._rows.by_name(name_key(name))
        if row is None:
            raise NotFound(f"There is no account {line_of(name, 60)!r}.")
        return learner_of(row)

    def _learner(self, learner: LearnerId) -> Learner:
        row = self._rows.by_id(learner)
        if row is None:
            raise NotFound("There is no such account.")
        return learner_of(row)

    def _is_old(self, touched_at: int | None) -> bool:
        """Whether the last use that was noted is so long ago that this one is to be noted."""
        return touched_at is None or not 0 <= self._clock() - touched_at < _TOUCH_MS

    def _note(self, learner: LearnerId, write: Callable[[], object]) -> None:
        try:
            with self._db.write(wait=False, learner=learner):
                write()
        except FlashcardsError:
            # A full or busy disk must not keep people from what they can still read; the next use tries again.
            return

    def _mac(self, message: bytes) -> bytes:
        keyed = self._keyed.copy()  # the key is worked in once: most of the time of so short a message
        keyed.update(message)
        return keyed.digest()


def learner_of(row: Row) -> Learner:
    values = list(row)
    for index in _FLAGS:
        values[index] = bool(values[index])
    values[_NEW_ORDER] = values[_NEW_ORDER] or "decks"
    return Learner(*values)
