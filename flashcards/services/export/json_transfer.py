"""Everything as JSON, out and in: the way to leave, and to move between servers."""

from __future__ import annotations

import base64
import binascii
import json
import os
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from flashcards import __version__
from flashcards.deckfiles.media.files import EXTENSIONS, Media, resolve
from flashcards.deckfiles.parse.find import FOLDER_FILE
from flashcards.deckfiles.parse.project import PROJECT_FILE
from flashcards.domain.ids import DeckId, LearnerId
from flashcards.errors import Conflict, Invalid
from flashcards.exchange import json_schema
from flashcards.exchange.anki import foreign
from flashcards.exchange.json_document import MAX_ITEM, BadJson, read_document, write_document
from flashcards.exchange.json_kinds import NotAsDeclared
from flashcards.exchange.json_schema import BY_NAME, SECTIONS, Section
from flashcards.exchange.whole_file import whole_file
from flashcards.services.accounts.names import name_key
from flashcards.services.bring.new_files import install, take_back_cut_off
from flashcards.services.practice.brought import brought_questions, brought_scope, brought_work
from flashcards.services.progress import Progress
from flashcards.storage.transfer import TransferStore, Unusable
from flashcards.temporary import TemporaryFolder

_LARGEST = 20 << 20
"""Bytes of a file; what decks, pictures and sounds may have at most is half of it."""
_LARGEST_KEPT = 64 << 20
"""Bytes of a file that an import from Anki wrote for the way back."""
_MUST_BE_EMPTY = ("learner", "deck", "note", "card")
_HEAD = {"format": json_schema.FORMAT, "version": json_schema.VERSION, "program": f"flashcards {__version__}"}


@dataclass(frozen=True, slots=True)
class JsonExported:
    """What was written: the number of items by section. `left_out` are files that are too large or cannot be read."""

    path: Path
    counts: dict[str, int]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JsonImported:
    """What was read: the number of items by section. `kept` are files that were there and hold something else."""

    counts: dict[str, int]
    written: tuple[str, ...]
    kept: tuple[str, ...]


class JsonTransfer:
    """Writes and reads the document that `docs/export-json.md` describes."""

    def __init__(self, store: TransferStore, decks_root: Path) -> None:
        self._store = store
        self._root = decks_root

    def export(
        self, target: Path, *, decks: Sequence[DeckId] | None, learner: LearnerId | None, progress: Progress
    ) -> JsonExported:
        """Writes all decks or these, and all learners or this one. Raises OSError where `target` cannot be."""
        counts: dict[str, int] = {}
        files = _FilesOut(self._root)
        with whole_file(target) as stream, self._store.read():
            arrays = ((s.name, self._items(s, files, decks, learner, counts, progress)) for s in SECTIONS)
            write_document(stream, _HEAD, arrays)
        return JsonExported(target, counts, tuple(files.left_out))

    def _items(
        self,
        section: Section,
        files: _FilesOut,
        decks: Sequence[DeckId] | None,
        learner: LearnerId | None,
        counts: dict[str, int],
        progress: Progress,
    ) -> Iterator[dict[str, Any]]:
        rows = (
            self._store.rows(section.table, section.columns, decks, learner)
            if section.table
            else files.rows([*self._store.file_paths(decks), *(files.texts() if decks is None else ())])
        )
        count = 0
        for row in rows:
            yield section.item(row)
            count += 1
            if count % 1000 == 0:
                progress(section.name, count, 0)
        counts[section.name] = count

    def load(self, source: Path, *, progress: Progress) -> JsonImported:
        """Reads a document into this service, which must be empty. All of it, or nothing.

        Files that the decks folder has already are left as they are. Accounts come without a password.
        Raises Conflict where the service is not empty, Invalid where the document is not as described.
        """
        self._root.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as stream, TemporaryFolder() as name:
            take_back_cut_off(self._root)
            files = _Files(self._root, Path(name))
            try:
                with self._store.write():
                    self._refuse_if_not_empty()
                    counts = self._read(read_document(stream), files, progress)
                    self._store.complete()
                    files.put_in_place()
            except (BadJson, NotAsDeclared) as error:
                files.take_back()
                raise Invalid(f"{source}: {error}. Nothing was imported.") from error
            except Unusable as error:
                files.take_back()
                raise Invalid(f"{source} contradicts itself: {error}. Nothing was imported.") from error
            except BaseException:
                files.take_back()
                raise
        return JsonImported(counts, tuple(files.written), tuple(files.kept))

    def _refuse_if_not_empty(self) -> None:
        for table in _MUST_BE_EMPTY:
            if count := self._store.count(table):
                raise Conflict(
                    f"This service is not empty ({count:,} in {table}): an import of everything needs a new data"
                    " folder. Set FLASHCARDS_DATA to one and try again."
                )

    def _read(self, members: Iterable[tuple[str, Any]], files: _Files, progress: Progress) -> dict[str, int]:
        counts: dict[str, int] = {}
        head: dict[str, Any] = {}
        names = [section.name for section in SECTIONS]
        reached = -1
        for name, values in groupby(members, key=lambda member: member[0]):
            section = BY_NAME.get(name)
            if section is None:
                head.update(values)
                continue
            _check_head(head)
            if names.index(name) <= reached:
                raise BadJson(f'"{name}" comes too late: the order is {", ".join(names)}')
            reached = names.index(name)
            rows = _rows(section, (value for _, value in values), progress)
            if section.table:
                counts[name] = self._store.insert(section.table, section.columns, rows)
            else:
                counts[name] = files.take(rows)
        _check_head(head)
        return counts


