"""The project file of a decks folder, `.flashcards.toml`: what its authors agreed on.

It silences warnings, leaves paths out, names further keys for front matter, and macros for formulas. It is strict: a
file with any mistake is refused whole, and whoever would read the decks by it says so.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from flashcards.deckfiles.check.codes import CODES
from flashcards.deckfiles.text.nearest import nearest
from flashcards.deckfiles.text.positions import in_short
from flashcards.domain.problem import Problem

PROJECT_FILE = ".flashcards.toml"
MAX_BYTES = 64 << 10
MAX_ENTRIES = 64
MAX_PATTERN = 200
MAX_MACRO_BYTES = 1024
"""Of one macro's text."""

_KEYS = ("silence", "ignore", "front-matter", "macros")
_KEY_NAME = re.compile(r"[^\W\d][\w -]{0,49}")
_MACRO_NAME = re.compile(r"\\?([A-Za-z]{1,40})")
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.S)
_ARGUMENT = re.compile(r"#([1-9]?)")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True)
class Project:
    """What a project file says; nothing of it where it is broken. `ignore` are patterns of paths.

    `macros` are pairs of a command's name and its TeX, in which #1 to #9 stand for arguments.
    """

    silence: frozenset[str] = frozenset()
    ignore: tuple[str, ...] = ()
    front_matter: tuple[str, ...] = ()
    macros: tuple[tuple[str, str], ...] = ()
    problems: tuple[Problem, ...] = ()

    def ignores(self, path: str) -> bool:
        """Whether a file or folder (relative to the decks folder) is left out."""
        return any(_pattern(one).fullmatch(path) for one in self.ignore)

    def says(self, problem: Problem) -> bool:
        """Whether a problem is told: every error is, and every warning that is not silenced."""
        return problem.severity == "error" or problem.code not in self.silence

    @cached_property
    def digest(self) -> str:
        """Changes when files have to be read anew; "" for a project that changes nothing of how they are read."""
        parts = [sorted(self.silence), self.front_matter, self.macros]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12] if any(parts) else ""


NO_PROJECT = Project()


