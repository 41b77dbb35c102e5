"""A database is moved to a server and back, and everything is equal; where that cannot be, nothing is changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from flashcards.cli.commands import run
from flashcards.database_address import DatabaseAddress
from flashcards.errors import Conflict, FlashcardsError, Invalid, Unavailable
from flashcards.services.accounts.facade import Learner
from flashcards.services.review.facade import Answer
from flashcards.services.upkeep.moving import check_database, copy_database
from flashcards.storage.database import Database, count_accounts, migrate
from flashcards.storage.sqlite_driver import driver
from flashcards.wiring import examine, open_services
from tests.databases import settings_for
from tests.postgresql_server import Server
from tests.site import Site, new_id


@pytest.fixture
def ann(site: Site) -> Learner:
    """A learner with something in many tables."""
    ann = site.learner(theme="light", new_per_day=30)
    review = site.services.review
    for number, card in enumerate(review.queue(ann, limit=12).cards):
        review.answer(ann, Answer(new_id(), card.id, (1, 3, 4, 5)[number % 4], took_ms=4_000 + number))
    site.secret(ann)
    return ann


@pytest.fixture(params=["a file", "a server"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> DatabaseAddress:
    """Where there is no database yet."""
    if request.param == "a file":
        return tmp_path / "new" / "flashcards.sqlite3"
    return request.getfixturevalue("server").new_database()


def test_to_a_server_and_back_everything_is_equal(site: Site, ann: Learner, server: Server, tmp_path: Path) -> None:
    there, back = server.new_database(), tmp_path / "back" / "flashcards.sqlite3"
    proofs = copy_database(site.config.database, there)
    assert copy_database(there, back) == proofs
    found = [check_database(address) for address in (site.config.database, there, back)]
    assert {one.proofs for one in found} == {proofs}
    assert {proof.table: proof.rows for proof in proofs if proof.rows} | {"review": 12, "learner": 1} == {
        proof.table: proof.rows for proof in proofs if proof.rows
    }


def test_what_was_moved_is_used_as_before(site: Site, ann: Learner, target: DatabaseAddress) -> None:
    word = site.services.review.queue(ann, limit=1).cards[0]
    copy_database(site.config.database, target)
    moved = replace(site.config, database=target)
    assert examine(moved).ok
    services = open_services(moved)
    try:
        assert [card.id for card in services.review.queue(ann, limit=1).cards] == [word.id]
        services.review.answer(ann, Answer(new_id(), word.id, 4, took_ms=1_000))
        bob = services.accounts.add_learner("bob", "correct horse battery")
        assert bob.id > ann.id, "numbers go on behind those that are there"
    finally:
        services.close()
    with_words, database = Database.open(site.config.database), Database.open(target)
    try:
        count = "SELECT count(*) FROM note_text"
        assert database.one(count) == with_words.one(count) != (0,)
    finally:
        with_words.close()
        database.close()


def test_a_number_that_was_somebodys_is_nobody_elses_in_a_copy(
    site: Site, ann: Learner, target: DatabaseAddress
) -> None:
    gone = [site.learner(name).id for name in ("Ben", "Cid")]
    for name in ("Cid", "Ben"):
        site.services.accounts.delete_learner(name)
    copy_database(site.config.database, target)
    services = open_services(replace(site.config, database=target))
    try:
        new = [services.accounts.add_learner(name, "correct horse battery").id for name in ("dora", "eve")]
    finally:
        services.close()
    assert new == [max(gone) + 1, max(gone) + 2]


def test_a_database_that_is_not_empty_is_left_alone(site: Site, ann: Learner, target: DatabaseAddress) -> None:
    migrate(target)
    services = open_services(replace(site.config, database=target))
    services.accounts.add_learner("bob", "correct horse battery")
    services.close()
    before = check_database(target)
    with pytest.raises(Conflict, match=r"is not empty \(learner has 1 rows\).*Nothing was changed"):
        copy_database(site.config.database, target)
    assert check_database(target) == before


def test_a_copy_that_is_interrupted_leaves_nothing_and_can_be_made_again(
    site: Site, ann: Learner, target: DatabaseAddress
) -> None:
    before = check_database(site.config.database)

    def stop(proof: object) -> None:
        if getattr(proof, "table", "") == "review":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_database(site.config.database, target, stop)
    assert count_accounts(target) == 0
    assert check_database(site.config.database) == before
    assert copy_database(site.config.database, target) == before.proofs


def test_a_copy_that_is_not_equal_is_not_kept(site: Site, ann: Learner, tmp_path: Path) -> None:
    target = tmp_path / "new" / "flashcards.sqlite3"
    migrate(target)
    connection = driver.connect(str(target))
    connection.execute(
        "CREATE TRIGGER other AFTER INSERT ON learner BEGIN UPDATE learner SET theme = 'dark' WHERE id = new.id; END"
    )
    connection.close()
    with pytest.raises(Unavailable, match="not equal: learner has 1 rows in the one and 1 in the other, or other"):
        copy_database(site.config.database, target)
    assert count_accounts(target) == 0


def test_a_nul_cannot_come_to_a_server(site: Site, ann: Learner, server: Server, tmp_path: Path) -> None:
    source = tmp_path / "source" / "flashcards.sqlite3"
    copy_database(site.config.database, source)
    connection = driver.connect(str(source))
    connection.execute("UPDATE session SET user_agent = ?", ("a\0b",))
    connection.commit()
    connection.close()
    target = server.new_database()
    with pytest.raises(Invalid, match="the character NUL"):
        copy_database(source, target)
    assert count_accounts(target) == 0


def test_what_cannot_be_copied_to_or_from_is_said(site: Site, tmp_path: Path) -> None:
    database = site.config.database
    with pytest.raises(Conflict, match="is the database that is to be copied"):
        copy_database(database, database)
    with pytest.raises(Unavailable, match="There is no database"):
        copy_database(tmp_path / "none.sqlite3", tmp_path / "new.sqlite3")
    other = tmp_path / "other.sqlite3"
    connection = driver.connect(str(other))
    connection.execute("CREATE TABLE cats(name)")
    connection.close()
    with pytest.raises(FlashcardsError, match="not one of this program"):
        copy_database(database, other)
    assert "learner" not in other.read_bytes().decode("latin-1")


def test_columns_that_are_not_the_models_are_found(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "changed.sqlite3"
    copy_database(site.config.database, file)
    connection = driver.connect(str(file))
    connection.execute("ALTER TABLE learner RENAME COLUMN theme TO colours")
    connection.close()
    assert check_database(file).problems == (
        "the table learner has no column theme",
        "the table learner has a column colours that this program does not know",
    )


def test_the_commands(
    site: Site,
    ann: Learner,
    target: DatabaseAddress,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in settings_for(site.config.data, site.config.decks).items():
        monkeypatch.setenv(name, value)
    url = f"sqlite:///{target}" if isinstance(target, Path) else target.url
    assert run(["database", "copy", url]) == 0
    copied = capsys.readouterr().out.splitlines()
    assert copied[-2].endswith(" are equal.")
    shown = url if isinstance(target, Path) else target
    assert copied[-1].startswith(f"Now set FLASHCARDS_DATABASE_URL to {shown} and start the service.")
    assert run(["database", "check"]) == 0
    here = capsys.readouterr().out.splitlines()
    assert run(["database", "check", url]) == 0
    there = capsys.readouterr().out.splitlines()
    assert here[:-1] == there[:-1] == copied[:-2]
    assert there[-1] == f"{target} is whole."
    other = f"sqlite:///{site.config.data / 'other.sqlite3'}"
    assert run(["database", "copy", other, "--json"]) == 0
    moved = json.loads(capsys.readouterr().out)
    assert {it["sha256"] for it in moved["proofs"]} == {line.split()[-1] for line in here[:-1]}
    assert run(["database", "copy", url]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert run(["database", "copy", "mysql://x/y"]) == 2
    assert "The address of the database: write sqlite:///relative/path" in capsys.readouterr().err
