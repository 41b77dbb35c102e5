"""Temporary folders that do not outlive their process for long.

Each is locked as long as it is in use, and a lock dies with its process: so whoever makes the next one removes what
a killed process left behind.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
import tempfile
from pathlib import Path

from flashcards.clock import system_clock

PREFIX = ".flashcards-work-"
_NAME = re.compile(rf"{re.escape(PREFIX)}[a-z0-9_]{{8}}")
_YOUNG_MS = 60_000
"""A folder is made before it is locked."""


class TemporaryFolder:
    """A folder of one's own: `path` until `remove`, or for the length of a `with`.

    It lies in the folder `within`, or in the system's temporary folder.
    """

    def __init__(self, within: Path | None = None) -> None:
        remove_left_behind(within)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=within))
        self._lock = _locked(self.path)

    def remove(self) -> None:
        """Removes it with all that is in it; harmless when it has gone."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.remove()


def remove_left_behind(within: Path | None = None) -> None:
    """Removes the temporary folders of processes that have ended; what cannot be removed stays."""
    for path in (within or Path(tempfile.gettempdir())).glob(f"{PREFIX}*"):
        if not _NAME.fullmatch(path.name) or not _is_old_and_ours(path):
            continue
        lock = _locked(path)
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)


def _is_old_and_ours(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    old = system_clock() - status.st_mtime_ns // 1_000_000 > _YOUNG_MS
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and old


def _locked(path: Path) -> int | None:
    """The descriptor that holds the folder's lock; None where another process holds it, or there are no locks."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
