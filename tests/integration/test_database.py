"""The database file: migrations, locks, full disks, read-only folders, other programs' files."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flashcards.errors import Unavailable
from flashcards.services.review.facade import Answered
from flashcards.services.upkeep.secret_key import load_secret_key
from flashcards.storage import locks, sqlite_database
from flashcards.storage.database import MIGRATIONS, Database, IntegrityError, migrate
from flashcards.storage.sqlite_driver import SQLITE_WITH_RESET_BUG
from tests.integration.study_world import StudyWorld

NAMES = sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.py"))
INSERT = "INSERT INTO learner(name, name_key, password_hash, created_at) VALUES (?, ?, '', 0)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "flashcards.sqlite3"
    migrate(path)
    return path


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database.open(path)
    yield database
    database.close()


def names(database: Database) -> list[str]:
    return [name for (name,) in database.all("SELECT name FROM learner ORDER BY id")]


def test_durable_and_strict_on_every_thread(database: Database) -> None:
    found = []

    def look() -> None:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found.append([database.one(f"PRAGMA {name}") for name in pragmas])
        database.close_thread()

    look()
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [[("wal",), (1,), (1,), (10_000,)]] * 2  # and who commits waits for the disk: see test_group_sync


def test_one_sqlite_in_this_process_and_a_sound_one(path: Path) -> None:
    assert not SQLITE_WITH_RESET_BUG
    # What any use of the standard library's copy would set off.
    code = (
        "import sys, pathlib\n"
        "sys.addaudithook(lambda event, args: event == 'sqlite3.connect' and print('opened', args))\n"
        "from flashcards.services.upkeep.backup import BackupService\n"
        "from flashcards.services.upkeep.restore import restore\n"
        "from flashcards.services.upkeep.doctor import DoctorService\n"
        "from flashcards.services.upkeep.secret_key import load_secret_key\n"
        "from flashcards.storage.database import Database, migrate\n"
        "path = pathlib.Path(sys.argv[1]); load_secret_key(path.parent); migrate(path)\n"
        "database = Database.open(path); assert DoctorService(database).examine().ok\n"
        "file = BackupService(database, path.parent, lambda: 0).backup(); database.close()\n"
        "restore(file, path.parent, path); print('done')"
    )
    command = [sys.executable, "-c", code, str(path)]
    assert subprocess.run(command, check=False, capture_output=True, text=True).stdout == "done\n"


def test_migrations_run_once(path: Path, database: Database) -> None:
    assert migrate(path) == []
    assert [name for (name,) in database.all("SELECT name FROM schema_migration ORDER BY name")] == NAMES


def test_three_starters_at_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "flashcards.sqlite3"
    code = (
        "import sys, pathlib; from flashcards.storage.database import Database, migrate\n"
        "path = pathlib.Path(sys.argv[1]); print(len(migrate(path))); Database.open(path).close()"
    )
    starters = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    results = sorted(starter.communicate(timeout=60)[0].strip() for starter in starters)
    assert [starter.returncode for starter in starters] == [0, 0, 0]
    assert results == ["0", "0", str(len(NAMES))]


def test_a_newer_database_is_refused_and_left_alone(path: Path) -> None:
    database = Database.open(path)
    with database.write():
        database.execute("INSERT INTO schema_migration(name, applied) VALUES ('0999_future', '2099-01-01')")
    database.close()
    before = path.read_bytes()
    for use in (migrate, Database.open):
        with pytest.raises(Unavailable, match=r"newer version.*0999_future"):
            use(path)
    assert path.read_bytes() == before


def test_an_older_database_is_not_opened(path: Path) -> None:
    database = Database.open(path)
    with database.write():
        database.execute("DELETE FROM schema_migration WHERE name = ?", (NAMES[-1],))
    database.close()
    with pytest.raises(Unavailable, match="needs a migration, which `flashcards sync` or a start of the server makes"):
        Database.open(path)


def test_what_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no database at"):
        Database.open(tmp_path / "none.sqlite3")
    (tmp_path / "text.sqlite3").write_text("hello " * 1000)
    for use in (migrate, Database.open):
        with pytest.raises(Unavailable, match="is no database"):
            use(tmp_path / "text.sqlite3")
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be written"):
        migrate(tmp_path / "file" / "x.sqlite3")


def test_a_failed_write_leaves_nothing_and_the_next_one_works(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write():
        database.executemany(INSERT, [("a", "a"), ("b", "a")])
    with pytest.raises(ZeroDivisionError), database.write():
        database.execute(INSERT, ("c", str(1 / len(names(database)))))
    with database.write():
        database.execute(INSERT, ("d", "d"))
    assert names(database) == ["d"]


def test_transactions_do_not_nest_by_accident(database: Database) -> None:
    with database.write():
        with pytest.raises(RuntimeError), database.write():
            pass
        with database.read():
            database.execute(INSERT, ("a", "a"))
    with database.read(), pytest.raises(RuntimeError), database.write():
        pass
    assert names(database) == ["a"]


def test_a_full_disk_is_said_and_nothing_is_half_stored(tmp_path: Path) -> None:
    world = StudyWorld(tmp_path)
    world.deck("d", 60)
    ada = world.learner()
    (pages,) = world.db.one("PRAGMA page_count") or (0,)
    with world.db.write():
        world.db.execute(f"PRAGMA max_page_count = {pages + 1}")
    outcomes = world.review.answer_many(ada, [world.an_answer(f"d#n{number}", 4) for number in range(1, 60)])
    stored = sum(isinstance(outcome, Answered) for outcome in outcomes)
    assert 0 < stored < 59
    assert "disk is full" in str(outcomes[-1])
    assert isinstance(outcomes[-1], Unavailable)
    assert world.db.one("SELECT count(*) FROM review") == world.db.one("SELECT count(*) FROM schedule") == (stored,)
    with world.db.write():
        world.db.execute("PRAGMA max_page_count = 1000000")
    assert world.answer(ada, "d#n60", 4).kind == "scheduled"
    world.close()


def test_a_read_only_database(path: Path) -> None:
    full = Database.open(path)
    with full.write():
        full.execute(INSERT, ("a", "a"))
    database = Database.open(path, read_only=True)
    assert names(database) == ["a"]
    with pytest.raises(Unavailable, match="read-only"), database.write():
        database.execute(INSERT, ("b", "b"))
    assert names(database) == ["a"]
    database.close()
    full.close()


def test_all_threads_write_over_one_connection_and_read_over_their_own(path: Path) -> None:
    """What a connection has read of the file is worth nothing to it once another has written."""
    database = Database.open(path)

    def connections(name: str) -> tuple[object, object]:
        reads = database.connection()
        with database.write():
            database.execute(INSERT, (name, name))
            writes = database.connection()
        assert name in names(database)
        return reads, writes

    with ThreadPoolExecutor(1) as thread:
        found = [connections("a"), thread.submit(connections, "b").result(), connections("c")]
    assert len({writes for _, writes in found}) == 1
    assert len({reads for reads, _ in found}) == 2
    assert names(database) == ["a", "b", "c"]
    database.close()


def test_a_database_that_another_process_keeps_busy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_database, "BUSY_SECONDS", 0.05)
    database = Database.open(path)
    other = Database.open(path)
    with other.write():
        other.execute(INSERT, ("a", "a"))
        with pytest.raises(Unavailable, match="busy"), database.write():
            pass
        assert names(database) == []
    with database.write():
        database.execute(INSERT, ("b", "b"))
    assert names(database) == ["a", "b"]
    other.close()
    database.close()


def test_who_reads_first_and_writes_then_is_not_refused(path: Path) -> None:
    """What DEFERRED transactions fail at: 4 threads on connections of their own, no lock of ours between."""
    databases = [Database.open(path) for _ in range(4)]
    with databases[0].write():
        databases[0].execute(INSERT, ("a", "a"))
    errors: list[Exception] = []

    def count_up(database: Database) -> None:
        try:
            for _ in range(50):
                with database.write():
                    (value,) = database.one("SELECT new_per_day FROM learner") or (0,)
                    database.execute("UPDATE learner SET new_per_day = ?", (value + 1,))
        except Unavailable as error:
            errors.append(error)
        database.close_thread()

    threads = [threading.Thread(target=count_up, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert databases[0].one("SELECT new_per_day FROM learner") == (220,)
    for database in databases:
        database.close()


def test_locks(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with locks.held(file, shared=True), locks.held(file, shared=True), pytest.raises(locks.Locked):
        locks.take(file, wait=False)
    with locks.held(file, wait=False), pytest.raises(locks.Locked):
        locks.take(file, shared=True, wait=False)


def test_the_secret_key_is_one_whoever_makes_it(tmp_path: Path) -> None:
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(load_secret_key(tmp_path / "d"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 16
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32
    file = tmp_path / "d" / "secret.key"
    assert [path.name for path in file.parent.iterdir()] == ["secret.key"]
    assert file.stat().st_mode & 0o777 == 0o600
    for wrong in ("", "zz", "ab" * 31, "ä"):
        file.write_text(wrong)
        with pytest.raises(Unavailable, match="not a secret key"):
            load_secret_key(tmp_path / "d")
