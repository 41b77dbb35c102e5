"""Notices that this machine's clock was set back: who waits for a time on it would wait so much longer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from flashcards.clock import Clock

_EVERY_SECONDS = 1.0
_SMALL_MS = 500
"""Clocks are corrected all the time by less than anybody waits for."""


class ClockWatch:
    """Calls `went_back`, in a thread of its own, each time when `clock` was set back."""

    def __init__(self, clock: Clock, went_back: Callable[[], None]) -> None:
        self._clock = clock
        self._went_back = went_back
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="clock", daemon=True)

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, and waits for it; harmless where it was never begun."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _watch(self) -> None:
        ahead = self._ahead()
        while not self._stopped.wait(_EVERY_SECONDS):
            before, ahead = ahead, self._ahead()
            if ahead < before - _SMALL_MS:
                self._went_back()

    def _ahead(self) -> int:
        """By how much the clock is ahead of what only ever goes on."""
        return self._clock() - time.monotonic_ns() // 1_000_000
