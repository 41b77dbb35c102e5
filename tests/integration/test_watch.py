"""The watch over the decks folder looks at little as long as nothing moves, and misses nothing that does."""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flashcards.services.sync import folder_events, watch
from flashcards.services.sync.folder_events import MOUNTS, file_system
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


@pytest.fixture(params=["told", "looked"])
def watched(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Once where the system tells of changes, and once where it is only to be asked."""
    if request.param == "looked":
        monkeypatch.setattr(folder_events, "LOCAL", frozenset())
    elif not _is_told(tmp_path):
        pytest.skip("this system does not tell of changes in the folder for temporary files")
    made = Watched(tmp_path / "holder" / "decks")
    assert made.asks()
    return made


def _is_told(folder: Path) -> bool:
    return sys.platform == "linux" and file_system(str(folder), MOUNTS.read_bytes()) in folder_events.LOCAL


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
    "the folder that holds them all": lambda root: root.parent.rename(root.parent.with_name("gone")),
    "a folder with a deck": lambda root: _folder(root / "new"),
    "a folder that comes": lambda root: _folder(root.parent / "new").rename(root / "new"),
    "a deck that replaces another": lambda root: _file(root.parent / "deck.md").replace(root / "ml" / "deck.md"),
    "a link": lambda root: (root / "b.md").symlink_to(root / "ml" / "deck.md"),
}


def _file(path: Path) -> Path:
    path.write_text("## New?\n\nA\n")
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    _file(path / "deck.md")
    return path


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


def test_a_folder_that_came_later_is_watched_as_well(watched: Watched) -> None:
    _folder(watched.root / "new")
    assert any(watched.asks() for _ in range(4))
    assert not any(watched.asks() for _ in range(200))
    _file(watched.root / "new" / "other.md")
    assert any(watched.asks() for _ in range(4))


def test_hidden_folders_are_nobodys_business(watched: Watched) -> None:
    (watched.root / ".git").mkdir()
    for _ in range(4):  # the root has changed by it: that is compared once more
        watched.asks()
    _file(watched.root / ".git" / "index")
    assert not any(watched.asks() for _ in range(8))


def test_a_file_that_is_changed_under_another_name_is_seen(watched: Watched) -> None:
    outside = _file(watched.root.parent / "outside.md")
    (watched.root / "a.md").symlink_to(outside)
    os.link(outside, watched.root / "b.md")
    assert any(watched.asks() for _ in range(4))
    assert not any(watched.asks() for _ in range(200))
    outside.write_text("## Another?\n\nA\n")
    assert any(watched.asks() for _ in range(4))


def test_where_the_folder_is_a_link_that_leads_elsewhere_now_it_is_seen(tmp_path: Path) -> None:
    """As with releases that are swapped by a link."""
    linked = Watched(tmp_path / "first")
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    root = tmp_path / "decks"
    root.symlink_to("first")
    linked.watch = Watch(root, linked._compare, lambda: linked.now)
    assert linked.asks()
    assert not any(linked.asks() for _ in range(200))
    (tmp_path / "next").symlink_to("second")
    (tmp_path / "next").replace(root)
    assert any(linked.asks() for _ in range(4))


def test_what_is_told_need_not_be_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not _is_told(tmp_path):
        pytest.skip("this system does not tell of changes in the folder for temporary files")
    watched = Watched(tmp_path / "decks")
    assert watched.asks()
    looks = []
    scan = os.scandir
    monkeypatch.setattr(watch.os, "scandir", lambda folder: looks.append(folder) or scan(folder))
    assert not any(watched.asks() for _ in range(200))
    assert not looks
    CHANGES["a deck"](watched.root)
    assert any(watched.asks() for _ in range(4))
    assert len(looks) == 2, "the root and its one folder, once"


def test_at_random_it_sees_whatever_the_times_of_files_say(watched: Watched, tmp_path: Path) -> None:
    """Whatever happens, in whatever order: what a look would have found different is compared."""
    chance = random.Random(7)
    for step in range(150):
        before = watch._look(str(watched.root))[0]
        _something(watched.root, tmp_path / "aside", chance, step)
        is_changed = watch._look(str(watched.root))[0] != before
        assert any(watched.asks() for _ in range(4)) or not is_changed


def _something(root: Path, aside: Path, chance: random.Random, step: int) -> None:
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    files = [path for path in root.rglob("*") if path.is_file()]
    where, name = chance.choice(folders), f"{step}"
    match chance.randrange(8):
        case 0:
            _file(where / f"{name}.md")
        case 1:
            _folder(where / name)
        case 2 if files:
            chance.choice(files).write_text(f"## {name}?\n\nA\n")
        case 3 if files:
            chance.choice(files).replace(where / f"{name}.md")
        case 4 if files:
            chance.choice(files).unlink()
        case 5 if where != root:
            where.rename(root / name)
        case 6 if where != root:
            shutil.rmtree(aside, ignore_errors=True)
            where.rename(aside)
        case 7 if aside.exists():
            aside.rename(where / name)
        case _:
            pass


MOUNTED = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
29 22 0:39 / /shared/local rw,relatime - ext4 /dev/vdc rw
30 22 0:40 / /srv rw,relatime shared:2 - nfs4 server:/srv rw
31 30 0:41 / /srv/my\\040decks rw,relatime - tmpfs tmpfs rw
32 22 0:42 / /over rw,relatime - ext4 /dev/vdb rw
33 22 0:43 / /over rw,relatime master:4 - fuse.sshfs other: rw
34 22 0:44 / /odd\x0c\x85\u2028name rw,relatime - tmpfs tmpfs rw
35 22 0:45 / /shared rw,relatime - cifs //other/share rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/decks", "ext4"), ("/srvs", "ext4"), ("/srv", "nfs4"), ("/srv/decks", "nfs4"), ("/srv/my decks", "tmpfs"),
        ("/srv/my decks/ml", "tmpfs"), ("/over/decks", "fuse.sshfs"), ("/shared/local", "cifs"),
        ("/odd\x0c\x85\u2028name/decks", "tmpfs"),
    ],
)  # fmt: skip
def test_whose_files_they_are(folder: str, kind: str) -> None:
    assert file_system(folder, os.fsencode(MOUNTED)) == kind


@pytest.mark.parametrize("watched", ["told"], indirect=True)
def test_what_is_mounted_is_looked_at(watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is told of what was mounted over a folder within."""
    mounts = tmp_path / "mountinfo"
    mounts.write_bytes(MOUNTS.read_bytes())
    monkeypatch.setattr(folder_events, "MOUNTS", mounts)
    watched.asks(watch.SURE_SECONDS)
    scanned = []
    scan = os.scandir
    monkeypatch.setattr(watch.os, "scandir", lambda folder: scanned.append(folder) or scan(folder))
    watched.asks(watch.QUIET_SECONDS)
    assert not scanned
    with mounts.open("a") as file:
        file.write(f"99 22 0:99 / {watched.root}/ml rw - tmpfs tmpfs rw\n")
    watched.asks(watch.QUIET_SECONDS)
    assert scanned


def test_without_the_library_it_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "inotify_simple", None)
    watched = Watched(tmp_path / "decks")
    assert watched.asks()
    assert not any(watched.asks() for _ in range(20))
    CHANGES["a deck"](watched.root)
    assert any(watched.asks() for _ in range(4))


def test_trouble_is_told_and_looked_at_again(watched: Watched) -> None:
    def fail() -> bool:
        raise ValueError("the folder is empty")

    failing = Watch(watched.root, fail, lambda: watched.now)
    for _ in range(3):
        with pytest.raises(ValueError, match="is empty"):
            failing.changed()
        watched.now += 0.5
