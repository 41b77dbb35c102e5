"""Giving a file a name that no other file has: whole or not at all, and never in the place of another."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import suppress
from pathlib import Path

NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
"""What file systems say that know no second names: FAT, many network drives and shared folders."""


def give_name(source: Path, target: Path) -> None:
    """Moves `source` to `target`, in the same folder tree of one disk, where nothing is yet.

    Raises FileExistsError. Unlike a rename, a link never replaces a file that has appeared since. Where the disk has
    no links, processes take turns in the folder: each looks, and then renames.
    """
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        _rename_in_turn(source, target)
    else:
        source.unlink()


def _rename_in_turn(source: Path, target: Path) -> None:
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # a network drive without locks
            fcntl.flock(folder, fcntl.LOCK_EX)
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
        source.rename(target)
    finally:
        os.close(folder)


def flush_folder(folder: Path) -> None:
    """Makes names that were given in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # a file system that flushes no folders
            raise
    finally:
        os.close(descriptor)
