"""Front matter: the YAML between ``---`` lines at the very top of a file, and a folder's ``_folder.yml``.

YAML is read as events by a base loader: every scalar is a string, nothing is ever built from tags, aliases
are refused (an alias bomb of 1 kB expands to millions of values), depth and size are bounded, and a
duplicate key, which a plain loader takes silently, is an error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml
from yaml.reader import Reader

from flashcards.deckfiles.text.characters import INVISIBLE, unseen
from flashcards.deckfiles.text.nearest import nearest
from flashcards.deckfiles.text.positions import Issue, error, in_short, warning

MAX_BYTES = 8 * 1024
MAX_DEPTH = 5
DECK_KEYS = ("title", "id", "description", "tags", "author", "license", "source", "language", "order")
FOLDER_KEYS = ("title", "order", "order_new")
NEW_ORDERS = ("file", "level")

# Only events are wanted, so the parser alone will do: a whole loader takes ten times as long to make.
_YAML: Any = yaml
_Parser = _YAML.cyaml.CParser if yaml.__with_libyaml__ else yaml.BaseLoader
_DELIMITER = re.compile(r"---[ \t]*(?:\n|\Z)")
_CLOSING = re.compile(r"^---[ \t]*(?:\n|\Z)", re.M)
_TOML = re.compile(r"\+\+\+[ \t]*(?:\n|\Z)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_OTHER_LINE_ENDS = re.compile("[\x85\u2028\u2029]")
_QUOTE_IT = "put a value in quotes if it holds ': ' or '#', or begins with a sign"


class Value(NamedTuple):
    """The value of a key: a string, a list of strings, or None for anything deeper. Offsets of both."""

    value: str | list[str] | None
    offset: int
    key_offset: int


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What front matter says about its deck. `end` is the offset at which the deck's text begins, `id_at` that of
    the id's value.

    `broken` says that it holds an error, so that what the file's deck is called is not known.
    """

    title: str = ""
    id: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    author: str = ""
    license: str = ""
    source: str = ""
    language: str = ""
    order: float | None = None
    order_new: str = ""
    end: int = 0
    id_at: int = 0
    issues: tuple[Issue, ...] = ()

    @property
    def broken(self) -> bool:
        return any(issue.severity == "error" for issue in self.issues)


def read_front_matter(text: str, more: tuple[str, ...] = ()) -> FrontMatter:
    """Return what stands between ``---`` lines at the top of a file's text (``\\n`` line ends, no BOM).

    `more` are keys that are taken without a word, whatever they hold.
    """
    if not text.startswith(("---", "+++")):
        return FrontMatter()
    if _TOML.match(text):
        return _toml(text)
    opening = _DELIMITER.match(text)
    if opening is None:
        return _hidden(text)
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        message = "front matter is not closed; write a line '---' after its last key"
        return FrontMatter(end=opening.end(), issues=(error(0, "front-matter-not-closed", message),))
    return _validated(text, opening.end(), closing.start(), closing.end(), more)


def _hidden(text: str) -> FrontMatter:
    """What a character that nobody sees keeps from being front matter."""
    line = text.partition("\n")[0]
    found, closing = INVISIBLE.search(line), _CLOSING.search(text, len(line))
    if found is None or closing is None or INVISIBLE.sub("", line).rstrip(" \t") != "---":
        return FrontMatter()
    message = f"{unseen(found.group())} after '---' takes its meaning away; delete it"
    return FrontMatter(end=closing.end(), issues=(error(found.start(), "invisible-character", message),))


def read_folder(text: str) -> FrontMatter:
    """Return the title, the order and the order of new cards that the text of a ``_folder.yml`` gives."""
    values, issues = read_mapping(text, 0, len(text), FOLDER_KEYS)
    return _Validator(values, issues).front_matter(len(text))


def _toml(text: str) -> FrontMatter:
    message = "front matter is TOML; write it as YAML ('title: ...') between '---' lines"
    closing = re.compile(r"^\+\+\+[ \t]*(?:\n|\Z)", re.M).search(text, 4)
    end = closing.end() if closing else 0
    return FrontMatter(end=end, issues=(error(0, "front-matter-toml", message),))


def _validated(text: str, start: int, stop: int, end: int, more: tuple[str, ...]) -> FrontMatter:
    values, issues = read_mapping(text, start, stop, (*DECK_KEYS, *more))
    return _Validator(values, issues).front_matter(end)


