"""An Anki guid as the id of a note, and back.

A note that came from Anki has the explicit id ``anki.`` and its guid: so its identity is in its file, survives
edits, moves and renames, another server, and the loss of a database, and an export goes to the note in Anki that
it came from. What may not stand in an id is written as a dot and two hexadecimal digits for each byte.
"""

from __future__ import annotations

import re

PREFIX = "anki."
_LONGEST = 64
_PLAIN = re.compile(r"[A-Za-z0-9_-]")
_WRITTEN = re.compile(r"(?:[A-Za-z0-9_-]|\.[0-9a-f]{2})+")
_ESCAPE = re.compile(r"\.([0-9a-f]{2})")


def note_id(guid: str) -> str | None:
    """The id of the note that came with this guid; None where it does not fit into an id."""
    written = "".join(
        c if _PLAIN.fullmatch(c) else "".join(f".{byte:02x}" for byte in c.encode("utf-8", "replace")) for c in guid
    )
    id_ = PREFIX + written
    return id_ if guid and len(id_) <= _LONGEST else None


def guid_of(id_: str) -> str | None:
    """The Anki guid that a note's id holds; None for every other id."""
    written = id_.removeprefix(PREFIX)
    if written == id_ or not _WRITTEN.fullmatch(written):
        return None
    try:
        return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), written).encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return None
