"""A database file, and the files beside it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from flashcards.errors import Unavailable
from flashcards.storage import locks


def log_paths(path: Path) -> tuple[Path, Path]:
    """The files that SQLite keeps beside a database: its log and the log's index."""
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def lock_path(path: Path) -> Path:
    """The file whose lock is held, shared, by everyone who has the database at `path` open."""
    return path.with_name(path.name + ".lock")


def open_lock(path: Path, *, read_only: bool) -> int | None:
    """Takes that lock, to be given back; None where it is only to be read, and has none. Raises Unavailable."""
    try:
        return locks.take(lock_path(path), shared=True, wait=False)
    except locks.Locked as error:
        raise Unavailable(f"The database {path} is being restored; try again in a moment.") from error
    except OSError as error:
        if read_only:
            return None
        raise Unavailable(f"The data folder {path.parent} cannot be written: {error.strerror}.") from error


def size_of(path: Path) -> int:
    """The size of a file, bytes; 0 where it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def identity_of(path: str) -> tuple[int, int] | None:
    """Which file is there; None where there is none. Asked before each write: a Path would double its cost."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return found.st_dev, found.st_ino


def keep_to_owner(path: Path, mode: int) -> None:
    """Gives a file or folder of ours the mode, where others may do more; one that is shared on purpose stays."""
    status = path.stat()
    if status.st_uid == os.geteuid() and status.st_mode & 0o077 and not status.st_mode & stat.S_ISVTX:
        path.chmod(mode)
