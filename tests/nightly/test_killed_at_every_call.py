"""`restore`, `backup` and the upgrade, killed before each system call that changes a file: nothing lost or half done.

The calls are counted by the kernel (`killing.c`), those of SQLite too, so none is passed over.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from flashcards.clock import system_clock
from flashcards.services.upkeep.archive import unpack
from flashcards.services.upkeep.backup import BackupService
from flashcards.services.upkeep.restore import finish_restore, restore
from flashcards.storage.database import MIGRATIONS, Database, migrate
from flashcards.wiring import open_services
from tests.integration.older_database import older_database
from tests.integration.test_restore_killed import Road, log_of
from tests.site import config_for

pytestmark = [
    pytest.mark.skipif(not shutil.which("cc") or sys.platform != "linux", reason="needs a C compiler and Linux"),
    pytest.mark.timeout(1800),
]
HERE = Path(__file__).parent
REFUSED = 7
"""What a child ends with that the kernel does not let count its calls."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("killing") / "killing.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", built, HERE / "killing.c"], check=True)
    return built


def killed_before(library: Path, call: int, run: Callable[[], object]) -> bool:
    """Runs in a child that is killed before the call numbered `call`; whether it came that far."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads are pytest's, and hold nothing of ours
        child = os.fork()
    if child == 0:
        code = 1
        try:
            if ctypes.CDLL(str(library)).kill_at(ctypes.c_long(call)):
                os._exit(REFUSED)
            run()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) != REFUSED, "the kernel does not let a process count its calls"
    assert os.WEXITSTATUS(status) == 0, f"it failed by itself at {call}"
    return False


def test_restore(library: Path, tmp_path: Path) -> None:
    road = Road(tmp_path)
    states: list[bool] = []
    while True:
        call, data = len(states), road.fresh()
        database, decks = road.database(data), data / "decks"
        killed = killed_before(library, call, lambda: restore(road.file, data, database, decks))  # noqa: B023
        again = 0  # the way on is killed as well, sooner each time, until it comes through
        while killed_before(library, again, lambda: finish_restore(data, database, decks)):  # noqa: B023
            again = 2 * again + 1
        migrate(database)
        found, key = log_of(database), (data / "secret.key").read_text()
        assert (found, key) in [(road.old, road.old_key), (road.new, road.new_key)], call
        came = found == road.new
        states.append(came)
        there = {path.relative_to(decks): path.read_text() for path in decks.rglob("*.md")} if decks.exists() else {}
        assert there == (road.decks if came else {}), call
        for kept in data.glob("replaced-*"):
            assert log_of(kept / database.name) == road.old, call
            assert (kept / "secret.key").read_text() == road.old_key, call
        assert not came or list(data.glob("replaced-*")), call
        if not killed:
            break
    assert len(states) > 60
    assert states == sorted(states), "there is one step at which the new state begins to count"
    assert (states[0], states[-1]) == (False, True)


def test_the_finish_of_a_restore(library: Path, tmp_path: Path) -> None:
    road, staged = Road(tmp_path), tmp_path / "staged"
    call = 0
    while True:
        data = road.fresh()
        killed_before(library, call, lambda: restore(road.file, data, road.database(data), data / "decks"))  # noqa: B023
        if list(data.glob(".*restoring")):
            break
        call += 1
    shutil.copytree(data, staged)
    call = 0
    while True:
        shutil.rmtree(data)
        shutil.copytree(staged, data)
        killed = killed_before(library, call, lambda: finish_restore(data, road.database(data), data / "decks"))
        finish_restore(data, road.database(data), data / "decks")
        assert log_of(road.database(data)) == road.new, call
        assert (data / "secret.key").read_text() == road.new_key
        assert len(list((data / "decks").rglob("*.md"))) == 2
        if not killed:
            break
        call += 1
    assert call > 10


@pytest.mark.parametrize("kind", ["by hand", "nightly"])
def test_backup(library: Path, tmp_path: Path, kind: str) -> None:
    """There is no backup or a whole one; what was answered is there, and the next backup works and is whole."""
    road, call, made = Road(tmp_path), 0, []
    while True:
        data = road.fresh()
        migrate(road.database(data))

        def back_up(data: Path = data) -> Path | None:
            database = Database.open(road.database(data))
            try:
                service = BackupService(database, data, system_clock, tmp_path / "their-decks")
                return service.backup(data / "backups" / "x.zip") if kind == "by hand" else service.nightly()
            finally:
                database.close()

        killed = killed_before(library, call, back_up)
        backups = list((data / "backups").glob("*.zip"))
        made.append(bool(backups))
        for backup in backups:
            assert _log_in(backup, tmp_path / "unpacked") == road.old, call
        assert log_of(road.database(data)) == road.old, call
        if not backups:
            assert back_up(), call
        assert [_log_in(it, tmp_path / "unpacked") for it in (data / "backups").glob("*.zip")] == [road.old], call
        if not killed:
            break
        call += 1
    assert call > 20
    assert made == sorted(made)


def _log_in(backup: Path, folder: Path) -> list[str]:
    folder.mkdir()
    try:
        unpack(backup, folder)
        return log_of(folder / "flashcards.sqlite3")
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def older(tmp_path: Path) -> tuple[Path, list[str]]:
    """A data folder of a much earlier version, as kill -9 left it, and the answers in it."""
    made, data = tmp_path / "made", tmp_path / "older"
    made.mkdir()
    data.mkdir()
    with older_database(made / "flashcards.sqlite3") as database:
        given = _uids(database)
        for end in ("", "-wal"):
            shutil.copy(made / f"flashcards.sqlite3{end}", data)
    (data / "secret.key").write_text("ab" * 32 + "\n")
    return data, given


def test_the_upgrade(library: Path, tmp_path: Path, older: tuple[Path, list[str]]) -> None:
    """Killed anywhere, it is as it was or up to date, and the next start brings it there; a backup is made before."""
    origin, given = older
    data, call = tmp_path / "data", 0
    (tmp_path / "decks").mkdir()
    names = {path.stem for path in MIGRATIONS.glob("[0-9]*.py")}
    while True:
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(origin, data)

        def start(data: Path = data) -> None:
            open_services(config_for(data, tmp_path / "decks")).close()

        killed = killed_before(library, call, start)
        backups = list((data / "backups").glob("*.zip"))
        if _applied(data) != _applied(origin):
            assert backups, call
            assert _applied(data) == names, call
        start()
        assert _applied(data) == names
        assert log_of(data / "flashcards.sqlite3") == given, call
        for backup in (data / "backups").glob("*.zip"):
            assert _as_it_was(backup, tmp_path / "unpacked") == (_applied(origin), given), call
        assert list((data / "backups").glob("*.zip")), call
        if not killed:
            break
        call += 1
    assert call > 50


def _applied(data: Path) -> set[str]:
    database = Database.open(data / "flashcards.sqlite3", older=True)
    try:
        return {name for (name,) in database.all("SELECT name FROM schema_migration")}
    finally:
        database.close()


def _as_it_was(backup: Path, folder: Path) -> tuple[set[str], list[str]]:
    """The migrations that the database in a backup has, and the answers in its log."""
    folder.mkdir()
    try:
        unpack(backup, folder)
        applied = _applied(folder)
        database = Database.open(folder / "flashcards.sqlite3", older=True)
        uids = _uids(database)
        database.close()
        return applied, uids
    finally:
        shutil.rmtree(folder)


def _uids(database: Database) -> list[str]:
    return [uid for (uid,) in database.all("SELECT uid FROM review ORDER BY seq")]
