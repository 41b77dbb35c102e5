"""A turn that one process keeps for as long as it lives: a lock of a connection to the server, kept by asking.

It is the server that says who has it, so no clock of a host counts and no two can have it. The connection is asked
every other second; one that has been silent for `LEASE_SECONDS` by the server's clock is ended by the server, whether
its process was killed, stopped, or cannot be reached, and the next one gets the turn. Who cannot ask gives up before.
"""

from __future__ import annotations

import os
import threading
import time
import zlib
from contextlib import suppress
from socket import gethostname
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from flashcards.database_address import ServerAddress
from flashcards.storage.postgresql_errors import translate, unreachable

LEASE_SECONDS = 20
"""So long after its last word the server gives the turn of a process to another one."""
_FRESH_SECONDS = 1.0
"""An answer of the server's is believed for so long."""
_GIVE_UP_SECONDS = 6
"""So long a question may be on its way: what it finds is known well before another process can lead."""


class ServerLease:
    """`ServerLease(address, name)`: the turn of this name among all processes that use the database. For any thread."""

    def __init__(self, address: ServerAddress, name: str) -> None:
        self._address = address
        self._number = zlib.crc32(f"flashcards: lease of {name}".encode())
        self._lock = threading.Lock()
        self._connection: Any = None
        self._has_it = False
        self._sure_at = float("-inf")

    def acquire(self) -> bool:
        """Whether this process has the turn now; asking again while it has it is harmless. Raises Unavailable."""
        with self._lock:
            if self._has_it and self._is_sure():
                return True
            if self._connection is None:
                self._connection = self._connect()
            asked_at = _now()
            try:
                (self._has_it,) = self._connection.execute(f"SELECT pg_try_advisory_lock({self._number})").fetchone()
            except psycopg.Error as error:
                self._drop()
                raise translate(error, self._address) from error
            self._sure_at = asked_at
            return self._has_it

    def holds(self) -> bool:
        """Whether this process still has the turn: asked of the server, where it was not just now."""
        with self._lock:
            return self._has_it and self._is_sure()

    def release(self) -> None:
        """Lets another process have the turn."""
        with self._lock:
            self._drop()

    def _is_sure(self) -> bool:
        asked_at = _now()
        if asked_at - self._sure_at < _FRESH_SECONDS:
            return True
        try:
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            self._drop()
            return False
        self._sure_at = asked_at  # the server counts from when it answered: not before this
        return True

    def _connect(self) -> Any:
        try:
            info = make_conninfo(
                self._address.url,
                connect_timeout=_GIVE_UP_SECONDS,
                tcp_user_timeout=_GIVE_UP_SECONDS * 1000,
                application_name=f"flashcards:lease {gethostname()[:30]} {os.getpid()}",
            )
            connection = psycopg.connect(info, autocommit=True)
        except psycopg.Error as error:
            raise unreachable(self._address, error) from error
        try:
            connection.execute(f"SET idle_session_timeout = {LEASE_SECONDS * 1000}")
        except psycopg.Error as error:
            connection.close()
            raise translate(error, self._address) from error
        return connection

    def _drop(self) -> None:
        connection, self._connection, self._has_it = self._connection, None, False
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()


def _now() -> float:
    """Seconds that go on while the machine sleeps, where it can say so."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
