"""Child processes that a Ctrl+C in the terminal does not reach: it is for us, and what has begun is finished.

Each is the leader of a session of its own. It becomes so a moment after its birth, and in that moment it would still
die of the Ctrl+C: so it is born with the signal held back, and keeps it so. SIGTERM and SIGKILL end it as ever. What
is not our own program may itself want to use the signal among its children: that one is born as it comes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from typing import Any


def start(command: Sequence[str], *, held: bool = True, **options: Any) -> subprocess.Popen[bytes]:
    """Starts a command, with the signal `held` back or not; the options are Popen's.

    Raises OSError where it cannot be started.
    """
    process = None
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT} if held else ())
    try:
        process = subprocess.Popen(command, start_new_session=True, **options)
    finally:
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        except BaseException:  # what was held back comes now
            if process is not None:
                end(process)
                process.communicate()
            raise
    return process


def run(
    command: Sequence[str], *, given: bytes | None = None, seconds: float | None = None, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Runs a command to its end, and returns what it wrote to its output and its errors; `given` is its input, if any.

    The options are those of `start`. Raises OSError where it cannot be started, and TimeoutExpired after `seconds`:
    then, and where we are stopped ourselves, it is ended.
    """
    pipe = subprocess.PIPE
    source = subprocess.DEVNULL if given is None else pipe
    with start(command, stdin=source, stdout=pipe, stderr=pipe, **options) as process:
        try:
            output, errors = process.communicate(given, seconds)
        except BaseException:
            end(process)
            raise
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a command at once, with all that it began; harmless when they have gone. It is still to be waited for."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