# YAML ----------------------------------------------------------------------------------------------------


class _Refused(Exception):
    """YAML that is not taken; holds the issue."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.message)
        self.issue = issue


def read_mapping(text: str, start: int, stop: int, known: tuple[str, ...]) -> tuple[dict[str, Value], list[Issue]]:
    """Read ``text[start:stop]`` as a mapping of `known` keys; return the values and what is wrong."""
    block = _OTHER_LINE_ENDS.sub(" ", text[start:stop])  # YAML 1.1 ends lines at them; an editor does not
    issues: list[Issue] = []
    try:
        _check_characters(block, start)
        entries = list(_entries(block, start))
    except _Refused as refused:
        return {}, [refused.issue]
    except yaml.YAMLError as failure:
        return {}, [_not_yaml(failure, block, start)]
    except RecursionError:
        return {}, [_too_deep(start)]
    except ValueError as failure:
        return {}, [error(start, "front-matter-not-yaml", f"front matter cannot be read: {failure}; simplify it")]
    values: dict[str, Value] = {}
    for key, value in entries:
        if key in values:
            first = text.count("\n", 0, values[key].key_offset) + 1
            message = f"the key '{key}' stands here and in line {first}; keep one of them"
            issues.append(error(value.key_offset, "front-matter-duplicate-key", message))
        elif key not in known:
            issues.append(_unknown_key(key, value.key_offset, known))
        else:
            values[key] = value
    return values, issues


def _check_characters(block: str, start: int) -> None:
    if len(block) * 4 > MAX_BYTES and len(block.encode()) > MAX_BYTES:
        message = f"front matter is over {MAX_BYTES // 1024} kB; shorten it, or close it with a line '---'"
        raise _Refused(error(start, "front-matter-too-large", message))
    unprintable = Reader.NON_PRINTABLE.search(block)
    if unprintable:
        message = f"front matter holds the character U+{ord(unprintable.group()):04X}; delete it"
        raise _Refused(error(start + unprintable.start(), "front-matter-not-yaml", message))


def _events(block: str) -> Iterator[yaml.Event]:
    parser = _Parser(block)
    while parser.check_event():
        yield parser.get_event()


def _entries(block: str, start: int) -> Iterator[tuple[str, Value]]:
    """The keys and values of the mapping that is the whole of `block`."""
    depth = 0
    key: tuple[str, int] | None = None
    collected: list[str] | None = None
    value_offset = 0
    for event in _events(block):
        offset = start + (event.start_mark.index if event.start_mark else 0)
        if isinstance(event, yaml.AliasEvent):
            message = "front matter holds an alias (*name); write the value itself"
            raise _Refused(error(offset, "front-matter-alias", message))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            _check_start(event, depth, offset, key is None)
            if depth == 2:
                collected = [] if isinstance(event, yaml.SequenceStartEvent) else None
                value_offset = offset
            elif depth > 2:
                collected = None
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            if depth == 1 and key:
                yield key[0], Value(collected, value_offset, key[1])
                key = None
        elif isinstance(event, yaml.ScalarEvent):
            if depth == 0:
                raise _Refused(_not_a_mapping(offset))
            if depth > 1:
                if collected is not None:
                    collected.append(event.value)
            elif key is None:
                key = (event.value, offset)
            else:
                yield key[0], Value(event.value, offset, key[1])
                key = None


def _check_start(event: yaml.Event, depth: int, offset: int, no_key: bool) -> None:
    if depth > MAX_DEPTH:
        raise _Refused(_too_deep(offset))
    if depth == 1 and not isinstance(event, yaml.MappingStartEvent):
        raise _Refused(_not_a_mapping(offset))
    if depth == 2 and no_key:
        message = "a key is not a word; write 'key: value' lines"
        raise _Refused(error(offset, "front-matter-not-mapping", message))


def _too_deep(offset: int) -> Issue:
    message = f"front matter is nested more than {MAX_DEPTH} deep; it needs only keys, values and one list"
    return error(offset, "front-matter-too-deep", message)


def _not_a_mapping(offset: int) -> Issue:
    return error(offset, "front-matter-not-mapping", "front matter is not 'key: value' lines; write it so")


def _not_yaml(failure: yaml.YAMLError, block: str, start: int) -> Issue:
    mark = getattr(failure, "problem_mark", None) or getattr(failure, "context_mark", None)
    offset = start + min(mark.index, len(block)) if mark else start
    reason = getattr(failure, "problem", None) or "it cannot be read"
    if "nesting depth" in reason:  # libyaml from 0.2.6 on reads ahead, and refuses before we see the first level
        return _too_deep(offset)
    heading = re.search(r"^#{1,2} ", block, re.M)
    if heading and heading.start() < offset - start:
        message = "front matter is not closed before the first heading; write a line '---' after its last key"
        return error(0, "front-matter-not-closed", message)
    message = f"front matter is not YAML: {' '.join(str(reason).split())}; {_QUOTE_IT}"
    return error(offset, "front-matter-not-yaml", message)


def _unknown_key(key: str, offset: int, known: tuple[str, ...]) -> Issue:
    meant = nearest(key, known)
    advice = f"did you mean '{meant}'?" if meant else f"known are {', '.join(known)}"
    message = f"the key '{in_short(key)}' is unknown and ignored; {advice}"
    return warning(offset, "front-matter-unknown-key", message)


# Values --------------------------------------------------------------------------------------------------


class _Validator:
    """Turns the values of known keys into a `FrontMatter`, noting what is of the wrong type."""

    def __init__(self, values: dict[str, Value], issues: list[Issue]) -> None:
        self.values = values
        self.issues = issues

    def front_matter(self, end: int) -> FrontMatter:
        return FrontMatter(
            title=self.text("title"),
            id=self.deck_id(),
            description=self.text("description"),
            tags=self.tags(),
            author=self.names("author"),
            license=self.text("license"),
            source=self.text("source"),
            language=self.language(),
            order=self.order(),
            order_new=self.order_new(),
            end=end,
            id_at=self.values["id"].offset if "id" in self.values else 0,
            issues=tuple(self.issues),
        )

    def wrong(self, key: str, expected: str) -> None:
        message = f"'{key}' must be {expected}; change its value"
        self.issues.append(error(self.values[key].offset, "front-matter-type", message))

    def text(self, key: str) -> str:
        """The value of a key as one line of text; empty if it is absent."""
        if key not in self.values:
            return ""
        value = self.values[key].value
        if not isinstance(value, str):
            self.wrong(key, "one text")
            return ""
        if _CONTROL.search(value):
            self.wrong(key, "text without control characters")
            return ""
        return " ".join(value.split())

    def names(self, key: str) -> str:
        """The value of a key as one line of text; those of a list are separated by commas."""
        given = self.values.get(key)
        if given is None or not isinstance(given.value, list):
            return self.text(key)
        if any(_CONTROL.search(name) for name in given.value):
            self.wrong(key, "texts without control characters")
            return ""
        return ", ".join(filter(None, (" ".join(name.split()) for name in given.value)))

    def deck_id(self) -> str:
        identity = self.text("id")
        if "#" in identity or len(identity) > 200:
            message = "the deck's id must have at most 200 characters and no '#'; change it"
            self.issues.append(error(self.values["id"].offset, "bad-deck-id", message))
            return ""
        return identity

    def tags(self) -> tuple[str, ...]:
        if "tags" not in self.values:
            return ()
        value = self.values["tags"].value
        if value is None:
            self.wrong("tags", "a list of words, such as [ml, concept]")
            return ()
        words = value.split(",") if isinstance(value, str) else value
        tags = ["-".join(word.split()).lstrip("#") for word in words]
        if any(_CONTROL.search(tag) for tag in tags):
            self.wrong("tags", "words without control characters")
            return ()
        return tuple(dict.fromkeys(tag for tag in tags if tag))

    def language(self) -> str:
        language = self.text("language")
        if language and not _LANGUAGE.fullmatch(language):
            self.wrong("language", "a language code such as en or pt-BR")
            return ""
        return language

    def order_new(self) -> str:
        """How new cards come within a deck: as in the file, or by level; empty where nothing is said."""
        written = self.text("order_new")
        if written and written not in NEW_ORDERS:
            self.wrong("order_new", "file (as they stand) or level (junior, core, mid, senior)")
            return ""
        return written

    def order(self) -> float | None:
        written = self.text("order")
        if not written:
            return None
        try:
            order = float(written)
        except ValueError:
            order = math.nan
        if not math.isfinite(order):
            self.wrong("order", "a number")
            return None
        return order
