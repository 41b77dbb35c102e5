"""How much room the service takes, and how much there is."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from flashcards.services.upkeep.backup import FOLDER
from flashcards.storage.database import Database

_LOW = 512 << 20


@dataclass(frozen=True, slots=True)
class Measured:
    """In bytes; None where the system does not say. `low` is whether so little is free that backups may fail."""

    database: int
    backups: int
    backup_files: int
    free: int | None

    @property
    def low(self) -> bool:
        """Whether the next backups may find no room."""
        return self.free is not None and self.free < max(_LOW, 2 * self.database)


class Sizes:
    """`Sizes(database, data)`: of the database, and of the data folder."""

    def __init__(self, database: Database, data: Path) -> None:
        self._database = database
        self._data = data

    def measure(self) -> Measured:
        """The sizes now."""
        backups = [path for path in _files(self._data / FOLDER) if path.suffix == ".zip"]
        try:
            free = shutil.disk_usage(self._data).free
        except OSError:
            free = None
        return Measured(
            database=self._database.size(),
            backups=sum(map(_size, backups)),
            backup_files=len(backups),
            free=free,
        )


def _files(folder: Path) -> Iterable[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
