"""Where what comes from Anki goes: subdecks into folders, media beside the decks, names that any system can hold."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, unquote

from flashcards.deckfiles.identity.slugs import slug
from flashcards.deckfiles.media.files import MediaProblem, resolve
from flashcards.deckfiles.parse.find import MAX_LEVELS, title_of
from flashcards.domain.card import Note
from flashcards.exchange.anki.to_markdown import MEDIA_REFERENCE
from flashcards.services.anki.converted_notes import texts_of, with_texts

MEDIA_FOLDER = "media"
_PICTURE = re.compile(rf"!\[((?:[^\[\]\\]|\\.)*){MEDIA_REFERENCE.pattern}")
_NOT_NAME = re.compile(r"[^\w.-]+")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])", re.I)
"""Names that Windows keeps for itself, with any ending."""


class Paths:
    """Where each deck of Anki goes: subdecks into folders, names that any system can hold."""

    def __init__(self, root: Path, into: str) -> None:
        self.root = root
        self.into = into
        self.parts: dict[tuple[str, str], str] = {}  # by the folder's path and the name as Anki has it
        self.taken: set[str] = set()
        self.titles: dict[str, str] = {}

    def of(self, name: str) -> str:
        """A path, relative to the decks folder, that no file has."""
        *parents, last = [part.strip() or "blank" for part in name.split("::")]
        room = MAX_LEVELS - 1 - len(self.into.split("/"))
        if len(parents) > room:  # what lies deeper stands together in the last folder
            parents, last = parents[:room], " ".join([*parents[room:], last])
        folder = self.into
        for parent in parents:
            folder = self.folder(folder, parent)
        stem = joined(folder, _file_name(last))
        number, path = 1, f"{stem}.md"
        while path.casefold() in self.taken or (self.root / path).exists():
            number += 1
            path = f"{stem}-{number}.md"
        self.taken.add(path.casefold())
        return path

    def folder(self, above: str, name: str) -> str:
        if (above, name) not in self.parts:
            plain, number = joined(above, _file_name(name)), 1
            path = plain
            while path.casefold() in self.titles:
                number += 1
                path = f"{plain}-{number}"
            self.titles[path.casefold()] = name
            self.parts[above, name] = path
        return self.parts[above, name]

    def folder_titles(self) -> Iterable[tuple[str, str]]:
        """The `_folder.yml` files that are needed for folders to be called as in Anki."""
        for (_, name), path in self.parts.items():
            file = f"{path}/_folder.yml"
            if title_of(path.rpartition("/")[2]) != name and not (self.root / file).exists():
                yield file, name


def joined(folder: str, name: str) -> str:
    """The path of a name in a folder; "" is the decks folder itself."""
    return f"{folder}/{name}" if folder else name


def _file_name(name: str) -> str:
    made = slug(name, name).strip("_.") or "deck"
    return f"{made}-deck" if made in {"readme", MEDIA_FOLDER} or _DEVICE.fullmatch(made) else made


# Media ---------------------------------------------------------------------------------------------------


class Media:
    """Puts the media that notes use beside their decks, under names that any system can hold."""

    def __init__(self, files: Mapping[str, Path], root: Path, folder: str, stage_folder: Path) -> None:
        self.packed = files
        self.root = root
        self.folder = folder
        self.stage = stage_folder
        self.files: list[str] = []
        self.notices: list[str] = []
        self.places: dict[str, str | None] = {}

    def placed(self, note: Note, deck_path: str) -> Note:
        """The note with the paths of its media in place of the names that Anki knows."""
        if not any("](" in text for text in texts_of(note)):
            return note
        depth = deck_path.count("/")

        def place(match: re.Match[str]) -> str:
            name = unquote(match[2])
            path = self.place(name)
            if path is None:
                return match[1] or name.translate({ord(c): "_" for c in "[]()*`<>\\$"})
            return f"![{match[1]}]({_quoted(_relative(path, deck_path, depth))})"

        return with_texts(note, lambda text: _PICTURE.sub(place, text) if "](" in text else text)

    def place(self, name: str) -> str | None:
        """The path of a file in the decks folder; None where a deck cannot hold it."""
        if name not in self.places:
            self.places[name] = self._place(name)
        return self.places[name]

    def _place(self, name: str) -> str | None:
        source = self.packed.get(name)
        if source is None:
            self.notices.append(f"{name[:80]!r}: notes use it, but it is not in the package.")
            return None
        path = self._path(name, source)
        target = self.stage / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        found = resolve("/" + quote(path), "deck.md", self.stage)
        if isinstance(found, MediaProblem):
            target.unlink()
            why = found.message.removeprefix("/" + quote(path)).strip()
            self.notices.append(f"{name[:80]!r} was left out: the file {why}.")
            return None
        if not (self.root / path).exists():
            self.files.append(path)
        return path

    def _path(self, name: str, source: Path) -> str:
        """Its own name if it is free, or holds the same bytes; else one with a hash of them."""
        stem, dot, extension = name.rpartition(".")
        plain = (_NOT_NAME.sub("-", stem).strip("-._") or "file")[:80]
        digest = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
        for path in (
            f"{self.folder}/{plain}{dot}{extension.lower()}",
            f"{self.folder}/{plain}-{digest}{dot}{extension.lower()}",
        ):
            for there in (self.root / path, self.stage / path):
                if there.exists() and hashlib.sha256(there.read_bytes()).hexdigest()[:12] != digest:
                    break
            else:
                return path
        return f"{self.folder}/{digest}{dot}{extension.lower()}"


def _quoted(path: str) -> str:
    """The path as a link holds it: letters of any script stay readable."""
    return "".join(c if c.isalnum() else quote(c) for c in path)


def _relative(path: str, deck_path: str, depth: int) -> str:
    """`path` from the folder of a deck: both are relative to the decks folder."""
    above = deck_path.split("/")[:-1]
    parts = path.split("/")
    while above and len(parts) > 1 and above[0] == parts[0]:
        above, parts = above[1:], parts[1:]
    return "../" * len(above) + "/".join(parts)
