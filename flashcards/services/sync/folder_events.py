"""Whether anything has changed below a folder, as Linux tells it (inotify), where it tells of everything.

It does not for folders of other machines (NFS, SMB, what Docker and WSL bring in from outside). Anywhere, it says
nothing of what is changed under a name outside (behind a link, or by a hard link), nor of what is written to a file
through mapped memory, as hardly an editor does.
"""

from __future__ import annotations

import os
import re
import sys
import weakref
from pathlib import Path

LOCAL = frozenset({"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "ramfs", "tmpfs", "xfs"})
"""File systems whose files nobody changes but by calls that the kernel tells of (`zfs rollback` is none)."""
MOUNTS = Path("/proc/self/mountinfo")


class FolderEvents:
    """Hears of every change in the folders that were given to `listen`, from then on."""

    def __init__(self, root: str) -> None:
        """Raises OSError where this system tells of nothing, or not of everything below `root`."""
        if sys.platform != "linux":
            raise OSError("this system tells of nothing")
        self._mounts = MOUNTS.read_bytes()
        if file_system(root, self._mounts) not in LOCAL:
            raise OSError("not all that changes here would be told")
        from inotify_simple import INotify, flags  # it loads ctypes, and is for Linux alone

        self._changes = (
            flags.MODIFY | flags.ATTRIB | flags.CLOSE_WRITE | flags.MOVED_FROM | flags.MOVED_TO | flags.CREATE
            | flags.DELETE | flags.DELETE_SELF | flags.MOVE_SELF | flags.ONLYDIR
        )  # fmt: skip
        self._root = root
        self._stands_at = _place(root)
        self._told = INotify()
        self.close = weakref.finalize(self, self._told.close)

    def listen(self, folder: str) -> None:
        """Raises OSError where it cannot: the folder has gone, the system listens to as many as it may, or another
        file system is mounted there.
        """
        place = _place(folder)
        if place is None or self._stands_at is None or place[0] != self._stands_at[0]:
            raise OSError("not all that changes there would be told")
        self._told.add_watch(folder, self._changes)

    def silent(self) -> bool:
        """Whether nothing has changed since it was made. Once it has said no, it knows no more: make another one."""
        # What the root itself stands in is not listened to, and may have been moved; nor is what is mounted within it.
        return (
            not self._told.read(timeout=0)
            and _place(self._root) == self._stands_at
            and MOUNTS.read_bytes() == self._mounts
        )


def _place(folder: str) -> tuple[int, int] | None:
    try:
        status = Path(folder).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def file_system(folder: str, mounts: bytes) -> str:
    """The type of the file system that holds a folder, by what `MOUNTS` says; empty where it does not.

    Raises OSError.
    """
    path = os.path.realpath(folder)
    found = ""
    for line in filter(None, os.fsdecode(mounts).split("\n")):
        place, _, kind = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), place.split(" ")[4])
        if path == point or path.startswith(f"{point.rstrip('/')}/"):
            found = kind.split(" ")[0]  # what was mounted later lies over what was there, at its place or above it
    return found
