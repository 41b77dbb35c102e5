"""Files that appear together, or not at all, and never in the place of another: also where a machine stops halfway.

They are laid out in a hidden folder of the decks folder with a list of what goes where, and then linked to their
places. Removing the list is what makes them stay. Whoever finds a list that nobody holds the lock of takes back what
it names: the process that wrote it was killed.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flashcards.errors import Conflict, Unavailable
from flashcards.exchange.whole_file import whole_file
from flashcards.new_names import NO_LINKS
from flashcards.storage import locks

_PREFIX = ".flashcards-import-"
_LIST = "list.json"
_FILES = "files"
_BEGUN = "begun"
_NO_LINKS = NO_LINKS | {errno.EXDEV}


def install(root: Path, files: Mapping[str, Path]) -> None:
    """Copies files to `root`: each name, relative to it, with the file that holds its bytes.

    Where one cannot be written, or is there already, those before it are taken back. Raises Conflict and Unavailable.
    """
    if not files:
        return
    made: list[Path] = []
    try:
        made = _make_folders(root)
        with _aside(root) as aside:
            _lay_out(aside, root, files)
            for file in files:
                _put(aside, file, root / file)
            (aside / _LIST).unlink()  # from here on they stay
    except FileExistsError as error:
        _remove_folders(made)
        raise Conflict(f"{error.filename2 or error.filename} is there already: nothing was written.") from error
    except OSError as error:
        _remove_folders(made)
        where = error.filename2 or error.filename or root
        raise Unavailable(f"{where} cannot be written: {error.strerror}. Nothing was written.") from error
    except BaseException:
        _remove_folders(made)
        raise


def take_back_cut_off(root: Path) -> tuple[str, ...]:
    """Takes back what installations left below `root` that were killed halfway; says what became of their files.

    Installations that are going on are left alone. Raises Unavailable where a file cannot be removed.
    """
    said: list[str] = []
    try:
        for lock in sorted(root.glob(f"{_PREFIX}*.lock")):
            aside = lock.with_suffix("")
            if not aside.is_dir():
                continue
            try:
                with locks.held(lock, wait=False):
                    said += _take_back(aside, root)
                    lock.unlink(missing_ok=True)
            except locks.Locked:
                continue
    except OSError as error:
        where = error.filename or root
        raise Unavailable(f"What an import left behind cannot be removed: {where}: {error.strerror}.") from error
    return tuple(said)


@contextmanager
def _aside(root: Path) -> Iterator[Path]:
    """A hidden folder, locked as long as it is ours; at its end nothing of it is left, nor of what its list names."""
    aside = root / f"{_PREFIX}{uuid.uuid4().hex[:12]}"
    lock = aside.with_suffix(".lock")
    with locks.held(lock):
        try:
            aside.mkdir()
            yield aside
        finally:
            _take_back(aside, root)
            lock.unlink(missing_ok=True)


def _lay_out(aside: Path, root: Path, files: Mapping[str, Path]) -> None:
    """Copies the files into the hidden folder, safe on the disk; then writes the list."""
    listed = []
    for file, source in files.items():
        target = aside / _FILES / file
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy(source, target)
        status = target.stat()
        listed.append([file, status.st_size, status.st_mtime_ns])
    above = {parent for file in files for parent in Path(file).parents}
    folders = sorted(str(folder) for folder in above if not (root / folder).exists())
    with whole_file(aside / _LIST) as stream:
        stream.write(json.dumps({"files": listed, "folders": folders}).encode())


def _copy(source: Path, target: Path, begun: Path | None = None) -> None:
    """Copies a file to where none is; makes the file `begun` once `target` is there, and is ours."""
    with source.open("rb") as stream, target.open("xb") as output:
        if begun:
            begun.parent.mkdir(parents=True, exist_ok=True)
            begun.touch()
        shutil.copyfileobj(stream, output, 1 << 20)
        output.flush()
        os.fsync(output.fileno())


def _put(aside: Path, file: str, target: Path) -> None:
    """Gives the file its second name; a copy where the disk knows no second names, or is another one.

    Raises FileExistsError.
    """
    source = aside / _FILES / file
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _copy(source, target, aside / _BEGUN / file)
        shutil.copystat(source, target)


def _take_back(aside: Path, root: Path) -> list[str]:
    """Removes what the list names, as far as it is as it was written, then the hidden folder."""
    said, listed = [], _read_list(aside)
    removed = 0
    for file, size, changed_at in reversed(listed["files"]):
        target = root / file
        if not target.is_file() or not (aside / _FILES / file).is_file():
            continue
        status = target.stat()
        as_it_was = (status.st_size, status.st_mtime_ns) == (size, changed_at)
        if as_it_was or ((aside / _BEGUN / file).exists() and _is_beginning(target, aside / _FILES / file)):
            target.unlink()
            removed += 1
        else:
            said.append(f"{target} is from an import that was cut off, and was changed since: it stays.")
    _remove_folders([root / folder for folder in listed["folders"]])
    shutil.rmtree(aside, ignore_errors=True)
    if removed:
        said.insert(
            0, f"What an import had written below {root} before it was cut off was taken back (files: {removed})."
        )
    return said


def _is_beginning(target: Path, source: Path) -> bool:
    """Whether a file is a copy that was cut off, or that has not got its time yet."""
    with target.open("rb") as copy, source.open("rb") as whole:
        while block := copy.read(1 << 20):
            if block != whole.read(len(block)):
                return False
    return True


def _read_list(aside: Path) -> dict[str, list[Any]]:
    try:
        listed: dict[str, list[Any]] = json.loads((aside / _LIST).read_bytes())
    except FileNotFoundError:  # nothing was put into its place yet, or all of it is there to stay
        return {"files": [], "folders": []}
    # Decks may be a stranger's repository: a list in it leads nowhere else.
    files = [row for row in listed["files"] if _within(row[0])]
    return {"files": files, "folders": [folder for folder in listed["folders"] if _within(folder)]}


def _within(path: str) -> bool:
    return not Path(path).is_absolute() and ".." not in Path(path).parts


def _make_folders(folder: Path) -> list[Path]:
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir()
    return missing[::-1]


def _remove_folders(folders: Sequence[Path]) -> None:
    """The deepest first, as far as they are empty: another program may have put something there since."""
    for folder in sorted(folders, reverse=True):
        try:
            folder.rmdir()
        except OSError:
            continue
