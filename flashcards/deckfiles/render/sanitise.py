"""The second wall: an exact list of what HTML made from an author's text may hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import nh3

from flashcards.character_references import unescape

_SCHEMES = frozenset({"http", "https", "mailto"})
_BLOCKS = "p ul ol li blockquote h1 h2 h3 h4 h5 h6 hr table thead tbody tr th td details summary"
_INLINE = "a em strong del br sub sup kbd mark abbr span"

_cleaner = nh3.Cleaner(
    tags=set(_BLOCKS.split()) | set(_INLINE.split()),
    attributes={
        "a": {"href", "title"},
        "abbr": {"title"},
        "ol": {"start"},
        "td": {"align"},
        "th": {"align"},
    },
    allowed_classes={"span": {"cz"}, "li": {"task"}},
    url_schemes=set(_SCHEMES),
    link_rel="noopener noreferrer",
    strip_comments=True,
)

_LINK = re.compile(r'<a href="([^"]*)"')
_UNSEEN = re.compile(r"[\x00-\x20\x7f]+")
_SCHEME = re.compile(r"[^/?#:]*")
_AUTOLINK = re.compile(
    r"<((?:javascript|vbscript|data|file|ftp|sftp|ssh|git|tel|sms|blob|about|ws|wss):[^\s<>]*)>", re.I
)


def sanitise(html: str) -> str:
    """Return HTML that holds the allowed tags and attributes only, balanced."""
    return _cleaner.clean(html)


def check_links(html: str) -> tuple[str, list[str]]:
    """Take away the targets of links that may not be followed; return them too."""
    refused: list[str] = []

    def check(match: re.Match[str]) -> str:
        target = unescape(match.group(1))
        if scheme_of(target) in _SCHEMES:
            return match.group()
        refused.append(target)
        return "<a"

    return _LINK.sub(check, html), refused


def refused_autolinks(text: str, held: Callable[[int], bool]) -> Iterator[tuple[int, str, str]]:
    """Offset, code and message of each address in angle brackets that may not be followed.

    `held` says whether something else than text stands at an offset.
    """
    if "<" in text and ":" in text:
        for match in _AUTOLINK.finditer(text):
            problem = link_problem(match[1])
            if problem and not held(match.start()):
                yield match.start(1), *problem


def link_problem(target: str) -> tuple[str, str] | None:
    """Why a link may not be followed, as the code and text of a message; None if it may."""
    scheme = scheme_of(target)
    if scheme in _SCHEMES:
        return None
    if scheme:
        return "link-scheme", f"the link {target} is neither http, https nor mailto; give the address of a page"
    return "link-relative", f"the link {target} leads nowhere from a card; write the whole address, with https://"


def scheme_of(target: str) -> str:
    """The scheme of an address in lower case, as a browser reads it; ``""`` where it has none."""
    plain = _UNSEEN.sub("", target)
    match = _SCHEME.match(plain)
    scheme = match.group().lower() if match else ""
    return scheme if plain[len(scheme) : len(scheme) + 1] == ":" else ""
