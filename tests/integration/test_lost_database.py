"""A database that is gone or empty beside its backups; upgrades; disks without hard links."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

from flashcards.errors import Conflict, Unavailable
from flashcards.services.upkeep.restore import restore
from flashcards.services.upkeep.secret_key import load_secret_key
from flashcards.storage.database import MIGRATIONS, migrate
from flashcards.storage.sqlite_driver import driver
from flashcards.wiring import open_services
from tests.databases import settings_for
from tests.integration.study_world import StudyWorld
from tests.site import config_for, open_site

EMPTINESS = ["gone", "no bytes", "an empty database", "new tables without people"]


def command(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | settings_for(data, data.parent / "decks")
    return subprocess.run(
        [sys.executable, "-m", "flashcards", *arguments],
        env=environ,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a key and a backup with people in it."""
    (tmp_path / "decks").mkdir()
    (tmp_path / "decks" / "a.md").write_text("## A?\n\nB\n")
    with open_site(tmp_path / "data", tmp_path / "decks") as site:
        site.learner("Ann")
        site.services.backup.backup()
    return tmp_path / "data"


def lose(data: Path, how: str) -> None:
    database = data / "flashcards.sqlite3"
    for path in data.glob("flashcards.sqlite3*"):
        path.unlink()
    if how == "no bytes":
        database.touch()
    elif how == "an empty database":
        connection = driver.connect(str(database))
        connection.execute("PRAGMA user_version = 1")
        connection.close()
    elif how == "new tables without people":
        migrate(database)


def listing(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("how", EMPTINESS)
def test_nobody_becomes_administrator_of_what_was_lost(data: Path, how: str) -> None:
    backup = next((data / "backups").glob("*.zip"))
    lose(data, how)
    before = listing(data)
    with pytest.raises(Unavailable) as told:
        open_services(config_for(data))
    assert f"flashcards restore {backup}" in str(told.value)
    assert {name: size for name, size in listing(data).items() if not name.endswith(("-shm", "-wal"))} == before
    said = command(data, "serve", "--port", "1")
    assert (said.returncode, said.stdout) == (1, "") or "Port 1" in said.stderr
    restore(backup, data, data / "flashcards.sqlite3")
    services = open_services(config_for(data))
    assert [person.name for person in services.accounts.learners()] == ["Ann"]
    services.close()


@pytest.mark.parametrize("how", EMPTINESS)
def test_the_doctor_says_it_and_makes_nothing(data: Path, how: str) -> None:
    lose(data, how)
    before = listing(data)
    said = command(data, "doctor", "--json")
    assert said.returncode == 1
    report = json.loads(said.stdout)
    assert report["ok"] is False
    assert "flashcards restore" in report["findings"][0]
    assert {name: size for name, size in listing(data).items() if not name.endswith(("-shm", "-wal"))} == before


def test_where_there_is_nothing_the_doctor_makes_nothing(tmp_path: Path) -> None:
    said = command(tmp_path / "nowhere", "doctor")
    assert said.returncode == 1
    assert "There is no database at" in said.stdout
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "empty").mkdir()
    assert command(tmp_path / "empty", "doctor").returncode == 1
    assert not list((tmp_path / "empty").iterdir())


def test_an_older_backup_that_does_not_say_how_many_is_looked_into(data: Path) -> None:
    backup = next((data / "backups").glob("*.zip"))
    with zipfile.ZipFile(backup, "a") as archive:
        archive.comment = b""
    lose(data, "gone")
    with pytest.raises(Unavailable, match="flashcards restore"):
        open_services(config_for(data))


def test_a_new_server_with_backups_of_nobody_starts(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for _ in range(2):
        services = open_services(config_for(data))
        services.backup.backup(data / "backups" / "x.zip") if not (data / "backups").exists() else None
        services.close()
    (data / "backups" / "junk.zip").write_bytes(b"junk")
    with zipfile.ZipFile(data / "backups" / "x.zip", "a") as archive:
        archive.comment = b"not json"
    open_services(config_for(data)).close()


def test_putting_the_backups_elsewhere_begins_anew(data: Path) -> None:
    lose(data, "gone")
    (data / "backups").rename(data.parent / "backups-of-before")
    services = open_services(config_for(data))
    assert services.accounts.signup_state().first
    services.close()


# --- upgrades


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of a version that lacks the last migration."""
    fewer = tmp_path / "migrations"
    fewer.mkdir()
    names = sorted(path.name for path in MIGRATIONS.glob("[0-9]*.py"))
    for name in names[:-1]:
        (fewer / name).write_bytes((MIGRATIONS / name).read_bytes())
    data = tmp_path / "data"
    with monkeypatch.context() as patch:
        patch.setattr("flashcards.storage.database.MIGRATIONS", fewer)
        world = StudyWorld(data)
        load_secret_key(data)
        world.learner("ada")
        world.close()
    return data


def test_an_upgrade_that_migrates_makes_a_backup_first_and_says_so(
    older: Path, caplog: pytest.LogCaptureFixture
) -> None:
    last = max(path.stem for path in MIGRATIONS.glob("[0-9]*.py"))
    services = open_services(config_for(older))
    services.close()
    made = list((older / "backups").glob("before-upgrade-*.zip"))
    assert len(made) == 1
    said = [record.getMessage() for record in caplog.records if record.name == "flashcards.upkeep"]
    assert said == [f"the database is brought up to date ({last}); as it was, it is in {made[0]}"]
    with zipfile.ZipFile(made[0]) as archive:
        archive.extract("flashcards.sqlite3", older.parent / "x")
    connection = driver.connect(str(older.parent / "x" / "flashcards.sqlite3"))
    applied = {name for (name,) in connection.execute("SELECT name FROM schema_migration")}
    connection.close()
    assert applied
    assert last not in applied
    open_services(config_for(older)).close()
    assert list((older / "backups").glob("*.zip")) == made


def test_without_room_for_the_backup_nothing_is_migrated(older: Path) -> None:
    (older / "backups").write_text("in the way")
    with pytest.raises(Unavailable, match="cannot be written"):
        open_services(config_for(older))
    (older / "backups").unlink()
    open_services(config_for(older)).close()
    assert len(list((older / "backups").glob("before-upgrade-*.zip"))) == 1


def test_a_new_database_needs_no_backup(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    open_services(config_for(tmp_path / "data")).close()
    assert not (tmp_path / "data" / "backups").exists()
    assert not caplog.records


# --- disks without hard links


@pytest.fixture(params=[errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def no_links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any, **_named: Any) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("no_links")
def test_everything_works_without_hard_links(tmp_path: Path) -> None:
    (tmp_path / "decks").mkdir()
    (tmp_path / "decks" / "a.md").write_text("## A?\n\nB\n")
    with open_site(tmp_path / "data", tmp_path / "decks") as site:
        site.learner("Ann")
        file = site.services.backup.backup()
        config = site.config
        with pytest.raises(Conflict, match="already"):
            site.services.backup.backup(file)
    key = (config.data / "secret.key").read_bytes()
    assert restore(file, config.data, config.database, tmp_path / "new-decks").kept
    assert (config.data / "secret.key").read_bytes() == key
    assert (tmp_path / "new-decks" / "a.md").is_file()


@pytest.mark.usefixtures("no_links")
def test_the_key_is_one_whoever_makes_it_also_without_hard_links(tmp_path: Path) -> None:
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(load_secret_key(tmp_path))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 16
    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
