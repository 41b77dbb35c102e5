"""Which files below a decks folder are decks, in natural order; and reading them with a size limit.

Links are followed where they stay inside the decks folder, each real folder and file once, so that neither
a loop nor a web of links can make the walk long.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flashcards.deckfiles.parse.front_matter import FrontMatter, read_folder
from flashcards.deckfiles.parse.project import NO_PROJECT, Project, read_project
from flashcards.deckfiles.text.positions import Lines
from flashcards.deckfiles.text.source_text import decode
from flashcards.domain.card import Deck
from flashcards.domain.problem import Problem, Severity
from flashcards.errors import DeckError

MAX_LEVELS = 20
"""A deck's path has at most so many names; pages and Anki show them all."""
MAX_FILE_BYTES = 8 * 1024 * 1024
MAX_FOLDER_FILE_BYTES = 8 * 1024
FOLDER_FILE = "_folder.yml"

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LATEST = 2**63 - 1  # nanoseconds: in the year 2262; file systems hold later ones
_DIGITS = re.compile(r"(\d+)")
_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


@dataclass(frozen=True, slots=True)
class DeckFile:
    """A deck's file: `path` relative to the decks folder (POSIX), its size in bytes, its time of change."""

    path: str
    absolute: Path
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that holds decks: what it is called, where it stands among its neighbours, and how new cards of its
    decks come (file or level; empty where it does not say)."""

    path: str
    title: str
    order: float | None = None
    order_new: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a walk found. `unknown` are paths (of folders or files) whose decks could not be looked at.

    Decks below a path in `unknown` are neither there nor gone: keep what is known of them.
    """

    files: tuple[DeckFile, ...]
    folders: tuple[Folder, ...]
    problems: tuple[Problem, ...]
    unknown: tuple[str, ...] = ()
    project: Project = NO_PROJECT


def find_decks(root: Path) -> Found:
    """Return the deck files below `root`, sorted by natural path, and the folders that hold them.

    Raises `DeckError` (``decks-missing``, ``decks-unreadable``, ``decks-empty``) where `root` itself cannot
    be used; the caller then removes nothing.
    """
    check_root(root)
    walk = _Walk(root, read_project(root))
    walk.run()
    files = tuple(sorted(walk.files, key=lambda file: natural_key(file.path)))
    folders = tuple(walk.folder(path) for path in _folders_of(files))
    problems = tuple(sorted([*filter(walk.project.says, walk.problems), *walk.project.problems]))
    return Found(files, folders, problems, tuple(sorted(walk.unknown)), walk.project)


def read_deck(file: DeckFile) -> bytes:
    """Return the bytes of a deck file. Raises `DeckError` where it cannot be read or is too large."""
    return read_bytes(file.absolute, file.path, MAX_FILE_BYTES)


