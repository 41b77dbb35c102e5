"""Results that are kept until what they were computed from changes: a page that is looked at again costs little."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Result = TypeVar("Result")

LEARNERS = 16
"""Results kept at most unless said otherwise: each is some hundred kilobytes for years of answers."""


class Kept(Generic[Result]):
    """The last results, by keys that hold all that they depend on. Threads share it; nobody changes a result."""

    def __init__(self, most: int = LEARNERS) -> None:
        self._most = most
        self._lock = Lock()
        self._results: dict[Hashable, Result] = {}

    def get(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """The result for a key; computed where it is not kept, without making other threads wait."""
        with self._lock:
            if key in self._results:
                return self._results[key]
        found = compute()
        with self._lock:
            self._results[key] = found
            while len(self._results) > self._most:
                del self._results[next(iter(self._results))]
        return found
