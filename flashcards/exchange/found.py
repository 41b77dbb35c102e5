"""What the readers of other programs' files give back: decks of ours, and what they could not carry."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote

from flashcards.domain.card import Deck
from flashcards.domain.study_day import Day


@dataclass(frozen=True, slots=True, order=True)
class Notice:
    """What could not be carried, or not as it was: the source's file, its line (from 1), and why."""

    path: str
    line: int
    message: str


class RememberedAnswer(NamedTuple):
    """An answer in the other program's log: its instant, its quality, and the intervals in days around it."""

    at: int
    quality: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the other program knew of a card: the day it is due, its interval in days, its ease in hundredths.

    Where it says so: `memory`, stability in days and difficulty; how often the card was forgotten; the instant of its
    last answer; and `answers`, its whole log in order, or nothing of it.
    """

    due_on: Day
    interval: int
    ease: int
    memory: tuple[float, float] | None = None
    lapses: int = 0
    last_at: int | None = None
    answers: tuple[RememberedAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundDeck:
    """A deck as the source holds it. `deck.path` is where it goes; its notes' lines are those of `source`.

    `schedules` holds, by the index of a note, what is remembered of its cards, by which card.
    """

    deck: Deck
    source: str
    schedules: dict[int, dict[str, Remembered]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Converted:
    """What one source file gave, and how many of its rows could not be read at all."""

    decks: tuple[FoundDeck, ...]
    notices: tuple[Notice, ...] = ()
    unread: int = 0


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the source: its path relative to the source's folder (POSIX), its text with ``\\n`` line ends."""

    path: str
    text: str


class Tree:
    """Which files the source holds: for finding what a text refers to."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(paths)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self._paths, key=lambda path: (path.count("/"), path)):
            self._by_name[posixpath.basename(path).casefold()].append(path)

    def find(self, reference: str, source: str, *, anywhere: bool = False) -> str | None:
        """The path of the file that a reference in the file `source` means, or None.

        It is looked for beside the file, then from the source's folder (``/`` or ``@/`` before it: only there),
        then, with `anywhere`, by its name in all folders.
        """
        for name in dict.fromkeys((reference, unquote(reference))):
            rooted = name.removeprefix("@").startswith("/")
            bare = name.removeprefix("@").lstrip("/") if rooted else name
            beside = posixpath.normpath(posixpath.join(posixpath.dirname(source), bare))
            for path in (posixpath.normpath(bare),) if rooted else (beside, posixpath.normpath(bare)):
                if path in self._paths:
                    return path
            named = self._by_name.get(posixpath.basename(bare).casefold(), []) if anywhere else []
            for path in named:
                if path.casefold().endswith(bare.casefold().lstrip("./")):
                    return path
        return None


def relative(path: str, deck_path: str) -> str:
    """How a deck at `deck_path` names the file at `path`; both relative to one folder."""
    return posixpath.relpath(path, posixpath.dirname(deck_path) or ".")


def stem(path: str) -> str:
    """The name of a file without folder and ending."""
    return posixpath.splitext(posixpath.basename(path))[0]
