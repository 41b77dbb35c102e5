"""What authors do to deck files from the browser: read, save, make, move, put away, add a picture.

A file is replaced in one step or not at all, and never one that has changed since the author read it. After each
change the decks are read anew.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from flashcards.deckfiles.identity.slugs import slug
from flashcards.deckfiles.media.files import MAX_SIZE, picture_extension, resolve
from flashcards.deckfiles.media.files import Media as FoundMedia
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.deckfiles.parse.find import MAX_FILE_BYTES, find_decks, read_bytes, read_deck
from flashcards.deckfiles.render.jobs import note_references, prose_references
from flashcards.errors import Conflict, DeckError, FlashcardsError, Invalid, NotFound, Unavailable
from flashcards.services.authoring.deck_paths import deck_path, inside, new_deck_path, shown
from flashcards.services.authoring.source_bytes import bytes_of, text_of, version_of
from flashcards.services.authoring.starter import FIRST_WORDS, new_deck
from flashcards.services.authoring.substantive_edits import EditService, Texts
from flashcards.services.sync.run import SyncReport, SyncService
from flashcards.storage import locks

TRASH = ".trash"
NEW = ""
"""The version of a file that is not there."""
NEW_FILE_MODE = 0o644


@dataclass(frozen=True, slots=True)
class DeckSource:
    """A deck file as an editor takes it: `version` names its bytes, or is `NEW` where there is no file."""

    path: str
    text: str
    version: str


@dataclass(frozen=True, slots=True)
class Saved:
    """What a change came to. `report` is what reading the decks gave; `trouble` why they could not be read.

    `returned` are the cards of all learners that come back tomorrow, because the edit was said to be substantive.
    `left_behind` are the other deck files that name notes of a deck that was moved by the id that it had.
    """

    path: str
    version: str
    report: SyncReport | None
    trouble: str
    returned: int = 0
    left_behind: tuple[str, ...] = ()


class Changed(Conflict):
    """The file is not what the author read; `theirs` is what it is now (version `NEW`: it has gone)."""

    def __init__(self, message: str, theirs: DeckSource) -> None:
        super().__init__(message)
        self.theirs = theirs


class AuthoringService:
    """Reads and writes below the decks folder `root`; `lock` is a file by which processes take turns."""

    def __init__(self, root: Path, sync: SyncService, edits: EditService, lock: Path) -> None:
        self._root = root
        self._sync = sync
        self._edits = edits
        self._lock = lock

    def source(self, path: str) -> DeckSource:
        """The deck file at `path` (with or without its ``.md``).

        Raises NotFound where there is none, Invalid where a text field cannot hold it, DeckError where it cannot
        be read.
        """
        path = deck_path(path)
        data = self._read(path)
        if data is None:
            raise NotFound(f"There is no deck file {path}.")
        return DeckSource(path, text_of(data, path), version_of(data))

    def save(self, path: str, text: str, version: str, substantive: Sequence[str] = ()) -> Saved:
        """Writes the file, if it is still the one of `version` (`NEW`: if there is none).

        `substantive` are the ids of notes whose edit learners should see soon: see `EditService.mark`. Raises
        Changed with what the file is now, Invalid for text that is no deck file's and for an id of no note in it,
        Unavailable where the disk refuses; then nothing was written.

        A mark is not lost where the program is killed after the file was written: it waits in the database for the
        sync that reads the text.
        """
        path = deck_path(path) if version else new_deck_path(path)
        _check_text(text)
        with self._turn():
            old = self._read(path)
            if (NEW if old is None else version_of(old)) != version:
                raise self._changed(path, old)
            if old is None:
                self._free_file(path)
            data = bytes_of(text, old or b"")
            if len(data) > MAX_FILE_BYTES:
                raise _too_large(len(data))
            edited = _edited(path, data, substantive) if substantive else {}
            with self._expecting(edited):
                _replace(inside(self._root, path), data)
        saved = self._read_decks(path, version_of(data))
        return self._marked(saved, edited) if edited and saved.report else saved

    @contextmanager
    def _expecting(self, edited: Texts) -> Iterator[None]:
        """Keeps in the database what the edits of a file are, unless it is not written."""
        if not edited:
            yield
            return
        self._edits.expect(edited)
        try:
            yield
        except BaseException:
            self._edits.forget(edited)
            raise

    def _marked(self, saved: Saved, edited: Texts) -> Saved:
        """With what came of the marks: sync has made them, ours or that of another process."""
        try:
            outcome = self._edits.outcome(edited)
        except FlashcardsError as error:  # the file is written all the same
            return replace(saved, trouble=f"How many cards come back tomorrow is not known: {error}")
        saved = replace(saved, returned=sum(cards or 0 for cards in outcome.values()))
        if None in outcome.values():
            return replace(saved, trouble="Not all of the new text could be read; its cards come back when it is.")
        return saved

    def create(self, path: str, title: str | None = None) -> Saved:
        """Writes a deck without cards; a `path` that is empty or a folder's (``x/``) gets its name from the title.

        Raises Invalid where there is neither, and Conflict where a file is there.
        """
        if title and (not path or path.endswith("/")):
            path += slug(title, title)
        path = new_deck_path(path)
        with self._turn():
            new_deck(self._free_file(path), title, body=FIRST_WORDS)
        return self._read_decks(path, version_of(self._read(path) or b""))

    def move(self, path: str, to: str) -> Saved:
        """Renames the file, or moves it to another folder, with pictures that it could not find from there.

        Its cards keep their history. Raises NotFound, Conflict where a file is there, Unavailable.
        """
        path, to = deck_path(path), new_deck_path(to)
        with self._turn():
            data = self._read(path)
            if data is None:
                raise NotFound(f"There is no deck file {path}.")
            target = self._free_file(to)
            pictures = self._pictures_to_copy(path, to, data)
            with _told(to):
                target.parent.mkdir(parents=True, exist_ok=True)
                for source, copy in pictures:
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(source, copy)
                _rename(inside(self._root, path), target, to)
        return replace(self._read_decks(to, version_of(data)), left_behind=self._naming(path, to, data))

    def delete(self, path: str) -> str:
        """Puts the file into the trash folder, and says where. Its cards are hidden, their history is kept.

        Raises NotFound; Conflict for the only deck: an empty decks folder would be taken for a mistake.
        """
        path = deck_path(path)
        with self._turn():
            file = inside(self._root, path)
            if not file.is_file():
                raise NotFound(f"There is no deck file {path}.")
            if len(find_decks(self._root).files) < 2:
                raise Conflict("This is the only deck: make another one before you delete it.")
            with _told(path):
                kept = _free(self._root / TRASH / path)
                kept.parent.mkdir(parents=True, exist_ok=True)
                file.replace(kept)
        self._read_decks(path, NEW)
        return kept.relative_to(self._root).as_posix()

    def add_picture(self, path: str, data: bytes) -> str:
        """Stores a picture beside the deck at `path`, named by its content, and gives that name.

        Raises Invalid for what is no picture, or is too large, and where that folder is not there.
        """
        path = deck_path(path)
        folder = inside(self._root, path).parent
        if not folder.is_dir():
            raise Invalid(f"There is no folder {path.rpartition('/')[0]}: save the deck first.", field="path")
        if len(data) > MAX_SIZE:
            raise Invalid(f"The picture has over {MAX_SIZE >> 20} MiB; make it smaller.", field="picture")
        extension = picture_extension(data)
        if extension is None:
            raise Invalid(
                "This is no picture that is shown: give a PNG, JPEG, GIF, WebP, AVIF or SVG.", field="picture"
            )
        name = f"{hashlib.sha256(data).hexdigest()[:16]}.{extension}"
        with self._turn(), _told(name):
            if not (folder / name).exists():
                _replace(folder / name, data)
        return name

    # --- what these share ---------------------------------------------------------------------------

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One change at a time, over all processes: between look and write nobody of ours comes in between."""
        with locks.held(self._lock):
            yield

    def _read(self, path: str) -> bytes | None:
        file = inside(self._root, path)
        return read_bytes(file, path, MAX_FILE_BYTES) if os.path.lexists(file) else None

    def _free_file(self, path: str) -> Path:
        """Where a new deck goes. Raises Conflict where a file is there, or stands in the place of a folder."""
        file = inside(self._root, path)
        for part in (file, *file.parents):
            if part.exists():
                if part == file or not part.is_dir():
                    taken = part.relative_to(self._root.resolve()).as_posix()
                    raise Conflict(f"{taken} is there already; choose another name.")
                break
        return file

    def _changed(self, path: str, data: bytes | None) -> Changed:
        if data is None:
            gone = DeckSource(path, "", NEW)
            return Changed(f"{path} is gone: it was deleted or renamed. Save again to write it anew.", gone)
        try:
            theirs = DeckSource(path, text_of(data, path), version_of(data))
        except Invalid as error:
            raise Conflict(f"{path} has changed on the disk since you opened it. {error}") from error
        return Changed(f"{path} has changed on the disk since you opened it. Nothing was overwritten.", theirs)

    def _read_decks(self, path: str, version: str) -> Saved:
        try:
            return Saved(path, version, self._sync.sync(), "")
        except FlashcardsError as error:  # the file is written all the same
            return Saved(path, version, None, str(error))

    def _naming(self, path: str, to: str, data: bytes) -> tuple[str, ...]:
        """The other deck files that name notes of the deck by the id that it had at `path`, if it has another now."""
        had = parse_deck(path, data).deck.id
        if had == parse_deck(to, data).deck.id:
            return ()
        names = re.compile(rf"(?:requires=|\{{[ \t]*#)\"?{re.escape(had)}#".encode())
        found = []
        with suppress(DeckError):  # moved it is all the same
            for file in find_decks(self._root).files:
                if file.path != to and names.search(read_deck(file)):
                    found.append(file.path)
        return tuple(found)

    def _pictures_to_copy(self, path: str, to: str, data: bytes) -> list[tuple[Path, Path]]:
        """The files that the deck names relative to its folder, and where its new place looks for them."""
        if path.rpartition("/")[0] == to.rpartition("/")[0]:
            return []
        deck = parse_deck(path, data).deck
        names = {name for note in deck.notes for name in note_references(note)}
        names |= {name for prose in deck.prose for name in prose_references(prose)}
        copies = []
        for name in sorted(name for name in names if not name.startswith("/")):
            found, there = resolve(name, path, self._root), resolve(name, to, self._root)
            if isinstance(found, FoundMedia) and not isinstance(there, FoundMedia):
                target = Path(os.path.normpath(self._root.resolve() / Path(to).parent / name))
                if target.is_relative_to(self._root.resolve()) and not target.exists():
                    copies.append((Path(found.path), target))
        return copies


