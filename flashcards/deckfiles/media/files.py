"""Pictures and sounds that decks refer to: found, checked, measured, and named by their content."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

from flashcards.deckfiles.text.media_references import references
from flashcards.deckfiles.text.positions import address_in_short

__all__ = ["MAX_SIZE", "Media", "MediaProblem", "picture_extension", "references", "resolve"]

MAX_SIZE = 10 * 1024 * 1024
MAX_SIDE = 100_000  # pixels; a larger width or height in a file is not believed


@dataclass(frozen=True, slots=True)
class Media:
    """A file of a known type: `hash` names its content, `path` is where it is, `size` is in bytes.

    `width` and `height` are in CSS pixels; None for sounds and for pictures that do not tell.
    """

    hash: str
    path: str
    mime: str
    size: int
    width: int | None
    height: int | None
    url: str


@dataclass(frozen=True, slots=True)
class MediaProblem:
    """Why a reference gives no media: a stable code, and a message for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class _Kind:
    extension: str
    mime: str
    signature: re.Pattern[bytes]


def _kind(extension: str, mime: str, signature: bytes) -> _Kind:
    return _Kind(extension, mime, re.compile(signature, re.S))


_OGG = rb"OggS"
_MP4 = rb".{4}ftyp"
_JPEG = _kind("jpg", "image/jpeg", rb"\xff\xd8\xff")
_KINDS = {
    "png": _kind("png", "image/png", rb"\x89PNG\r\n\x1a\n"),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "gif": _kind("gif", "image/gif", rb"GIF8[79]a"),
    "webp": _kind("webp", "image/webp", rb"RIFF.{4}WEBP"),
    "avif": _kind("avif", "image/avif", rb".{4}ftypavi[fs]"),
    "svg": _kind("svg", "image/svg+xml", rb"(?:\xef\xbb\xbf)?\s*<(?:svg[\s>/]|[?!].*?<svg[\s>/])"),
    "mp3": _kind("mp3", "audio/mpeg", rb"ID3|\xff[\xe2-\xff]"),
    "ogg": _kind("ogg", "audio/ogg", _OGG),
    "oga": _kind("ogg", "audio/ogg", _OGG),
    "opus": _kind("opus", "audio/ogg", _OGG),
    "wav": _kind("wav", "audio/wav", rb"RIFF.{4}WAVE"),
    "m4a": _kind("m4a", "audio/mp4", _MP4),
    "flac": _kind("flac", "audio/flac", rb"fLaC"),
    "weba": _kind("weba", "audio/webm", rb"\x1a\x45\xdf\xa3"),
}
EXTENSIONS = frozenset(_KINDS)
"""What the names of pictures and sounds may end in, lower case, without the dot."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")


def resolve(reference: str, deck_path: str, root: Path) -> Media | MediaProblem:
    """Find the file that a picture in a deck refers to.

    `reference` is as written; `deck_path` is the deck's file, relative to the decks folder `root`, POSIX. A
    reference is relative to the deck's file, or with a leading ``/`` to the decks folder. Codes of problems:
    ``media-remote``, ``media-outside``, ``media-missing``, ``media-type``, ``media-too-large``,
    ``media-unreadable``.
    """
    if not reference.strip():
        return MediaProblem("media-missing", "no file is named; write its path between the round brackets")
    named = address_in_short(reference)
    if _SCHEME.match(reference):
        return MediaProblem(
            "media-remote", f"{named} is not in the decks folder; save the file there and name its path"
        )
    path = _locate(reference, deck_path, root)
    if isinstance(path, MediaProblem):
        return path
    kind = _KINDS.get(path.suffix[1:].lower())
    if kind is None:
        known = ", ".join(sorted(_KINDS))
        return MediaProblem("media-type", f"{named} is not of a known type; use one of {known}")
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            return MediaProblem("media-type", f"{named} is not a regular file; name a picture or a sound")
        if info.st_size > MAX_SIZE:
            return MediaProblem("media-too-large", f"{named} has over {MAX_SIZE // 2**20} MiB; make it smaller")
        return _identify(str(path), info.st_size, info.st_mtime_ns, kind)
    except _Unlike:
        return MediaProblem(
            "media-type", f"{named} does not hold what its name says ({kind.mime}); save it in that format"
        )
    except OSError as error:
        return MediaProblem("media-unreadable", f"{named} cannot be read ({error.strerror}); check its rights")


def picture_extension(data: bytes) -> str | None:
    """What the name of a picture with these bytes ends in, without the dot; None where they are no known picture."""
    kinds = (kind for kind in _KINDS.values() if kind.mime.startswith("image/"))
    return next((kind.extension for kind in kinds if kind.signature.match(data[:4096])), None)


def _locate(reference: str, deck_path: str, root: Path) -> Path | MediaProblem:
    """The real path of an existing file inside the decks folder."""
    named = address_in_short(reference)
    try:
        base = root.resolve()
        folder = base if reference.startswith("/") else base / Path(deck_path).parent
        for name in _spellings(reference.lstrip("/")):
            path = (folder / name).resolve()
            if not path.is_relative_to(base):
                return MediaProblem("media-outside", f"{named} is outside the decks folder; copy the file into it")
            if path.exists():
                return path
    except (OSError, ValueError, RuntimeError):  # a loop of links, a NUL, a name that is too long
        pass
    where = "the decks folder" if reference.startswith("/") else "the deck's folder"
    return MediaProblem("media-missing", f"{named} is not there; the path starts at {where}")


def _spellings(reference: str) -> list[str]:
    """The names that may be meant: as written, percent-decoded, and in either form of Unicode."""
    names = [reference, unquote(reference)]
    names += [unicodedata.normalize(form, name) for name in names for form in ("NFC", "NFD")]
    return list(dict.fromkeys(names))


class _Unlike(Exception):
    """The first bytes are not those of the type that the name gives."""


@lru_cache(maxsize=4096)
def _identify(path: str, size: int, _mtime_ns: int, kind: _Kind) -> Media:
    data = _read(path)
    if not kind.signature.match(data[:4096]):
        raise _Unlike
    digest = hashlib.sha256(data).hexdigest()[:32]
    width, height = _dimensions(data, kind.mime)
    return Media(digest, path, kind.mime, size, width, height, f"/media/{digest}.{kind.extension}")


def _read(path: str) -> bytes:
    """Read a regular file; what has become a pipe meanwhile must not make us wait."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "not a regular file")
        return file.read(MAX_SIZE + 1)[:MAX_SIZE]


