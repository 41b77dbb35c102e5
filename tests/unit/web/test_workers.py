"""The threads by themselves, without a server."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from flashcards.web.serving import workers
from flashcards.web.serving.workers import AT_ONCE, NotKept, Workers, waits_of

THREADS = 4


def run(scene: Callable[[Workers], Coroutine[Any, Any, None]]) -> None:
    """Plays a scene, and ends the threads."""

    async def play() -> None:
        threads = Workers(THREADS)
        try:
            await asyncio.wait_for(scene(threads), 60)
        finally:
            threads.close()

    asyncio.run(play())


def test_short_work_that_came_with_long_work_is_done_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LONG_SECONDS", 0.02)

    async def scene(threads: Workers) -> None:
        end = threading.Event()
        long = [asyncio.ensure_future(threads.do({}, end.wait, 60)) for _ in range(AT_ONCE)]
        try:
            assert await asyncio.wait_for(threads.do({}, str, 1), 30) == "1"
        finally:
            end.set()
        assert await asyncio.gather(*long) == [True] * AT_ONCE

    run(scene)


def test_the_second_place_is_for_when_the_first_has_been_taken_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LONG_SECONDS", 600.0)
    monkeypatch.setattr(workers, "ALONE_SECONDS", 600.0)
    begun: list[str] = []

    async def scene(threads: Workers) -> None:
        end = threading.Event()
        first = asyncio.ensure_future(threads.do({}, end.wait, 60))
        second = asyncio.ensure_future(threads.do({}, begun.append, "second"))
        await asyncio.sleep(0.1)
        assert begun == []
        end.set()
        await asyncio.gather(first, second)
        assert begun == ["second"]

    run(scene)


class Thing:
    """What a request or an answer may be."""


def test_what_was_asked_and_answered_is_forgotten_at_once() -> None:
    async def scene(threads: Workers) -> None:
        environ = {"thing": (given := Thing())}
        answer = await threads.do(environ, lambda environ: (environ, Thing()), environ)
        kept = [weakref.ref(given), weakref.ref(answer[1])]
        del environ, given, answer
        for _ in range(100):
            if not any(one() for one in kept):
                return
            await asyncio.sleep(0.05)  # the thread may not be done with it yet
        pytest.fail("something still knows it")

    gc.disable()
    try:
        run(scene)
    finally:
        gc.enable()


def test_work_that_nobody_waits_for_any_more_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LONG_SECONDS", 600.0)

    async def scene(threads: Workers) -> None:
        end, begun = threading.Event(), []
        long = [asyncio.ensure_future(threads.do({}, end.wait, 60)) for _ in range(AT_ONCE)]
        await asyncio.sleep(0)
        waiting = asyncio.ensure_future(threads.do({}, begun.append, "waiting"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        end.set()
        await asyncio.gather(*long)
        assert await threads.do({}, str, 1) == "1"
        assert begun == []

    run(scene)


def raising(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


def test_what_the_work_raises_is_raised() -> None:
    class Odd(StopIteration):
        pass

    async def scene(threads: Workers) -> None:
        for error in (ValueError("no"), StopIteration(), Odd()):
            with pytest.raises(ValueError if isinstance(error, ValueError) else RuntimeError):
                await threads.do({}, raising(error))
        assert await threads.do({}, str, 1) == "1"

    run(scene)


def test_after_the_end_nothing_is_begun() -> None:
    async def scene(threads: Workers) -> None:
        await threads.do({}, str)
        threads.close()
        with pytest.raises(RuntimeError, match="has stopped"):
            await threads.do({}, str)

    run(scene)
    Workers(THREADS).close()


class Disk:
    """What answers wait for: it takes its time, and says how often it was waited for."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.waited: list[str] = []
        self.trouble: Exception | None = None

    def waits(self, name: str) -> Callable[[], None]:
        def wait() -> None:
            self.waited.append(name)
            assert self.ready.wait(60)
            if self.trouble is not None:
                raise self.trouble

        return wait


