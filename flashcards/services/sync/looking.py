"""Which deck files have changed since the last sync. None is opened, so nothing is loaded that reads them."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flashcards import __version__
from flashcards.clock import system_clock
from flashcards.deckfiles.parse.find import DeckFile, Found, time_of_change
from flashcards.deckfiles.parse.project import Project
from flashcards.deckfiles.render.version import RENDERER_VERSION
from flashcards.storage.deck_rows import FolderRow, Stamp, StoredDeck

READ_BY = f"{__version__} {RENDERER_VERSION}"
"""What reads and renders: files that another version read are read again."""


def read_by(project: Project) -> str:
    """`READ_BY`, and what the decks folder's project says of reading: under another one, files are read again."""
    return f"{READ_BY} {project.digest}".rstrip()


STILL_MS = 300
"""For so long a file must not have changed before it is read."""

UNREAD = -1
"""The size that is stored of a file that could not be read: it is tried again at every sync."""

RENDER_FAILED = "render-failed"
"""The code of the problem where the renderer itself failed, and not the text: another program may do better."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a walk over the folder says without opening a deck.

    `changed` files are to be read; of the stored decks, `gone` ones have no file any more, and `same` ones
    have an unchanged one. `rows` are all stored decks by path.
    """

    changed: tuple[DeckFile, ...]
    gone: tuple[StoredDeck, ...]
    same: tuple[StoredDeck, ...]
    rows: Mapping[str, StoredDeck]

    def reading_too(self, found: Found, paths: Collection[str]) -> Look:
        """This look where the files at these paths, of those that have not changed, are to be read as well."""
        files = tuple(file for file in found.files if file.path in paths)
        same = tuple(row for row in self.same if row.path not in paths)
        return replace(self, changed=self.changed + files, same=same)


def look(found: Found, stored: Iterable[StoredDeck], root: Path) -> Look:
    """Compares sizes and times of change with those of the last sync."""
    rows = {row.path: row for row in stored}
    files = {file.path: file for file in found.files}
    reader = read_by(found.project)
    changed = tuple(file for file in found.files if _changed(file, rows.get(file.path), root, reader))
    away = [row for row in rows.values() if row.path not in files]
    gone = tuple(row for row in away if not _below(row.path, found.unknown))
    read_or_gone = {file.path for file in changed} | {row.path for row in gone}
    same = tuple(row for row in rows.values() if row.path not in read_or_gone)
    return Look(changed, gone, same, rows)


def failed_before(seen: Look) -> frozenset[str]:
    """The paths of unchanged files in which the renderer failed at something when they were read last."""
    return frozenset(row.path for row in seen.same if any(p.code == RENDER_FAILED for p in row.problems))


def stamp_found(file: DeckFile) -> Stamp:
    """The size and time of change that a file was found with."""
    return Stamp(file.path, file.size, file.mtime_ns)


def stamp_of(absolute: Path, path: str) -> Stamp:
    """The size and time of change of a file now."""
    try:
        status = absolute.stat()
    except (OSError, ValueError):
        return Stamp(path, -1, -1)
    return Stamp(path, status.st_size, time_of_change(status))


def folder_rows(found: Found) -> frozenset[FolderRow]:
    """The folders that hold decks."""
    return frozenset(
        FolderRow(folder.path, folder.title, folder.order, folder.order_new or None) for folder in found.folders
    )


def _changed(file: DeckFile, row: StoredDeck | None, root: Path, reader: str) -> bool:
    if row is None or row.read_by != reader:
        return True
    if row.stamp != stamp_found(file):
        return True
    return any(stamp_of(root / stamp.path, stamp.path) != stamp for stamp in row.media)


def _below(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or not folder or path.startswith(f"{folder}/") for folder in folders)


def await_stillness(stamps: Iterable[Stamp]) -> None:
    """Sleeps until these files could have been still for 300 ms."""
    # The clock goes on while files are looked at: what was young then may be old enough now.
    time.sleep(max(0, *(STILL_MS - age_ms(stamp) for stamp in stamps), 0) / 1000)


def age_ms(stamp: Stamp) -> float:
    """How long ago a file changed; 0 for a time to come, which says nothing."""
    return max(0, system_clock() - stamp.mtime_ns // 1_000_000)
