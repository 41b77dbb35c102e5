"""The lock of all who write: nobody is passed over for long, and nobody who is gone keeps it from others."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType, SimpleNamespace

import pytest

from flashcards.storage import fair_lock
from flashcards.storage.fair_lock import MOMENT_SECONDS, FairLock, Place
from tests.waiting import wait_for

THREADS = 8
LONG = 60.0
"""Seconds: nothing that works takes as long, and a test that fails ends."""


class Clock:
    """What the lock takes for the time: a thousandth of a second later at each look."""

    now = 0.0

    def monotonic(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(fair_lock, "time", made)
    return made


@pytest.fixture
def only_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits does not look by themselves: a call that is forgotten is a wait without end."""
    monkeypatch.setattr(fair_lock, "_LOOK_SECONDS", 10 * LONG)


def release(lock: FairLock) -> None:
    lock.taken.release()
    lock.call_next()


def in_line(lock: FairLock) -> Place:
    place = lock.place()
    assert not place.wait(0)
    return place


def test_it_belongs_to_one() -> None:
    lock = FairLock()
    assert lock.acquire()
    assert not lock.acquire()
    assert not lock.place().wait(0)
    release(lock)
    assert lock.acquire()


def test_who_comes_has_it_at_once_until_somebody_has_waited_for_a_moment(clock: Clock) -> None:
    lock = FairLock()
    assert lock.acquire()
    first = in_line(lock)
    release(lock)
    assert lock.acquire()
    clock.now += MOMENT_SECONDS
    release(lock)
    assert not lock.acquire()
    assert first.wait(LONG)
    first.leave()
    release(lock)
    assert lock.acquire()


def test_whoever_has_waited_longest_is_next() -> None:
    lock = FairLock()
    assert lock.acquire()
    places = [in_line(lock) for _ in range(5)]
    while places:
        release(lock)
        assert not any(later.wait(0) for later in places[1:])
        assert places[0].wait(LONG)
        places.pop(0).leave()


def test_who_gives_up_is_no_longer_in_the_way() -> None:
    lock = FairLock()
    assert lock.acquire()
    hasty, patient = in_line(lock), in_line(lock)
    assert not hasty.wait(0.01)
    hasty.leave()
    release(lock)
    assert patient.wait(0)


def test_it_is_waited_for_as_long_as_it_moves(clock: Clock) -> None:
    lock = FairLock()
    assert lock.acquire()
    first, second = in_line(lock), in_line(lock)
    clock.now += 1
    assert not second.wait(LONG, unmoved_seconds=0.5)
    release(lock)
    assert first.wait(LONG)
    first.leave()
    moved = clock.now
    assert not second.wait(LONG, unmoved_seconds=0.02)
    assert clock.now > moved + 0.02
    assert second.wait(1, unmoved_seconds=LONG) is False  # of the whole time, more than that has gone by


@contextmanager
def waiting(lock: FairLock, got: list[str], name: str) -> Iterator[None]:
    """Somebody who waits in a thread of their own, and says so in `got` when it is theirs."""

    def wait() -> None:
        place = lock.place()
        try:
            if place.wait(LONG):
                got.append(name)
        finally:
            place.leave()

    before = len(lock._line)
    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    wait_for(lambda: len(lock._line) == before + 1)
    yield
    thread.join(2 * LONG)
    assert name in got


def test_the_next_is_called(only_called: None) -> None:
    lock, got = FairLock(), list[str]()
    assert lock.acquire()
    with waiting(lock, got, "first"), waiting(lock, got, "second"):
        release(lock)
        wait_for(lambda: got == ["first"])
        release(lock)
    assert got == ["first", "second"]


def test_who_was_called_and_goes_without_it_calls_the_next(only_called: None) -> None:
    lock, got = FairLock(), list[str]()
    assert lock.acquire()
    gone = in_line(lock)
    with waiting(lock, got, "next"):
        release(lock)
        gone.leave()


def test_ctrl_c_while_it_is_waited_for() -> None:
    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    def wait(place: Place) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        place.wait(LONG)

    lock = FairLock()
    assert lock.acquire()
    before = signal.signal(signal.SIGALRM, interrupt)
    place = lock.place()
    try:
        with pytest.raises(KeyboardInterrupt):
            wait(place)
    finally:
        place.leave()
        signal.signal(signal.SIGALRM, before)
    release(lock)
    assert lock.acquire()


def test_ctrl_c_between_release_and_call_delays_the_next_only() -> None:
    lock, got = FairLock(), list[str]()
    assert lock.acquire()
    with waiting(lock, got, "next"):
        lock.taken.release()


@pytest.mark.parametrize("moment", [0.0, 0.0005, 10 * LONG])
def test_many_at_once(monkeypatch: pytest.MonkeyPatch, only_called: None, moment: float) -> None:
    lock, inside = FairLock(), SimpleNamespace(most=0, now=0, taken=0, gave_up=0)
    monkeypatch.setattr(fair_lock, "MOMENT_SECONDS", moment)

    def take(seconds: float, unmoved_seconds: float) -> bool:
        if lock.acquire():
            return True
        place = lock.place()
        try:
            return place.wait(seconds, unmoved_seconds=unmoved_seconds)
        finally:
            place.leave()

    def work(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(200):
            seconds, unmoved_seconds = chance.choice((0.0, 0.0002, LONG)), chance.choice((0.0001, LONG))
            if not take(seconds, unmoved_seconds):
                if seconds == unmoved_seconds == LONG:
                    inside.gave_up += 1
                continue
            inside.now += 1
            inside.most = max(inside.most, inside.now)
            time.sleep(chance.choice((0.0, 0.0001)))
            inside.taken += 1
            inside.now -= 1
            release(lock)

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work, seed) for seed in range(THREADS)]:
            done.result()
    assert (inside.most, inside.now, inside.gave_up) == (1, 0, 0)
    assert inside.taken > THREADS
    assert not lock._line
    assert lock.acquire()