def need_not_wait(environ: dict[str, Any], wait: Callable[[], None]) -> bool:
    """Asks, as the storage does, whether somebody else waits for the disk."""
    _, tell_after = waits_of(environ)
    assert tell_after is not None
    return tell_after(wait)


class Writers:
    """Requests that write: each is begun one after the other, as the first is held back until all have come."""

    def __init__(self, threads: Workers, disk: Disk) -> None:
        self._threads, self._disk = threads, disk
        self._go_on, self._end = threading.Event(), threading.Event()
        self._others: list[asyncio.Future[Any]] = []
        self.done: list[str] = []
        """Whose work is done, in this order, told or not."""
        self.need_not_wait: dict[str, bool] = {}

    def ask(self, *names: str) -> list[asyncio.Future[Any]]:
        """All of them, told apart by their names."""
        asked: list[asyncio.Future[Any]] = []
        for name in names:
            environ: dict[str, Any] = {}
            asked.append(asyncio.ensure_future(self._threads.do(environ, self._write, environ, name)))
        return asked

    def others_wait(self) -> None:
        """Lets so many requests wait behind all that were asked that there is always one without a place."""
        self._others = [asyncio.ensure_future(self._threads.do({}, self._end.wait, 60)) for _ in range(THREADS)]

    def go_on(self) -> None:
        self._go_on.set()

    def end(self) -> None:
        self._end.set()

    def _write(self, environ: dict[str, Any], name: str) -> str:
        assert self._go_on.wait(60)
        self.need_not_wait[name] = need_not_wait(environ, self._disk.waits(name))
        self.done.append(name)
        return name


def writing(scene: Callable[[Workers, Disk, Writers], Coroutine[Any, Any, None]]) -> None:
    """Plays a scene in which a disk is waited for, with one place: whoever asks first is done first."""
    disk = Disk()

    async def play(threads: Workers) -> None:
        writers = Writers(threads, disk)
        try:
            await scene(threads, disk, writers)
        finally:
            disk.ready.set()
            writers.end()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "ALONE_SECONDS", 600.0)
        patch.setattr(workers, "LONG_SECONDS", 600.0)
        run(play)


async def until(happens: Callable[[], bool]) -> None:
    while not happens():
        await asyncio.sleep(0.005)


def test_while_others_wait_for_a_place_the_disk_is_waited_for_by_another_thread() -> None:
    async def scene(_threads: Workers, disk: Disk, writers: Writers) -> None:
        asked = writers.ask("a", "b", "c")
        writers.others_wait()
        await asyncio.sleep(0)
        writers.go_on()
        await until(lambda: writers.done == ["a", "b", "c"])  # though nobody has been told of the first
        assert writers.need_not_wait == {"a": True, "b": True, "c": True}
        await asyncio.sleep(0.05)
        assert not any(one.done() for one in asked)
        disk.ready.set()
        assert await asyncio.gather(*asked) == ["a", "b", "c"]

    writing(scene)


def test_who_is_alone_waits_itself() -> None:
    async def scene(_threads: Workers, disk: Disk, writers: Writers) -> None:
        asked = writers.ask("a")
        writers.go_on()
        assert await asyncio.gather(*asked) == ["a"]
        assert writers.need_not_wait == {"a": False}
        assert disk.waited == []

    writing(scene)


def test_whoever_wrote_last_is_waited_for_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """When its answer is on the disk, those before it are."""
    monkeypatch.setattr(workers, "TOGETHER_SECONDS", 600.0)

    async def scene(_threads: Workers, disk: Disk, writers: Writers) -> None:
        names = [f"{number}" for number in range(workers.TOGETHER + 1)]
        asked = writers.ask(*names)
        writers.others_wait()
        await asyncio.sleep(0)
        disk.ready.set()
        writers.go_on()
        first = names[:-1]
        assert await asyncio.gather(*asked[:-1]) == first
        # The one after them may have come in time to be waited for together with them.
        assert disk.waited[-len(first) :] == first[::-1]
        writers.end()
        assert await asyncio.gather(*asked) == names

    writing(scene)


