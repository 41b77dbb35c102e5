"""The entry point of `flashcards`: it minds signals before anything large is loaded."""

from __future__ import annotations

import sys
from typing import NoReturn

from flashcards.cli.stopping import INTERRUPTED, TERMINATED, Terminated, listen
from flashcards.garbage import loading


def main(arguments: list[str] | None = None) -> NoReturn:
    """Runs a command and exits with its code: 0 done, 1 found problems, 2 wrong usage.

    Where it was stopped, 130 (Ctrl+C) or 143 (SIGTERM), as shells have it.
    """
    listen()
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
