"""One wait for the disk for all who have just written.

SQLite's own `synchronous = FULL` waits for the disk within the transaction, and so does everybody who wants to write
next. Here a transaction is committed to the log without that wait, the turn passes on, and then its writer waits until
the log is on the disk. Who comes while that is under way waits for the next time, together with all others who do.
"""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)
"""macOS: fsync alone leaves the data in the drive's cache."""


class GroupSync:
    """Syncs the log of a database. Numbers count commits: who has committed waits until theirs is on the disk."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._changed = threading.Condition()
        self._committed = 0
        self._synced = 0
        self._syncing = False
        self._trouble: OSError | None = None
        self._file: int | None = None

    def committed(self) -> int:
        """Counts a transaction that has been committed just now; gives its number."""
        with self._changed:
            self._committed += 1
            return self._committed

    def wait(self, number: int) -> None:
        """Returns when that commit, and all before it, are on the disk.

        Raises OSError where the disk failed: from then on for ever, as nobody can tell what it kept.
        """
        with self._changed:
            while self._synced < number:
                self.check()
                if self._syncing:
                    self._changed.wait()
                else:
                    self._sync()

    def check(self) -> None:
        """Raises OSError where the disk has failed before."""
        if self._trouble is not None:
            raise OSError(self._trouble.errno, self._trouble.strerror)

    def close(self) -> None:
        """Lets the log go; nobody may be waiting."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _sync(self) -> None:
        """Syncs for everybody who has committed by now; others may go on committing meanwhile."""
        reached, self._syncing = self._committed, True
        done = False
        self._changed.release()
        try:
            opened, self._file = self._file, None  # if it cannot be opened anew, its number is somebody else's soon
            self._file = _to_disk(self._log, opened)
            done = True
        except OSError as error:
            self._trouble = error
        finally:
            self._changed.acquire()
            self._syncing = False
            if done:  # what ended in another way, such as Ctrl+C, has told nobody anything
                self._synced = reached
            self._changed.notify_all()


def _to_disk(log: Path, opened: int | None) -> int | None:
    """Syncs the log, which may be open already; gives the open file, if there is one.

    SQLite makes a new log when all connections were closed in between: then the open one has no name any more. SQLite
    takes its locks on others, so that closing it loses none.
    """
    if opened is not None and not os.fstat(opened).st_nlink:
        os.close(opened)
        opened = None
    if opened is None:
        try:
            opened = os.open(log, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None  # nothing was written since the last connection folded the log into the database
    if FULL_SYNC is not None:
        fcntl.fcntl(opened, FULL_SYNC)
    else:
        os.fdatasync(opened)
    return opened
