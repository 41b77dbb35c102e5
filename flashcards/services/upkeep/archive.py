"""What a backup is: one zip with the database, the secret key, and the decks folder with its media.

``flashcards.sqlite3`` (of a database on a server ``flashcards.dump``, as `pg_dump` makes it), ``secret.key``,
``bundled-decks.json`` (which built-in decks came, and as what), ``decks/...``. Of the decks folder all regular
files, but for Git's own folder and the data folder where that lies within; links are left out: they may lead anywhere.
What cannot be read ends the work: a backup is whole, or there is none. One of the database alone is made where the
decks are what cannot be read, and says in its comment that it is that. Older backups hold the first two alone.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from flashcards.damaged_zips import DAMAGED
from flashcards.database_address import DatabaseAddress
from flashcards.errors import FlashcardsError, Invalid, Unavailable
from flashcards.services.sync.bundled_decks import MANIFEST
from flashcards.services.upkeep.disk import said_reading
from flashcards.services.upkeep.secret_key import FILE_NAME as KEY_NAME
from flashcards.services.upkeep.secret_key import is_secret_key
from flashcards.storage.database import count_accounts
from flashcards.storage.sqlite_upkeep import check_file
from flashcards.temporary import PREFIX

LOG = logging.getLogger("flashcards.backup")

DATABASE_NAME = "flashcards.sqlite3"
"""The name of the database within a backup, whatever it is called in the data folder."""
DUMP_NAME = "flashcards.dump"
"""The same of a database on a server."""
DECKS = "decks"
_LARGEST = {DATABASE_NAME: 64 * 2**30, DUMP_NAME: 64 * 2**30, KEY_NAME: 1000, MANIFEST: 16 * 2**20}
_LARGEST_FILE = 64 * 2**30
_STORED = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".mp3", ".ogg", ".mp4", ".webm", ".zip", ".apkg", ".dump"}
"""Endings of files that do not get smaller."""


class DecksUnread(Unavailable):
    """Something of the decks cannot come into a backup; all else can."""


def copy_name(address: DatabaseAddress) -> str:
    """What the copy of a database is called in a backup."""
    return DATABASE_NAME if isinstance(address, Path) else DUMP_NAME


def check_copy(copy: Path) -> None:
    """Proves that such a copy is whole, ours, and of no newer version; raises Unavailable."""
    if copy.name == DATABASE_NAME:
        check_file(copy)
    else:
        # psycopg is there only where somebody uses a server.
        from flashcards.storage.postgresql_dump import check_dump

        check_dump(copy)


def is_of_server(file: Path) -> bool:
    """Whether a backup is of a database on a server; False where it cannot be read."""
    try:
        with zipfile.ZipFile(file) as archive:
            return DUMP_NAME in archive.namelist()
    except (OSError, RuntimeError, *DAMAGED):
        return False


def pack(target: Path, database: Path, data: Path, decks: Path | None, accounts: int) -> set[str]:
    """Writes a backup into the new file `target`; raises OSError where that cannot be written, and Unavailable where
    something that belongs into it cannot be read: DecksUnread where that is of the decks. How many accounts it holds
    stands in its comment, and whether it is of the database alone, as it is without `decks`.

    Gives which files of the decks folder are in it. `database` is a copy that has the name of `copy_name`.
    """
    with target.open("xb") as file:
        target.chmod(0o600)  # password hashes and the secret key are in it
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1, strict_timestamps=False) as archive:
            archive.comment = json.dumps({"accounts": accounts} | ({} if decks else {"decks": False})).encode()
            _add(archive, database, database.name)
            _add(archive, data / KEY_NAME, KEY_NAME)
            if (data / MANIFEST).is_file():
                _add(archive, data / MANIFEST, MANIFEST)
            packed = _add_decks(archive, decks, data) if decks else set()
        file.flush()
        os.fsync(file.fileno())
    return packed


def _add_decks(archive: zipfile.ZipFile, decks: Path, data: Path) -> set[str]:
    try:
        return {name for path, name in _files(decks, data) if _add(archive, path, f"{DECKS}/{name}")}
    except Unavailable as error:
        raise DecksUnread(str(error)) from error


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> bool:
    """Whether it is in: not where it has a name that no backup brings back, or where a deck has gone since its folder
    was read."""
    if not _is_ours(name):
        LOG.warning("%r is not in the backup: its name is no text, or leads elsewhere", name)
        return False
    with said_reading(path):
        try:
            info, source = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False), path.open("rb")
        except FileNotFoundError:
            if name.startswith(f"{DECKS}/"):
                return False
            raise
    info.compress_type = zipfile.ZIP_STORED if path.suffix.lower() in _STORED else zipfile.ZIP_DEFLATED
    info._compresslevel = 1  # type: ignore[attr-defined]  # public from Python 3.13 on
    with source:
        if _is_too_large(info):
            raise Unavailable(f"{path} is too large for a backup: keep it elsewhere.")
        with archive.open(info, "w") as packed:
            while chunk := _read(source, path):
                packed.write(chunk)
    return True


def _read(source: BinaryIO, path: Path) -> bytes:
    with said_reading(path):
        return source.read(2**20)


def _files(decks: Path, data: Path) -> Iterator[tuple[Path, str]]:
    """The regular files below the decks folder, and what they are called there; raises Unavailable where it, or a
    folder in it, cannot be read."""
    aside = data.resolve()
    for folder, names, files in os.walk(decks, onerror=partial(_unread, decks)):
        here = Path(folder)
        names[:] = sorted(
            name
            for name in names
            if name != ".git"
            and not name.startswith(PREFIX)
            and (here / name).resolve() != aside
            and (here != decks or name != "lost+found")  # the file system's own, and root's
        )
        for name in sorted(files):
            path = here / name
            if not name.startswith(PREFIX) and _is_regular(path) and not _is_backup(path):
                yield path, path.relative_to(decks).as_posix()


def _unread(decks: Path, error: OSError) -> None:
    """A folder that cannot be read: one that has gone meanwhile holds no decks, nor does a hidden one, such as file
    systems and file managers keep for themselves.
    """
    folder = Path(error.filename or decks)
    if any(part.startswith(".") for part in folder.relative_to(decks).parts):
        LOG.warning("%s is not in the backup: %s", folder, error.strerror)
        return
    with said_reading(folder), suppress(FileNotFoundError):
        raise error


def _is_regular(path: Path) -> bool:
    with said_reading(path), suppress(FileNotFoundError):
        return stat.S_ISREG(path.lstat().st_mode)
    return False


def _is_backup(path: Path) -> bool:
    return path.suffix == ".zip" and accounts_of(path) is not None


def accounts_of(file: Path) -> int | None:
    """How many accounts a backup says that it holds; None where it does not say, or is none."""
    accounts = _comment(file).get("accounts")
    return accounts if isinstance(accounts, int) else None


def is_database_alone(file: Path) -> bool:
    """Whether a backup says that it is of the database alone, as the decks could not be read."""
    return _comment(file).get("decks") is False


def _comment(file: Path) -> dict[str, object]:
    """What a backup says of itself; empty where it says nothing, or is none."""
    try:
        with zipfile.ZipFile(file) as archive:
            said = json.loads(archive.comment)
    except (OSError, RuntimeError, *DAMAGED):
        return {}
    return said if isinstance(said, dict) else {}


def holds_accounts(file: Path) -> bool:
    """Whether a backup holds accounts; one that does not say is looked into, one that cannot be read holds none."""
    said = accounts_of(file)
    if said is not None:
        return said > 0
    try:
        with tempfile.TemporaryDirectory(prefix=".flashcards-look-") as folder:
            unpack(file, Path(folder))
            return count_accounts(Path(folder) / DATABASE_NAME) > 0
    except (FlashcardsError, OSError):
        return False


def unpack(file: Path, folder: Path) -> Path:
    """Brings a backup's files, checked, into the empty folder, and gives where the copy of the database is there.

    Raises Invalid where it is no backup of ours.
    """
    try:
        opened = file.open("rb")
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}.") from error
    try:
        with opened, _zip(opened) as archive:
            members = archive.infolist()
            names = [info.orig_filename for info in members]
            copies = [name for name in names if name in (DATABASE_NAME, DUMP_NAME)]
            if len(set(names)) != len(names) or len(copies) != 1 or KEY_NAME not in names:
                raise Invalid(f"{file} is not a backup of this program.")
            for info in members:
                if not _is_ours(info.orig_filename):
                    raise Invalid(f"{file} is not a backup of this program: {info.orig_filename!r} is in it.")
                _extract(archive, info, folder / info.filename)
    except (RuntimeError, *DAMAGED) as error:
        raise Invalid(f"{file} is not a backup, or it is damaged: {error or type(error).__name__}.") from error
    if not is_secret_key((folder / KEY_NAME).read_bytes()):
        raise Invalid(f"{file} holds no secret key: it is not a backup of this program.")
    copy = folder / copies[0]
    try:
        check_copy(copy)
    except FlashcardsError as error:
        raise Invalid(f"The database in {file} is damaged or too new: {error}") from error
    return copy


def _is_ours(name: str) -> bool:
    """Whether a member has a name that we give: one at the top, or a path below the decks that leads nowhere else, also
    to a reader for whom ``\\`` parts folders. What is packed is asked the same as what is unpacked."""
    if name in _LARGEST:
        return True
    path = PurePosixPath(name)
    plain = path.as_posix() == name and not path.is_absolute() and "\0" not in name and _is_text(name)
    return plain and ".." not in name.replace("\\", "/").split("/") and len(path.parts) > 1 and path.parts[0] == DECKS


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_too_large(info: zipfile.ZipInfo) -> bool:
    return info.file_size > _LARGEST.get(info.filename, _LARGEST_FILE)


def _zip(file: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except OSError as error:  # a place in the file that cannot be
        raise zipfile.BadZipFile(str(error)) from error


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    if _is_too_large(info):
        raise Invalid(f"{info.filename} in the backup is too large to be ours.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile(f"{info.filename} is packed in a way that is not ours")
    mode = 0o600 if info.filename in _LARGEST else 0o666
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    except (FileExistsError, NotADirectoryError) as error:
        raise Invalid(f"{info.filename} in the backup lies where another of its files is.") from error
    with os.fdopen(descriptor, "wb") as out:
        for chunk in _unpacked(archive, info):
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a member; what the system says in reading it is the archive's fault, not that of where it goes."""
    try:
        with archive.open(info) as packed:
            while chunk := packed.read(2**20):  # the archive checks the size and the checksum as it is read
                yield chunk
    except OSError as error:
        raise zipfile.BadZipFile(str(error)) from error
