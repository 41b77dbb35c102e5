"""A server is killed again and again while it answers, reads decks, mails reminders and backs up.

`KILLS=300` says how often. Nothing that was acknowledged is lost or doubled; no reminder comes twice; what is called a
backup is a whole one; what the last decks say is what is learned.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from flashcards.services.upkeep.archive import unpack
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.database import Database
from tests.integration.smtp_world import Mailbox, free_port, smtp_server
from tests.integration.study_world import DAY_MS, NOON, SetClock
from tests.nightly import at_work
from tests.nightly.at_work import begin, cards_that_stay, deck_text, grade_of, site_at, version_of, write_deck

KILLS = int(os.environ.get("KILLS", "300"))
NAMES = ["ada", "ben", "cy"]
AIMS = {"answered": 0.02, "begin sync": 0.15, "begin backup": 0.4, "begin mail": 0.2}
"""What is waited for before the kill, and how many seconds later it comes at most."""
FIRST = NOON + DAY_MS


@dataclass
class Life:
    """What is known of the server over all its lives."""

    acknowledged: list[str] = field(default_factory=list)
    before: dict[str, int] = field(default_factory=dict)
    """By the name of a night's backup, how much had been acknowledged before that day began."""
    proven: int = 0
    """How many backups were examined so far."""
    under_way: Counter[str] = field(default_factory=Counter)
    """How often each kind of work was cut off."""
    failing: set[str] = field(default_factory=set)
    """Who did not know a card on a day that is over: something is due for them from then on."""
    mailed_in_full: int = 0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Path, Path, Mailbox, int]]:
    """A data folder with learners who want reminders, the decks, and a mail server."""
    data, decks, box, port = tmp_path / "data", tmp_path / "decks", Mailbox(), free_port()
    begin(data, decks, port, NAMES)
    with smtp_server(box, port):
        yield data, decks, box, port


@pytest.mark.timeout(120 + 60 * KILLS)
def test_killed_at_work(world: tuple[Path, Path, Mailbox, int], tmp_path: Path) -> None:
    data, decks, box, port = world
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([at_work.__name__])
    rng, life = random.Random(5), Life()
    opened = Database.open(data / "flashcards.sqlite3")
    cards = cards_that_stay(opened)
    opened.close()
    unsure: dict[str, tuple[str, str]] = {}
    for kill in range(KILLS):
        now = FIRST + kill * DAY_MS
        plans = {name: [(str(uuid.uuid4()), rng.choice(cards)) for _ in range(300)] for name in NAMES}
        for name, sent in unsure.items():
            plans[name].insert(0, sent)
        life.before[f"nightly-{time.strftime('%Y%m%d', time.gmtime(now / 1000))}.zip"] = len(life.acknowledged)
        reader, writer = context.Pipe(duplex=False)
        process = context.Process(target=at_work.main, args=(data, decks, now, port, plans, writer))
        process.start()
        writer.close()
        mails = len(box.mails)
        aim = list(AIMS)[kill % len(AIMS)]
        heard = _until(reader, aim, rng.randint(1, 12) if aim == "answered" else rng.randint(1, 2))
        time.sleep(rng.uniform(0, AIMS[aim]))
        process.kill()
        process.join()
        assert process.exitcode == -9, f"it ended by itself in its life {kill}"
        heard += _rest(reader)
        life.under_way.update(_cut_off(heard))
        life.acknowledged += [line.partition(" ")[2] for line in heard if line.startswith("answered")]
        known = set(life.acknowledged)
        unsure = {name: next((it for it in plan if it[0] not in known), plan[0]) for name, plan in plans.items()}
        if "done mail" in heard:
            assert life.failing <= {str(mail["To"]).partition("@")[0] for mail in box.mails[mails:]}
            life.mailed_in_full += bool(life.failing)
        life.failing |= {
            name for name, plan in plans.items() if any(uid in known and grade_of(it) < 3 for uid, it in plan)
        }
        _backups_are_whole(data, life, tmp_path / "unpacked")
    assert life.mailed_in_full
    print(f"{KILLS} kills, {len(life.acknowledged)} answers, {len(box.mails)} mails, cut off: {dict(life.under_way)}")

    services = site_at(data, decks, SetClock(FIRST + KILLS * DAY_MS), port)
    services.take_back_cut_off()
    write_deck(decks, version_of(decks) + 1)
    assert not services.sync.sync().errors
    services.sending.run()
    assert services.backup.nightly()
    _answers_are_whole(services.database, life)
    _reminders_came_once(box)
    _decks_are_learned(services.database, decks)
    services.close()


def _until(reader: Connection, aim: str, times: int) -> list[str]:
    """What is told until the aim was seen so many times."""
    heard: list[str] = []
    while sum(line.startswith(aim) for line in heard) < times:
        heard.append(reader.recv_bytes().decode())
    return heard


def _rest(reader: Connection) -> list[str]:
    heard = []
    with suppress(EOFError, OSError):
        while True:
            heard.append(reader.recv_bytes().decode())
    reader.close()
    return heard


def _cut_off(heard: list[str]) -> list[str]:
    last = {line.partition(" ")[2]: line.partition(" ")[0] for line in heard if not line.startswith("answered")}
    return [what for what, state in last.items() if state == "begin"]


def _backups_are_whole(data: Path, life: Life, folder: Path) -> None:
    """Each night's backup that has come since, opened: with all that had been acknowledged before its day."""
    for path in (data / "backups").glob("nightly-*.zip"):
        before = life.before.pop(path.name, None)
        if before is None:
            continue
        folder.mkdir()
        unpack(path, folder)
        database = Database.open(folder / "flashcards.sqlite3")
        stored = {uid for (uid,) in database.all("SELECT uid FROM review")}
        assert stored >= set(life.acknowledged[:before]), path.name
        if life.proven % 10 == 0:
            report = DoctorService(database).examine()
            assert report.ok, (path.name, report.findings)
        life.proven += 1
        database.close()
        shutil.rmtree(folder)


def _answers_are_whole(database: Database, life: Life) -> None:
    stored = [uid for (uid,) in database.all("SELECT uid FROM review")]
    assert len(stored) == len(set(stored))
    assert set(life.acknowledged) <= set(stored)
    # What was stored when its process died before it could say so came again, or is one of the last life's.
    assert len(set(stored) - set(life.acknowledged)) <= len(NAMES)
    for (learner,) in database.all("SELECT id FROM learner"):
        seqs = [seq for (seq,) in database.all("SELECT seq FROM review WHERE learner_id = ? ORDER BY seq", (learner,))]
        assert seqs == list(range(1, len(seqs) + 1))
    report = DoctorService(database).examine()
    assert report.ok, report.findings


def _reminders_came_once(box: Mailbox) -> None:
    """A mail's name is that of its learner and day. One that was claimed when the process died may be lost."""
    assert set(Counter(mail["Message-ID"] for mail in box.mails).values()) == {1}


def _decks_are_learned(database: Database, decks: Path) -> None:
    version = version_of(decks)
    rows = database.all("SELECT key, answer FROM note WHERE removed_at IS NULL ORDER BY position")
    assert len(rows) == deck_text(version).count("## ")
    assert all(f"version {version}." in answer for _, answer in rows)
