"""What a field shows that is no text (pictures, sounds, films), and what of it a deck can hold."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from flashcards.character_references import unescape

Place = Literal["file", "web", "elsewhere"]
"""Where it lies: in the package, on a web page that a deck can link to, or where no deck can reach it."""

IMAGE = re.compile(r"<img\b((?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>", re.I)
PLAYERS = frozenset({"audio", "video"})
NO_TEXT = frozenset({"svg", "iframe", "object", "embed"})
"""Elements that show something of which a deck can hold nothing but words."""

_ATTRIBUTE = re.compile(r"([^\s=/>\"']+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
_SOURCE = re.compile(r"<source\b([^<>]*)>", re.I)
_WEB = re.compile(r"https?://[^\s<>]+", re.I)
_SCHEME = re.compile(r"[a-z]+:", re.I)


class Shown(NamedTuple):
    """Something that is shown: its address, where that is, and the words for it."""

    source: str
    place: Place
    words: str


def image(source: str, alt: str) -> Shown | None:
    """What an ``img`` with these attributes shows."""
    return _shown(source, " ".join(alt.split()), "picture")


def played(name: str, source: str) -> Shown | None:
    """What an ``audio`` or ``video`` with this source plays."""
    return _shown(source, "", "sound" if name == "audio" else "video")


def image_of(attributes: str) -> Shown | None:
    """The same of what stands in the tag, as it is written."""
    found = _read(attributes)
    return image(found.get("src", ""), found.get("alt", ""))


def played_by(name: str, attributes: str, inner: str) -> Shown | None:
    """The same of what stands in the tag, and of the HTML behind it."""
    own = _read(attributes).get("src", "")
    within = _SOURCE.search(inner.partition(f"</{name}")[0])
    return played(name, own or (_read(within[1]).get("src", "") if within else ""))


def _shown(source: str, words: str, otherwise: str) -> Shown | None:
    source = source.strip()
    if not source:
        return None
    if _WEB.fullmatch(source):
        return Shown(source, "web", words or otherwise)
    return Shown(source, "elsewhere" if _SCHEME.match(source) else "file", words)


def _read(attributes: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(attributes):
        found.setdefault(match[1].lower(), unescape(match[2] or match[3] or match[4] or ""))
    return found
