"""The disk of the database server is full: a sentence, nothing half stored, and on when there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from flashcards.config import Config
from flashcards.database_address import ServerAddress
from flashcards.errors import Unavailable
from flashcards.services.accounts.facade import Learner
from flashcards.services.review.facade import Answer
from flashcards.web.app import create_app
from flashcards.wiring import open_services
from tests.postgresql_server import MISSING, Server, is_installed, running_server
from tests.site import Site, new_id

CARDS, MOST = 40, 4_000
_CAN_MOUNT = os.geteuid() == 0 and bool(shutil.which("mount"))
pytestmark = [
    pytest.mark.skipif(not is_installed(), reason=MISSING),
    pytest.mark.skipif(not _CAN_MOUNT, reason="a small disk needs root and mount"),
]


class SmallDisk:
    """A file system in memory, for the server's user; `fill()` leaves no room on it."""

    def __init__(self, place: Path, size: str) -> None:
        self.place = place
        place.mkdir()
        owner = place.parent.stat()
        mounted = subprocess.run(
            [
                "mount",
                "-t",
                "tmpfs",
                "-o",
                f"size={size},uid={owner.st_uid},gid={owner.st_gid},mode=700",
                "x",
                str(place),
            ],
            capture_output=True,
            check=False,
        )
        if mounted.returncode:
            pytest.skip("nothing can be mounted here")

    def fill(self) -> None:
        with suppress(OSError), (self.place / "ballast").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def free(self) -> None:
        (self.place / "ballast").unlink()

    def remove(self) -> None:
        subprocess.run(["umount", "-l", str(self.place)], check=True)


def site_at(address: ServerAddress, folder: Path) -> Site:
    (folder / "decks").mkdir()
    (folder / "decks" / "a.md").write_text("".join(f"## Why {n}?\n\nBecause.\n\n" for n in range(CARDS)))
    config = Config(data=folder / "data", decks=folder / "decks", own_decks=True, database=address, signup="open")
    services = open_services(config)
    services.sync.sync()
    return Site(config, services, create_app(services, config))


def cards_of(site: Site, ann: Learner) -> list[str]:
    return [card.id for card in site.services.review.cards(ann).items]


def answer_until_refused(
    site: Site, ann: Learner, cards: list[str], acknowledged: list[str]
) -> tuple[Answer, Unavailable]:
    """The first answer that is not stored, and what was said; the server may not even answer a question any more."""
    for number in range(MOST):
        answer = Answer(new_id(), cards[number % len(cards)], 4)
        try:
            site.services.review.answer(ann, answer)
        except Unavailable as error:
            return answer, error
        acknowledged.append(answer.id)
    raise AssertionError("the disk was not full")


def all_are_there_once(site: Site, acknowledged: list[str]) -> None:
    stored = [uid for (uid,) in site.services.database.all("SELECT uid FROM review ORDER BY seq")]
    assert stored == acknowledged
    report = site.services.doctor.examine()
    assert report.ok, report.findings


@pytest.fixture
def own_server() -> Iterator[Server]:
    with running_server() as server:
        yield server


def test_no_room_for_the_tables(own_server: Server, tmp_path: Path) -> None:
    disk = SmallDisk(own_server.folder / "small", "40m")
    try:
        with psycopg.connect(own_server.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{disk.place}'")  # type: ignore[call-overload]
        site = site_at(own_server.new_database("TABLESPACE small"), tmp_path)
        ann = site.learner(new_per_day=100)
        client, acknowledged = site.client(ann), list[str]()
        assert client.get("/").status_code == 200
        cards = cards_of(site, ann)
        disk.fill()
        answer, said = answer_until_refused(site, ann, cards, acknowledged)
        assert str(said) == (
            "The disk of the database server is full. Nothing was stored; free some space and try again."
        )
        again = client.post("/api/v1/reviews", json={"id": answer.id, "card": answer.card, "grade": 4})
        assert again.status_code == 503
        assert "disk of the database server is full" in again.text
        assert client.get("/").status_code == 200, "reading goes on"
        all_are_there_once(site, acknowledged)
        disk.free()
        site.services.review.answer(ann, answer)
        all_are_there_once(site, [*acknowledged, answer.id])
        site.services.close()
    finally:
        disk.remove()


def test_no_room_for_its_log(own_server: Server, tmp_path: Path) -> None:
    """The server itself dies of that, as it is made to; with room it is whole again."""
    disk = SmallDisk(own_server.folder / "small", "200m")
    server = None
    try:
        (disk.place / "server").mkdir()
        server = Server(disk.place / "server")
        address = ServerAddress(server.url("postgres"))
        site = site_at(address, tmp_path)
        ann = site.learner(new_per_day=100)
        client, acknowledged = site.client(ann), list[str]()
        answer_some(site, ann, acknowledged)
        cards = cards_of(site, ann)
        disk.fill()
        with suppress(psycopg.Error), psycopg.connect(address.url, autocommit=True) as connection:
            for _ in range(20):  # what it has made beforehand is soon used up
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS used_up (x int); DROP TABLE used_up; SELECT pg_switch_wal()"
                )
        answer, said = answer_until_refused(site, ann, cards, acknowledged)
        assert "Nothing was stored" in str(said) or "starting or stopping" in str(said)
        page = client.get("/")  # it tries to come back by itself, and may answer in between
        assert page.status_code in {200, 503}
        assert "Traceback" not in page.text
        disk.free()
        with suppress(subprocess.CalledProcessError):
            server.stop()
        server.start()
        answer_when_it_is_back(site, ann, answer)
        assert client.get("/").status_code == 200
        all_are_there_once(site, [*acknowledged, answer.id])
        site.services.close()
    finally:
        if server is not None:
            with suppress(subprocess.CalledProcessError):
                server.stop()
        disk.remove()


def answer_when_it_is_back(site: Site, ann: Learner, answer: Answer) -> None:
    """A server that died may have begun to come back by itself, and be at it still."""
    deadline = time.monotonic() + 60
    while True:
        try:
            site.services.review.answer(ann, answer)
        except Unavailable:
            assert time.monotonic() < deadline, "it did not come back"
            time.sleep(0.1)
        else:
            return


def answer_some(site: Site, ann: Learner, acknowledged: list[str]) -> None:
    for card in site.services.review.queue(ann).cards:
        answer = Answer(new_id(), card.id, 4)
        site.services.review.answer(ann, answer)
        acknowledged.append(answer.id)
