"""The command that takes each night's backup elsewhere: `FLASHCARDS_BACKUP_HOOK`."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from flashcards import apart
from flashcards.errors import Unavailable

SECONDS = 1800.0
_LONGEST = 300


def run_hook(command: str, backup: Path, *, seconds: float = SECONDS) -> None:
    """Runs the command with the backup's path behind it, by no shell and without our own settings in its environment.

    Raises Unavailable where it cannot be started, fails, or takes longer than `seconds`; the backup stays either way.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FLASHCARDS_")}
    try:
        done = apart.run(
            [*shlex.split(command), str(backup)], seconds=seconds, held=False, env=environment, cwd=backup.parent
        )
    except subprocess.TimeoutExpired:
        raise _failed(backup, f"took longer than {seconds:.0f} s") from None
    except (OSError, ValueError) as error:
        raise _failed(backup, f"could not be started: {error}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).decode(errors="replace").rpartition("\n")[2][:_LONGEST]
        raise _failed(backup, f"ended with {done.returncode}" + (f": {said}" if said else ""))


def _failed(backup: Path, why: str) -> Unavailable:
    return Unavailable(f"The backup {backup.name} was made, but FLASHCARDS_BACKUP_HOOK {why}. It is tried again.")
