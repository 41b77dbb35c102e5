"""Ctrl+C and SIGTERM: a KeyboardInterrupt wherever the program is; where that is swallowed, the program still ends."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType

INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM

AGAIN_SECONDS = 0.01
"""After which a stop that was swallowed comes again."""

_asked: list[int] = []


class Terminated(KeyboardInterrupt):
    """SIGTERM: what is half done is taken back, as after Ctrl+C."""


def listen() -> None:
    """Takes both signals from now on. Ctrl+C is left alone where whoever started the command has it ignored."""
    with suppress(ValueError):  # a thread, as in tests: signals are not for it
        signal.signal(signal.SIGTERM, _stop)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _stop)
        sys.unraisablehook = _swallowed


def stop_asked() -> KeyboardInterrupt | None:
    """The stop that came last, if one came.

    Code that is written in C, as SQLite's, may make another error of it where it calls back into Python.
    """
    return _as_error(_asked[-1]) if _asked else None


def _stop(number: int, _frame: FrameType | None) -> None:
    _asked.append(number)
    raise _as_error(number)


def _as_error(number: int) -> KeyboardInterrupt:
    return Terminated() if number == signal.SIGTERM else KeyboardInterrupt()


def _swallowed(ignored: sys.UnraisableHookArgs) -> None:
    """Where Python tidies up (finalizers, callbacks of weak references) it reports what is raised, and goes on."""
    if not isinstance(ignored.exc_value, KeyboardInterrupt) or not _asked:
        sys.__unraisablehook__(ignored)
        return
    from threading import Timer

    again = Timer(AGAIN_SECONDS, os.kill, (os.getpid(), _asked.pop()))
    again.daemon = True
    with suppress(RuntimeError):  # the program is at its end anyway
        again.start()
