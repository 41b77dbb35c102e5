"""A folder's decks and folders as a list for a page, with what each asks today.

A page holds so many rows. Where everything below a folder is more, folders that do not fit stay shut, and lead to a
page of their own; where what lies in the folder itself is more, the list comes in parts. Nothing here recurs over
stored names, so that a path may be as deep as it likes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from flashcards.domain.ids import DeckId
from flashcards.errors import NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.review.contract import DeckCounts, LimitsLeft
from flashcards.services.review.day_parts import DecksToday
from flashcards.services.review.queue import Queues
from flashcards.storage.deck_pages import DeckPageStore
from flashcards.storage.queues import DeckCountsRow

MOST_ROWS = 300
"""How many decks and folders a page lists."""


@dataclass(frozen=True, slots=True)
class ListedFolder:
    """A folder with what a review of it asks; `on` of its `decks` are switched on, `cards` and `unseen` are of all.

    Where it is `shown`, what lies in it follows, up to a `FolderEnd`.
    """

    path: str
    title: str
    cards: int
    unseen: int
    today: int
    decks: int
    on: int
    shown: bool


class FolderEnd(NamedTuple):
    """Here ends what lies in the folder that was listed last and has not ended yet."""

    path: str


Listed = ListedFolder | DeckCounts | FolderEnd


@dataclass(frozen=True, slots=True)
class DeckList:
    """What lies in a folder; of its `entries` those from `first` (0 is the first) to before `end` are listed."""

    path: str
    title: str
    cards: int
    rows: tuple[Listed, ...]
    first: int
    end: int
    entries: int

    @property
    def before(self) -> int | None:
        """Where the part before this one begins; None for the first."""
        return max(0, self.first - MOST_ROWS) if self.first else None

    @property
    def after(self) -> int | None:
        """Where the part after this one begins; None for the last."""
        return self.end if self.end < self.entries else None


@dataclass(slots=True)
class _Node:
    """A folder while its tree grows. The sums are of everything below; `rows` are the decks and folders below."""

    path: str
    parent: _Node | None
    entries: dict[str, _Node | DeckCountsRow] = field(default_factory=dict)
    cards: int = 0
    unseen: int = 0
    seen_today: int = 0
    due: int = 0
    decks: int = 0
    on: int = 0
    rows: int = 0


class DeckLists(Queues):
    """Reads of what the pages of decks list."""

    def deck_list(self, learner: Learner, folder: str = "", *, first: int = 0, near: str = "") -> DeckList:
        """What lies in a folder ("": the outermost), from its entry `first` on, or from where `near` lies.

        `near` is the address of a deck or folder that must be on the page. Raises NotFound where there is no such
        folder.
        """
        limits = self.left_of_limits(learner)
        self._prepare(learner)
        with self._db.read():
            rows = self._queue_rows.decks(learner.id)
            asks = self._decks_today(learner)
            top = _grown(rows, folder, asks)
            if folder and not top.decks:
                raise NotFound(f"There is no deck and no folder at {folder}.")
            names = list(top.entries)
            first = _part_of(names, folder, near, first)
            shown = names[first : first + MOST_ROWS]
            lines = list(_lines([top.entries[name] for name in shown], MOST_ROWS - len(shown)))
            nodes = [node for node, _ in filter(None, map(_folder_of, lines))]
            titles = DeckPageStore(self._db).titles([top.path, *(node.path for node in nodes)])
            listed = tuple(_listed(line, asks, limits, titles) for line in lines)
        return DeckList(top.path, _title(top, titles), top.cards, listed, first, first + len(shown), len(names))


_Line = tuple[_Node, bool] | DeckCountsRow | FolderEnd


def _folder_of(line: _Line) -> tuple[_Node, bool] | None:
    return None if isinstance(line, DeckCountsRow | FolderEnd) else line


def _grown(rows: Iterable[DeckCountsRow], folder: str, asks: DecksToday) -> _Node:
    """The tree of the decks below a folder, with its sums but for new cards, which are counted where they are shown."""
    top = _Node(folder, None)
    nodes = {folder: top}
    start = f"{folder}/" if folder else ""
    for row in rows:
        if not row.path.startswith(start):
            continue
        node = _node_of(nodes, row.path.rpartition("/")[0])
        node.entries[f"{row.path}/"] = row  # no folder has a slash in its name
        node.cards += row.cards
        node.unseen += row.unseen
        node.seen_today += asks.drill.get(row.id, 0) + asks.early.get(row.id, 0)
        node.due += asks.due.get(row.id, 0)
        node.decks += 1
        node.on += bool(row.active)
        node.rows += 1
    for node in reversed(nodes.values()):  # those within come after those that hold them
        if node.parent is not None:
            for name in ("cards", "unseen", "seen_today", "due", "decks", "on", "rows"):
                setattr(node.parent, name, getattr(node.parent, name) + getattr(node, name))
            node.parent.rows += 1
    return top


def _node_of(nodes: dict[str, _Node], path: str) -> _Node:
    """The folder at a path, made with those above it where it is new."""
    missing = []
    while path not in nodes:
        missing.append(path)
        path = path.rpartition("/")[0]
    node = nodes[path]
    for path in reversed(missing):
        node.entries[path] = nodes[path] = node = _Node(path, node)
    return node


def _part_of(names: Sequence[str], folder: str, near: str, first: int) -> int:
    """Where the part of a list begins that holds what is asked for."""
    if near:
        child = "/".join(near.split("/")[: folder.count("/") + 2 if folder else 1])
        wanted = next((place for place, name in enumerate(names) if name in {child, f"{near}.md/"}), 0)
        return wanted // MOST_ROWS * MOST_ROWS
    return first if 0 <= first < len(names) else 0


def _lines(entries: Sequence[_Node | DeckCountsRow], room: int) -> Iterator[_Line]:
    """The entries, each folder that has room with everything in it."""
    for entry in entries:
        if isinstance(entry, DeckCountsRow):
            yield entry
        elif entry.rows > room:
            yield (entry, False)
        else:
            room -= entry.rows
            yield from _opened(entry)


def _opened(folder: _Node) -> Iterator[_Line]:
    """A folder with everything below it."""
    waiting: list[_Node | DeckCountsRow | FolderEnd] = [folder]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, DeckCountsRow | FolderEnd):
            yield entry
        else:
            yield (entry, True)
            waiting.append(FolderEnd(entry.path))
            waiting += reversed(entry.entries.values())


def _listed(line: _Line, asks: DecksToday, limits: LimitsLeft, titles: dict[str, str]) -> Listed:
    if isinstance(line, FolderEnd):
        return line
    if isinstance(line, DeckCountsRow):
        return asks.of(line)
    node, is_shown = line
    due = node.due if limits.due is None else min(node.due, limits.due)
    new = _first_of(map(asks.new, _decks_of(node)), limits.new)
    return ListedFolder(
        node.path, _title(node, titles), node.cards, node.unseen, new + node.seen_today + due, node.decks, node.on,
        is_shown,
    )  # fmt: skip


def _first_of(counts: Iterable[int], most: int | None) -> int:
    """The sum of the counts, at most `most` where that is a number; no more of them are made than that takes."""
    if most is None:
        return sum(counts)
    total = 0
    if most > 0:
        for count in counts:
            total += count
            if total >= most:
                return most
    return total


def _decks_of(folder: _Node) -> Iterator[DeckId]:
    waiting: list[_Node | DeckCountsRow] = [folder]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, DeckCountsRow):
            yield entry.id
        else:
            waiting += reversed(entry.entries.values())


def _title(folder: _Node, titles: dict[str, str]) -> str:
    return titles.get(folder.path) or folder.path.rpartition("/")[2]
