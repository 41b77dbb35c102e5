"""A learner's addresses beside mail: ntfy, Telegram, Matrix and the rest, through Apprise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flashcards.clock import Clock
from flashcards.domain.ids import LearnerId
from flashcards.errors import Conflict, Invalid, NotFound, TooMany, Unavailable
from flashcards.services.accounts.people import Learner
from flashcards.storage.accounts import AccountRows
from flashcards.storage.channels import ChannelRow, ChannelRows
from flashcards.storage.database import Database

if TYPE_CHECKING:
    from flashcards.services.reminders.courier import Courier

MOST = 3
"""So many addresses a learner may have."""
_TRIES_AN_HOUR = 10


@dataclass(frozen=True, slots=True)
class Channel:
    """An address as its owner sees it: never whole. `trouble` is what went wrong the last time."""

    id: int
    shown: str
    trouble: str


class Channels:
    """What a learner does with their addresses."""

    def __init__(
        self, database: Database, clock: Clock, courier: Courier | None, stop_link: Callable[[LearnerId], str]
    ) -> None:
        """`courier` None: this server sends no such messages. `stop_link` is the address that ends reminders."""
        self._db = database
        self._rows = ChannelRows(database)
        self._throttles = AccountRows(database)
        self._clock = clock
        self._courier = courier
        self._stop_link = stop_link

    @property
    def possible(self) -> bool:
        """Whether this server sends such messages."""
        return self._courier is not None

    def of(self, learner: Learner) -> list[Channel]:
        """The learner's addresses."""
        return [Channel(it.id, it.shown, it.trouble) for it in self._rows.of(learner.id)]

    def add(self, learner: Learner, url: str) -> Channel:
        """Stores an address, sealed. Raises Invalid (`url`), Conflict where there is no more room, Unavailable."""
        courier = self._need()
        if not url.strip():
            raise Invalid("Give an address, such as ntfys://ntfy.sh/topic.", field="url")
        self._need_room(learner)
        self._count(learner)
        found = courier.look(url.strip())
        with self._db.write():
            self._need_room(learner)
            number = self._rows.add(learner.id, found.kind, found.shown, found.sealed, self._clock())
        return Channel(number, found.shown, "")

    def remove(self, learner: Learner, number: int) -> None:
        """Forgets an address. Raises NotFound."""
        with self._db.write():
            if not self._rows.delete(learner.id, number):
                raise _unknown()

    def test(self, learner: Learner, number: int) -> None:
        """Sends a message to the address now. Raises NotFound, TooMany, and Unavailable with what went wrong."""
        from flashcards.services.reminders.courier import Parcel

        row, courier = self._row(learner, number), self._need()
        self._count(learner)
        text = f"This is how a reminder reaches you.\n\nNo more of these: {self._stop_link(learner.id)}"
        outcome = courier.send(Parcel(row.sealed, "A test: reminders reach you", text))
        with self._db.write():
            failures = 0 if outcome.ok else row.failures + 1
            self._rows.tried(learner.id, number, failures, self._clock(), outcome.why)
        if not outcome.ok:
            raise Unavailable(f"The message did not arrive at {row.shown}: {outcome.why}.")

    def _row(self, learner: Learner, number: int) -> ChannelRow:
        found = next((it for it in self._rows.of(learner.id) if it.id == number), None)
        if found is None:
            raise _unknown()
        return found

    def _need(self) -> Courier:
        if self._courier is None:
            raise Conflict(
                "This server sends no such messages: an administrator installs the extra `notify` and sets"
                " FLASHCARDS_URL."
            )
        return self._courier

    def _need_room(self, learner: Learner) -> None:
        if len(self._rows.of(learner.id)) >= MOST:
            raise Conflict(f"You have {MOST} addresses, which is as many as there may be: remove one first.")

    def _count(self, learner: Learner) -> None:
        """Nobody floods somebody else's phone through us."""
        with self._db.write():
            wait = self._throttles.hit(f"channel:{learner.id}", self._clock(), 3_600_000, _TRIES_AN_HOUR)
        if wait:
            seconds = -(-wait // 1000)
            raise TooMany(f"Enough messages for now: try again in {-(-seconds // 60)} minutes.", retry_after=seconds)


def _unknown() -> NotFound:
    return NotFound("There is no such address; it may have been removed.")
