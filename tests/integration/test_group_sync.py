"""Writers wait for the disk together, and each of them until what they wrote is on it."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.errors import Unavailable
from flashcards.storage import group_sync
from flashcards.storage.database import Database, IntegrityError, migrate
from flashcards.storage.group_sync import FULL_SYNC, GroupSync
from tests.waiting import wait_for

WRITERS = 12


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "flashcards.sqlite3"
    migrate(path)
    database = Database.open(path)
    yield database
    database.close()


class Disk:
    """A disk that takes its time: each sync waits until it is let go, but for the first `quick` of them."""

    def __init__(self) -> None:
        self.syncs = 0
        self.go_on = threading.Event()

    def __call__(self, log: Path, _opened: int | None) -> int | None:
        assert log.name.endswith("-wal")
        self.syncs += 1
        assert self.go_on.wait(60)
        return None


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(group_sync, "_to_disk", made)
    return made


def add(database: Database, name: str) -> None:
    with database.write():
        database.execute(
            "INSERT INTO learner(name, name_key, password_hash, created_at) VALUES (?1, ?1, '', 0)", (name,)
        )


def names(database: Database) -> set[str]:
    return {name for (name,) in database.all("SELECT name FROM learner WHERE id > 0")}


def start(database: Database, name: str, done: list[str]) -> threading.Thread:
    def work() -> None:
        add(database, name)
        done.append(name)
        database.close_thread()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_all_who_come_while_the_disk_is_busy_wait_for_one_more_sync(database: Database, disk: Disk) -> None:
    done: list[str] = []
    first = start(database, "first", done)
    wait_for(lambda: disk.syncs == 1)
    others = [start(database, f"{number}", done) for number in range(WRITERS)]
    wait_for(lambda: len(names(database)) == WRITERS + 1)  # the turn to write was not waited for
    assert done == []
    disk.go_on.set()
    for thread in (first, *others):
        thread.join(60)
    assert len(done) == WRITERS + 1
    assert disk.syncs == 2


def test_nobody_is_told_before_the_disk_has_it(database: Database, disk: Disk) -> None:
    done: list[str] = []
    thread = start(database, "Ann", done)
    wait_for(lambda: "Ann" in names(database))
    assert done == []
    disk.go_on.set()
    thread.join(60)
    assert done == ["Ann"]


def test_a_failed_transaction_waits_for_nothing(database: Database, disk: Disk) -> None:
    disk.go_on.set()
    add(database, "Ann")
    with pytest.raises(IntegrityError):
        add(database, "Ann")
    assert disk.syncs == 1
    assert names(database) == {"Ann"}


def test_a_disk_that_failed_is_not_trusted_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed sync the system may call what it could not write clean: the next one would say nothing."""
    add(database, "before")

    def fail(_log: Path, _opened: int | None) -> int | None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(group_sync, "_to_disk", fail)
    with pytest.raises(Unavailable, match="Input/output error"):
        add(database, "Ann")
    monkeypatch.undo()
    with pytest.raises(Unavailable, match="Look after it, and start the server again"):
        add(database, "Ben")
    assert "Ben" not in names(database)
    assert "before" in names(database)  # reading goes on


def test_a_sync_that_ctrl_c_ended_has_kept_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_log: Path, _opened: int | None) -> int | None:
        raise KeyboardInterrupt

    monkeypatch.setattr(group_sync, "_to_disk", interrupted)
    with pytest.raises(KeyboardInterrupt):
        add(database, "Ann")
    synced: list[Path] = []
    monkeypatch.setattr(group_sync, "_to_disk", lambda log, _opened: synced.append(log))
    group = database._group  # type: ignore[attr-defined]
    group.wait(1)  # whoever else has committed by then still waits for a sync
    assert synced


def test_what_is_written_without_a_transaction_waits_for_the_disk_too(database: Database, disk: Disk) -> None:
    disk.go_on.set()
    add(database, "Ann")
    database.execute("UPDATE learner SET name = 'Anna' WHERE name = 'Ann'")
    assert disk.syncs == 2
    database.executemany("UPDATE learner SET name = ? WHERE name = ?", [("Ann", "Anna"), ("Anna", "Ann")])
    assert disk.syncs == 3
    with database.read():
        database.execute("UPDATE learner SET name = 'Ann' WHERE name = 'Anna'")
    assert disk.syncs == 4
    database.execute("SELECT name FROM learner")
    names(database)
    assert disk.syncs == 4


def test_several_transactions_wait_once(database: Database, disk: Disk) -> None:
    done: list[str] = []

    def work() -> None:
        with database.waiting_once():
            for name in "ABC":
                add(database, name)
        done.append("all")
        database.close_thread()

    thread = threading.Thread(target=work)
    thread.start()
    wait_for(lambda: names(database) == {"A", "B", "C"})
    assert done == []  # nobody is told before
    disk.go_on.set()
    thread.join(60)
    assert (done, disk.syncs) == (["all"], 1)
    add(database, "D")
    with database.waiting_once():
        names(database)
    assert disk.syncs == 2


def test_several_transactions_of_which_the_disk_fails_are_all_in_doubt(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_log: Path, _opened: int | None) -> int | None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(group_sync, "_to_disk", fail)
    stored: list[set[str]] = []

    def several() -> None:
        with database.waiting_once():
            add(database, "Ann")
            stored.append(names(database))

    with pytest.raises(Unavailable, match="Input/output error"):
        several()
    assert stored == [{"Ann"}]
    monkeypatch.undo()
    with pytest.raises(Unavailable, match="start the server again"):
        add(database, "Ben")


@pytest.mark.skipif(FULL_SYNC is not None, reason="macOS syncs by another call")
def test_a_log_that_was_made_anew_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When all connections were closed, SQLite folds the log and removes it; the next writer has another file."""
    log = tmp_path / "log"
    log.write_bytes(b"first")
    group = GroupSync(log)
    group.wait(group.committed())
    log.unlink()
    log.write_bytes(b"second")
    synced: list[bytes] = []
    sync = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda file: (synced.append(os.pread(file, 99, 0)), sync(file)))
    group.wait(group.committed())
    group.close()
    assert synced == [b"second"]
