"""The lock of all who write: nobody is passed over for long, and nobody who is gone keeps it from others."""

from __future__ import annotations

import random
import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from types import FrameType, SimpleNamespace

import pytest

from flashcards.storage import fair_lock
from flashcards.storage.fair_lock import FairLock
from tests.waiting import wait_for

THREADS = 8


class Clock:
    """What the lock takes for the time; it stands still until it is set."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(fair_lock, "time", made)
    return made


def lines_up(pool: ThreadPoolExecutor, lock: FairLock, *seconds: float, unmoved: float = 600.0) -> Future[bool]:
    """Somebody who waits for the lock from now on, behind all who do."""
    before = len(lock._waiting)
    waiting = pool.submit(lock.acquire, *seconds, unmoved_seconds=unmoved)
    wait_for(lambda: len(lock._waiting) == before + 1)
    return waiting


def test_it_belongs_to_one() -> None:
    lock = FairLock()
    assert lock.acquire()
    assert not lock.acquire(0)
    assert not lock.acquire(0.01)
    lock.release()
    assert lock.acquire(0)


def test_who_has_waited_for_a_moment_is_not_passed_over(clock: Clock) -> None:
    lock = FairLock()
    with ThreadPoolExecutor(THREADS) as pool:
        assert lock.acquire()
        waiting = [lines_up(pool, lock) for _ in range(5)]
        clock.now += 1
        for number in range(5):
            lock.release()
            assert not lock.acquire(0)  # it is theirs, even before they know
            assert waiting[number].result(60)
            assert not any(later.done() for later in waiting[number + 1 :])
    lock.release()
    assert lock.acquire(0)


def test_who_waits_long_waits_on_while_others_take_their_turns(clock: Clock) -> None:
    lock = FairLock()
    with ThreadPoolExecutor(THREADS) as pool:
        assert lock.acquire()
        first, second = lines_up(pool, lock), lines_up(pool, lock, unmoved=0.01)
        clock.now = 0.006
        lock.release()
        assert first.result(60)
        clock.now = 0.012
        time.sleep(0.1)
        assert not second.done()
        clock.now = 0.017
        assert second.result(60) is False
        lock.release()
        assert lock.acquire(0)


def test_who_gives_up_is_no_longer_in_the_way(clock: Clock) -> None:
    lock = FairLock()
    with ThreadPoolExecutor(THREADS) as pool:
        assert lock.acquire()
        hasty, patient = lines_up(pool, lock, 0.01), lines_up(pool, lock)
        clock.now = 0.02
        assert hasty.result(60) is False
        clock.now = 600.0
        lock.release()
        assert patient.result(60)


def test_ctrl_c_while_it_is_waited_for() -> None:
    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    lock = FairLock()
    assert lock.acquire()
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyboardInterrupt):
            lock.acquire()
    finally:
        signal.signal(signal.SIGALRM, before)
    lock.release()
    assert lock.acquire(0)


def test_ctrl_c_when_it_has_just_been_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> bool:
        lock.release()
        raise KeyboardInterrupt

    lock = FairLock()
    monkeypatch.setattr(fair_lock, "MOMENT_SECONDS", 0)
    assert lock.acquire()
    monkeypatch.setattr(lock, "_wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        lock.acquire()
    assert lock.acquire(0)


@pytest.mark.parametrize("moment", [0.0, 0.0005, 600.0])
def test_many_at_once(monkeypatch: pytest.MonkeyPatch, moment: float) -> None:
    lock, inside = FairLock(), SimpleNamespace(most=0, now=0, taken=0)
    monkeypatch.setattr(fair_lock, "MOMENT_SECONDS", moment)

    def work(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(200):
            if not lock.acquire(chance.choice((0.0, 0.0002, 60.0)), unmoved_seconds=chance.choice((0.0001, 60.0))):
                continue
            inside.now += 1
            inside.most = max(inside.most, inside.now)
            time.sleep(chance.choice((0.0, 0.0001)))
            inside.taken += 1
            inside.now -= 1
            lock.release()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    assert (inside.most, inside.now) == (1, 0)
    assert inside.taken > THREADS
    assert not lock._waiting
    assert lock.acquire(0)
