"""Paths of deck files as authors give them: inside the decks folder, and such that a deck is read there."""

from __future__ import annotations

import unicodedata
from pathlib import Path, PurePath

from flashcards.deckfiles.parse.find import MAX_LEVELS
from flashcards.errors import Invalid

LONGEST_NAME = 255  # bytes of one part of a path, on every file system that we know
REFUSED = '<>:"|?*'


def deck_path(text: str) -> str:
    """The path of a deck, relative to the decks folder: ``.md`` is put on where it is missing.

    Raises Invalid (field ``path``) for what is outside, or is never read as a deck.
    """
    if not text:
        raise Invalid("The path is empty: give one such as spanish/verbs.md.", field="path")
    path = text if text.endswith(".md") else f"{text}.md"
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or "\0" in path or "\\" in path:
        raise _refused(text, "give a path inside the decks folder, such as spanish/verbs.md")
    if len(parts) > MAX_LEVELS:
        raise _refused(text, f"it lies more than {MAX_LEVELS} levels deep")
    for part in parts:
        if not part.removesuffix(".md"):
            raise _refused(text, "a name in it is empty")
        if part[0] in "._":
            raise _refused(text, "names that begin with '.' or '_' are never read as decks; choose another")
    if parts[-1].lower() == "readme.md":
        raise _refused(text, "README.md is never read as a deck; choose another name")
    return path


def new_deck_path(text: str) -> str:
    """The path of a deck that is to be made: in NFC, and with names that every file system takes.

    Raises Invalid (field ``path``).
    """
    path = deck_path(unicodedata.normalize("NFC", text.strip()))
    for part in path.split("/"):
        if part != part.strip():
            raise _refused(text, "a name in it begins or ends with a space")
        if not part.isprintable():
            raise _refused(text, "a name in it holds a character that cannot be seen")
        if any(character in REFUSED for character in part):
            raise _refused(text, f"some file systems refuse the characters {' '.join(REFUSED)}; leave them out")
        if len(part.encode()) > LONGEST_NAME:
            raise _refused(text, f"a name in it is longer than {LONGEST_NAME} bytes")
    return path


def refuse_deep_folder(below: PurePath) -> None:
    """Raises Invalid (field ``into``) for a folder so deep `below` the decks folder that no deck in it is read."""
    if len(below.parts) >= MAX_LEVELS:
        message = f"A deck in {below} would lie more than {MAX_LEVELS} levels deep; name a folder higher up."
        raise Invalid(message, field="into")


def inside(root: Path, path: str) -> Path:
    """The real file at a deck's path; links are followed as long as they stay inside `root`.

    Raises Invalid where they do not.
    """
    try:
        base = root.resolve()
        real = (base / path).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise _refused(path, f"it cannot be followed ({error})") from error
    if not real.is_relative_to(base):
        raise _refused(path, "it leads out of the decks folder")
    return real


def shown(path: str) -> str:
    """A path as it is told: cut, and without characters that cannot be seen."""
    return "".join(character if character.isprintable() else "�" for character in path[:200])


def _refused(text: str, why: str) -> Invalid:
    return Invalid(f"{shown(text)}: {why}.", field="path")
