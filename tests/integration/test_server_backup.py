"""Backups of a database on a server: made by pg_dump, proven by pg_restore, brought back in one transaction."""

from __future__ import annotations

import os
import stat
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from flashcards.cli.commands import run
from flashcards.config import Config
from flashcards.database_address import ServerAddress
from flashcards.errors import Conflict, Invalid, Unavailable
from flashcards.services.review.facade import Answer
from flashcards.services.upkeep.moving import check_database
from flashcards.services.upkeep.restore import finish_restore, restore, restoring_place
from flashcards.storage import postgresql_dump
from flashcards.storage.database import Database, migrate
from flashcards.storage.postgresql_dump import dump
from flashcards.storage.tables import Proof
from flashcards.wiring import examine, open_services
from tests.databases import settings_for
from tests.integration.full_disk import full_disk
from tests.postgresql_server import Server
from tests.site import PASSWORD, Site, new_id


@pytest.fixture
def config(server: Server, tmp_path: Path) -> Config:
    """A service over a server, with a learner who has answered."""
    (tmp_path / "decks").mkdir()
    (tmp_path / "decks" / "a.md").write_text("## Why?\n\nBecause.\n\n## And?\n\nSo.\n")
    database = server.new_database()
    config = Config(data=tmp_path / "data", decks=tmp_path / "decks", own_decks=True, database=database, signup="open")
    services = open_services(config)
    services.sync.sync()
    ann = services.accounts.add_learner("ann", PASSWORD)
    for card in services.review.queue(ann).cards:
        services.review.answer(ann, Answer(new_id(), card.id, 4, took_ms=2_000))
    services.close()
    return config


def backup_of(config: Config) -> Path:
    services = open_services(config)
    try:
        return services.backup.backup()
    finally:
        services.close()


def proofs(config: Config) -> tuple[Proof, ...]:
    return check_database(config.database).proofs


def elsewhere(config: Config, server: Server, name: str = "new") -> Config:
    new = config.data.parent / name
    return replace(config, data=new / "data", decks=new / "decks", database=server.new_database())


def test_a_machine_that_has_nothing_lives_again(config: Config, server: Server) -> None:
    file = backup_of(config)
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as archive:
        assert {"flashcards.dump", "secret.key", "decks/a.md"} <= set(archive.namelist())
    new = elsewhere(config, server)
    done = restore(file, new.data, new.database, new.decks)
    assert (done.kept, done.decks) == (None, 1)
    assert proofs(new) == proofs(config)
    assert (new.data / "secret.key").read_bytes() == (config.data / "secret.key").read_bytes()
    assert stat.S_IMODE((new.data / "secret.key").stat().st_mode) == 0o600
    assert (new.decks / "a.md").read_bytes() == (config.decks / "a.md").read_bytes()
    assert examine(new).ok
    services = open_services(new)
    bob = services.accounts.add_learner("bob", PASSWORD)
    assert bob.id > services.accounts.find("ann").id, "numbers go on behind those that are there"
    services.close()
    assert [path.name for path in new.data.iterdir() if path.name.startswith(".restore-")] == []


