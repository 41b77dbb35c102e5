"""API tokens: made, listed, known again, revoked. What each may do: `scopes.py`."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection

from flashcards.errors import NotFound
from flashcards.services.accounts.names import line_of
from flashcards.services.accounts.people import Learner, TokenInfo
from flashcards.services.accounts.scopes import DAY_MS, checked_days, checked_scopes
from flashcards.services.accounts.shared import Accounts, learner_of

_NAME = 60


class Tokens(Accounts):
    """What programs log in with."""

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
        expires_at = None if days is None else now + days * DAY_MS
        prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        with self._db.write():
            while self._rows.token(prefix):
                prefix = secrets.token_hex(4)
            self._rows.insert_token(
                learner.id,
                line_of(name, _NAME),
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
        if self._is_old(found.touched_at):
            self._note(learner_of(found.learner).id, lambda: self._rows.touch_token(found.id, now))
        return learner_of(found.learner), frozenset(found.scopes.split())
