"""The entry point of `flashcards`: it minds signals before anything large is loaded."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from flashcards.garbage import loading

INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM


class Terminated(KeyboardInterrupt):
    """SIGTERM: what is half done is taken back, as after Ctrl+C."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Runs a command and exits with its code: 0 done, 1 found problems, 2 wrong usage.

    Where it was stopped, 130 (Ctrl+C) or 143 (SIGTERM), as shells have it.
    """
    with suppress(ValueError):  # a thread, as in tests: signals are not for it
        signal.signal(signal.SIGTERM, _terminate)
    try:
        with loading():
            from flashcards.cli.commands import run

        code = run(arguments)
    except KeyboardInterrupt as stop:
        sys.stderr.write("Stopped.\n")
        code = TERMINATED if isinstance(stop, Terminated) else INTERRUPTED
    # An interruption in what a library gives to `exec` (dataclasses do, as they are made) is remembered by Python until
    # the next such call, and `python -m` then ends by SIGINT whatever was made of it.
    exec("")  # noqa: S102 - nothing is executed
    sys.exit(code)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated
