"""A file that appears whole or not at all."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast


@contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file `target` at the end of the block, replacing what was there.

    Where the block raises, `target` stays as it was. A device or a pipe is given the bytes at the end: a file in its
    place would be the end of it (``-o /dev/null``, by root). Raises OSError where the folder cannot be written.
    """
    if _is_passage(target):
        with tempfile.TemporaryFile() as whole:
            yield cast("BinaryIO", whole)
            whole.seek(0)
            with target.open("wb") as passage:
                shutil.copyfileobj(whole, passage)
        return
    # Not by the process's id: in a container the next one has it too, and finds what a killed one left in its way.
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        with partial.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _is_passage(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
