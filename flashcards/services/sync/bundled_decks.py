"""Puts the decks that ship with the program into the data folder; upgrades arrive, edits stay."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flashcards.deckfiles.parse.find import check_root
from flashcards.errors import DeckError

MANIFEST = "bundled-decks.json"


@dataclass(frozen=True, slots=True)
class Installed:
    """What an installation did, as paths relative to the decks folder."""

    added: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """What to tell the user; nothing where nothing is worth telling."""
        lines = []
        if self.replaced:
            lines.append(f"{len(self.replaced)} built-in deck files brought up to date")
        lines += [f"{path}: edited by you, kept as it is; a newer built-in version exists" for path in self.kept]
        return tuple(lines)


def install(shipped: Path, decks: Path, data: Path) -> Installed:
    """Copies the shipped decks into `decks`.

    A file whose bytes are as an earlier version shipped them is replaced; an edited one is kept and named;
    one that the user deleted stays deleted. The manifest in `data` remembers what was shipped.

    Where there were decks and their folder is away or empty, nothing is done: with what is new in it, it would look
    like a folder from which all others were deleted.
    """
    manifest_path = data / MANIFEST
    known = _read_manifest(manifest_path)
    if known and _is_away(decks):
        return Installed()
    added, replaced, kept, now = [], [], [], dict(known)
    for source in sorted(path for path in shipped.rglob("*") if path.is_file()):
        name = source.relative_to(shipped).as_posix()
        content = source.read_bytes()
        new_hash, target = _hash(content), decks / name
        old_hash = known.get(name)
        here = _hash(target.read_bytes()) if target.is_file() else None
        if here is None and old_hash is None:
            _write(target, content)
            added.append(name)
        elif here == old_hash and here != new_hash:
            _write(target, content)
            replaced.append(name)
        elif here is not None and here != new_hash and old_hash not in (None, new_hash):
            kept.append(name)
        now[name] = new_hash
    if now != known:
        _write(manifest_path, json.dumps(now, indent=0, sort_keys=True).encode())
    return Installed(tuple(added), tuple(replaced), tuple(kept))


def _is_away(decks: Path) -> bool:
    """Whether the decks folder is one that a sync refuses, too, and says why."""
    try:
        check_root(decks)
    except DeckError:
        return True
    return False


def _read_manifest(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
