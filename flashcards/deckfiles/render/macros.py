r"""The macros of a decks folder's project file, written out in a formula: ``\RR`` as ``\mathbb{R}``.

Macros hold none of each other (the project file is refused else), so that what comes out is at most a constant times
what goes in, and that is bounded as well.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

Macros = tuple[tuple[str, str], ...]
"""Pairs of a command's name and its TeX."""

MAX_WRITTEN_OUT = 32 << 10
_MAX_NESTING = 20  # of macros in the arguments of macros

_OPEN_DELETION, _CLOSE_DELETION = "\ue003", "\ue006"  # as anki_tex has them
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.S)
_USED = re.compile(r"\\([A-Za-z]+)")
_ARGUMENT = re.compile(r"\\.|#([1-9])", re.S)
_ENDS_IN_COMMAND = re.compile(r"\\[A-Za-z]+$")
_SCRIPT = re.compile(r"(?<!\\)[\^_] *$")

_in_force: ContextVar[Mapping[str, str]] = ContextVar("macros")


@contextmanager
def macros_in_force(macros: Macros) -> Iterator[None]:
    """Within, every formula is read with these macros.

    They are said here and not with each call: between a note and its formulas lie ten modules that know nothing of
    them.
    """
    token = _in_force.set(dict(macros))
    try:
        yield
    finally:
        _in_force.reset(token)


def used_macros(macros: Macros, texts: Iterable[str]) -> Macros:
    """Those that any of the texts could use: only of these its rendering depends."""
    if not macros:
        return ()
    names = {name for text in texts if "\\" in text for name in _USED.findall(text)}
    return tuple(pair for pair in macros if pair[0] in names)


@dataclass(slots=True)
class WrittenOut:
    """A formula without macros. `too_long` says that it was cut off."""

    text: str
    too_long: bool = False
    _starts: list[int] = field(default_factory=list)
    _sources: list[tuple[int, bool]] = field(default_factory=list)

    def source(self, offset: int) -> int:
        """Where an offset into `text` stands in the formula as it was written; within a macro, where that begins."""
        index = bisect_right(self._starts, offset) - 1
        if index < 0:
            return offset
        source, verbatim = self._sources[index]
        return source + (offset - self._starts[index] if verbatim else 0)


def written_out(tex: str) -> WrittenOut:
    """The formula with the macros in force written out."""
    macros = _in_force.get({})
    if not macros:
        return WrittenOut(tex)
    return _Writer(tex, macros).run()


class _TooLong(Exception):
    """An argument that macros repeat within macros: 300 times 300 times, say."""


class _Writer:
    def __init__(self, tex: str, macros: Mapping[str, str]) -> None:
        self.tex = tex
        self.macros = macros

    def run(self) -> WrittenOut:
        out = WrittenOut("")
        pieces: list[str] = []
        size = position = 0

        def add(piece: str, source: int, *, verbatim: bool) -> None:
            nonlocal size
            if pieces and _needs_space(pieces[-1], piece):
                pieces.append(" ")
                size += 1
            out._starts.append(size)
            out._sources.append((source, verbatim))
            pieces.append(piece)
            size += len(piece)

        while match := _COMMAND.search(self.tex, position):
            if match[1] not in self.macros:
                add(self.tex[position : match.end()], position, verbatim=True)
                position = match.end()
                continue
            if match.start() > position:
                add(self.tex[position : match.start()], position, verbatim=True)
            try:
                meant, position = self.meant(match[1], match.end(), 0)
            except _TooLong:
                out.too_long = True
                break
            if pieces and _SCRIPT.search(pieces[-1]):
                meant = f"{{{meant}}}"
            add(meant, match.start(), verbatim=False)
            if size > MAX_WRITTEN_OUT:
                out.too_long = True
                break
        add(self.tex[position:], position, verbatim=True)
        out.text = "".join(pieces)
        return out

    def meant(self, name: str, position: int, depth: int) -> tuple[str, int]:
        """What a macro stands for, with its arguments from `position` on, and where those end."""
        body = self.macros[name]
        count = max((int(number) for number in _ARGUMENT.findall(body) if number), default=0)
        arguments: list[str] = []
        for _ in range(count):
            argument, position = self.argument(position)
            arguments.append(self.inner(argument, depth + 1))
        size = len(body) + sum(len(argument) for argument in arguments) * body.count("#")
        if size > MAX_WRITTEN_OUT:
            raise _TooLong
        return _filled(body, arguments), position

    def argument(self, position: int) -> tuple[str, int]:
        """The group or the one sign from `position` on, and where it ends; nothing where the formula ends."""
        while self.tex[position : position + 1].isspace():
            position += 1
        if self.tex[position : position + 1] == _OPEN_DELETION:
            end = self.tex.find(_CLOSE_DELETION, position) + 1 or len(self.tex)
            return self.tex[position:end], end
        if self.tex[position : position + 1] != "{":
            match = _COMMAND.match(self.tex, position)
            end = match.end() if match else min(position + 1, len(self.tex))
            return ("", position) if self.tex[position:end] == "}" else (self.tex[position:end], end)
        depth = 0
        for sign in re.compile(r"\\.|[{}]", re.S).finditer(self.tex, position):
            depth += {"{": 1, "}": -1}.get(sign[0], 0)
            if depth == 0:
                return self.tex[position + 1 : sign.start()], sign.end()
        return self.tex[position + 1 :], len(self.tex)

    def inner(self, argument: str, depth: int) -> str:
        """An argument, with the macros in it written out."""
        if "\\" not in argument or depth > _MAX_NESTING:
            return argument
        inner = _Writer(argument, self.macros)
        pieces = ""
        position = 0
        while (match := _COMMAND.search(argument, position)) and len(pieces) <= MAX_WRITTEN_OUT:
            before = argument[position : match.start()]
            if match[1] in self.macros:
                meant, position = inner.meant(match[1], match.end(), depth)
                pieces = _joined(_joined(pieces, before), f"{{{meant}}}" if _SCRIPT.search(before) else meant)
            else:
                pieces, position = _joined(pieces, before + match[0]), match.end()
        return _joined(pieces, argument[position:])


def _filled(body: str, arguments: list[str]) -> str:
    """A macro's text with its arguments in their places."""
    text, position = "", 0
    for match in _ARGUMENT.finditer(body):
        if not match[1]:
            continue
        text = _joined(_joined(text, body[position : match.start()]), arguments[int(match[1]) - 1])
        position = match.end()
    return _joined(text, body[position:])


def _joined(left: str, right: str) -> str:
    return f"{left} {right}" if _needs_space(left, right) else left + right


def _needs_space(left: str, right: str) -> bool:
    """Whether a command at the end of one text would swallow the letter that the other begins with."""
    return right[:1].isascii() and right[:1].isalpha() and _ENDS_IN_COMMAND.search(left[-60:]) is not None