def test_one_of_the_database_alone_comes_back_and_leaves_the_decks(
    config: Config, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    services = open_services(config)
    config.decks.rename(config.decks.with_name("away"))
    with pytest.raises(Unavailable, match="Only the database was saved"):
        services.backup.nightly()
    services.close()
    (file,) = (config.data / "backups").iterdir()
    new = elsewhere(config, server)
    new.decks.mkdir(parents=True)
    (new.decks / "mine.md").write_text("## Mine?\n\nYes\n")
    for name, value in settings_for(new.data, new.decks).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FLASHCARDS_DATABASE_URL", str(getattr(new.database, "url", "")))
    assert run(["restore", str(file)]) == 0
    assert f"The backup is of the database alone: the decks in {new.decks} are as they were" in capsys.readouterr().out
    assert proofs(new) == proofs(config)
    assert [path.name for path in new.decks.iterdir()] == ["mine.md"]


def test_a_file_s_backup_comes_into_a_server(site: Site, server: Server, tmp_path: Path) -> None:
    if not isinstance(site.config.database, Path):
        pytest.skip("The backup is a file's.")
    ann = site.learner()
    for card in site.services.review.queue(ann, limit=5).cards:
        site.services.review.answer(ann, Answer(new_id(), card.id, 4, took_ms=2_000))
    file = site.services.backup.backup(tmp_path / "b.zip")
    new = elsewhere(site.config, server)
    restore(file, new.data, new.database, new.decks)
    assert proofs(new) == proofs(site.config)
    assert examine(new).ok


def test_a_server_s_backup_does_not_come_into_a_file(config: Config, tmp_path: Path) -> None:
    file = backup_of(config)
    there = tmp_path / "there" / "flashcards.sqlite3"
    with pytest.raises(Invalid, match=r"backup of a database on a server: set FLASHCARDS_DATABASE_URL.*database copy"):
        restore(file, there.parent, there)
    assert not there.parent.exists()


def test_a_database_that_has_tables_is_left_alone(config: Config, server: Server) -> None:
    file = backup_of(config)
    new = elsewhere(config, server)
    migrate(new.database)
    new.data.mkdir(parents=True)
    (new.data / "secret.key").write_text("ab" * 32)
    before = check_database(new.database)
    with pytest.raises(Conflict, match=r"has tables already: .* \(createdb\). Nothing was changed"):
        restore(file, new.data, new.database, new.decks)
    assert check_database(new.database) == before
    assert (new.data / "secret.key").read_text() == "ab" * 32
    assert [path.name for path in new.data.iterdir() if path.name != "server.lock"] == ["secret.key"]
    assert not new.decks.exists()


@pytest.mark.parametrize("harm", ["below a file", "without room"])
def test_decks_that_cannot_come_change_nothing(config: Config, server: Server, tmp_path: Path, harm: str) -> None:
    (config.decks / "large.mp3").write_bytes(bytes(300_000))
    file = backup_of(config)
    new = elsewhere(config, server)
    (tmp_path / "file").touch()
    with full_disk(tmp_path, free=200_000) as disk:
        decks = disk.path if harm == "without room" else tmp_path / "file" / "decks"
        with pytest.raises(Unavailable, match=f"{decks} cannot be written"):
            restore(file, new.data, new.database, decks)
    assert not (new.data / "secret.key").exists()
    assert restore(file, new.data, new.database, new.decks).decks


def test_what_was_beside_it_is_kept(config: Config, server: Server) -> None:
    file = backup_of(config)
    new = elsewhere(config, server)
    new.data.mkdir(parents=True)
    (new.data / "secret.key").write_text("ab" * 32)
    kept = restore(file, new.data, new.database, new.decks).kept
    assert kept is not None
    assert (kept / "secret.key").read_text() == "ab" * 32


def test_one_that_fails_on_its_way_leaves_nothing_and_can_be_made_again(
    config: Config, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tool is killed when most of it is in the database."""
    import psycopg

    file = backup_of(config)
    new = elsewhere(config, server)
    assert isinstance(new.database, ServerAddress)
    stop = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{new.database.name}'" + (
        " AND application_name = 'pg_restore'"
    )

    def killed(*arguments: object, **more: object) -> object:
        with psycopg.connect(server.url("postgres"), autocommit=True) as watcher:
            ended = threading.Event()

            def watch() -> None:
                while not ended.is_set() and not watcher.execute(stop).fetchall():
                    pass

            thread = threading.Thread(target=watch)
            thread.start()
            try:
                return loads(*arguments, **more)  # type: ignore[arg-type]
            finally:
                ended.set()
                thread.join()

    from flashcards.storage import postgresql_database

    loads = postgresql_database.load_dump
    with monkeypatch.context() as patch:
        patch.setattr(postgresql_database, "load_dump", killed)
        with pytest.raises(Unavailable, match="Nothing was brought back into"):
            restore(file, new.data, new.database, new.decks)
    assert not (new.data / "secret.key").exists()
    assert not new.decks.exists()
    restore(file, new.data, new.database, new.decks)
    assert proofs(new) == proofs(config)


def test_killed_after_the_database_came_the_decks_come_at_the_next_start(config: Config, server: Server) -> None:
    from flashcards.services.upkeep import restore as module

    file = backup_of(config)
    new = elsewhere(config, server)
    fill = module._fill

    def killed(*arguments: object) -> None:
        fill(*arguments)  # type: ignore[arg-type]
        os._exit(0)

    child = os.fork()
    if child == 0:
        module._fill = killed
        restore(file, new.data, new.database, new.decks)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert not new.decks.exists()
    assert "was cut off" in examine(new).lines[-1]
    assert finish_restore(new.data, restoring_place(new.data, new.database), new.decks)
    assert (new.decks / "a.md").exists()
    assert examine(new).ok


def test_what_is_no_whole_dump_is_refused(config: Config, server: Server, tmp_path: Path) -> None:
    file = backup_of(config)
    with zipfile.ZipFile(file) as archive:
        whole, key = archive.read("flashcards.dump"), archive.read("secret.key")
    foreign = server.new_database()
    dump(foreign, tmp_path / "foreign.dump")
    newer = elsewhere(config, server, "newer")
    restore(file, newer.data, newer.database, newer.decks)
    database = Database.open(newer.database)
    database.execute("INSERT INTO schema_migration(name) VALUES ('9999_of_tomorrow')")
    database.close()
    assert isinstance(newer.database, ServerAddress)
    dump(newer.database, tmp_path / "newer.dump")
    new = elsewhere(config, server)
    for content, said in (
        (whole[: len(whole) // 2], "damaged"),
        (b"hello", "damaged"),
        ((tmp_path / "foreign.dump").read_bytes(), "not of one of this program"),
        ((tmp_path / "newer.dump").read_bytes(), "newer version of this program"),
    ):
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            archive.writestr("flashcards.dump", content)
            archive.writestr("secret.key", key)
        with pytest.raises(Invalid, match=said):
            restore(tmp_path / "x.zip", new.data, new.database, new.decks)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name in ("flashcards.dump", "flashcards.sqlite3"):
            archive.writestr(name, whole)
        archive.writestr("secret.key", key)
    with pytest.raises(Invalid, match="not a backup of this program"):
        restore(tmp_path / "x.zip", new.data, new.database, new.decks)


def test_no_argument_says_the_password(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody on the machine can read arguments; the tool gets the address in its variables."""
    seen = tmp_path / "seen"
    tool = tmp_path / "bin" / "pg_dump"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\necho "$@" > {seen}\necho "$PGPASSWORD $PGHOST $PGUSER" >> {seen}\nexit 1\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    address = ServerAddress("postgresql://ada:s%3Acret@db.example/cards?keepalives=0&sslpassword=hidden")
    with pytest.raises(Unavailable, match=r"No backup of postgresql://ada@db\.example/cards was made") as told:
        dump(address, tmp_path / "x.dump")
    arguments, variables = seen.read_text().splitlines()
    assert "cret" not in arguments + str(told.value)
    assert "hidden" not in arguments
    assert "dbname=cards" in arguments
    assert "keepalives=0" in arguments
    assert variables == "s:cret db.example ada"


def test_without_the_tool_it_is_said(config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    services = open_services(config)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgresql_dump, "_DEBIAN", tmp_path)
    with pytest.raises(Unavailable, match=r"pg_dump is not installed here: .*postgresql-client"):
        services.backup.nightly()
    assert "pg_dump is not installed" in (services.backup.state().trouble or "")
    services.close()
    assert list((config.data / "backups").iterdir()) == []


def test_a_server_that_is_gone_is_said_and_nothing_is_left(config: Config, server: Server) -> None:
    services = open_services(config)
    server.stop("fast")
    try:
        with pytest.raises(Unavailable, match=r"No backup of postgresql://.* was made|cannot be reached"):
            services.backup.backup()
    finally:
        server.start()
    assert list((config.data / "backups").iterdir()) == []
    assert services.backup.nightly() is not None
    services.close()


def test_under_load_a_backup_is_a_whole_state(config: Config, server: Server) -> None:
    services = open_services(config)
    ann = services.accounts.find("ann")
    ((card,),) = services.database.all("SELECT min(id) FROM card")
    stop = threading.Event()

    def answers() -> None:
        while not stop.is_set():
            services.review.answer(ann, Answer(new_id(), str(card), 1, took_ms=1_000))
        services.release_thread()

    thread = threading.Thread(target=answers)
    thread.start()
    files = [services.backup.backup() for _ in range(2)]
    stop.set()
    thread.join()
    services.close()
    for number, file in enumerate(files):
        new = elsewhere(config, server, f"under-load-{number}")
        restore(file, new.data, new.database, new.decks)
        found = examine(new)
        assert found.ok, found.findings


def test_the_commands(
    config: Config, server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def set_to(one: Config) -> None:
        assert isinstance(one.database, ServerAddress)
        for name, value in settings_for(one.data, one.decks).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("FLASHCARDS_DATABASE_URL", one.database.url)

    set_to(config)
    assert run(["backup"]) == 0
    file = capsys.readouterr().out.strip()
    new = elsewhere(config, server)
    set_to(new)
    assert run(["restore", file]) == 0
    said = capsys.readouterr().out
    assert f"Restored into {new.data} and {new.database}" in said
    assert f"1 file of decks in {new.decks}" in said
    assert run(["restore", file]) == 1
    assert "has tables already" in capsys.readouterr().err
    assert proofs(new) == proofs(config)
