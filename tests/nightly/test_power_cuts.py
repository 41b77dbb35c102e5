"""The power fails a hundred times under load: what was not synced to the disk is lost, and no answer with it."""

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

from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.database import Database
from tests.integration.study_world import StudyWorld

CUTS, ANSWERS, CARDS = 100, 500, 200
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


@pytest.mark.skipif(not shutil.which("cc") or sys.platform != "linux", reason="needs a C compiler and Linux")
@pytest.mark.timeout(1800)
def test_no_acknowledged_answer_is_lost_when_the_power_fails(tmp_path: Path) -> None:
    world = StudyWorld(tmp_path / "made")
    world.deck("d", CARDS)
    world.each_learner(NAMES, lambda learner: None)
    world.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    now, made = world.clock(), world.path
    world.close()
    live = tmp_path / "live"
    live.mkdir()
    path = live / "flashcards.sqlite3"
    shutil.copy(made, path)
    library, record = tmp_path / "durable.so", tmp_path / "calls"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O2", "-o", library, HERE / "durable.c", "-ldl", "-lpthread"], check=True
    )
    subprocess.run(
        [sys.executable, "-m", "tests.nightly.answering", live, str(now), str(ANSWERS), *NAMES],
        env=os.environ | {"LD_PRELOAD": str(library), "WATCHED": str(live), "RECORD": str(record)},
        cwd=HERE.parents[1],
        check=True,
    )
    calls = list(_calls(record))
    assert sum(call.what == "S" for call in calls) > ANSWERS, "every answer is synced"

    rng = random.Random(7)
    cuts = sorted(rng.sample(range(len(calls)), CUTS))
    disks: dict[Path, Disk] = {path: Disk(bytearray(made.read_bytes()))}
    acknowledged: list[str] = []
    lost_to_the_cut = 0
    for number, call in enumerate(calls):
        if call.path.name == "acknowledged":
            acknowledged.append(call.data.decode())
        elif call.what == "U":
            disks.pop(call.path, None)
        else:
            disk = disks.setdefault(call.path, Disk())
            if call.what == "S":
                disk.sync()
            else:
                disk.waiting.append(call)
        if cuts and number == cuts[0]:
            cuts.pop(0)
            lost_to_the_cut += sum(len(disk.waiting) for disk in disks.values())
            folder = tmp_path / f"cut-{number}"
            folder.mkdir()
            for file, disk in disks.items():
                (folder / file.name).write_bytes(_after_the_cut(disk, rng))
            _is_whole(folder / path.name, acknowledged)
            shutil.rmtree(folder)
    assert len(acknowledged) == ANSWERS * len(NAMES)
    assert all(len(uid) == UID for uid in acknowledged)
    assert lost_to_the_cut > CUTS, "the cuts came while something was on its way"


def _is_whole(path: Path, acknowledged: list[str]) -> None:
    database = Database.open(path)
    try:
        stored = [uid for (uid,) in database.all("SELECT uid FROM review")]
        assert len(stored) == len(set(stored))
        assert set(acknowledged) <= set(stored)
        assert len(set(stored) - set(acknowledged)) <= len(NAMES), "only what was just being answered"
        report = DoctorService(database).examine()
        assert report.ok, report.findings
    finally:
        database.close()