def _dimensions(data: bytes, mime: str) -> tuple[int | None, int | None]:
    if not mime.startswith("image/"):
        return None, None
    width, height = _svg_size(data) if mime == "image/svg+xml" else _bitmap_size(data)
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        return None, None
    return max(round(width), 1), max(round(height), 1)


def _bitmap_size(data: bytes) -> tuple[float, float]:
    import imagesize  # late: it loads all of urllib

    width, height = imagesize.get(BytesIO(data))
    return float(width), float(height)


_SVG_ROOT = re.compile(r"<svg\b([^>]*)>")
_SVG_ATTRIBUTE = re.compile(r"""(?<![\w:-])(width|height|viewBox)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+)(px|pt|pc|in|cm|mm)?\s*")
_PIXELS = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}


def _svg_size(data: bytes) -> tuple[float, float]:
    """Width and height of the root element, or of its viewBox; -1 where neither tells."""
    root = _SVG_ROOT.search(data[:65536].decode("utf-8", "replace"))
    found = {name: one or two for name, one, two in _SVG_ATTRIBUTE.findall(root.group(1))} if root else {}
    box = [float(part) for part in re.findall(r"-?[0-9]*\.?[0-9]+(?:e-?[0-9]+)?", found.get("viewBox", ""))]
    width, height = _pixels(found.get("width", "")), _pixels(found.get("height", ""))
    if len(box) == 4 and box[2] > 0 and box[3] > 0:
        if width > 0 and height <= 0:
            return width, width * box[3] / box[2]
        if height > 0 and width <= 0:
            return height * box[2] / box[3], height
        if width <= 0:
            return box[2], box[3]
    return width, height


def _pixels(length: str) -> float:
    match = _LENGTH.fullmatch(length)
    return float(match.group(1)) * _PIXELS[match.group(2) or "px"] if match else -1.0
