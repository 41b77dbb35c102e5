"""Files that appear together, or not at all, and never in the place of another."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from flashcards.errors import Conflict, Unavailable


def install(stage: Path, root: Path, files: Sequence[str]) -> None:
    """Copies `files` (relative paths) from `stage` to `root`.

    Where one cannot be written, or is there already, those before it are taken back. Raises Conflict and Unavailable.
    """
    made: list[Path] = []
    try:
        for file in files:
            target = root / file
            made += _make_folders(target.parent)
            _copy(stage / file, target)
            made.append(target)
    except FileExistsError as error:
        _take_back(made)
        raise Conflict(f"{error.filename} is there already: nothing was written.") from error
    except OSError as error:
        _take_back(made)
        where = error.filename or root
        raise Unavailable(f"{where} cannot be written: {error.strerror}. Nothing was written.") from error
    except BaseException:
        _take_back(made)
        raise


def _make_folders(folder: Path) -> list[Path]:
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    made = []
    for path in reversed(missing):
        path.mkdir()
        made.append(path)
    return made


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as stream, target.open("xb") as output:
        try:
            shutil.copyfileobj(stream, output, 1 << 20)
            output.flush()
            os.fsync(output.fileno())
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def _take_back(made: Sequence[Path]) -> None:
    for path in reversed(made):
        try:
            path.rmdir() if path.is_dir() else path.unlink()
        except OSError:  # another program has put something there since: it is not ours to remove
            continue
