"""A lock for which nobody waits for ever.

The lock of Python goes to whoever asks at the right moment: it is quick, and among many who ask it passes one over
again and again. This one is as quick, until somebody has waited for a moment: then it is handed to whoever has waited
longest. (The mutex of Go does the same, and calls it its starvation mode.)
"""

from __future__ import annotations

import threading
import time
from collections import deque

MOMENT_SECONDS = 0.02


class _Waiter:
    __slots__ = ("has_it", "since", "woken")

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.has_it = False
        self.woken = threading.Lock()
        self.woken.acquire()


class FairLock:
    """Belongs to one thread at a time; not reentrant."""

    def __init__(self) -> None:
        self._guard = threading.Lock()  # for all of the following
        self._free = True
        self._taken_at = 0.0
        self._waiting: deque[_Waiter] = deque()
        """Who waits, whoever has waited longest first."""

    def acquire(
        self, seconds: float = threading.TIMEOUT_MAX, *, unmoved_seconds: float = threading.TIMEOUT_MAX
    ) -> bool:
        """Takes the lock; false where that would take longer than `seconds`.

        Also false where one who has it keeps it for longer than `unmoved_seconds`.
        """
        with self._guard:
            if self._free:
                self._take()
                return True
            if seconds <= 0:
                return False
            waiter = _Waiter()
            self._waiting.append(waiter)
        try:
            return self._wait(waiter, waiter.since + seconds, unmoved_seconds)
        except BaseException:  # Ctrl+C: nobody may hand the lock to one who is gone
            with self._guard:
                if waiter.has_it:
                    self._pass_on()
                else:
                    self._waiting.remove(waiter)
            raise

    def release(self) -> None:
        """Gives the lock back, or to whoever has waited longest."""
        with self._guard:
            self._pass_on()

    def _wait(self, waiter: _Waiter, until: float, unmoved_seconds: float) -> bool:
        while True:
            left = min(until, self._taken_at + unmoved_seconds) - time.monotonic()
            waiter.woken.acquire(timeout=min(max(left, 0.0), threading.TIMEOUT_MAX))
            with self._guard:
                if waiter.has_it:
                    return True
                if self._free:
                    self._waiting.remove(waiter)
                    self._take()
                    waiter.has_it = True
                    return True
                if min(until, self._taken_at + unmoved_seconds) <= time.monotonic():
                    self._waiting.remove(waiter)
                    return False

    # --- with the guard

    def _take(self) -> None:
        self._free = False
        self._taken_at = time.monotonic()

    def _pass_on(self) -> None:
        self._free = True
        if not self._waiting:
            return
        oldest = self._waiting[0]
        if oldest.since + MOMENT_SECONDS <= time.monotonic():
            self._waiting.popleft()
            self._take()
            oldest.has_it = True
        if oldest.woken.locked():
            oldest.woken.release()
