"""The deck files that a command is asked about, parsed, with the decks folder that their keys relate to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flashcards.deckfiles.parse.deck import Parsed, parse_deck
from flashcards.deckfiles.parse.find import DeckFile, find_decks, read_deck
from flashcards.deckfiles.parse.project import NO_PROJECT, PROJECT_FILE, Project, read_project
from flashcards.domain.problem import Problem
from flashcards.errors import DeckError
from flashcards.garbage import no_garbage_collection


@dataclass(frozen=True, slots=True)
class Loaded:
    """A parsed file. `shown` is its path as people are told it, `root` the decks folder of its keys.

    `asked` is False for a file that was read only because another one may refer to it.
    """

    shown: str
    root: Path
    parsed: Parsed
    asked: bool = True
    project: Project = NO_PROJECT


@dataclass(frozen=True, slots=True)
class Collection:
    """The files that were asked for, and what is wrong with finding and reading them."""

    files: tuple[Loaded, ...]
    problems: tuple[Problem, ...]

    @property
    def asked(self) -> list[Loaded]:
        """Only what was asked for."""
        return [file for file in self.files if file.asked]


@dataclass(slots=True)
class _Base:
    """A decks folder, and what below it was asked for: paths relative to it, with how they were written.

    Both are empty for the folder itself, or the one that people are in.
    """

    folder: Path
    asked: dict[str, str] = field(default_factory=dict)
    whole: bool = True  # its other files are read too, where the caller wants others

    def shown(self, path: str) -> str | None:
        """How the file at `path` is shown, or None if it was not asked for."""
        for prefix, written in self.asked.items():
            if path == prefix:
                return written
            if not prefix or path.startswith(f"{prefix}/"):
                rest = path.removeprefix(f"{prefix}/")
                return f"{written.rstrip('/')}/{rest}" if written else rest
        return None


def load(paths: Sequence[Path], root: Path | None, *, others: bool = False) -> Collection:
    """Read and parse the deck files at `paths` (files or folders; none means all of `root`).

    A path inside `root` belongs to that decks folder, any other to its own folder. With `others`, the rest
    of those decks folders comes along, marked as not asked for. Raises `DeckError` for a path that is not
    there, and for a decks folder that is empty or cannot be read.
    """
    with no_garbage_collection():
        return _load(paths, root, others)


def _load(paths: Sequence[Path], root: Path | None, others: bool) -> Collection:
    files: list[Loaded] = []
    problems: list[Problem] = []
    for base in _bases(paths or [root or Path()], root):
        own = [*_loaded(base, others, problems)]
        if others and not base.whole and any(_refers_elsewhere(file.parsed) for file in own):
            own = [*_loaded(_Base(base.folder, base.asked), others, problems)]
        files.extend(own)
    return Collection(tuple(files), tuple(problems))


def _loaded(base: _Base, others: bool, problems: list[Problem]) -> Iterator[Loaded]:
    project = read_project(base.folder)
    problems += [_moved(it, base.shown(PROJECT_FILE) or PROJECT_FILE) for it in project.problems]
    for file, shown in _files_of(base, project, others, problems):
        parsed = _read(file, shown, project, problems)
        if parsed is not None:
            yield Loaded(shown or file.path, base.folder, parsed, shown is not None, project)


def _refers_elsewhere(parsed: Parsed) -> bool:
    """Whether a note requires or names one of another deck, so that the files around it must be looked at."""
    for note in parsed.deck.notes:
        if any(deck is not None for deck, _ in note.requires):
            return True
        if any(ref is not None and ref.deck is not None for ref in (*note.rubric_refs, *note.follow_up_refs)):
            return True
    return False


def _bases(paths: Sequence[Path], root: Path | None) -> list[_Base]:
    bases: dict[tuple[Path, bool], _Base] = {}
    real_root = root.resolve() if root is not None else None
    for path in paths:
        real = path.resolve()
        if not real.exists():
            message = "there is no such file or folder; check the path"
            if path == root:
                message = (
                    "the decks folder is not there; name the files or folders that you mean, or set FLASHCARDS_DECKS"
                )
            raise DeckError(message, path=str(path), code="file-unreadable")
        if real_root is not None and real.is_relative_to(real_root):
            folder, whole = real_root, True
        else:
            folder, whole = (real, True) if real.is_dir() else (real.parent, False)
        base = bases.setdefault((folder, whole), _Base(folder, whole=whole))
        base.asked[real.relative_to(folder).as_posix() if real != folder else ""] = _written(path)
    return list(bases.values())


def _written(path: Path) -> str:
    written = path.as_posix()
    return "" if written == "." else written


def _files_of(
    base: _Base, project: Project, others: bool, problems: list[Problem]
) -> Iterator[tuple[DeckFile, str | None]]:
    """The files of a decks folder with how each is shown (None: not asked for).

    One that is asked for by name comes whatever its name, unless the project leaves its path out: a hook names all
    files of a commit.
    """
    seen: set[str] = set()
    if base.whole:
        found = find_decks(base.folder)
        for problem in found.problems:
            shown = base.shown(problem.path) if problem.path != "." else base.shown("")
            if shown is not None and problem.path != PROJECT_FILE:
                problems.append(_moved(problem, shown or "."))
        for file in found.files:
            shown = base.shown(file.path)
            if shown is not None or others:
                seen.add(file.path)
                yield file, shown
    for path, written in base.asked.items():
        absolute = base.folder / path
        if path not in seen and path and absolute.is_file() and not project.ignores(path):
            status = absolute.stat()
            yield DeckFile(path, absolute, status.st_size, status.st_mtime_ns), written


def _read(file: DeckFile, shown: str | None, project: Project, problems: list[Problem]) -> Parsed | None:
    try:
        data = read_deck(file)
    except DeckError as failure:
        if shown is not None:
            problems.append(Problem(shown, failure.line, failure.column, "error", failure.code, str(failure)))
        return None
    return parse_deck(file.path, data, project)


def _moved(problem: Problem, path: str) -> Problem:
    return Problem(path, problem.line, problem.column, problem.severity, problem.code, problem.message)


def shown_problems(file: Loaded) -> list[Problem]:
    """What is wrong within a file, under the path that people are told."""
    return [_moved(problem, file.shown) for problem in file.parsed.problems]