def read_bytes(absolute: Path, path: str, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes; `path` is what messages call it.

    Opening does not block, so that a FIFO put in the file's place cannot hang the reader.
    """
    try:
        descriptor = os.open(absolute, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise _deck_error(path, "not-a-file", "this is no regular file; put a text file in its place")
            data = stream.read(limit + 1)
    except OSError as failure:
        raise _deck_error(path, "file-unreadable", _cannot_read("the file", failure)) from failure
    if len(data) > limit:
        message = f"the file is over {limit // 1024} KiB; split it into several"
        raise _deck_error(path, "file-too-large", message)
    return data


def time_of_change(status: os.stat_result) -> int:
    """When a file was changed last, in nanoseconds; one beyond the 64 bits that a database takes is their end."""
    return max(-_LATEST, min(_LATEST, status.st_mtime_ns))


# Order ---------------------------------------------------------------------------------------------------


def natural_key(path: str) -> tuple[tuple[object, ...], ...]:
    """A sort key under which ``deck 2`` stands before ``deck 10``, folder by folder, case ignored."""
    return tuple(_natural(part) for part in path.removesuffix(".md").split("/"))


def _natural(name: str) -> tuple[object, ...]:
    pieces = _DIGITS.split(unicodedata.normalize("NFC", name).casefold())
    # The name is a level of its own: beside the pieces it would stand where another name has a number.
    return tuple(int(piece) if index % 2 else piece for index, piece in enumerate(pieces)), name


def in_order(decks: Iterable[Deck], folders: Iterable[Folder]) -> list[Deck]:
    """Sort decks as people see them: by `order` (none comes last), then by natural path, level by level."""
    orders = {folder.path: folder.order for folder in folders}
    return sorted(decks, key=lambda deck: deck_sort_key(deck.path, deck.order, orders))


def deck_sort_key(path: str, order: float | None, folder_orders: Mapping[str, float | None]) -> tuple[object, ...]:
    """The key of `in_order` for one deck; `folder_orders` maps a folder's path to its order."""
    parts = path.removesuffix(".md").split("/")
    key: list[object] = []
    for depth, part in enumerate(parts, start=1):
        own = order if depth == len(parts) else folder_orders.get("/".join(parts[:depth]))
        key.append((own is None, own or 0.0, _natural(part)))
    return tuple(key)


def title_of(name: str) -> str:
    """The title of a deck or folder that gives none: its name in words, the first letter a capital."""
    words = " ".join(re.split(r"[\s_-]+", name)).strip() or name
    return words[:1].upper() + words[1:]


# The walk ------------------------------------------------------------------------------------------------


def check_root(root: Path) -> None:
    """Raises the `DeckError` of `find_decks` where the decks folder itself cannot be used."""
    try:
        names = [entry.name for entry in root.iterdir()]
    except FileNotFoundError as failure:
        message = "the decks folder is not there; make it, or name another one"
        raise _deck_error(str(root), "decks-missing", message) from failure
    except OSError as failure:
        raise _deck_error(str(root), "decks-unreadable", _cannot_read("the decks folder", failure)) from failure
    if all(name.startswith(".") or name == "lost+found" for name in names):
        message = "the decks folder is empty; put a deck file (.md) in it, or name another folder"
        raise _deck_error(str(root), "decks-empty", message)


def _deck_error(path: str, code: str, message: str) -> DeckError:
    return DeckError(message, path=printable(path), code=code)


def _cannot_read(what: str, failure: OSError) -> str:
    reason = failure.strerror or "it cannot be opened"
    if failure.errno in (errno.EACCES, errno.EPERM):
        return f"{what} cannot be read: {reason}; give this user the right to read it"
    return f"{what} cannot be read: {reason}; mend or remove it"


def printable(path: str) -> str:
    """The path as text for messages: bytes that are no UTF-8 stand as ``\\xff``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _folders_of(files: Iterable[DeckFile]) -> list[str]:
    paths = {
        "/".join(parts[:depth]) for parts in (file.path.split("/") for file in files) for depth in range(1, len(parts))
    }
    return sorted(paths, key=natural_key)


@dataclass(slots=True)
class _Walk:
    """A walk over the real folders first, then over what links lead to."""

    root: Path
    project: Project = NO_PROJECT
    real_root: str = ""
    files: list[DeckFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    links: list[tuple[os.DirEntry[str], str]] = field(default_factory=list)
    visited: set[tuple[int, int]] = field(default_factory=set)
    folder_files: dict[str, FrontMatter] = field(default_factory=dict)

    def run(self) -> None:
        self.real_root = os.path.realpath(self.root)
        self.walk(str(self.root), "")
        position = 0
        while position < len(self.links):
            self.follow(*self.links[position])
            position += 1

    def walk(self, top: str, path: str) -> None:
        pending = [(top, path)]
        while pending:
            folder, prefix = pending.pop()
            for entry in self.entries(folder, prefix):
                where = f"{prefix}/{entry.name}" if prefix else entry.name
                if self.project.ignores(where):
                    continue
                if entry.is_symlink():
                    self.links.append((entry, where))
                elif entry.is_dir(follow_symlinks=False):
                    pending.append((entry.path, where))
                elif entry.name.endswith(".md"):
                    self.file(entry, where)

    def entries(self, folder: str, path: str) -> Iterator[os.DirEntry[str]]:
        """The entries of a folder that count, sorted by name."""
        try:
            status = Path(folder).stat()
            if (status.st_dev, status.st_ino) in self.visited:
                return
            self.visited.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as failure:
            self.unknown.append(path)
            self.problem(path, "error", "folder-unreadable", _cannot_read("the folder", failure))
            return
        for entry in entries:
            if entry.name == FOLDER_FILE:
                self.read_folder_file(entry, path)
            elif entry.name[0] not in "._" and entry.name.lower() != "readme.md":
                yield entry

    def follow(self, link: os.DirEntry[str], path: str) -> None:
        """Take in what a link leads to, if it is inside the decks folder and not taken in yet."""
        target = os.path.realpath(link.path)
        deck = link.name.endswith(".md")
        try:
            status = Path(target).stat()
        except OSError as failure:
            if deck or failure.errno == errno.ELOOP:
                self.unknown.append(path)
                self.problem(path, "error", "file-unreadable", _cannot_read("what the link leads to", failure))
            return
        folder = stat.S_ISDIR(status.st_mode)
        if not folder and not deck:
            return
        if target != self.real_root and not target.startswith(self.real_root.rstrip("/") + "/"):
            message = "the link leads out of the decks folder and is not followed; copy what it leads to"
            self.problem(path, "error", "link-outside", message)
        elif (status.st_dev, status.st_ino) in self.visited:
            message = "the link leads to what is read already and is not followed; delete it"
            self.problem(path, "warning", "link-repeated", message)
        elif folder:
            self.walk(target, path)
        else:
            self.file(link, path)

    def file(self, entry: os.DirEntry[str], path: str) -> None:
        try:
            status = entry.stat()
        except OSError as failure:
            self.unknown.append(path)
            self.problem(path, "error", "file-unreadable", _cannot_read("the file", failure))
            return
        if not stat.S_ISREG(status.st_mode):
            kind = _KINDS.get(stat.S_IFMT(status.st_mode), "no regular file")
            message = f"this is {kind} and is not read; delete it, or give it a name that does not end in .md"
            self.problem(path, "warning", "not-a-file", message)
            return
        if path.count("/") >= MAX_LEVELS:
            message = f"the file lies more than {MAX_LEVELS} levels deep and is not read; move it up"
            self.problem(path, "error", "nested-too-deep", message)
            return
        if _UNPRINTABLE.search(path):
            message = "the file's name holds characters that cannot be shown; rename it"
            self.problem(path, "error", "bad-file-name", message)
            return
        self.visited.add((status.st_dev, status.st_ino))
        self.files.append(DeckFile(path, Path(entry.path), status.st_size, time_of_change(status)))

    def read_folder_file(self, entry: os.DirEntry[str], path: str) -> None:
        where = f"{path}/{FOLDER_FILE}" if path else FOLDER_FILE
        try:
            data = read_bytes(Path(entry.path), where, MAX_FOLDER_FILE_BYTES)
        except DeckError as failure:
            self.problem(where, "error", failure.code, str(failure))
            return
        text, issue = decode(data)
        front_matter = read_folder(text) if issue is None else FrontMatter(issues=(issue,))
        lines = Lines(text)
        self.problems.extend(lines.problem(printable(where), issue) for issue in front_matter.issues)
        self.folder_files[path] = front_matter

    def folder(self, path: str) -> Folder:
        given = self.folder_files.get(path, FrontMatter())
        return Folder(path, given.title or title_of(path.rpartition("/")[2]), given.order, given.order_new)

    def problem(self, path: str, severity: Severity, code: str, message: str) -> None:
        self.problems.append(Problem(printable(path) or ".", 1, 1, severity, code, message))
