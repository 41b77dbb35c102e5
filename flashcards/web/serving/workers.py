"""The threads that work on requests. There are eight, and two places: more would be in each other's way.

One thread of Python computes at a time, and lets another in at each call of SQLite: eight that want to spend a part of
the processor on taking turns, and so do two. So a thread begins the next request only where nobody has a place, or
where one has been at it for longer than most take. A thread that waits itself, for the disk or its turn to write,
leaves its place and does what is left without one; and a request that takes long, such as an import, keeps others from
its place for a moment only.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

AT_ONCE = 2
ALONE_SECONDS = 0.02
"""The second place is for whoever comes while another has been at it for longer: an answer takes less, a page more."""
LONG_SECONDS = 0.15
"""Who has had a place for so long loses it where others wait, and goes on without."""
_GIVE_WAY = "flashcards.give_way"


class _Task:
    """Work for a thread; `done` belongs to the loop that asked for it."""

    __slots__ = ("done", "has_place", "loop", "since", "work")

    def __init__(self, work: Callable[[], Any], done: asyncio.Future[Any], loop: asyncio.AbstractEventLoop) -> None:
        self.work, self.done, self.loop = work, done, loop
        self.has_place = False
        self.since = 0.0


class Workers:
    """The threads of one server; they start when they are first asked for. What comes first is begun first."""

    def __init__(self, threads: int) -> None:
        self._number = threads
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()  # for all of the following
        self._waiting: deque[_Task] = deque()
        self._places: list[_Task] = []
        """Who has a place, whoever has it longest first."""
        self._idle: list[threading.Lock] = []
        """Releasing one of them wakes a thread; the last to have worked is the first to be woken."""
        self._looks = False
        self._ended = False

    async def do(self, environ: dict[str, Any], work: Callable[..., T], *given: Any) -> T:
        """What `work` makes of what is `given`, in a thread; in `environ` it finds how to give way.

        Work that has not begun never does where whoever asked for it is cancelled. Raises what the work raises.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        task = _Task(partial(work, *given), done, loop)
        environ[_GIVE_WAY] = partial(self._give_way, task)
        if not self._threads:
            self._start()
        with self._lock:
            if self._ended:
                raise RuntimeError("The server has stopped.")
            self._waiting.append(task)
            if len(self._waiting) == 1 and self._is_free():
                self._wake()
            elif not self._looks:
                self._look_in(ALONE_SECONDS, loop)
        try:
            return await done
        except asyncio.CancelledError:
            with self._lock, suppress(ValueError):  # it has begun
                self._waiting.remove(task)
            raise

    def close(self) -> None:
        """Waits for what the threads have begun, however long; what has not begun never does."""
        with self._lock:
            self._ended = True
            while self._idle:
                self._wake()
        for thread in self._threads:
            thread.join()

    def _start(self) -> None:
        for number in range(self._number):
            thread = threading.Thread(target=self._serve, name=f"web_{number}")
            thread.start()
            self._threads.append(thread)

    def _serve(self) -> None:
        woken = threading.Lock()
        woken.acquire()
        while (task := self._next(woken)) is not None:
            result, error = None, None
            try:
                result = task.work()
            except BaseException as raised:  # noqa: BLE001 - it is raised where the work was asked for
                error = raised
            with suppress(RuntimeError):  # the loop has ended, and nobody waits for this
                task.loop.call_soon_threadsafe(_tell, task.done, result, error)
            # The environ knows the task: without this, a request and its answer would live on in a circle.
            del task.work, task.done, result, error
            self._end(task)
            del task

    def _next(self, woken: threading.Lock) -> _Task | None:
        """What to do next, once there is something and a place for it; None at the end."""
        while True:
            with self._lock:
                if self._ended:
                    return None
                if self._waiting and self._is_free():
                    return self._begin(self._waiting.popleft())
                self._idle.append(woken)
            woken.acquire()

    def _end(self, task: _Task) -> None:
        with self._lock:
            if task.has_place:
                self._leave(task)  # and wakes nobody: the same thread is about to look for the next

    # --- with the lock

    def _is_free(self) -> bool:
        """Whether there is a place for who comes now."""
        places = self._places
        if not places:
            return True
        return len(places) < AT_ONCE and places[-1].since + ALONE_SECONDS <= time.monotonic()

    def _begin(self, task: _Task) -> _Task:
        task.has_place, task.since = True, time.monotonic()
        self._places.append(task)
        return task

    def _leave(self, task: _Task) -> None:
        task.has_place = False
        self._places.remove(task)

    def _wake(self) -> None:
        if self._idle:
            self._idle.pop().release()

    def _look_in(self, seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        self._looks = True
        loop.call_later(seconds, self._look, loop)

    # --- without

    def _give_way(self, task: _Task) -> None:
        """Leaves the task's place, if it still has one, to the next."""
        if not task.has_place:
            return
        with self._lock:
            if task.has_place:
                self._leave(task)
                if self._waiting and self._is_free():
                    self._wake()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Gives places to those who wait, as others have been at it for longer; again, as long as any wait."""
        with self._lock:
            self._looks = False
            if not self._waiting or self._ended:
                return
            now = time.monotonic()
            for task in [task for task in self._places if task.since + LONG_SECONDS <= now][: len(self._waiting)]:
                self._leave(task)
            if self._is_free():
                self._wake()
            self._look_in(ALONE_SECONDS, loop)


def _tell(done: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if done.cancelled():
        return
    if error is None:
        done.set_result(result)
    elif isinstance(error, StopIteration):  # a future refuses it, and whoever waits would wait for ever
        done.set_exception(RuntimeError(f"the work raised {type(error).__name__}"))
    else:
        done.set_exception(error)


def give_way_of(environ: dict[str, Any]) -> Callable[[], None]:
    """What the thread of this request calls before it waits for something; once is enough."""
    give_way: Callable[[], None] = environ.get(_GIVE_WAY, _no_place)
    return give_way


def _no_place() -> None:
    """Of a request that came another way, such as a test's."""
