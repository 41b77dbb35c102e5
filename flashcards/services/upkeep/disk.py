"""What a disk says, as a sentence."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flashcards.deckfiles.parse.find import printable
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


@contextmanager
def said_reading(place: Path) -> Iterator[None]:
    """The same of what is only read."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{printable(str(place))} cannot be read: {error.strerror or error}.") from error
