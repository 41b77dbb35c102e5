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
from flashcards.web.serving.workers import AT_ONCE, Workers

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
