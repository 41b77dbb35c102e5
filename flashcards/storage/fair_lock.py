"""A lock for which nobody waits for ever.

The lock of Python goes to whoever asks at the right moment: it is quick, and among many who ask it passes one over
again and again. This one is as quick, until somebody has waited for a moment: then it is kept for whoever has waited
longest. (The mutex of Go does the same, and calls it its starvation mode.)
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress

MOMENT_SECONDS = 0.02
_LOOK_SECONDS = 0.5
"""Who waits looks as often without being called: a Ctrl+C may come between a release and the call."""


class FairLock:
    """Belongs to one thread at a time; not reentrant. Given back by ``taken.release()``, and then `call_next`."""

    def __init__(self) -> None:
        self.taken = threading.Lock()
        """Whether it is somebody's. Its release is a single call, into which no Ctrl+C can fall."""
        self._line: deque[Place] = deque()
        """Who waits, whoever has waited longest first."""
        self._moved_at = 0.0

    def acquire(self) -> bool:
        """Takes the lock at once; false where it is not free, or kept for one who has waited."""
        first = self._first()
        if first is not None and first.since + MOMENT_SECONDS <= time.monotonic():
            return False
        return self._take()

    def place(self) -> Place:
        """A place in the line of those who wait, for the thread that asks."""
        return Place(self)

    def call_next(self) -> None:
        """Tells whoever has waited longest that the lock is free."""
        self._moved_at = time.monotonic()
        self._call()

    def _call(self) -> None:
        first = self._first()
        if first is not None:
            with suppress(RuntimeError):  # it has been called already
                first.called.release()

    def _first(self) -> Place | None:
        try:
            return self._line[0]
        except IndexError:
            return None

    def _take(self) -> bool:
        if not self.taken.acquire(blocking=False):
            return False
        self._moved_at = time.monotonic()
        return True


class Place:
    """Kept from the first `wait` on until it is left, which it must be, with the lock or without."""

    def __init__(self, lock: FairLock) -> None:
        self._lock = lock
        self._in_line = False
        self.since = time.monotonic()
        self.called = threading.Lock()
        self.called.acquire()

    def wait(self, seconds: float = threading.TIMEOUT_MAX, *, unmoved_seconds: float = threading.TIMEOUT_MAX) -> bool:
        """Waits for the lock and takes it; false where that takes longer than `seconds` from the beginning.

        Also false where the lock has not changed hands for `unmoved_seconds`.
        """
        lock = self._lock
        if not self._in_line:
            self._in_line = True
            lock._line.append(self)
        while True:
            if lock._first() is self and lock._take():
                return True
            left = min(self.since + seconds, lock._moved_at + unmoved_seconds) - time.monotonic()
            if left <= 0:
                return False
            self.called.acquire(timeout=min(left, _LOOK_SECONDS))

    def leave(self) -> None:
        """Leaves the line; the next is called, where this one was and went without the lock."""
        with suppress(ValueError):  # it was never in line
            self._lock._line.remove(self)
        if not self._lock.taken.locked():
            self._lock._call()
