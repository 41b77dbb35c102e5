"""So many requests are worked on at once: more would only be in each other's way.

One thread of Python computes at a time, and lets another in at each call of SQLite: eight that want to spend a part of
the processor on taking turns. So whoever computes has one of a few places, and the others wait for one, without a
thread. A thread that waits itself, for the disk or its turn to write, needs no place; nor shall a request that takes
long, such as an import, keep others from theirs for all of its time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_GIVE_WAY = "flashcards.give_way"
AT_ONCE = 2
LONG_SECONDS = 0.15
"""After so long a request keeps no place any more, and goes on without."""


class Places:
    """The places of one server; they are taken in the order in which they were asked for."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)

    async def take(self) -> Place:
        """A place, once there is one; whoever takes it gives it back."""
        await self._free.acquire()
        return Place(self._free, asyncio.get_running_loop())


class Place:
    """One place, which is given back once, whoever does it first."""

    def __init__(self, free: asyncio.Semaphore, loop: asyncio.AbstractEventLoop) -> None:
        self._free, self._loop = free, loop
        self._kept = True
        self._long = loop.call_later(LONG_SECONDS, self.give_back)

    def give_back(self) -> None:
        """Lets the next one have it."""
        if self._kept:
            self._kept = False
            self._long.cancel()
            self._free.release()

    def told_to(self, environ: dict[str, Any]) -> None:
        """Lets the request with this environ know how to give its place back: see `give_way_of`."""
        environ[_GIVE_WAY] = self._give_way

    def _give_way(self) -> None:
        if self._kept:
            with suppress(RuntimeError):  # the loop has ended, and nobody waits for a place
                self._loop.call_soon_threadsafe(self.give_back)


def give_way_of(environ: dict[str, Any]) -> Callable[[], None]:
    """What the thread of this request calls before it waits for something; once is enough."""
    give_way: Callable[[], None] = environ.get(_GIVE_WAY, _no_place)
    return give_way


def _no_place() -> None:
    """Of a request that came another way, such as a test's."""
