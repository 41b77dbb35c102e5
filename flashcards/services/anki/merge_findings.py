"""What a merge of Anki's edits finds: changes to our files, conflicts, counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from flashcards.services.anki.kept_fields import Renewed


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file of ours with what was edited in Anki: a unified diff, and its new text."""

    path: str
    diff: str
    text: str
    before: bytes
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """A part of a note that differs here and in Anki, and why it is not merged."""

    path: str
    line: int
    note: str
    part: str
    ours: str
    theirs: str
    why: str


@dataclass(frozen=True, slots=True)
class DeletedThere:
    """A note of ours that Anki once had and has no more; `first` and `last` are its lines here."""

    path: str
    first: int
    last: int
    note: str


@dataclass(slots=True)
class MergeReport:
    """What Anki's edits mean for our files; nothing of it is written yet.

    `same` notes are as here; `older` ones are behind ours; `unknown` are not here (an import brings them). `deleted`
    ones Anki was given, and has no more. `kept` are files of what notes hold in Anki and do not show here, for exports.
    """

    folder: Path
    changes: list[FileChange] = field(default_factory=list)
    conflicts: list[MergeConflict] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    same: int = 0
    older: int = 0
    unknown: int = 0
    deleted: list[DeletedThere] = field(default_factory=list)
    kept: list[Renewed] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)