def test_who_is_held_back_for_others_is_told_although_those_take_long() -> None:
    async def scene(threads: Workers, disk: Disk, writers: Writers) -> None:
        end = threading.Event()
        disk.ready.set()
        first = writers.ask("a")
        long = [asyncio.ensure_future(threads.do({}, end.wait, 60)) for _ in range(AT_ONCE + 1)]
        await asyncio.sleep(0)
        writers.go_on()
        try:
            assert await asyncio.gather(*first) == ["a"]
            assert writers.need_not_wait == {"a": True}
        finally:
            end.set()
        await asyncio.gather(*long)

    writing(scene)


def test_who_is_held_back_is_told_where_those_who_waited_have_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "TOGETHER_SECONDS", 600.0)

    async def scene(_threads: Workers, disk: Disk, writers: Writers) -> None:
        disk.ready.set()
        both, asked, leave = threading.Event(), threading.Event(), threading.Event()

        def stay(environ: dict[str, Any]) -> bool:
            assert both.wait(60)
            need_not = need_not_wait(environ, disk.waits("a"))
            asked.set()
            assert leave.wait(60)
            return need_not

        environ: dict[str, Any] = {}
        first = asyncio.ensure_future(_threads.do(environ, stay, environ))
        (second,) = writers.ask("b")
        await asyncio.sleep(0)
        both.set()
        await until(asked.is_set)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        leave.set()
        assert await asyncio.wait_for(first, 30)

    writing(scene)


def test_where_the_disk_fails_whoever_asked_hears_of_it() -> None:
    async def scene(_threads: Workers, disk: Disk, writers: Writers) -> None:
        disk.trouble = OSError("the disk failed")
        asked = writers.ask("a", "b")
        writers.others_wait()
        await asyncio.sleep(0)
        disk.ready.set()
        writers.go_on()
        told = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(one) for one in told] == [NotKept, NotKept]
        assert {one.__cause__ for one in told if isinstance(one, NotKept)} == {disk.trouble}

    writing(scene)


def test_the_end_waits_for_those_who_are_held_back() -> None:
    async def scene(threads: Workers, disk: Disk, writers: Writers) -> None:
        asked = writers.ask("a", "b")
        writers.others_wait()
        await asyncio.sleep(0)
        writers.go_on()
        await until(lambda: writers.done == ["a", "b"])
        writers.end()
        closing = asyncio.ensure_future(asyncio.to_thread(threads.close))
        await asyncio.sleep(0.05)
        assert not closing.done()
        disk.ready.set()
        await closing
        assert await asyncio.gather(*asked) == ["a", "b"]

    writing(scene)


def test_a_request_that_is_over_takes_nobody_s_wait_over() -> None:
    """A thread may still know the last request that it worked on."""

    async def scene(threads: Workers, disk: Disk, writers: Writers) -> None:
        environ: dict[str, Any] = {}
        assert await threads.do(environ, str, 1) == "1"
        asked = writers.ask("a", "b")
        await asyncio.sleep(0)
        assert not need_not_wait(environ, disk.waits("late"))
        disk.ready.set()
        writers.go_on()
        await asyncio.gather(*asked)

    writing(scene)


def test_threads_that_could_not_be_started_are_started_by_the_next_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may allow so many and no more."""
    start, refused = threading.Thread.start, ["web_disk", "web_0"]

    def begin(thread: threading.Thread) -> None:
        if thread.name in refused:
            refused.remove(thread.name)
            raise RuntimeError("can't start new thread")
        start(thread)

    async def scene(threads: Workers, disk: Disk, writers: Writers) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", begin)
            for _ in range(2):
                with pytest.raises(RuntimeError):
                    await threads.do({}, str, 1)
            asked = writers.ask("a", "b")
            await asyncio.sleep(0)
        disk.ready.set()
        writers.go_on()
        assert await asyncio.gather(*asked) == ["a", "b"]

    writing(scene)
