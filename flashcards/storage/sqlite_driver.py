"""The copy of SQLite in use, and connections to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import peewee

from flashcards.storage.database import KEPT_STATEMENTS

driver: Any = vars(peewee)["sqlite3"]  # pysqlite3, where it is installed: the one copy of SQLite in use
# The driver looks long for what could adapt a None before it binds NULL: nine times as long as it takes to be told.
driver.register_adapter(type(None), lambda none: none)

SQLITE_VERSION: str = driver.sqlite_version
SQLITE_WITH_RESET_BUG = tuple(map(int, SQLITE_VERSION.split("."))) < (3, 51, 3)
"""Whether this SQLite can corrupt a database written over several connections (fixed in 3.51.3)."""

BUSY_SECONDS = 10
_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",  # NORMAL lost acknowledged answers in 272 of 300 simulated power cuts
    "fullfsync": 1,  # macOS: fsync alone leaves the data in the drive's cache; elsewhere it does nothing
    "foreign_keys": 1,
    "cache_size": -1500,  # KiB, per connection, and each thread has one; the system keeps the file in memory, too
    "temp_store": "memory",
}


class Connections(peewee.SqliteDatabase):
    """peewee's connection of each thread; remembers them all, so that they can be closed together."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._all: list[Any] = []
        super().__init__(*args, **kwargs)
        # LIKE and lower() know ASCII only.
        self.register_function(str.casefold, "casefold", 1, deterministic=True)

    def _connect(self) -> Any:
        connection = super()._connect()  # type: ignore[misc]
        self._all.append(connection)
        return connection

    def _close(self, conn: Any) -> None:
        self._all.remove(conn)
        super()._close(conn)  # type: ignore[misc]

    def another(self) -> Any:
        """A connection beside those of the threads."""
        return self._connect()

    def close_all(self) -> None:
        self.close()
        while self._all:
            self._all.pop().close()


def connections_of(path: Path, *, read_only: bool) -> Connections:
    """Connections to the file, of which none is open yet."""
    always = {"timeout": BUSY_SECONDS, "check_same_thread": False, "cached_statements": KEPT_STATEMENTS}
    if read_only:
        pragmas = {"query_only": 1, "cache_size": _PRAGMAS["cache_size"], "temp_store": "memory"}
        address = f"file:{quote(str(path.absolute()))}?mode=ro"
        return Connections(address, pragmas=pragmas, uri=True, **always)
    return Connections(str(path), pragmas=_PRAGMAS, lock_type="IMMEDIATE", **always)
