"""The threads that work on requests. There are eight, and two places: more would be in each other's way.

One thread of Python computes at a time, and lets another in at each call of SQLite: eight that want to spend a part of
the processor on taking turns, and so do two. So a thread begins the next request only where nobody has a place, or
where one has been at it for longer than most take. A thread that waits itself, for the disk or its turn to write,
leaves its place and does what is left without one; and a request that takes long, such as an import, keeps others from
its place for a moment only.

While others wait for a place, a thread whose answer has only to reach the disk does not wait for it, but begins the
next request: another thread waits for several answers at once, and the loop is told of all of them together. To wait
for each alone takes a seventh more of the processor, for threads that fall asleep and are woken.
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
TellAfter = Callable[[Callable[[], None]], bool]

AT_ONCE = 2
ALONE_SECONDS = 0.02
"""The second place is for whoever comes while another has been at it for longer: an answer takes less, a page more."""
LONG_SECONDS = 0.15
"""Who has had a place for so long loses it where others wait, and goes on without."""
TOGETHER = 4
"""So many answers are told of as soon as there are so many."""
TOGETHER_SECONDS = 0.01
"""Nobody waits longer than this, and than the disk takes, to be told together with others."""
NOT_KEPT = "flashcards.not_kept"
"""Where in an environ the app finds the error of what it had done before, and could not be waited for: to say so."""
_TASK = "flashcards.task"


class _Task:
    """Work for a thread; `done` belongs to the loop that asked for it."""

    __slots__ = ("done", "has_place", "is_over", "loop", "since", "wait", "work")

    def __init__(self, work: Callable[[], Any], done: asyncio.Future[Any], loop: asyncio.AbstractEventLoop) -> None:
        self.work, self.done, self.loop = work, done, loop
        self.has_place = self.is_over = False
        self.since = 0.0
        self.wait: Callable[[], None] | None = None
        """What has to return before anybody is told."""


class NotKept(Exception):
    """The work was done, but what had to be waited for before anybody is told has failed: the cause says why."""


_Told = tuple["asyncio.Future[Any]", Any, BaseException | None]


class Workers:
    """The threads of one server; they start when they are first asked for. What comes first is begun first."""

    def __init__(self, threads: int) -> None:
        self._number = threads
        self._threads: list[threading.Thread] = []
        self._disk = threading.Thread(target=self._wait_for_several, name="web_disk")
        self._lock = threading.Lock()  # for all of the following
        self._waiting: deque[_Task] = deque()
        self._places: list[_Task] = []
        """Who has a place, whoever has it longest first."""
        self._idle: list[threading.Lock] = []
        """Releasing one of them wakes a thread; the last to have worked is the first to be woken."""
        self._unwaited: list[tuple[_Task, _Told]] = []
        """Whose work is done, and who are told once the disk has been waited for; whoever was first comes first."""
        self._come = threading.Condition(self._lock)
        """That there are any, or that the wait need not be put off any longer."""
        self._sleeps = False
        """Whether the thread for the disk has not heard yet that there are any."""
        self._looks = False
        self._ended = self._is_last = False

    async def do(self, environ: dict[str, Any], work: Callable[..., T], *given: Any) -> T:
        """What `work` makes of what is `given`, in a thread; in `environ` it finds how not to hold others up.

        Work that has not begun never does where whoever asked for it is cancelled. Raises what the work raises, and
        NotKept.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        task = _Task(partial(work, *given), done, loop)
        environ[_TASK] = self, task
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
        with self._lock:
            self._is_last = True
            self._come.notify()
        if self._disk.is_alive():
            self._disk.join()

    def _start(self) -> None:
        if not self._disk.is_alive():  # it is, where a thread could not be started the time before
            self._disk.start()
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
            told = task.done, result, error
            # The environ knows the task: without this, a request and its answer would live on in a circle.
            del task.work, task.done, result, error
            if self._end(task, told):
                _tell_loop(task.loop, [told])
            del task, told

    def _wait_for_several(self) -> None:
        """Waits for the disk for those whose work is done meanwhile, and tells of them."""
        while several := self._next_several():
            # Whoever wrote last first: when that is on the disk, all else is, and nobody is waited for twice.
            told = [_waited_for(*one) for one in reversed(several)]
            _tell_loop(several[0][0].loop, told[::-1])
            del several, told

    def _next_several(self) -> list[tuple[_Task, _Told]]:
        """Whose answers the disk is to be waited for next; none at the end."""
        with self._lock:
            while not self._unwaited:
                if self._is_last:
                    return []
                self._sleeps = True
                self._come.wait()
                self._sleeps = False
            self._come.wait_for(self._is_enough, TOGETHER_SECONDS)
            several, self._unwaited = self._unwaited, []
            return several

    def _next(self, woken: threading.Lock) -> _Task | None:
        """What to do next, once there is something and a place for it; None at the end."""
        while True:
            with self._lock:
                if self._ended:
                    return None
                if self._waiting and self._is_free():
                    task = self._begin(self._waiting.popleft())
                    if self._unwaited and (self._sleeps or not self._waiting):
                        self._come.notify()
                    return task
                if self._unwaited:
                    self._come.notify()
                self._idle.append(woken)
            woken.acquire()

    def _end(self, task: _Task, told: _Told) -> bool:
        """Whether whoever asked is to be told now, and not later together with others."""
        with self._lock:
            task.is_over = True
            if task.has_place:
                self._leave(task)  # and wakes nobody: the same thread is about to look for the next
            if task.wait is None:
                return True
            self._unwaited.append((task, told))
            if self._is_enough():
                self._come.notify()
            return False  # the same thread is about to look for the next, and sees to it that somebody waits for this

    # --- with the lock

    def _is_enough(self) -> bool:
        """Whether the disk is to be waited for now: nobody else would come soon, or enough have."""
        return len(self._unwaited) >= TOGETHER or not self._waiting or self._is_last

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

    def tell_after(self, task: _Task, wait: Callable[[], None]) -> bool:
        """Takes over to wait where others wait for the thread."""
        with self._lock:
            if task.is_over or not (self._waiting or self._unwaited):
                return False
            task.wait = wait  # of two of one request the later, which waits for what came before as well
            return True

    def give_way(self, task: _Task) -> None:
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


