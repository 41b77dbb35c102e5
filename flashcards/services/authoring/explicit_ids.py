"""Explicit ids: which notes lack one, and stamping them into the files, byte for byte elsewhere."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from flashcards.deckfiles.identity.stamping import missing_ids, stamp
from flashcards.deckfiles.parse.collection import Loaded, load
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.deckfiles.parse.find import DeckFile, read_deck, time_of_change
from flashcards.domain.problem import Problem
from flashcards.errors import DeckError, Unavailable


@dataclass(frozen=True, slots=True)
class MissingId:
    """A note without an explicit id; `id` is the one that it has by its text, and would get."""

    path: str
    line: int
    id: str
    question: str


@dataclass(frozen=True, slots=True)
class Ids:
    """What lacks an id, which files were changed, and the files that cannot be changed as they are."""

    missing: tuple[MissingId, ...]
    written: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def ids_of(paths: Sequence[Path], root: Path | None, *, write: bool = False) -> Ids:
    """Lists the notes at `paths` (none: all of `root`) that lack an id; with `write`, stamps them.

    A README has headings and no notes, also where a shell's pattern names it.
    Raises DeckError for a path that is not there.
    """
    collection = load(paths, root)
    missing: list[MissingId] = []
    written: list[str] = []
    problems = [problem for problem in collection.problems if problem.severity == "error"]
    for file in collection.asked:
        if PurePosixPath(file.parsed.deck.path).name.lower() == "readme.md":
            continue
        found = missing_ids(file.parsed)
        missing += [MissingId(file.shown, note.line, note.id, _first_line(note.source)) for note in found]
        if file.parsed.structure_lost:
            problems += [_shown(problem, file) for problem in file.parsed.problems if problem.severity == "error"]
        elif write and found:
            _stamp(file)
            written.append(file.shown)
    return Ids(tuple(missing), tuple(written), tuple(sorted(problems)))


def _first_line(source: str) -> str:
    return next((line for line in source.removeprefix("## ").split("\n") if line.strip()), "").strip()


def _shown(problem: Problem, file: Loaded) -> Problem:
    return Problem(file.shown, problem.line, problem.column, problem.severity, problem.code, problem.message)


def _stamp(file: Loaded) -> None:
    """Stamps the file as it is now: it may have changed since it was parsed."""
    target = (file.root / file.parsed.deck.path).resolve()
    status = target.stat()
    data = read_deck(DeckFile(file.shown, target, status.st_size, time_of_change(status)))
    parsed = parse_deck(file.parsed.deck.path, data)
    if parsed.structure_lost:
        raise DeckError("the file has changed meanwhile; try again", path=file.shown, code="file-changed")
    replace_file(target, stamp(data, parsed))


def replace_file(target: Path, data: bytes) -> None:
    """Put new bytes in a file's place, all at once, with the rights that it has."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=".new", dir=target.parent)
        new = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            shutil.copymode(target, new)
            new.replace(target)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Unavailable(f"{target} cannot be written: {error.strerror}. It is as it was.") from error