def _check_text(text: str) -> None:
    if len(text) > MAX_FILE_BYTES:
        raise _too_large(len(text))
    if "\0" in text:
        raise Invalid("The text holds a NUL character; take it out.", field="source")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Invalid(
            f"Character {error.start + 1} is half of a pair and no text; take it out.", field="source"
        ) from None


def _edited(path: str, data: bytes, ids: Sequence[str]) -> Texts:
    """The texts of the notes with these ids, by their keys."""
    deck = parse_deck(path, data).deck
    known = {note.id: note for note in deck.notes}
    for name in ids:
        if name not in known:
            raise Invalid(f"There is no sound note {name} in this text to come back tomorrow.", field="substantive")
    return {f"{deck.id}#{name}": (known[name].source, known[name].definitions) for name in ids}


def _too_large(size: int) -> Invalid:
    most = MAX_FILE_BYTES >> 20
    return Invalid(
        f"The text has {size / (1 << 20):,.1f} MiB; a deck file has at most {most}. Split it into several.",
        field="source",
    )


def _replace(file: Path, data: bytes) -> None:
    """Writes a file beside it and renames that, so that readers see the old bytes or the new ones, never a part."""
    with _told(file.name):
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".saving-", dir=file.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            mode = file.stat().st_mode & 0o7777 if file.exists() else NEW_FILE_MODE
            Path(name).chmod(mode)
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    """The new name is durable, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rename(file: Path, target: Path, path: str) -> None:
    """Renames and overwrites nothing: the new name is taken first, which only one can."""
    try:
        target.touch(exist_ok=False)
    except FileExistsError as error:
        raise Conflict(f"{path} is there already; choose another name.") from error
    try:
        file.replace(target)
    except OSError:
        target.unlink(missing_ok=True)
        raise


def _free(path: Path) -> Path:
    """The path, or with a number where it is taken."""
    names = (path if n == 1 else path.with_name(f"{path.stem}-{n}{path.suffix}") for n in range(1, 1_000_000))
    return next(name for name in names if not name.exists())


@contextmanager
def _told(path: str) -> Iterator[None]:
    """What the file system refuses, as a sentence."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"{shown(path)} cannot be written: {error.strerror or error}. Nothing was changed."
        ) from error
