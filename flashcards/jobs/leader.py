"""One leader among the processes of a host: whoever holds an advisory lock on a file runs the jobs."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from flashcards.errors import Unavailable


class Leadership:
    """An advisory lock, released by the operating system when its holder dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> bool:
        """Whether this process leads now; asking again while it leads is harmless. Raises Unavailable."""
        if self._handle is not None:
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unavailable(f"The file {self._path} cannot be used: {error.strerror}. No jobs run.") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def holds(self) -> bool:
        """Whether this process leads."""
        return self._handle is not None

    def release(self) -> None:
        """Lets another process lead."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
