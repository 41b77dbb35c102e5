"""The power fails under load, while decks are read, reminders mailed, backups made: what was not synced is lost.

`CUTS=300` says how often. No answer is lost with it, no mail is forgotten that was sent, and what is called a backup is
a whole one.
"""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flashcards.services.upkeep.archive import unpack
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.database import Database
from flashcards.temporary import PREFIX
from tests.integration.smtp_world import free_port
from tests.integration.study_world import NOON
from tests.nightly.at_work import begin

CUTS = int(os.environ.get("CUTS", "300"))
ANSWERS = 500
NAMES = ["ada", "ben", "cy"]
HERE = Path(__file__).parent
SECTOR = 512
UID = 36
"""How many bytes an id is long."""


@dataclass(frozen=True)
class Call:
    """What the process did to a file: see `durable.c`."""

    what: str
    path: Path
    offset: int
    data: bytes


@dataclass
class Disk:
    """A file as the disk has it, and what only the machine's memory holds."""

    durable: bytearray = field(default_factory=bytearray)
    waiting: list[Call] = field(default_factory=list)

    def sync(self) -> None:
        for call in self.waiting:
            _apply(self.durable, call)
        self.waiting.clear()


def _apply(content: bytearray, call: Call) -> None:
    if call.what == "T":
        content[call.offset :] = b"\0" * max(0, call.offset - len(content))
        return
    content += b"\0" * (call.offset - len(content))
    content[call.offset : call.offset + len(call.data)] = call.data


def _calls(record: Path) -> Iterator[Call]:
    data, at = record.read_bytes(), 0
    while at < len(data):
        what, named, size, offset = struct.unpack_from("=cIIQ", data, at)
        at += 17
        path = Path(data[at : at + named].decode())
        at += named
        yield Call(what.decode(), path, offset, data[at : at + size])
        at += size


def _after_the_cut(disk: Disk, rng: random.Random) -> bytes:
    """What the disk gives back: at worst a part of the sectors that were on their way, in any order."""
    content = bytearray(disk.durable)
    if rng.random() < 0.5:  # nothing of it came through
        return bytes(content)
    for call in disk.waiting:
        if call.what == "T":
            if rng.random() < 0.5:
                _apply(content, call)
            continue
        for start in range(0, len(call.data), SECTOR):
            if rng.random() < 0.5:
                _apply(content, Call("W", call.path, call.offset + start, call.data[start : start + SECTOR]))
    return bytes(content)


class Folder:
    """The files of a folder as the disk has them. A name that was given lately may not be there after a cut."""

    def __init__(self, made: Path) -> None:
        self._root = made
        self._disks = {path: Disk(bytearray(path.read_bytes())) for path in made.rglob("*") if path.is_file()}
        self._names: list[tuple[Path, Disk]] = []

    def follow(self, call: Call) -> None:
        """What the process did."""
        if call.what == "L":
            self._names.append((Path(call.data.decode()), self._disks.setdefault(call.path, Disk())))
        elif call.what == "U":
            self._disks.pop(call.path, None)
        elif call.what == "S" and call.path.is_dir():
            self._disks |= {path: disk for path, disk in self._names if path.parent == call.path}
            self._names = [it for it in self._names if it[0].parent != call.path]
        else:
            disk = self._disks.setdefault(call.path, Disk())
            if call.what == "S":
                disk.sync()
            else:
                disk.waiting.append(call)

    @property
    def under_way(self) -> int:
        """How much had not come to the disk."""
        return sum(len(disk.waiting) for disk in self._disks.values())

    def cut(self, target: Path, rng: random.Random) -> None:
        """What is in the folder after a cut."""
        there = self._disks | {path: disk for path, disk in self._names if rng.random() < 0.5}
        for path, disk in there.items():
            name = path.relative_to(self._root)
            if any(part.startswith(PREFIX) for part in name.parts):
                continue
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(_after_the_cut(disk, rng))


@pytest.mark.skipif(not shutil.which("cc") or sys.platform != "linux", reason="needs a C compiler and Linux")
@pytest.mark.timeout(1800 + 20 * CUTS)
def test_no_acknowledged_answer_is_lost_when_the_power_fails(tmp_path: Path) -> None:
    live, decks, port = tmp_path / "live", tmp_path / "decks", free_port()
    begin(live, decks, port, NAMES)
    folder = Folder(live)
    library, record = tmp_path / "durable.so", tmp_path / "calls"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O2", "-o", library, HERE / "durable.c", "-ldl", "-lpthread"], check=True
    )
    arguments = [str(it) for it in (live, decks, NOON, port, ANSWERS, *NAMES)]
    subprocess.run(
        [sys.executable, "-m", "tests.nightly.answering", *arguments],
        env=os.environ | {"LD_PRELOAD": str(library), "WATCHED": str(live), "RECORD": str(record)},
        cwd=HERE.parents[1],
        check=True,
    )
    calls = list(_calls(record))
    assert sum(call.what == "S" for call in calls) > ANSWERS, "every answer is synced"

    rng = random.Random(7)
    cuts = set(rng.sample(range(len(calls)), CUTS))
    told = Told()
    lost_to_the_cut = backups = 0
    for number, call in enumerate(calls):
        if not told.take(call):
            folder.follow(call)
        if number in cuts:
            lost_to_the_cut += folder.under_way
            after = tmp_path / f"cut-{number}"
            folder.cut(after, rng)
            _is_whole(after / "flashcards.sqlite3", told)
            backups += _backups_are_whole(after / "backups", tmp_path / "unpacked")
            shutil.rmtree(after)
    print(f"{CUTS} cuts in {len(calls)} calls, {len(told.mailed)} mails, backups looked at {backups} times")
    assert len(told.acknowledged) == ANSWERS * len(NAMES)
    assert all(len(uid) == UID for uid in told.acknowledged)
    assert len(told.mailed) >= len(NAMES)
    assert backups
    assert lost_to_the_cut > CUTS, "the cuts came while something was on its way"


@dataclass
class Told:
    """What the process had said to somebody: ids of answers, and addresses and days of mails."""

    acknowledged: list[str] = field(default_factory=list)
    mailed: list[tuple[str, int]] = field(default_factory=list)

    def take(self, call: Call) -> bool:
        """Whether the call was such a word."""
        match call.path.name:
            case "acknowledged":
                self.acknowledged.append(call.data.decode())
            case "mailed":
                address, _, day = call.data.decode().partition(" ")
                self.mailed.append((address, int(day)))
            case _:
                return False
        return True


def _is_whole(path: Path, told: Told) -> None:
    database = Database.open(path)
    try:
        stored = [uid for (uid,) in database.all("SELECT uid FROM review")]
        assert len(stored) == len(set(stored))
        assert set(told.acknowledged) <= set(stored)
        assert len(set(stored) - set(told.acknowledged)) <= len(NAMES), "only what was just being answered"
        settled = set(
            database.all(
                "SELECT l.name || '@example.org', s.study_day FROM sent s JOIN learner l ON l.id = s.learner_id"
                " WHERE s.kind = 'reminder'"
            )
        )
        # Of what is long past nothing is kept.
        assert {it for it in told.mailed if it[1] > told.mailed[-1][1] - 30} <= settled, "a mail would come again"
        report = DoctorService(database).examine()
        assert report.ok, report.findings
    finally:
        database.close()


def _backups_are_whole(folder: Path, unpacked: Path) -> int:
    """How many there are."""
    found = list(folder.glob("*.zip"))
    for path in found:
        unpacked.mkdir()
        unpack(path, unpacked)
        shutil.rmtree(unpacked)
    return len(found)
