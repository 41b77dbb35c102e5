"""Whether this server can take an answer: what a container's health check and a load balancer ask."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from flashcards.errors import Unavailable
from flashcards.storage.database import Database

FRESH_SECONDS = 2.0
"""However often it is asked, the disk is tried no more often than that."""
_PROBE = b"\0" * 4096


class ReadyCheck:
    """`ReadyCheck(database, data)`: of the database and the data folder."""

    def __init__(self, database: Database, data: Path) -> None:
        self._db = database
        self._data = data
        self._lock = threading.Lock()
        self._tried = -FRESH_SECONDS
        self._trouble: Unavailable | None = None

    def check(self) -> None:
        """Returns where a write would be stored; raises Unavailable with the reason."""
        with self._lock:
            if time.monotonic() - self._tried >= FRESH_SECONDS:
                self._trouble = self._try()
                self._tried = time.monotonic()
            if self._trouble is not None:
                raise self._trouble

    def _try(self) -> Unavailable | None:
        try:
            with self._db.write():
                pass  # nobody else holds the lock for long, and the file can be written
            self._write_file()
        except Unavailable as error:
            return error
        return None

    def _write_file(self) -> None:
        path = self._data / f".ready-{os.getpid()}"
        try:
            try:
                with path.open("wb") as file:
                    file.write(_PROBE)
                    file.flush()
                    os.fsync(file.fileno())
            finally:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"The data folder {self._data} cannot be written: {error.strerror}.") from error
