"""Child processes that a Ctrl+C in the terminal does not reach: it is for us, and what has begun is finished.

Each is the leader of a session of its own. It becomes so a moment after its birth, and in that moment it would still
die of the Ctrl+C: so it is born with the signal held back, and keeps it so. SIGTERM and SIGKILL end it as ever.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from typing import Any


def start(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Starts a command; the options are Popen's. Raises OSError where it cannot be started."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return subprocess.Popen(command, start_new_session=True, **options)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run(
    command: Sequence[str], *, given: bytes = b"", seconds: float | None = None, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Runs a command to its end, and returns what it wrote to its output and its errors; `given` is its input.

    The options are Popen's. Raises OSError where it cannot be started, and TimeoutExpired after `seconds`: then, and
    where we are stopped ourselves, it is ended.
    """
    pipe = subprocess.PIPE
    with start(command, stdin=pipe, stdout=pipe, stderr=pipe, **options) as process:
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
