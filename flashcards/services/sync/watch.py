"""Whether the decks folder has changed, asked all the time: what costs little is looked at first.

To find the decks, and to compare each with what is stored of it, takes 30 times as long as to ask the system when the
files were changed last. So only that is done as long as nothing moves; and where the system itself tells of every
change, not even that.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from flashcards.services.sync.folder_events import FolderEvents

BUSY_SECONDS = 60.0
"""For how long after a change the folder is looked at often."""
OFTEN_SECONDS = 0.5
"""How often it is looked at then."""
QUIET_SECONDS = 2.0
"""How often it is looked at else: a saved file is on the page within two seconds and what reading it takes."""
SURE_SECONDS = 300.0
"""How often everything is compared, whatever the files' times say."""

Seen = list[tuple[str, int, int, int]]
"""Every file and folder, with when it was changed last: of what is in it and of what it is called, and its size."""


class Watch:
    """Asks `changed` only where the files below `root` are not as they were when it said no."""

    def __init__(self, root: Path, changed: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._root = root
        self._changed = changed
        self._clock = clock
        self._unchanged: Seen | None = None
        self._events: FolderEvents | None = None
        self._sure_until = self._busy_until = float("-inf")

    def rest(self) -> float:
        """For how many seconds nobody need ask again."""
        is_quiet = self._unchanged is not None and self._clock() >= self._busy_until
        return QUIET_SECONDS if is_quiet else OFTEN_SECONDS

    def changed(self) -> bool:
        """Whether a sync would find something.

        Raises what `changed` does.
        """
        now = self._clock()
        is_known = self._unchanged is not None and now < self._sure_until
        if is_known and self._events is not None and self._events.silent():
            return False
        seen, self._events = _look(str(self._root))
        if is_known and seen is not None and seen == self._unchanged:
            return False
        if self._unchanged is not None and seen != self._unchanged:
            self._busy_until = now + BUSY_SECONDS
        self._unchanged = None
        found = self._changed()
        if not found:
            self._unchanged, self._sure_until = seen, now + SURE_SECONDS
        return found


def _look(root: str) -> tuple[Seen | None, FolderEvents | None]:
    """What is below `root`, hidden folders left out, and what hears of every later change to it.

    None where the times of files would not say all: a folder that cannot be read, a link to another one. None as well
    where not every change is told.
    """
    events = _events(root)
    found: Seen = []
    waiting = [root]
    try:
        while waiting:
            folder = waiting.pop()
            events = _listening(events, folder)  # first: what changes while it is looked at is told as well
            with os.scandir(folder) as entries:
                for entry in entries:
                    is_folder = entry.is_dir(follow_symlinks=False)
                    if is_folder and entry.name.startswith("."):
                        continue
                    is_link = entry.is_symlink()
                    if is_link and entry.is_dir():
                        return None, None
                    status = entry.stat()
                    # That is the time which nobody can set: of what is in a file, its name, and who may read it.
                    found.append((entry.path, status.st_ctime_ns, status.st_mtime_ns, status.st_size))
                    if is_folder:
                        waiting.append(entry.path)
                    elif is_link or status.st_nlink > 1:  # it can be changed under another name
                        events = None
    except OSError:
        return None, None
    return found, events  # a folder that has not changed lists its entries in the same order


def _events(root: str) -> FolderEvents | None:
    try:
        return FolderEvents(root)
    except (OSError, ImportError):
        return None


def _listening(events: FolderEvents | None, folder: str) -> FolderEvents | None:
    if events is not None:
        try:
            events.listen(folder)
        except OSError:
            return None
    return events
