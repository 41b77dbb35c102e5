"""Finds what ships beside the code: in the wheel under `_bundled`, in a checkout at the top level."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def bundled(name: str) -> Path:
    """The folder `name` ("templates" or "decks") of this installation.

    Raises FileNotFoundError where neither the wheel nor a checkout holds it.
    """
    for folder in (_PACKAGE / "_bundled" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"this installation has no {name} folder: install Flashcards again")
