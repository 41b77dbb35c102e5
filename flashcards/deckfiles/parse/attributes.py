"""The attribute list that may end a heading or a one-line card: ``{#id .word key=value}``.

Our own parser: Python-Markdown's extension would eat sets such as ``{1, 2, 3}`` and keep only the last of
a repeated key.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

from flashcards.deckfiles.text.characters import INVISIBLE, unseen
from flashcards.deckfiles.text.nearest import nearest, within_one_edit
from flashcards.deckfiles.text.positions import Issue, error, in_short, warning
from flashcards.deckfiles.text.spans import spans

FLAGS = ("reversed", "typed", "draft")
KEYS = ("requires",)
ID = re.compile(r"[\w.-]{1,64}")

_WORD = r"[\w](?:[\w:/+.-]*[\w+])?"
_ITEM = re.compile(
    rf"#(?P<id>[^\s{{}},;]+)|\.(?P<word>{_WORD})|(?P<key>[A-Za-z][\w-]*)=(?P<value>\"[^\"\n]*\"|[^\s\"{{}}]+)"
)
_BLANKS = re.compile(r"[ \t]+")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Attributes:
    """What an attribute list says. `start` and `end` are where its braces stand in the line.

    `words` are tags and flags as written; `requires` holds ``(deck id or None, note id)``.
    """

    start: int = -1
    end: int = -1
    id: str | None = None
    tags: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    requires: tuple[tuple[str | None, str], ...] = ()
    requires_at: tuple[int, ...] = ()
    issues: tuple[Issue, ...] = ()


NONE = Attributes()


def read_attributes(line: str) -> Attributes:
    """Return the attribute list that ends `line` (a heading's text, no blanks at its end), or `NONE`.

    Its `issues` have offsets into `line`. A group that merely looks like an attribute list stays text, with
    a warning.
    """
    if not line.endswith("}"):
        found = NONE if line.isascii() else _before_unseen(line)
        return found if found is not NONE else _not_at_the_end(line)
    start, end = line.rfind("{"), len(line)
    if start < 0:
        return NONE
    if start > 0 and line[start - 1] not in " \t":
        return _without_blank(line, start)
    if (usual := _USUAL.fullmatch(line, start)) and (words := _words(usual[2])):
        return Attributes(start, end, _nfc(usual[1]), *words)
    items = _items(line, start + 1, end - 1)
    if items is None:
        return _not_a_list(line, start)
    if not items:
        return NONE
    found = _Reader(items, start, end).read()
    return found if found.id is not None else _after_another(line, found)


_USUAL = re.compile(r"\{#([\w.-]{1,64})((?: \.[A-Za-z][\w-]*)*)\}")


@lru_cache(maxsize=4096)
def _words(written: str) -> tuple[tuple[str, ...], frozenset[str]] | None:
    """The tags and flags of `` .one .two``; None if one of them looks misspelt."""
    words = [word[1:] for word in written.split()]
    if any(word not in FLAGS and near_flag(word) for word in words):
        return None
    return tuple(word for word in words if word not in FLAGS), frozenset(words).intersection(FLAGS)


def _nfc(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _items(line: str, start: int, end: int) -> list[re.Match[str]] | None:
    """The items between the braces; None if anything else stands there."""
    items: list[re.Match[str]] = []
    position = _skip_blanks(line, start)
    while position < end:
        item = _ITEM.match(line, position, end)
        if item is None or (item["word"] and not _LETTER.search(item["word"])):
            return None
        position = _skip_blanks(line, item.end())
        if position == item.end() and position < end:
            return None
        items.append(item)
    return items


def _skip_blanks(line: str, position: int) -> int:
    blanks = _BLANKS.match(line, position)
    return blanks.end() if blanks else position


def _before_unseen(line: str) -> Attributes:
    """The list that would end the line but for characters that nobody sees."""
    end = len(line)
    while end and (line[end - 1] in " \t" or INVISIBLE.match(line, end - 1)):
        end -= 1
    start = line.rfind("{", 0, end)
    return _hidden(line, start, end, end) if start >= 0 and line[end - 1] == "}" else NONE


def _without_blank(line: str, start: int) -> Attributes:
    """What stands in braces at the end of the line, with no blank before them."""
    if INVISIBLE.match(line, start - 1):
        return _hidden(line, start, len(line), start - 1)
    if line[start - 1] in "$\\" or not line.startswith("{#", start) or not _items(line, start + 1, len(line) - 1):
        return NONE
    message = f"{line[start:]} looks like an attribute list but is shown as text; write a blank before it"
    return Attributes(issues=(warning(start, "attributes-not-read", message),))


def _hidden(line: str, start: int, end: int, at: int) -> Attributes:
    """A list that the character at `at` hides: its id is read, so that the note keeps its last good version."""
    items = _items(line, start + 1, end - 1)
    if not items:
        return NONE
    found = _Reader(items, start, len(line)).read()
    message = (
        f"{unseen(line[at])} beside {line[start:end]} takes its meaning away; delete it (a blank is needed before)"
    )
    return replace(found, issues=(error(at, "invisible-character", message), *found.issues))


_PROPER = r"(?:#(?=[\w.-]*[^\W\d_])[\w.-]+|\.[^\W\d_][\w:/+.-]*|requires=(?:\"[^\"\n]*\"?|[^\s\"{},;]+))"
_LOOKS_LIKE = re.compile(rf"\{{(?::?\s*(?:#[^\W\d_]|\.[^\W\d_]|requires\s*=)|\s*[\w-]+(?:[\s,;]+{_PROPER})+\s*\}})")
_MARKS = r"[^\s\w{}$\\`]|_"
# Blanks are taken once and for all (`*+`): parted between two of these in each way, a long run of them took minutes.
_OPEN_OR_FOLLOWED = re.compile(
    rf"\{{:?[ \t]*{_PROPER}(?:[ \t,;]++{_PROPER})*[ \t,;]*+"
    rf"(?:(?:{_MARKS}){{0,3}}|(?P<closed>\}})[ \t]*+(?:(?:{_MARKS}){{0,3}}|{_PROPER}(?:[ \t]++{_PROPER})*))[ \t]*+"
)


def open_or_followed(text: str) -> tuple[int, str]:
    """Where the last group in braces stands if it looks like a list that is not closed, or not the last thing here.

    Behind its brace, only marks such as a full stop count, and what belongs into it: words make it part of a sentence.
    With it comes what to do about it; -1 and nothing where there is none.
    """
    start = text.rfind("{")
    match = _OPEN_OR_FOLLOWED.fullmatch(text, start) if start >= 0 else None
    if match is None or text[start - 1 : start] in {"$", "\\", "{"}:
        return -1, ""
    touching = start > 0 and text[start - 1] not in " \t\n"
    if (touching and text[start + 1] != "#") or any(span.start < start < span.end for span in spans(text)):
        return -1, ""
    return start, "let nothing follow its '}'" if match["closed"] else "close it with '}'"


def _not_at_the_end(line: str) -> Attributes:
    start, advice = open_or_followed(line)
    if start < 0:
        return NONE
    message = f"{in_short(line[start:])} looks like an attribute list but is shown as text; {advice}"
    return Attributes(issues=(warning(start, "attributes-not-read", message),))


def _after_another(line: str, found: Attributes) -> Attributes:
    """A list without an id; one before it may have been meant to give it."""
    start, _ = open_or_followed(line[: found.start].rstrip(" \t"))
    if start < 0 or "#" not in line[start : found.start]:
        return found
    written = in_short(line[start : found.start].rstrip(" \t"))
    message = f"{written} looks like an attribute list but is shown as text; put it into the last"
    return replace(found, issues=(warning(start, "attributes-not-read", message), *found.issues))


def _not_a_list(line: str, start: int) -> Attributes:
    if not _LOOKS_LIKE.match(line, start):
        return NONE
    issue = warning(
        start,
        "attributes-not-read",
        f"{line[start:]} looks like an attribute list but is shown as text; "
        "write only #id, .tag and key=value between the braces, with blanks between them",
    )
    return Attributes(issues=(issue,))


class _Reader:
    """Collects the items of one attribute list."""

    def __init__(self, items: list[re.Match[str]], start: int, end: int) -> None:
        self.items = items
        self.start, self.end = start, end
        self.id: str | None = None
        self.tags: list[str] = []
        self.flags: set[str] = set()
        self.requires: list[tuple[str | None, str]] = []
        self.requires_at: list[int] = []
        self.issues: list[Issue] = []

    def read(self) -> Attributes:
        for item in self.items:
            if item["word"]:
                self.word(item["word"], item.start())
            elif item["id"]:
                self.identity(item["id"], item.start())
            else:
                self.pair(item["key"], item["value"].strip('"'), item.start())
        return Attributes(
            self.start,
            self.end,
            self.id,
            tuple(self.tags),
            frozenset(self.flags),
            tuple(self.requires),
            tuple(self.requires_at),
            tuple(self.issues),
        )

    def identity(self, written: str, offset: int) -> None:
        identity = _nfc(written)
        if not ID.fullmatch(identity):
            message = f"#{written} is no id; use 1 to 64 letters, digits, '_', '-' and '.'"
            self.issues.append(error(offset, "bad-id", message))
        elif self.id is not None:
            message = f"a second id, #{written}, after #{self.id}; keep one of them"
            self.issues.append(error(offset, "two-ids", message))
        else:
            self.id = identity

    def word(self, word: str, offset: int) -> None:
        if word in FLAGS:
            self.flags.add(word)
            return
        if flag := near_flag(word):
            message = f".{word} is read as a tag; write .{flag} if the flag is meant, or choose another tag"
            self.issues.append(warning(offset, "misspelt-flag", message))
        self.tags.append(word)

    def pair(self, key: str, value: str, offset: int) -> None:
        if key not in KEYS:
            meant = nearest(key, KEYS)
            advice = f"write {meant}= if that is meant, or delete it" if meant else "delete it"
            message = f"{key}= means nothing here; {advice} (known: {', '.join(f'{k}=' for k in KEYS)})"
            self.issues.append(warning(offset, "unknown-attribute", message))
            return
        deck, _, note = value.rpartition("#")
        note = _nfc(note)
        if not ID.fullmatch(note):
            message = f"requires={value} names no note; write requires=note-id or requires=deck#note-id"
            self.issues.append(error(offset, "bad-requires", message))
            return
        self.requires.append((_nfc(deck) or None, note))
        self.requires_at.append(offset)


@lru_cache(maxsize=4096)
def near_flag(word: str) -> str | None:
    """Return the flag that `word` is one edit away from, or None."""
    return next((flag for flag in FLAGS if within_one_edit(word, flag)), None)
