"""The watch over the decks folder looks at little as long as nothing moves, and misses nothing that does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from flashcards.services.sync import watch
from flashcards.services.sync.watch import Watch


class Watched:
    """A folder with a deck, what a comparison of everything would say of it, and how often it was made."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = self.next = 0.0
        self.compared = 0
        self.answer = False
        (root / "ml").mkdir(parents=True)
        (root / "ml" / "deck.md").write_text("## Q?\n\nA\n")
        self.watch = Watch(root, self._compare, lambda: self.now)

    def _compare(self) -> bool:
        self.compared += 1
        return self.answer

    def asks(self, seconds: float = 0.5) -> bool:
        """Whether asking once more leads to a comparison; asked `seconds` later, nobody asks as long as it may rest."""
        before, self.now = self.compared, self.now + seconds
        found = self.now >= self.next and self.watch.changed()
        if self.now >= self.next:
            self.next = self.now + self.watch.rest()
        assert found == (self.answer and self.compared > before)
        return self.compared > before


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    made = Watched(tmp_path / "decks")
    assert made.asks()
    return made


def test_where_nothing_moves_nothing_is_compared(watched: Watched) -> None:
    assert not any(watched.asks() for _ in range(500))


CHANGES: dict[str, Callable[[Path], object]] = {
    "a deck": lambda root: (root / "ml" / "deck.md").write_text("## Other?\n\nA\n"),
    "a deck that is as large and as old": lambda root: _same_size_and_time(root / "ml" / "deck.md"),
    "a new deck": lambda root: (root / "new.md").write_text("## Q?\n\nA\n"),
    "a deck that goes": lambda root: (root / "ml" / "deck.md").unlink(),
    "a deck that moves": lambda root: (root / "ml" / "deck.md").rename(root / "deck.md"),
    "a picture": lambda root: (root / "ml" / "a.png").write_bytes(b"x"),
    "a folder's file": lambda root: (root / "ml" / "_folder.yml").write_text("title: M\n"),
    "the project file": lambda root: (root / ".flashcards.toml").write_text(""),
    "who may read": lambda root: (root / "ml" / "deck.md").chmod(0),
    "a folder that goes": lambda root: (root / "ml").rename(root.parent / "elsewhere"),
    "all of them": lambda root: root.rename(root.parent / "gone"),
}


def _same_size_and_time(file: Path) -> None:
    was = file.stat()
    while file.stat().st_ctime_ns == was.st_ctime_ns:  # the system's clock has steps of milliseconds
        file.write_text("## R?\n\nA\n")
        os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("after", [1, 500])
def test_whatever_changes_is_seen_within_two_seconds(watched: Watched, what: str, after: int) -> None:
    assert not any(watched.asks() for _ in range(after - 1))
    CHANGES[what](watched.root)
    watched.answer = True
    looks = [watched.asks() for _ in range(4)]
    assert any(looks)
    assert all(looks[looks.index(True) :]), "until a comparison says no, it is made each time"


def test_after_a_change_it_looks_often(watched: Watched) -> None:
    watched.now += 10 * watch.BUSY_SECONDS
    CHANGES["a deck"](watched.root)
    assert any(watched.asks() for _ in range(4))
    CHANGES["a new deck"](watched.root)
    assert watched.asks()


def test_now_and_then_everything_is_compared_all_the_same(watched: Watched) -> None:
    """The database may be what changed: another process, a backup that was restored."""
    assert watched.asks(watch.SURE_SECONDS)
    assert not watched.asks(watch.QUIET_SECONDS)


def test_what_the_times_do_not_tell_is_compared_each_time(watched: Watched) -> None:
    elsewhere = watched.root.parent / "elsewhere"
    elsewhere.mkdir()
    (watched.root / "link").symlink_to(elsewhere)
    assert watched.asks(watch.QUIET_SECONDS)
    assert all(watched.asks() for _ in range(5))


def test_trouble_is_told_and_looked_at_again(watched: Watched) -> None:
    def fail() -> bool:
        raise ValueError("the folder is empty")

    failing = Watch(watched.root, fail, lambda: watched.now)
    for _ in range(3):
        with pytest.raises(ValueError, match="is empty"):
            failing.changed()
        watched.now += 0.5
