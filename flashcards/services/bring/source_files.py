"""The files of another program that decks are brought from: found, read and decoded, with what was wrong."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flashcards.deckfiles.parse.find import MAX_FILE_BYTES, natural_key, printable, read_bytes
from flashcards.deckfiles.text.positions import Lines
from flashcards.deckfiles.text.source_text import decode, normalise
from flashcards.errors import DeckError, Invalid
from flashcards.exchange.found import Notice, SourceFile, Tree

MAX_FILES = 200_000


@dataclass(slots=True)
class Sources:
    """A source: its folder, the paths of all files below it, those that are to be read, and what was wrong."""

    root: Path
    tree: Tree
    wanted: tuple[str, ...]
    notices: list[Notice] = field(default_factory=list)
    unread: int = 0

    def read(self, path: str) -> SourceFile | None:
        """The text of one file; None with a notice where it cannot be had."""
        try:
            data = read_bytes(self.root / path, printable(path), MAX_FILE_BYTES)
        except DeckError as failure:
            self.refuse(path, 1, str(failure))
            return None
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            try:
                return SourceFile(path, normalise(data.decode("utf-16")))
            except UnicodeDecodeError:
                self.refuse(path, 1, "the file begins as UTF-16 but is not; save it as UTF-8")
                return None
        text, issue = decode(data)
        if issue is not None:
            line, column = Lines(text).at(issue.offset)
            self.refuse(path, line, f"the file was left out: in column {column}, {issue.message}")
            return None
        return SourceFile(path, text)

    def files(self) -> Iterator[SourceFile]:
        """The wanted files that can be read, in natural order."""
        for path in self.wanted:
            file = self.read(path)
            if file is not None:
                yield file

    def refuse(self, path: str, line: int, message: str) -> None:
        self.unread += 1
        self.notices.append(Notice(printable(path), line, message))


def find_sources(source: Path, endings: Sequence[str], *, outside: Path) -> Sources:
    """Look through a folder, or take one file. What is hidden, or below the folder `outside`, does not count.

    Raises Invalid where `source` is not there.
    """
    if not source.exists():
        raise Invalid(f"{source}: there is no such file or folder; check the path.", field="source")
    root = source if source.is_dir() else source.parent
    notices: list[Notice] = []
    paths = sorted(_walk(root, outside, notices), key=natural_key)
    wanted = [source.name] if not source.is_dir() else [p for p in paths if p.lower().endswith(tuple(endings))]
    sources = Sources(root, Tree([*paths, *wanted]), (), notices)
    sources.wanted = tuple(_sound(sources, wanted))
    return sources


def _walk(root: Path, outside: Path, notices: list[Notice]) -> Iterator[str]:
    count = 0
    skipped = outside.resolve()
    for folder, folders, names in os.walk(root, onerror=lambda error: _unreadable(error, root, notices)):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if name[0] != "." and (here / name).resolve() != skipped)
        for name in names:
            if name[0] == ".":
                continue
            count += 1
            if count > MAX_FILES:
                raise Invalid(f"{root} holds over {MAX_FILES:,} files; name a smaller folder.", field="source")
            yield (here / name).relative_to(root).as_posix()


def _unreadable(error: OSError, root: Path, notices: list[Notice]) -> None:
    path = Path(error.filename or root)
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    notices.append(Notice(printable(shown), 1, f"the folder cannot be read: {error.strerror}; check its rights"))


def _sound(sources: Sources, wanted: Iterable[str]) -> Iterator[str]:
    """Without links that lead elsewhere, and names that are no text."""
    base = sources.root.resolve()
    for path in wanted:
        if printable(path) != path:
            sources.refuse(path, 1, "the file was left out: its name is not UTF-8; rename it")
        elif not (sources.root / path).resolve().is_relative_to(base):
            sources.refuse(path, 1, "the file was left out: it is a link that leads out of the source")
        else:
            yield path
