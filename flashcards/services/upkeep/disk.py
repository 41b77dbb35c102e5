"""What a disk says, as a sentence."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flashcards.errors import Unavailable

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def said(place: Path) -> Iterator[None]:
    """Turns what the disk says into Unavailable, told of `place`; one's own sentences go through."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable(f"The disk is full: {place} cannot be written. Free some space and try again.") from error
        raise Unavailable(f"{place} cannot be written: {error.strerror or error}.") from error
