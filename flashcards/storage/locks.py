"""Advisory file locks between processes (``flock``: Linux and macOS; a lock dies with its process)."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Locked(Exception):
    """Another process holds the lock."""


def take(path: Path, *, shared: bool = False, wait: bool = True) -> int:
    """Locks `path` (made if missing) and returns the descriptor that holds the lock: `release` it.

    Raises Locked where another process (or another descriptor of this one) holds it and `wait` is false,
    and OSError where the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, mode if wait else mode | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise Locked(str(path)) from error
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def release(descriptor: int) -> None:
    """Gives the lock back. The file stays: removing it would let two holders in."""
    os.close(descriptor)


@contextmanager
def held(path: Path, *, shared: bool = False, wait: bool = True) -> Iterator[None]:
    """Holds the lock for the length of the block; raises as `take` does."""
    descriptor = take(path, shared=shared, wait=wait)
    try:
        yield
    finally:
        release(descriptor)