def _check_head(head: dict[str, Any]) -> None:
    if head.get("format") != json_schema.FORMAT:
        raise BadJson(f'this is no export of Flashcards: it does not begin with "format": "{json_schema.FORMAT}"')
    version = head.get("version")
    if version != json_schema.VERSION:
        raise BadJson(f"the document has version {version}; this program reads version {json_schema.VERSION}")


def _rows(section: Section, items: Iterable[Any], progress: Progress) -> Iterator[tuple[Any, ...]]:
    for number, item in enumerate(items):
        try:
            row = _checked(section, section.row(item))
        except NotAsDeclared as error:
            raise NotAsDeclared(f"{section.name}[{number}]: {error}") from None
        if section.table == "learner":
            row = (*row, name_key(row[section.columns.index("name")]), "")
        yield row
        if number % 1000 == 999:
            progress(section.name, number + 1, 0)


_CHECKED = {
    "practice_round": {"scope": brought_scope, "questions": brought_questions},
    "round_answer": {"work": brought_work},
}
"""Columns whose text is looked through: it reaches pages."""


def _checked(section: Section, row: tuple[Any, ...]) -> tuple[Any, ...]:
    checks = _CHECKED.get(section.table or "", {})
    return tuple(
        checks[name](value) if name in checks else value for name, value in zip(section.columns, row, strict=True)
    )


