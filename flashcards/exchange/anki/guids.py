"""An Anki guid as the id of a note, and back.

A note that came from Anki has the explicit id ``anki.`` and its guid: so its identity is in its file, survives
edits, moves and renames, another server, and the loss of a database, and an export goes to the note in Anki that
it came from. What may not stand in an id is written as a dot and two hexadecimal digits for each byte.

A guid that does not fit into an id is known here by another, which stands for it: ``anki-`` and a hash.
"""

from __future__ import annotations

import hashlib
import re

PREFIX = "anki."
_LONGEST = 64
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_-]+")
_WRITTEN = re.compile(r"(?:[A-Za-z0-9_-]|\.[0-9a-f]{2})+")
_ESCAPE = re.compile(r"\.([0-9a-f]{2})")
_STAND_IN = re.compile(r"anki-[0-9a-f]{16}")


def known_as(guid: str) -> str:
    """The guid by which a note of Anki's is known here: its own, or what stands for one that is too long."""
    return guid if len(_written(guid)) <= _LONGEST else stand_in(guid)


def stand_in(guid: str) -> str:
    """What stands for a guid that cannot be in an id: an id and a guid at once."""
    return f"anki-{hashlib.sha256(guid.encode('utf-8', 'replace')).hexdigest()[:16]}"


def note_id(guid: str) -> str:
    """The id of the note that came with this guid, one of those that `known_as` gives."""
    return guid if _STAND_IN.fullmatch(guid) else _written(guid)


def _written(guid: str) -> str:
    return PREFIX + _NOT_PLAIN.sub(_escaped, guid)


def _escaped(match: re.Match[str]) -> str:
    return "".join(f".{byte:02x}" for byte in match[0].encode("utf-8", "replace"))


def guid_of(id_: str) -> str | None:
    """The Anki guid that a note's id holds, or what stands for it; None for every other id."""
    if _STAND_IN.fullmatch(id_):
        return id_
    written = id_.removeprefix(PREFIX)
    if written == id_ or not _WRITTEN.fullmatch(written):
        return None
    try:
        return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), written).encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return None
