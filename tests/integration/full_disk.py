"""A disk that is full: a small file system in memory where we may mount one, else a limit on the size of files."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Disk:
    """A folder in which little can be written, and how we say that of the database's copy."""

    path: Path
    says: str


@contextmanager
def full_disk(folder: Path, *, free: int) -> Iterator[Disk]:
    """A folder in which about `free` bytes can be written."""
    place = folder / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    command = [mount or "", "-t", "tmpfs", "-o", f"size={free}", "tmpfs", str(place)]
    if mount and os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0:
        try:
            yield Disk(place, "The disk is full")
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)
        return
    # Python ignores the signal that comes with it; a write then fails with EFBIG.
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free, before[1]))
    try:
        yield Disk(place, "The disk gave an error")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
