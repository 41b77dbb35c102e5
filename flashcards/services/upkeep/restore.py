"""The way back from a backup, in one step.

Everything is unpacked, checked and flushed beside the database first, and what it will replace is copied aside. Then
the folder of what comes is renamed: from that moment on the backup counts. What is left, putting each file at its
place, is done again from that folder by whoever comes next, should we be killed (`finish_restore`, at each start).
The decks come first of these, as theirs may be another disk, of which nothing is known: where they cannot come, the
folder is renamed back, and all is as it was.

Into a database on a server all comes in one transaction of the server's. The key goes before it, as nothing in an empty
database was made with the other one, and the decks after it: killed in between, the same command does it again. As
there is no way back from that transaction, their folder is tried before.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from flashcards.database_address import DatabaseAddress, ServerAddress
from flashcards.errors import Conflict, FlashcardsError, Invalid, Unavailable
from flashcards.new_names import flush_folder
from flashcards.services.sync.bundled_decks import MANIFEST
from flashcards.services.upkeep.archive import DATABASE_NAME, DECKS, DUMP_NAME, is_of_server, unpack
from flashcards.services.upkeep.disk import said, said_reading
from flashcards.services.upkeep.secret_key import FILE_NAME as KEY_NAME
from flashcards.storage import locks
from flashcards.storage.sqlite_files import keep_to_owner, lock_path, log_paths
from flashcards.storage.sqlite_upkeep import fold_log
from flashcards.temporary import PREFIX

_UNPACKING = ".restore-"
_COPYING = ".replaced-"
_ARRIVING = f"{PREFIX}restoring"
_BLOCK = 4096
_PATIENCE_SECONDS, _PAUSE_SECONDS = 20.0, 0.1


@dataclass(frozen=True, slots=True)
class Restored:
    """Where what was there before is now, if anything was; and how many files came into the decks folder: None where
    there were decks already, or the backup holds none."""

    kept: Path | None
    decks: int | None


def restore(file: Path, data: Path, database: DatabaseAddress, decks: Path | None = None) -> Restored:
    """Puts a backup in the place of the database and the secret key; of the decks only into an empty folder.

    What was there is kept; a database on a server has to be new. Raises Invalid where the file is no backup of ours,
    Conflict while a server or another command has the database open, and where the one on a server has tables,
    Unavailable where the disk, that of the decks folder too, or the server does not let us; then nothing was changed.
    """
    if isinstance(database, Path):
        restored = _restore_file(file, data, database, decks)
    else:
        restored = _restore_to_server(file, data, database, decks)
    with said(data):
        keep_to_owner(data, 0o700)
    return restored


def _restore_file(file: Path, data: Path, database: Path, decks: Path | None) -> Restored:
    if is_of_server(file):
        raise Invalid(
            f"{file} is the backup of a database on a server: set FLASHCARDS_DATABASE_URL to the address of a new one"
            f" there, and restore into it. From there, `flashcards database copy sqlite:///{database}` brings all of it"
            " into a file."
        )
    for folder in (data, database.parent):
        with said(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with said(database.parent), _alone(database):
        _finish(data, database, decks)
        _remove_left_behind(database.parent)
        staged = Path(tempfile.mkdtemp(dir=database.parent, prefix=_UNPACKING))
        try:
            unpack(file, staged)
            count = _choose_decks(staged, decks)
            _flush_tree(staged)
            kept = _put_aside(data, database)
            staged.rename(_staged(database))  # the one step
            flush_folder(database.parent)
            try:
                _bring_decks(_staged(database), data, decks)
            except BaseException:
                _staged(database).rename(staged)
                flush_folder(database.parent)
                _forget(kept)
                raise
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        _finish(data, database, decks)
        return Restored(kept, count)


def _restore_to_server(file: Path, data: Path, database: ServerAddress, decks: Path | None) -> Restored:
    place = restoring_place(data, database)
    with said(data):
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone(place):
            _finish(data, place, decks)
            _remove_left_behind(data)
            with tempfile.TemporaryDirectory(dir=data, prefix=_UNPACKING) as unpacked:
                return _into_server(file, Path(unpacked), data, database, decks)


def _into_server(file: Path, unpacked: Path, data: Path, database: ServerAddress, decks: Path | None) -> Restored:
    """`unpacked` is an empty folder in `data`; nobody else restores."""
    place = restoring_place(data, database)
    copy = unpack(file, unpacked / "backup")
    staged, count = copy.parent, _choose_decks(copy.parent, decks)
    if count:
        _try_decks(staged / DECKS, decks)
    copy = copy.rename(unpacked / copy.name)
    _flush_tree(staged)
    kept = _put_aside(data, place)
    try:
        _replace(staged / KEY_NAME, data / KEY_NAME, 0o600)
        staged.rename(_staged(place))
        _fill(database, copy)
    except BaseException:
        _put_back(data, place, kept)
        raise
    _finish(data, place, decks)
    return Restored(kept, count)


def _fill(database: ServerAddress, copy: Path) -> None:
    """Brings the copy of a database, of a server's or a file's, into the new one on a server."""
    # Both are needed once in a service's life, if ever: no start loads them.
    if copy.name == DUMP_NAME:
        from flashcards.storage.postgresql_database import restore_dump

        restore_dump(copy, database)
    else:
        from flashcards.services.upkeep.moving import copy_database
        from flashcards.storage.database import migrate

        migrate(copy)
        copy_database(copy, database)


def _put_back(data: Path, place: Path, kept: Path | None) -> None:
    """All is as it was: what came beside the database goes again."""
    shutil.rmtree(_staged(place), ignore_errors=True)
    if kept is None:
        (data / KEY_NAME).unlink(missing_ok=True)
    else:
        _replace(kept / KEY_NAME, data / KEY_NAME, 0o600)
        _forget(kept)


def _forget(kept: Path | None) -> None:
    """What was put aside is at its place still."""
    if kept is not None:
        shutil.rmtree(kept, ignore_errors=True)


def restoring_place(data: Path, database: DatabaseAddress) -> Path:
    """Beside which path lies what a restore has not yet brought to its place: `finish_restore`, `is_cut_off`."""
    return database if isinstance(database, Path) else data / "server"


def finish_restore(data: Path, database: Path, decks: Path | None) -> bool:
    """Does what is left of a restore that was killed after its one step; whether there was such a one.

    To be called before the database is opened; of several that start together one does it, the others wait. Raises
    Conflict and Unavailable.
    """
    patience = _PATIENCE_SECONDS
    while is_cut_off(database):
        try:
            with said(data), _alone(database):
                return _finish(data, database, decks)
        except Conflict:
            patience -= _PAUSE_SECONDS
            if patience < 0:
                raise
            time.sleep(_PAUSE_SECONDS)
    return False


def is_cut_off(database: Path) -> bool:
    """Whether a restore waits to be finished."""
    return _staged(database).is_dir()


@contextmanager
def _alone(database: Path) -> Iterator[None]:
    try:
        with locks.held(lock_path(database), wait=False):
            yield
    except locks.Locked as error:
        raise Conflict(
            f"The database {database} is in use: stop the server (and every other command), then restore."
        ) from error


def _staged(database: Path) -> Path:
    return database.with_name(f".{database.name}.restoring")


def _choose_decks(staged: Path, decks: Path | None) -> int | None:
    """Leaves decks in the folder only where they may come; gives how many files they are."""
    came = [path for path in (staged / DECKS).rglob("*") if path.is_file()]
    if came and decks is not None:
        with said_reading(decks):
            empty = _is_empty(decks)
        if empty:
            return len(came)
    shutil.rmtree(staged / DECKS, ignore_errors=True)
    (staged / MANIFEST).unlink(missing_ok=True)
    return None


def _is_empty(folder: Path) -> bool:
    """Whether nobody has put anything there; a new disk has a folder of the file system's own."""
    return not folder.exists() or (folder.is_dir() and all(path.name == "lost+found" for path in folder.iterdir()))


