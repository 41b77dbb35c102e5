"""How often somebody may try to log in, sign up, or say a code or a password: so many attempts a minute.

A name is counted for each network apart, or anybody could lock its owner out; all networks together may try it ten
times as often. A device that has logged in as somebody before counts for itself alone. A count of name and network
starts anew when the owner logs in; a network's does not, or a guesser with an account could wipe it.
"""

from __future__ import annotations

import hashlib

from flashcards.clock import Clock
from flashcards.domain.ids import LearnerId
from flashcards.errors import TooMany
from flashcards.services.accounts.devices import Devices, network_of
from flashcards.storage.accounts import AccountRows
from flashcards.storage.database import Database

PER_NAME, PER_NAME_ANYWHERE, PER_NETWORK, SIGNUPS, CODES = 10, 100, 60, 60, 5
_MINUTE = 60_000
_DAY = 24 * 60 * _MINUTE


class LoginLimits:
    """Counts attempts; each method raises TooMany, with the seconds to wait."""

    def __init__(self, database: Database, clock: Clock, devices: Devices) -> None:
        self._db = database
        self._rows = AccountRows(database)
        self._clock = clock
        self._devices = devices

    def count_login(self, name_key: str, remote: str, devices: str) -> str:
        """An attempt to log in as `name_key` from the address `remote`, by a browser that keeps the proofs `devices`.

        Gives the bucket that starts anew where it succeeds.
        """
        name, network = hashlib.sha256(name_key.encode()).hexdigest(), network_of(remote)
        if device := self._devices.known(devices, name):
            self._count(bucket := f"login:{name} by {device}", PER_NAME)
            return bucket
        self._count(f"login from {network}", PER_NETWORK)
        self._count(bucket := f"login:{name} from {network}", PER_NAME)
        self._count(f"login:{name}", PER_NAME_ANYWHERE)
        return bucket

    def start_anew(self, bucket: str) -> None:
        """The attempts of a bucket of `count_login` do not count any more; within a write of the caller's."""
        self._rows.forget_hits(bucket, self._clock() - _DAY)

    def count_signup(self, remote: str) -> None:
        """An attempt to get an account or a password."""
        self._count(f"signup:{network_of(remote)}", SIGNUPS)

    def count_code(self, remote: str) -> None:
        """An attempt to say the setup code."""
        self._count(f"code:{network_of(remote)}", CODES)

    def count_password(self, learner: LearnerId) -> None:
        """An attempt of somebody who is logged in to say their password."""
        self._count(f"password:{learner}", PER_NAME)

    def _count(self, bucket: str, per_minute: int) -> None:
        with self._db.write():
            wait = self._rows.hit(bucket, self._clock(), _MINUTE, per_minute)
        if wait:
            seconds = -(-wait // 1000)
            raise TooMany(f"Too many attempts: try again in {seconds} seconds.", retry_after=seconds)