class _FilesOut:
    """The files of the decks folder that a document holds; `left_out` are those that are there and do not go in."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.left_out: list[str] = []

    def texts(self) -> Iterator[str]:
        """What authors wrote beside decks that are read: READMEs, drafts, files with errors, titles of folders."""
        for folder, folders, names in os.walk(self._root):
            folders[:] = [name for name in folders if name[0] != "."]
            here = Path(folder).relative_to(self._root)
            for path in (str(PurePosixPath(here / name)) for name in names):
                if path.endswith((".md", FOLDER_FILE)) and _is_usable(path):
                    yield path

    def rows(self, paths: Sequence[str]) -> Iterator[tuple[str, str | None, str | None]]:
        """`(path, text, base64)` of these files that are there, and of those that belong to them, in order."""
        wanted = {*paths, PROJECT_FILE}
        for folder in {parent for path in paths for parent in PurePosixPath(path).parents}:
            wanted.add(str(folder / FOLDER_FILE))
            for file in (self._root / folder).glob(foreign.PATTERN):
                path = str(folder / file.name)
                wanted |= {path, *self._kept_media(path)}
        for path in sorted(wanted):
            data = self._data(path)
            if data is None:
                continue
            try:
                text, encoded = data.decode("utf-8"), None
            except UnicodeDecodeError:
                text, encoded = None, base64.b64encode(data).decode("ascii")
            if text is not None and not _fits(text):
                self.left_out.append(path)
            else:
                yield path, text, encoded

    def _data(self, path: str) -> bytes | None:
        """The bytes of a file; None where it is not there, or cannot go."""
        file = self._root / path
        largest = _LARGEST_KEPT if PurePosixPath(path).match(foreign.PATTERN) else _LARGEST
        try:
            if not file.is_file():
                return None
            if file.stat().st_size <= largest:
                return file.read_bytes()
        except OSError:
            pass  # the notes themselves are in the document
        self.left_out.append(path)
        return None

    def _kept_media(self, path: str) -> set[str]:
        """The pictures and sounds that are kept for the way back to Anki: no deck may show them."""
        file = self._root / path
        try:
            if file.stat().st_size > _LARGEST_KEPT:
                return set()
            named = list(json.loads(file.read_bytes())["media"].values())
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return set()  # damaged, or not ours
        folder = posixpath.dirname(path)
        found = {posixpath.normpath(posixpath.join(folder, name)) for name in named if isinstance(name, str)}
        return {it for it in found if _is_usable(it) and isinstance(resolve(f"/{quote(it)}", path, self._root), Media)}


def _fits(text: str) -> bool:
    """Whether a file's text can be read again as one item; a character takes at most six there."""
    room = MAX_ITEM - 10_000
    return len(text) * 6 < room or len(json.dumps(text, ensure_ascii=False)) < room


class _Files:
    """Files of an import: held in a folder aside until everything else is known to be right."""

    def __init__(self, root: Path, aside: Path) -> None:
        self._root = root
        self._aside = aside
        self._waiting: list[str] = []
        self.written: list[str] = []
        self.kept: list[str] = []

    def take(self, rows: Iterable[tuple[str, str | None, str | None]]) -> int:
        """Writes the files aside. Raises NotAsDeclared for a path or a content that cannot be."""
        for number, (path, text, encoded) in enumerate(rows):
            try:
                data = _content(text, encoded)
            except NotAsDeclared as error:
                raise NotAsDeclared(f"files[{number}]: {error}") from None
            if not _is_usable(path):
                raise NotAsDeclared(f"files[{number}]: path is {path!r}, which no deck, picture or sound can have")
            file = self._aside / str(len(self._waiting))
            file.write_bytes(data)
            self._waiting.append(path)
        return len(self._waiting)

    def put_in_place(self) -> None:
        """Moves the files to where they belong, unless something is there."""
        wanted: dict[str, Path] = {}
        for number, path in enumerate(self._waiting):
            source, target = self._aside / str(number), self._root / path
            if not target.parent.resolve().is_relative_to(self._root.resolve()):
                raise NotAsDeclared(f"files[{number}]: {path} would leave the decks folder through a link")
            if target.exists() or target.is_symlink():
                if not target.is_file() or target.read_bytes() != source.read_bytes():
                    self.kept.append(path)
                continue
            if path in wanted:
                raise NotAsDeclared(f"files[{number}]: {path} is there twice")
            wanted[path] = source
        install(self._root, wanted)
        self.written += wanted

    def take_back(self) -> None:
        """Removes what was put in place."""
        for path in self.written:
            (self._root / path).unlink(missing_ok=True)
        self.written.clear()


def _content(text: str | None, encoded: str | None) -> bytes:
    if (text is None) == (encoded is None):
        raise NotAsDeclared("one of text and base64 must be given, and the other null")
    if text is not None:
        return text.encode("utf-8", "strict")
    try:
        return base64.b64decode(encoded or "", validate=True)
    except (binascii.Error, ValueError):
        raise NotAsDeclared("base64 cannot be decoded") from None


def _is_usable(path: str) -> bool:
    """Whether a path from outside may be written below the decks folder."""
    if path == PROJECT_FILE:
        return True
    pure = PurePosixPath(path)
    plain = str(pure) == path and not pure.is_absolute() and path.isprintable() and "\\" not in path
    if not plain or any(part.startswith(".") for part in pure.parts):
        return False
    if pure.name == FOLDER_FILE or pure.match(foreign.PATTERN):
        return True
    return pure.suffix[1:].lower() in {"md", *EXTENSIONS}