def _waited_for(task: _Task, told: _Told) -> _Told:
    """What to tell once the disk has been waited for."""
    assert task.wait is not None
    try:
        task.wait()
    except BaseException as raised:  # noqa: BLE001 - it is raised where the work was asked for
        not_kept = NotKept()
        not_kept.__cause__ = raised
        return told[0], None, not_kept
    return told


def _tell(done: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if done.cancelled():
        return
    if error is None:
        done.set_result(result)
    elif isinstance(error, StopIteration):  # a future refuses it, and whoever waits would wait for ever
        done.set_exception(RuntimeError(f"the work raised {type(error).__name__}"))
    else:
        done.set_exception(error)


def _tell_loop(loop: asyncio.AbstractEventLoop, told: list[_Told]) -> None:
    with suppress(RuntimeError):  # the loop has ended, and nobody waits for this
        loop.call_soon_threadsafe(_tell_each, told)


def _tell_each(told: list[_Told]) -> None:
    for one in told:
        _tell(*one)


def waits_of(environ: dict[str, Any]) -> tuple[Callable[[], None], TellAfter | None]:
    """What the thread of this request calls before it waits for something, where once is enough; and what it asks
    instead of waiting for the disk.

    That is given what waits, and says whether it need not itself: then nobody hears of its answer before that has
    returned; and `do` raises NotKept where that raises. Where a request gives two, the later one waits for both. A
    request that came another way, such as a test's, has no place to leave, and nobody to wait for it.
    """
    workers, task = environ.get(_TASK, (None, None))
    if workers is None:
        return _no_place, None
    return partial(workers.give_way, task), partial(workers.tell_after, task)


def _no_place() -> None:
    """What a request calls that came another way: it has nothing to leave."""
