"""What goes wrong with a server, said to people."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors

from flashcards.database_address import ServerAddress
from flashcards.errors import Invalid, Unavailable
from flashcards.storage.database import RETRY_AFTER, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Violation(IntegrityError):  # type: ignore[misc, valid-type]  # the driver has no types
    """A rule of a table was broken; it is what SQLite's driver says of that, so that callers need not tell apart."""


_BUSY = "The database {address} is busy with other work. Nothing was stored; try again in a moment."
_SAYINGS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    ((errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure, errors.QueryCanceled), _BUSY),
    (errors.DiskFull, "The disk of the database server is full. Nothing was stored; free some space and try again."),
    (
        errors.ReadOnlySqlTransaction,
        "The database {address} cannot be written: the server takes reads only. Nothing was stored.",
    ),
    (errors.OutOfMemory, "The database server is out of memory. Nothing was stored; try again in a moment."),
    ((errors.DataCorrupted, errors.IndexCorrupted), "The database {address} is damaged: restore a backup."),
    (
        errors.InsufficientPrivilege,
        "The database {address} does not let its user do this: the user has to own the database's tables ({said}).",
    ),
    (errors.TooManyConnections, "The database server has no connection left for {address}; try again in a moment."),
    (errors.CannotConnectNow, "The database server of {address} is starting or stopping; try again in a moment."),
)
_PASSING = (
    errors.LockNotAvailable,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.QueryCanceled,
    errors.TooManyConnections,
    errors.CannotConnectNow,
)
_AT_CONNECTING: tuple[tuple[str, str], ...] = (
    ("password authentication failed", "The database server refuses the user or the password of {address}."),
    ("no password supplied", "The database server asks for a password: put it into the address of {address}."),
    ("no pg_hba.conf entry", "The database server lets nobody from this machine into {address} (pg_hba.conf)."),
    ("URI query parameter", "The address of {address} ends with what PostgreSQL does not know: {said}."),
    ("does not exist", "The database server answers, but {said}: make it first, as docs/install.md says."),
    ("too many clients", "The database server has no connection left for {address}; try again in a moment."),
    ("remaining connection slots", "The database server has no connection left for {address}; try again in a moment."),
)


def unreachable(address: ServerAddress, error: BaseException) -> Unavailable:
    """Why no connection could be made."""
    said = _last_line(error)
    for words, saying in _AT_CONNECTING:
        if words in said:
            return Unavailable(saying.format(address=address, said=said.partition("FATAL:")[2].strip() or said))
    return Unavailable(
        f"The database {address} cannot be reached. Nothing was stored; it goes on when the server is back ({said}).",
        retry_after=RETRY_AFTER,
    )


def translate(error: psycopg.Error, address: ServerAddress) -> Exception:
    """What the server or the way to it does to us becomes Unavailable; a wrong statement stays what it is."""
    if isinstance(error, psycopg.IntegrityError):
        return Violation(_last_line(error))
    # Newer psycopg refuses it itself, before the server does.
    if isinstance(error, psycopg.DataError) and ("NUL" in str(error) or "0x00" in str(error)):
        return Invalid("There is the character NUL in a text; the database cannot hold it. Take it out.")
    for kinds, saying in _SAYINGS:
        if isinstance(error, kinds):
            told = saying.format(address=address, said=_last_line(error))
            return Unavailable(told, retry_after=RETRY_AFTER if isinstance(error, _PASSING) else None)
    if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        return unreachable(address, error)
    return error


@contextmanager
def translating(address: ServerAddress) -> Iterator[None]:
    """Whatever psycopg raises within becomes what `translate` makes of it."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, address) from error


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".")
