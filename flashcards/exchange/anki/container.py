"""The zip around an Anki package: which collection it holds, its media, and how much may come out of it.

Every byte that is unpacked is counted while it comes: sizes that a file claims for itself are never believed.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import zstandard

from flashcards.damaged_zips import DAMAGED
from flashcards.exchange.anki import protobuf
from flashcards.exchange.anki.package_values import Limits, PackageError

_CHUNK = 1 << 18
_COLLECTIONS = {1: "collection.anki2", 2: "collection.anki21", 3: "collection.anki21b"}
MODERN = 3
_LARGEST_WINDOW = 1 << 27
_ANOTHER_KIND = (
    "This is no Anki package. In Anki choose File, Export and the format .apkg (decks) or .colpkg (collection)."
)
_DAMAGED = "The package is damaged ({what}). Export it from Anki again, or copy it once more."


def damaged(what: object) -> PackageError:
    """The error for a package that is cut off or altered."""
    return PackageError(_DAMAGED.format(what=what))


@dataclass(frozen=True, slots=True)
class MediaEntry:
    """A file of the package: its name for notes, and its entry in the zip."""

    name: str
    entry: str


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Container]:
    """The container at `path`. Raises PackageError where it is none, or damaged, or too large."""
    try:
        if path.stat().st_size > limits.package:
            raise PackageError(f"The package is larger than {limits.package >> 20} MB: export fewer decks at once.")
        with zipfile.ZipFile(path) as archive:
            yield Container(archive, limits)
    except zipfile.BadZipFile as error:
        with path.open("rb") as stream:
            zipped = stream.read(2) == b"PK"
        raise (damaged("the zip is cut off or not whole") if zipped else PackageError(_ANOTHER_KIND)) from error
    except (zstandard.ZstdError, *DAMAGED) as error:
        raise damaged(error) from error
    except RuntimeError as error:  # zipfile's way to say that an entry is encrypted
        raise PackageError("The package is encrypted: export it from Anki again, without a password.") from error
    except OSError as error:
        raise PackageError(f"The package cannot be read: {error.strerror or error}.") from error


class Container:
    """An open package."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        self._zip = archive
        self._limits = limits
        entries = archive.infolist()
        if len(entries) > limits.files + 10:
            raise PackageError(f"The package holds more than {limits.files:,} files: export fewer decks at once.")
        self._entries = {entry.filename: entry for entry in entries}
        if len(self._entries) != len(entries):
            raise damaged("two entries of the zip have one name")
        self.version = self._version()

    def _version(self) -> int:
        """As `meta` says; packages without one are older than it. Never by which files there are."""
        if "meta" in self._entries:
            try:
                version = protobuf.number(self._read("meta", 1 << 10), 1)
            except ValueError as error:
                raise damaged(f"its meta file: {error}") from error
            if version not in _COLLECTIONS:
                raise PackageError(
                    f"The package has version {version}, which this program does not know (it knows 1 to 3)."
                    " Export it from Anki again with 'Support older Anki versions' ticked."
                )
            return version
        if _COLLECTIONS[2] in self._entries:
            return 2
        if _COLLECTIONS[1] in self._entries:
            return 1
        raise PackageError(_ANOTHER_KIND)

    def collection(self, target: Path) -> None:
        """Unpacks the collection's database to `target`."""
        name = _COLLECTIONS[self.version]
        if name not in self._entries:
            raise damaged(f"its meta file promises {name}, which is not there")
        with target.open("xb") as output:
            for chunk in self._unpacked(name, self._limits.collection, packed=self.version == MODERN):
                output.write(chunk)

    def media_entries(self) -> list[MediaEntry]:
        """The files that the package names, where they are there and the name is no path."""
        if "media" not in self._entries:
            return []
        data = b"".join(self._unpacked("media", self._limits.value, packed=self.version == MODERN))
        try:
            names = _modern_names(data) if self.version == MODERN else _legacy_names(data)
        except (ValueError, RecursionError) as error:
            raise damaged(f"its list of media: {error}") from error
        if len(names) > self._limits.files:
            raise PackageError(f"The package holds more than {self._limits.files:,} media files.")
        return [MediaEntry(name, entry) for entry, name in names if entry in self._entries and entry.isascii()]

    def media_file(self, entry: MediaEntry, target: Path) -> int:
        """Unpacks one file to `target` and returns its size."""
        size = 0
        with target.open("xb") as output:
            for chunk in self._unpacked(entry.entry, self._limits.media_file, packed=self.version == MODERN):
                size += output.write(chunk)
        return size

    def _read(self, name: str, limit: int) -> bytes:
        return b"".join(self._unpacked(name, limit, packed=False))

    def _unpacked(self, name: str, limit: int, *, packed: bool) -> Iterator[bytes]:
        """The bytes of an entry, counted as they come; `packed` with zstd within the zip."""
        size, entry = 0, self._entries[name]
        largest = max(self._limits.ratio_from, entry.compress_size * self._limits.ratio)
        with self._zip.open(entry) as raw, _stream(raw, packed=packed) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > limit:
                    raise PackageError(f"{name} in the package unpacks to more than {max(limit >> 20, 1)} MB.")
                if size > largest:
                    raise PackageError(
                        f"{name} in the package unpacks to more than {self._limits.ratio} times its size:"
                        " that is no package that Anki made."
                    )
                yield chunk


@contextmanager
def _stream(raw: IO[bytes], *, packed: bool) -> Iterator[IO[bytes]]:
    if not packed:
        yield raw
        return
    decompressor = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
    with decompressor.stream_reader(raw, read_size=1 << 14, read_across_frames=True) as stream:
        yield stream


def _legacy_names(data: bytes) -> list[tuple[str, str]]:
    names = json.loads(data or b"{}")
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        raise ValueError("not a map of names")
    return list(names.items())


def _modern_names(data: bytes) -> list[tuple[str, str]]:
    """A message with repeated entries (1): name (1), size (2), SHA-1 (3), and a number (255) of old packages."""
    names = []
    for position, (field, value) in enumerate(protobuf.fields(data)):
        if field == 1 and isinstance(value, bytes):
            names.append((str(protobuf.number(value, 255, position)), protobuf.text(value, 1)))
    return names