def read_project(root: Path) -> Project:
    """The project of a decks folder; without a file an empty one. What is wrong is in its `problems`."""
    try:
        descriptor = os.open(root / PROJECT_FILE, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (FileNotFoundError, NotADirectoryError):
        return NO_PROJECT
    except OSError as failure:
        return _refused("", None, f"the file cannot be read ({failure.strerror}); give the right to read it")
    try:
        with os.fdopen(descriptor, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as failure:
        return _refused("", None, f"the file cannot be read ({failure.strerror}); put a text file in its place")
    return project_of(data)


def macros_of(root: Path) -> tuple[tuple[str, str], ...]:
    """The macros of a decks folder's project; read once, as long as its file is the same."""
    try:
        status = (root / PROJECT_FILE).stat()
    except OSError:
        return ()
    return _macros_of(root, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _macros_of(root: Path, _mtime_ns: int, _size: int) -> tuple[tuple[str, str], ...]:
    return read_project(root).macros


def project_of(data: bytes) -> Project:
    """What the bytes of a project file say."""
    if len(data) > MAX_BYTES:
        return _refused("", None, f"the file is over {MAX_BYTES >> 10} KiB; shorten it")
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return _refused("", None, "the file is not UTF-8; save it as UTF-8")
    import tomllib

    try:
        return _Reader(text, tomllib.loads(text)).project()
    except tomllib.TOMLDecodeError as failure:
        place = _TOML_PLACE.search(str(failure))
        reason = _TOML_PLACE.sub("", str(failure))
        line, column = (int(place[1]), int(place[2])) if place and place[1] else (text.rstrip("\n").count("\n") + 1, 1)
        return Project(problems=(_problem(line, column, f"this is not TOML: {reason}; mend it there"),))
    except RecursionError:
        return _refused(text, None, "the file is nested too deeply; it needs lists and one table")
    except _Wrong as wrong:
        return _refused(text, wrong.near, str(wrong))


class _Wrong(Exception):
    """What is wrong with the file; `near` is a text at whose first place it is told."""

    def __init__(self, near: str, message: str) -> None:
        super().__init__(message)
        self.near = near


def _refused(text: str, near: str | None, message: str) -> Project:
    at = text.find(near) if near else 0
    at = max(at, 0)
    line_start = text.rfind("\n", 0, at) + 1
    return Project(problems=(_problem(text.count("\n", 0, at) + 1, at - line_start + 1, message),))


def _problem(line: int, column: int, message: str) -> Problem:
    return Problem(PROJECT_FILE, line, column, "error", "project-file", message)


class _Reader:
    """Checks what TOML gave, and takes it over."""

    def __init__(self, text: str, given: Mapping[str, Any]) -> None:
        self.text = text
        self.given = given

    def project(self) -> Project:
        for key in self.given:
            if key not in _KEYS:
                meant = nearest(key, _KEYS)
                advice = f"did you mean '{meant}'?" if meant else f"known are {', '.join(_KEYS)}"
                raise _Wrong(key, f"the key '{in_short(key)}' is unknown; {advice}")
        return Project(
            silence=frozenset(self.checked_code(code) for code in self.texts("silence")),
            ignore=tuple(self.checked_pattern(pattern) for pattern in self.texts("ignore")),
            front_matter=tuple(self.checked_key(key) for key in self.texts("front-matter")),
            macros=self.macros(),
        )

    def texts(self, key: str) -> list[str]:
        values = self.given.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise _Wrong(key, f"'{key}' must be a list of texts, such as {key} = [\"...\"]")
        if len(values) > MAX_ENTRIES:
            raise _Wrong(key, f"'{key}' has {len(values)} entries; at most {MAX_ENTRIES} can stand there")
        return values

    def checked_code(self, code: str) -> str:
        if code not in CODES:
            meant = nearest(code, tuple(CODES))
            advice = f"did you mean '{meant}'?" if meant else "the page about writing decks lists all codes"
            raise _Wrong(code, f"there is no code '{in_short(code)}' to silence; {advice}")
        return code

    def checked_pattern(self, pattern: str) -> str:
        parts = pattern.rstrip("/").split("/")
        if not pattern or len(pattern) > MAX_PATTERN or any(part in ("", ".", "..") for part in parts):
            raise _Wrong(
                pattern,
                f"'{in_short(pattern)}' is no path to ignore; write archive/ or drafts/*.md, from the decks folder",
            )
        return pattern.rstrip("/")

    def checked_key(self, key: str) -> str:
        if not _KEY_NAME.fullmatch(key):
            raise _Wrong(key, f"'{in_short(key)}' cannot be a key of front matter; write a word of at most 50 letters")
        return key

    def macros(self) -> tuple[tuple[str, str], ...]:
        given = self.given.get("macros", {})
        if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
            raise _Wrong("macros", "'macros' must be a table of commands and their TeX: '\\RR' = '\\mathbb{R}'")
        if len(given) > MAX_ENTRIES:
            raise _Wrong("macros", f"'macros' has {len(given)} commands; at most {MAX_ENTRIES} can stand there")
        names = {key: match[1] for key in given if (match := _MACRO_NAME.fullmatch(key))}
        for key, tex in given.items():
            self.check_macro(key, tex, set(names.values()), known=key in names)
        if len(set(names.values())) < len(names):
            raise _Wrong("macros", "'macros' names a command twice, with and without its \\; keep one of them")
        return tuple(sorted((names[key], tex) for key, tex in given.items()))

    def check_macro(self, key: str, tex: str, names: set[str], *, known: bool) -> None:
        if not known:
            raise _Wrong(key, f"'{in_short(key)}' is no command; write letters alone, such as '\\RR'")
        if len(tex.encode()) > MAX_MACRO_BYTES:
            raise _Wrong(key, f"the macro {in_short(key)} is over {MAX_MACRO_BYTES} bytes; shorten it")
        if not tex.isprintable():
            raise _Wrong(key, f"the macro {in_short(key)} holds a character that cannot be printed; take it out")
        if _depth(tex) is None:
            raise _Wrong(key, f"the braces of the macro {in_short(key)} do not match; close what it opens")
        if any(not argument for argument in _ARGUMENT.findall(tex.replace("\\#", ""))):
            raise _Wrong(key, f"the macro {in_short(key)} has a # without a number; write #1 to #9, or \\#")
        used = next((name for name in _COMMAND.findall(tex) if name in names), None)
        if used is not None:
            raise _Wrong(key, f"the macro {in_short(key)} uses the macro \\{used}; write that one out in it")


def _depth(tex: str) -> int | None:
    """0 where the braces of a TeX match, else None."""
    depth = 0
    for sign in re.findall(r"\\.|[{}]", tex, re.S):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            return None
    return None if depth else 0


@lru_cache(maxsize=256)
def _pattern(written: str) -> re.Pattern[str]:
    """A path, and all below it: ``*`` and ``?`` stand within a name, ``**`` for any number of folders."""
    out, position = "", 0
    while position < len(written):
        if written.startswith("**/", position):
            out, position = out + "(?:[^/]+/)*", position + 3
        elif written.startswith("**", position):
            out, position = out + ".*", position + 2
        else:
            sign = written[position]
            out += {"*": "[^/]*", "?": "[^/]"}.get(sign, re.escape(sign))
            position += 1
    return re.compile(rf"{out}(?:/.*)?", re.DOTALL)
