"""Times in which Python need not look for cycles of objects that nobody holds."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """For imports: what is loaded stays, so it is not looked through, now or later."""
    with no_garbage_collection():
        yield
        gc.freeze()


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """For work that makes many objects and no cycles: looking for these would take a good part of its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
