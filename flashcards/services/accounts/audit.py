"""What happened to accounts: who was let in, what was given and taken, exported, deleted; kept for 400 days.

A row survives its learner, without the name. It never holds a secret, a password, or text of a card.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flashcards.clock import Clock
from flashcards.domain.ids import LearnerId
from flashcards.services.accounts.origin import ORIGIN
from flashcards.services.accounts.people import Learner
from flashcards.storage.audit import AuditRows
from flashcards.storage.database import Database

_DAY = 86_400_000
KEPT_DAYS = 400
PAGE = 100
_NEWEST = 2**62

ACTIONS = {
    "signed up": "made the account",
    "invited": "made the account by an invitation",
    "added": "the account was made",
    "login": "logged in",
    "password": "changed the password",
    "password set": "the password was set anew",
    "reset link": "a link to set the password was made",
    "reset": "set the password by a link",
    "sessions": "ended other logins",
    "token": "made an API token",
    "token revoked": "revoked an API token",
    "roles": "roles changed",
    "invite": "made an invitation",
    "invite revoked": "took a link back",
    "export": "downloaded their data",
    "deleted": "the account was deleted",
}
"""What can happen, in words."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One row; `learner` is None and `name` is "" where the account is gone. `by` is in words, "" for the learner."""

    id: int
    at: int
    learner: int | None
    name: str
    by: str
    action: str
    target: str
    network: str
    request_id: str

    @property
    def words(self) -> str:
        """What happened, in words."""
        return ACTIONS.get(self.action, self.action)


class AuditLog:
    """Notes what happens, in the transaction in which it does."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._rows = AuditRows(database)
        self._clock = clock

    def note(self, learner: Learner, action: str, target: str = "") -> None:
        """Stores one row; within a write of the caller's."""
        origin = ORIGIN.get()
        actor = origin.kind
        if origin.kind == "web":
            actor = "self" if origin.learner in {0, learner.id} else f"admin {origin.learner}"
        self._rows.add(
            self._clock(), learner.id, learner.name, actor, action, target[:200], origin.address_prefix,
            origin.request_id,
        )  # fmt: skip

    def note_alone(self, learner: Learner, action: str, target: str = "") -> None:
        """Stores one row by itself."""
        with self._db.write():
            self.note(learner, action, target)

    def forget_name(self, learner: LearnerId) -> None:
        """The learner goes: the rows stay without the name; within a write of the caller's."""
        self._rows.forget_name(learner)

    def of(self, learner: Learner, before: int | None = None) -> list[Happening]:
        """What happened to a learner's account, the newest first, at most `PAGE`."""
        return self._shown(self._rows.page(before or _NEWEST, PAGE, learner.id), {learner.id: learner.name})

    def all(self, people: Collection[Learner], before: int | None = None) -> list[Happening]:
        """What happened to everybody's."""
        return self._shown(self._rows.page(before or _NEWEST, PAGE), {it.id: it.name for it in people})

    @staticmethod
    def _shown(rows: list[tuple[object, ...]], names: dict[int, str]) -> list[Happening]:
        return [_happening(row, names) for row in rows]

    def prune(self) -> None:
        """Drops what is older than `KEPT_DAYS`; within a write of the caller's."""
        self._rows.delete_before(self._clock() - KEPT_DAYS * _DAY)


def _happening(row: tuple[object, ...], names: dict[int, str]) -> Happening:
    id_, at, learner, name, actor, action, target, network, request_id = row
    return Happening(
        int(str(id_)), int(str(at)), None if learner is None else int(str(learner)), str(name or ""),
        _by(str(actor), names), str(action), str(target), str(network), str(request_id),
    )  # fmt: skip


def _by(actor: str, names: dict[int, str]) -> str:
    kind, _, number = actor.partition(" ")
    if kind == "admin":
        return names.get(int(number), "an administrator") if number.isdigit() else "an administrator"
    return {"self": "", "terminal": "the terminal", "server": "the server"}.get(kind, kind)
