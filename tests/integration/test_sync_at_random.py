"""Long random lives of a decks folder: whatever authors do, what is stored stays consistent and nothing is lost."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from tests.integration.sync_world import World

PATHS = ("a.md", "b.md", "c/d.md", "c/e.md", "c/f/g.md")
STEPS = 30


class Author:
    """Does to files what authors do. A note with an explicit id never stands in two files."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.files: dict[str, list[str]] = {}
        self.headers: dict[str, str] = {}
        self.written = 0
        self.alike: set[str] = set()  # ids of notes that ask what others ask: one may be taken for another

    def note(self) -> str:
        self.written += 1
        n = self.written
        words = hashlib.sha256(str(n).encode()).hexdigest()  # no two texts are alike
        attributes = self.random.choice(["", f" {{#id-{n}}}", f" {{#id-{n} .reversed}}", f" {{#id-{n} .draft}}"])
        kind = self.random.choice(["basic", "basic", "cloze", "same", "broken"])
        if kind == "cloze":
            attributes = attributes.replace(".reversed", "")
            return f"## Topic {words}{attributes}\n\nThe {{{{c1::first}}}} and {{{{c2::second {words}}}}}.\n"
        if kind == "same":
            self.alike.add(f"id-{n}")
            return f"## One question for several?{attributes}\n\nAnswer {n}.\n"
        if kind == "broken":
            return f"## What is broken {n}?{attributes}\n\n"
        return f"## What is {words[:16]}, number {n}?{attributes}\n\nIt is {words[16:]}, in full.\n"

    def step(self) -> None:
        actions = [self.add, self.add, self.edit, self.edit, self.cut, self.shuffle, self.move_note, self.rename,
                   self.delete, self.header, self.break_file, self.swap_files]  # fmt: skip
        for _ in range(self.random.randint(1, 3)):
            self.random.choice(actions)()
        if not self.files:
            self.add()
        self.save()

    def save(self) -> None:
        for path in PATHS:
            if path not in self.files and (self.world.root / path).exists():
                self.world.delete(path)
        for path, notes in self.files.items():
            text = self.headers.get(path, "") + "\n".join(notes)
            if not (self.world.root / path).exists() or self.world.read(path) != text:
                self.world.write(path, text)

    def pick(self) -> str | None:
        return self.random.choice(sorted(self.files)) if self.files else None

    def add(self) -> None:
        path = self.random.choice(PATHS)
        notes = self.files.setdefault(path, [])
        notes.insert(self.random.randint(0, len(notes)), self.note())

    def edit(self) -> None:
        path = self.pick()
        if path and self.files[path]:
            index = self.random.randrange(len(self.files[path]))
            change = self.random.choice([("It is", "It's"), ("number", "no."), ("{{c1::first}}", "first"),
                                         ("Answer", "{{c3::Answer}}"), (".draft", ""), (".reversed", ""),
                                         ("## What", "## Say what"), ("full.\n", "full.\n\n- one\n")])  # fmt: skip
            self.files[path][index] = self.files[path][index].replace(*change)

    def cut(self) -> None:
        path = self.pick()
        if path and self.files[path]:
            self.files[path].pop(self.random.randrange(len(self.files[path])))

    def shuffle(self) -> None:
        path = self.pick()
        if path:
            self.random.shuffle(self.files[path])

    def move_note(self) -> None:
        path = self.pick()
        if path and self.files[path]:
            note = self.files[path].pop()
            self.files.setdefault(self.random.choice(PATHS), []).append(note)

    def rename(self) -> None:
        path, free = self.pick(), sorted(set(PATHS) - self.files.keys())
        if path and free:
            to = self.random.choice(free)
            self.files[to] = self.files.pop(path)
            self.headers[to] = self.headers.pop(path, "")

    def swap_files(self) -> None:
        one, other = self.pick(), self.pick()
        if one and other:
            self.files[one], self.files[other] = self.files[other], self.files[one]

    def delete(self) -> None:
        path = self.pick()
        if path:
            del self.files[path]
            self.headers.pop(path, None)

    def header(self) -> None:
        path = self.pick()
        if path:
            self.headers[path] = self.random.choice(
                ["", "---\nid: own\n---\n", "---\nid: a\n---\n", "---\norder: 3\n---\n"]
            )

    def break_file(self) -> None:
        path = self.pick()
        if path:
            self.headers[path] = self.random.choice(["---\ntitle: no end\n", "```\n"])


@pytest.mark.parametrize("seed", range(4))
def test_random_lives(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path)
    author = Author(world, seed)
    log: dict[int, list[tuple[object, ...]]] = {}
    known: dict[str, set[int]] = {}  # the cards that each explicit id ever had, wherever it stood
    for step in range(STEPS):
        author.step()
        report = world.sync()
        world.check_stored(report)
        assert len(world.db.all("SELECT DISTINCT guid FROM note")) == len(world.db.all("SELECT id FROM note"))
        again = world.service.sync()
        assert (again.changed_paths, again.new + again.edited + again.moved + again.restored + again.removed) == ((), 0)
        assert again.errors == report.errors
        assert not world.service.changed()
        for card, history in log.items():
            assert world.db.all("SELECT * FROM review WHERE card_id = ?", (card,)) == history
            assert (
                len(world.db.all("SELECT 1 FROM schedule WHERE card_id = ? AND due_on = ?", (card, 20_800 + card))) == 1
            )
        named: dict[str, set[int]] = {}
        for key in world.card_keys():
            name = key.partition("#")[2]
            if name.startswith("id-") and name.split("/")[0] not in author.alike:
                named.setdefault(name, set()).add(world.card(key))
        for name, cards in named.items():
            assert not known.get(name) or cards & known[name], f"{name} lost its history"
            known.setdefault(name, set()).update(cards)
        if step % 3 == 0:
            for key in sorted(world.card_keys()):
                if (card := world.card(key)) not in log:
                    world.study(key)
                    log[card] = world.db.all("SELECT * FROM review WHERE card_id = ?", (card,))
    assert log
    world.close()
