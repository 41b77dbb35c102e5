"""Backups: the database and the secret key in one file, and the way back.

Decks are not in it: they belong in Git.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flashcards.clock import Clock
from flashcards.errors import Conflict, FlashcardsError, Invalid, Unavailable
from flashcards.services.upkeep.secret_key import FILE_NAME as KEY_NAME
from flashcards.services.upkeep.secret_key import is_secret_key
from flashcards.storage import locks
from flashcards.storage.database import Database, check_file, lock_path

DATABASE_NAME = "flashcards.sqlite3"
"""The name of the database within a backup, whatever it is called in the data folder."""
KEPT = 7
_NIGHTLY = "nightly-"
_LARGEST = 64 * 2**30


class BackupService:
    """Makes backups while everything runs."""

    def __init__(self, database: Database, data: Path, clock: Clock) -> None:
        """`data` is the folder of the secret key; nightly backups go to ``backups`` below it."""
        self._db = database
        self._data = data
        self._clock = clock

    @property
    def folder(self) -> Path:
        """Where backups go that are given no name."""
        return self._data / "backups"

    def backup(self, path: Path | None = None) -> Path:
        """Writes a backup and returns where it is; checked before it gets its name, never half written.

        Raises Conflict where the file is there already, Unavailable where it cannot be written.
        """
        target = path or self.folder / f"flashcards-{self._now():%Y%m%d-%H%M%S}.zip"
        if target.exists():
            raise Conflict(f"{target} is there already: give another name.")
        with _said(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            self._write(target)
        return target

    def nightly(self) -> Path | None:
        """Writes today's backup unless there is one, and keeps the last seven; None where there was one."""
        target = self.folder / f"{_NIGHTLY}{self._now():%Y%m%d}.zip"
        if target.exists():
            return None
        self.backup(target)
        for old in sorted(self.folder.glob(f"{_NIGHTLY}*.zip"))[:-KEPT]:
            old.unlink(missing_ok=True)
        return target

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock() / 1000, UTC)

    def _write(self, target: Path) -> None:
        # In the target's own folder: a name is only given to a whole file by a rename within one disk.
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
            copy, packed = Path(folder) / DATABASE_NAME, Path(folder) / "backup.zip"
            self._db.backup(copy)
            self._check(copy)
            with packed.open("xb") as file:
                packed.chmod(0o600)  # password hashes and the secret key are in it
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                    archive.write(copy, DATABASE_NAME)
                    archive.write(self._data / KEY_NAME, KEY_NAME)
                file.flush()
                os.fsync(file.fileno())
            _give_name(packed, target)

    def _check(self, copy: Path) -> None:
        try:
            check_file(copy)
        except Unavailable as error:  # the copy is what the database is, and nobody will find it at its place
            raise Unavailable(
                f"The database {self._db.path} is damaged, so no backup was made: run `flashcards doctor`, and"
                " restore a backup that is older."
            ) from error


def restore(file: Path, data: Path, database: Path) -> Path | None:
    """Puts a backup in the place of the database and the secret key of a data folder.

    What was there is kept; returns the folder where it is now, or None. Raises Invalid where the file is no
    backup of ours, Conflict while a server or another command has the database open, Unavailable where the
    disk does not let us.
    """
    with _said(data):
        data.mkdir(parents=True, exist_ok=True)
        database.parent.mkdir(parents=True, exist_ok=True)
        with _alone(database), tempfile.TemporaryDirectory(dir=database.parent, prefix=".restore-") as folder:
            _unpack(file, Path(folder))
            kept = _put_aside(data, database)
            (Path(folder) / KEY_NAME).replace(data / KEY_NAME)
            (Path(folder) / DATABASE_NAME).replace(database)
            _flush(database.parent)
            return kept


@contextmanager
def _alone(database: Path) -> Iterator[None]:
    try:
        with locks.held(lock_path(database), wait=False):
            yield
    except locks.Locked as error:
        raise Conflict(
            f"The database {database} is in use: stop the server (and every other command), then restore."
        ) from error


def _unpack(file: Path, folder: Path) -> None:
    """The two files of a backup, checked; raises Invalid where it is none."""
    try:
        opened = file.open("rb")
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}.") from error
    try:
        with opened, zipfile.ZipFile(opened) as archive:
            members = {info.filename: info for info in archive.infolist()}
            if set(members) != {DATABASE_NAME, KEY_NAME}:
                raise Invalid(f"{file} is not a backup of this program.")
            for name, info in members.items():
                _extract(archive, info, folder / name)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Invalid(f"{file} is not a backup, or it is damaged: {error}.") from error
    if not is_secret_key((folder / KEY_NAME).read_bytes()):
        raise Invalid(f"{file} holds no secret key: it is not a backup of this program.")
    try:
        check_file(folder / DATABASE_NAME)
    except FlashcardsError as error:
        raise Invalid(f"The database in {file} is damaged or too new: {error}") from error


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    if info.file_size > (_LARGEST if info.filename == DATABASE_NAME else 1000):
        raise Invalid(f"{info.filename} in the backup is too large to be ours.")
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out, archive.open(info) as packed:
        while chunk := packed.read(2**20):  # the archive checks the size and the checksum as it is read
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())


def _put_aside(data: Path, database: Path) -> Path | None:
    """Links what a backup replaces into a new folder; the log of SQLite goes with its database.

    Links and no moves: whenever this ends, there is a database at its place. Only its log must go, or SQLite
    would write it into the database that comes.
    """
    logs = [database.with_name(database.name + end) for end in ("-wal", "-shm")]
    there = [path for path in (database, *logs, data / KEY_NAME) if path.exists()]
    if not there:
        return None
    number = 1
    while (kept := data / f"replaced-{number}").exists():
        number += 1
    kept.mkdir(mode=0o700)
    for path in there:
        os.link(path, kept / path.name)
    _flush(kept)
    for path in logs:
        path.unlink(missing_ok=True)
    return kept


def _give_name(packed: Path, target: Path) -> None:
    try:
        os.link(packed, target)  # unlike a rename, it never replaces a file that has appeared since
    except FileExistsError as error:
        raise Conflict(f"{target} is there already: give another name.") from error
    _flush(target.parent)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _said(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{place} cannot be written: {error.strerror or error}.") from error