def _put_aside(data: Path, database: Path) -> Path | None:
    """Copies what the backup replaces into a new folder, which is there whole or not at all."""
    with suppress(FlashcardsError):  # damaged (why else restore?), or read by another program: kept with its log
        fold_log(database)
    there = [path for path in (database, *log_paths(database), data / KEY_NAME) if path.is_file()]
    if not there:
        return None
    number = 1
    while (kept := data / f"replaced-{number}").exists():
        number += 1
    copying = Path(tempfile.mkdtemp(dir=data, prefix=_COPYING))
    try:
        for path in there:
            _copy(path, copying / path.name, 0o600)
        flush_folder(copying)
        copying.rename(kept)
        flush_folder(data)
    finally:
        shutil.rmtree(copying, ignore_errors=True)
    return kept


def _finish(data: Path, database: Path, decks: Path | None) -> bool:
    """Brings each file from the staged folder to its place; what is there already is not done again."""
    staged = _staged(database)
    if not staged.is_dir():
        return False
    try:
        _bring_decks(staged, data, decks)
    except Unavailable as error:
        raise Unavailable(
            f"A restore was cut off, and its decks cannot come. {error} Mend that, or name another folder for the decks"
            " (FLASHCARDS_DECKS), and start again: then it is finished."
        ) from error
    if (staged / DATABASE_NAME).is_file():
        _replace(staged / KEY_NAME, data / KEY_NAME, 0o600)
        # Only where it was damaged has the old database a log still: SQLite would write it into the new one.
        for log in log_paths(database):
            log.unlink(missing_ok=True)
        (staged / DATABASE_NAME).replace(database)
        flush_folder(database.parent)
    shutil.rmtree(staged)
    return True


