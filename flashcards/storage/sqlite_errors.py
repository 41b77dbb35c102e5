"""What SQLite and the machine say, in sentences."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import peewee

from flashcards.errors import Unavailable
from flashcards.storage.database import RETRY_AFTER
from flashcards.storage.sqlite_driver import driver

_BUSY = "The database {path} is busy with other work. Nothing was stored; try again in a moment."
_SAYINGS = {
    "FULL": "The disk is full: {path} cannot grow. Nothing was stored; free some space and try again.",
    "READONLY": "The database {path} cannot be written: it is read-only.",
    "BUSY": _BUSY,
    "LOCKED": _BUSY,
    "CANTOPEN": "The database {path} cannot be opened; are its folder and file there and readable?",
    "IOERR": "The disk gave an error on {path}. Nothing was stored; the system's log says more.",
    "NOTADB": "The file {path} is no database; put it aside and restore a backup.",
    "CORRUPT": "The database {path} is damaged: run `flashcards doctor`, and restore a backup.",
}


_UNNAMED = {"database or disk is full": "FULL", "disk I/O error": "IOERR", "database is locked": "BUSY"}
"""What the driver says of a copy that fails (`backup`), without the error's name."""
_TAKEN_BACK = "cannot rollback - no transaction is active"
_NO_ROOM = 64 << 10
"""Bytes: what SQLite needs to open a database, for its index of the log (32 KiB) and its first page."""


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raises what `translate` makes of an error that is raised within."""
    try:
        yield
    except (driver.DatabaseError, peewee.DatabaseError) as error:
        raise translate(error, path) from error


def translate(error: BaseException, path: Path) -> BaseException:
    """What the machine does to us becomes Unavailable; a constraint or a wrong statement stays what it is."""
    origin: BaseException | None = error
    # peewee wraps the driver's error, sometimes twice; and tries to take back what SQLite has taken back itself.
    while isinstance(origin, peewee.PeeweeException) or str(origin) == _TAKEN_BACK:
        origin = origin and origin.__context__
    name = getattr(origin, "sqlite_errorname", "")  # SQLITE_READONLY, SQLITE_IOERR_WRITE, ...
    name = name or _UNNAMED.get(str(origin), "")
    name = name.removeprefix("SQLITE_").partition("_")[0]
    if name == "IOERR" and _is_full(path.parent):  # its small files beside the database cannot grow either
        name = "FULL"
    saying = _SAYINGS.get(name)
    if saying is _BUSY:
        return busy(path)
    return Unavailable(saying.format(path=path)) if saying else error


def busy(path: Path) -> Unavailable:
    """That somebody else has the file, and not for long."""
    return Unavailable(_BUSY.format(path=path), retry_after=RETRY_AFTER)


def _is_full(folder: Path) -> bool:
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize < _NO_ROOM
