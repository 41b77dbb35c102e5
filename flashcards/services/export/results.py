"""What exports give back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flashcards.storage.exports import RemovedNote


@dataclass(frozen=True, slots=True)
class AnkiExported:
    """A package that was written. `removed` are notes that an earlier export for the same learner held and that
    have gone since, or changed their kind: tagged in this one.

    `missing_media` are names whose files could not be read; `skipped` says which notes were left out, and why;
    `warnings` are for whoever imports it; `notices` say what of a note Anki does not get.
    """

    path: Path
    decks: int
    notes: int
    cards: int
    reviews: int
    media: int
    removed: tuple[RemovedNote, ...] = ()
    missing_media: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextExported:
    """A CSV file that was written."""

    path: Path
    notes: int
    skipped: tuple[str, ...] = ()