def _try_decks(came: Path, decks: Path | None) -> None:
    """Raises Unavailable where the decks folder cannot be written, or has too little room for what came."""
    if decks is None:
        return
    blocks = sum(path.stat().st_size // _BLOCK + 1 for path in came.rglob("*"))
    was_there = decks.exists()
    with said(decks):
        decks.mkdir(parents=True, exist_ok=True)
        try:
            with tempfile.TemporaryFile(dir=decks, prefix=PREFIX):
                if shutil.disk_usage(decks).free < blocks * _BLOCK:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            if not was_there:
                decks.rmdir()


def _bring_decks(staged: Path, data: Path, decks: Path | None) -> list[Path]:
    """Brings the decks that were chosen, and what tells which of them are built in, to where none are; gives what came.

    Raises Unavailable where their folder does not let us; then none came.
    """
    came: list[Path] = []
    if decks is None:
        return came
    try:
        with said(decks):
            for path in sorted(path for path in (staged / DECKS).rglob("*") if path.is_file()):
                _bring(path, decks / path.relative_to(staged / DECKS), came)
        with said(data):
            if (staged / MANIFEST).is_file():
                _bring(staged / MANIFEST, data / MANIFEST, came)
    except BaseException:
        _take_away(came, decks)
        raise
    return came


def _bring(source: Path, target: Path, came: list[Path]) -> None:
    """Copies a file to where none is."""
    if not target.exists():
        came.append(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(source, target, 0o666)


def _take_away(came: list[Path], decks: Path | None) -> None:
    """Removes the files that have come, and the folders in which nothing is left."""
    for path in came:
        with suppress(OSError):
            path.unlink(missing_ok=True)
    folders = {folder for path in came for folder in path.parents if decks in folder.parents}
    for folder in sorted(folders, reverse=True):
        with suppress(OSError):
            folder.rmdir()


def _replace(source: Path, target: Path, mode: int) -> None:
    """Copies a file, perhaps to another disk, in the place of another; whole or not at all."""
    temporary = target.with_name(_ARRIVING)  # not made of the target's: that may be as long as a name can be
    temporary.unlink(missing_ok=True)
    try:
        _copy(source, temporary, mode)
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(target.parent)


def _copy(source: Path, target: Path, mode: int) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as copy, source.open("rb") as stream:
        shutil.copyfileobj(stream, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())


def _flush_tree(folder: Path) -> None:
    for path, _, _ in os.walk(folder):
        flush_folder(Path(path))


def _remove_left_behind(folder: Path) -> None:
    for beginning in (_UNPACKING, _COPYING):
        for path in folder.glob(f"{beginning}*"):
            shutil.rmtree(path, ignore_errors=True)
