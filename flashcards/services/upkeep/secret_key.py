"""The server's secret key: made once, beside the database, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from flashcards.errors import Unavailable
from flashcards.new_names import flush_folder, give_name
from flashcards.storage.sqlite_files import keep_to_owner

FILE_NAME = "secret.key"
_BYTES = 32


def load_secret_key(data: Path) -> bytes:
    """The key in the data folder; makes it where there is none. Safe when several processes start together.

    Raises Unavailable where the folder cannot be written or the file is no key.
    """
    path = data / FILE_NAME
    try:
        data.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            write_secret_key(path, secrets.token_bytes(_BYTES))
        keep_to_owner(path, 0o600)
        content = path.read_bytes()
    except OSError as error:
        raise Unavailable(f"The secret key {path} cannot be used: {error.strerror}.") from error
    if not is_secret_key(content):
        raise Unavailable(
            f"The file {path} is not a secret key: restore it from a backup, or remove it to get a new one"
            " (API tokens then stop working)."
        )
    return bytes.fromhex(content.decode())


def is_secret_key(content: bytes) -> bool:
    """Whether a file with this content is a secret key."""
    try:
        return len(bytes.fromhex(content.decode("ascii"))) == _BYTES
    except ValueError:
        return False


def write_secret_key(path: Path, key: bytes) -> None:
    """Puts a whole key at `path`, or leaves the one that another process put there first.

    A reader never sees half a key: the file is written aside, flushed to the disk, and then linked.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            give_name(temporary, path)
        except FileExistsError:
            return  # the other process's key is as good, and perhaps in use already
        flush_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)
