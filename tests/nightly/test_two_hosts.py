"""Two web servers and a worker on three hosts, whose clocks are a minute apart, on one PostgreSQL.

What `compose.hosts.yaml` starts, started here in network namespaces: a sync on the worker, an edit at the one host,
pictures, the nightly backup, a leader that is killed and one whose cable is pulled, each once, while learners answer.
Then the web servers are killed in turns, a hundred times (`FLASHCARDS_KILLS`).
"""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from flashcards.config import Config
from flashcards.database_address import ServerAddress
from flashcards.wiring import Services, open_services
from tests.integration.test_deck_pages import png
from tests.nightly.hosts import ROOT, Host, Network, Program, built_clock, network
from tests.postgresql_server import MISSING, Server, is_installed, running_server
from tests.site import PASSWORD, new_id

pytestmark = [
    pytest.mark.skipif(not is_installed(), reason=MISSING),
    pytest.mark.skipif(not shutil.which("cc") or sys.platform != "linux", reason="needs a C compiler and Linux"),
]
MINUTE = 60
DAY = 24 * 60 * MINUTE
AHEAD = {"worker": MINUTE, "web-a": 0, "web-b": -MINUTE}
"""How many seconds the clock of each host is ahead."""
CARDS, THREADS = 60, 2
KILLS = int(os.environ.get("FLASHCARDS_KILLS", "100"))
"""How often a web server is killed."""
PATIENCE = 120.0
_LEADER = """
    SELECT split_part(a.application_name, ' ', 3)::int FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND a.application_name LIKE 'flashcards:lease %'
"""


def until(what: Callable[[], Any], seconds: float = PATIENCE) -> float:
    """Waits until it is so; how many seconds that took."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, "it did not become so"
        time.sleep(0.05)
    return time.monotonic() - began


class Browser:
    """Somebody who has logged in once, and asks any host."""

    def __init__(self) -> None:
        self.cookie = ""

    def ask(self, host: Host, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """The status and the text of the answer; raises OSError where the host cannot be reached."""
        kind, data = "application/json", b""
        if isinstance(body, bytes):
            kind, data = "image/png", body
        elif isinstance(body, dict) and not path.startswith("/api/"):
            kind, data = "application/x-www-form-urlencoded", urllib.parse.urlencode(body).encode()
        elif body is not None:
            data = json.dumps(body).encode()
        connection = http.client.HTTPConnection(host.address, host.port, timeout=20)
        headers = {"Origin": f"http://{host.address}:{host.port}", "Cookie": self.cookie, "Content-Type": kind}
        try:
            connection.request(method, path, data or None, headers)
            answer = connection.getresponse()
            if cookie := answer.headers.get("Set-Cookie"):
                self.cookie = cookie.partition(";")[0] or self.cookie
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()

    def get(self, host: Host, path: str) -> Any:
        """What the API gives."""
        status, text = self.ask(host, "GET", f"/api/v1{path}")
        assert status == 200, text
        return json.loads(text)

    def cards(self, host: Host) -> int:
        """How many cards that host shows."""
        return sum(deck["cards"] for deck in self.get(host, "/decks")["items"])


@dataclass
class Answering:
    """Learners who answer at either host, each answer twice, and again until it was acknowledged."""

    browser: Browser
    hosts: tuple[Host, Host]
    cards: list[str]
    acknowledged: list[str] = field(default_factory=list)
    refused: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, seed: int) -> None:
        rng = random.Random(seed)
        while not self._over.is_set():
            answer = {"id": new_id(), "card": rng.choice(self.cards), "grade": 4}
            heard = turn = 0
            while heard < 2:
                host = self.hosts[(turn + seed) % 2]
                turn += 1
                try:
                    status, _ = self.browser.ask(host, "POST", "/api/v1/reviews", answer)
                except OSError:
                    status = 0
                if status in {200, 201}:
                    heard += 1
                else:
                    self.refused += 1
                    time.sleep(0.1)
            self.acknowledged.append(str(answer["id"]))
            time.sleep(0.1)


def deck(cards: int, *, more: str = "") -> str:
    return "".join(f"## What is number {n} called? {{#n{n}}}\n\nIt is *{n}*.\n\n" for n in range(cards)) + more


@dataclass
class World:
    """What is started, and where."""

    network: Network
    server: Server
    folder: Path
    clock: Path
    running: dict[str, Program] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    away_from_midnight: int = 0

    @property
    def decks(self) -> Path:
        return self.folder / "decks"

    def start(self, service: str) -> None:
        """Starts a service of the compose file on its host."""
        if service not in self.hosts:
            self.hosts[service] = self.network.host(service)
        given = {
            "FLASHCARDS_DATABASE_URL": self.server.network_url("postgres"),
            "FLASHCARDS_DATA": str(self.folder / "data"),
            "FLASHCARDS_DECKS": str(self.decks),
            "FLASHCARDS_ADMIN": "ada",
            "FLASHCARDS_ADMIN_PASSWORD": PASSWORD,
        }
        log = self.folder / f"{service}.log"
        ahead = AHEAD[service] + self.away_from_midnight
        self.running[service] = Program(self.hosts[service], service, given, log, preload=self.clock, clock=ahead)

    def asked(self, sql: LiteralString) -> list[tuple[Any, ...]]:
        """What the database says."""
        with psycopg.connect(self.server.url("postgres")) as connection:
            return connection.execute(sql).fetchall()

    def leaders(self) -> list[str]:
        """Who has the lease, by the database's word."""
        pids = [pid for (pid,) in self.asked(_LEADER)]
        return [name for name, program in self.running.items() if program.process.pid in pids]

    def leads(self, name: str) -> bool:
        found = self.leaders()
        assert len(found) <= 1
        return found == [name]

    def services(self) -> Services:
        """The services over the same database, for what the test itself has to know."""
        return open_services(
            Config(
                data=self.folder / "data", decks=self.decks, own_decks=True,
                database=ServerAddress(self.server.url("postgres")),
            )
        )  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "decks").mkdir()
    (tmp_path / "decks" / "a.md").write_text(deck(CARDS))
    with ExitStack() as stack:
        net = stack.enter_context(network())
        server = stack.enter_context(running_server(("max_connections=100", "shared_buffers=32MB"), net.database))
        made = World(net, server, tmp_path, built_clock(tmp_path))
        # A backup has the name of its day: no host's day ends while this runs.
        if not 5 * MINUTE < time.time() % DAY < DAY - 30 * MINUTE:
            made.away_from_midnight = 40 * MINUTE
        try:
            yield made
        finally:
            for program in made.running.values():
                program.kill()


_HOLD = """
import sys, time
from flashcards.database_address import ServerAddress
from flashcards.storage.database import Database
database = Database.open(ServerAddress(sys.argv[1]))
with database.write():
    database.execute("UPDATE learner SET name = 'eve'")
    print("within a write", flush=True)
    time.sleep(600)
"""


_ASK = """
import sys, time
from flashcards.database_address import ServerAddress
from flashcards.errors import Unavailable
from flashcards.storage.database import Database
database = Database.open(ServerAddress(sys.argv[1]))
print("asking", flush=True)
began = time.monotonic()
try:
    database.execute("SELECT pg_sleep(600)")
except Unavailable as error:
    print(f"{time.monotonic() - began:.0f}", flush=True)
"""


@pytest.fixture
def cabled(world: World) -> World:
    """The world, where it has cables to pull."""
    if not world.network.has_cables:
        pytest.skip("there are no cables to pull")
    return world


@contextmanager
def cut_off(world: World, program: str, said: str) -> Iterator[subprocess.Popen[str]]:
    """A program that is given the database's address, on a host whose cable is pulled as soon as it says `said`."""
    host = world.network.host("cut-off")
    assert host.namespace
    address = world.server.network_url("postgres")
    command = ["ip", "netns", "exec", host.namespace, sys.executable, "-c", program, address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == f"{said}\n"
            world.network.pull_cable(host)
            yield process
        finally:
            process.kill()


def test_a_server_that_vanishes_is_noticed(cabled: World) -> None:
    """Whoever had asked it something waited for as long as its system did not say that it was gone: for two hours."""
    cabled.services().close()
    with cut_off(cabled, _ASK, "asking") as process:
        rest, _ = process.communicate(timeout=PATIENCE)
    assert int(rest) > 1, "it was noticed before the cable was pulled"


def test_a_host_that_vanishes_within_a_write_holds_nobody_up(cabled: World) -> None:
    """Its write held the lock of all writers as long as its system did not say that it was gone, which it never did."""
    services = cabled.services()
    services.accounts.add_learner("ada", PASSWORD)
    with cut_off(cabled, _HOLD, "within a write"):
        began = time.monotonic()
        services.accounts.add_learner("bob", PASSWORD)
        took = time.monotonic() - began
    assert took > 1, "the host held no lock"
    assert {learner.name for learner in services.accounts.learners()} == {"ada", "bob"}
    services.close()


def up(host: Host) -> bool:
    try:
        return Browser().ask(host, "GET", "/readyz")[0] == 200
    except OSError:
        return False


@pytest.mark.timeout(1200)
def test_each_thing_happens_once_on_two_hosts_and_a_worker(world: World) -> None:
    world.start("worker")
    until(lambda: world.leads("worker"))
    world.start("web-a")
    world.start("web-b")
    a, b = world.hosts["web-a"], world.hosts["web-b"]
    for host in (a, b):
        until(lambda host=host: up(host))  # type: ignore[misc]
    assert world.leads("worker")

    ada = Browser()
    assert ada.ask(a, "POST", "/login", {"name": "ada", "password": PASSWORD})[0] == 303
    assert ada.get(b, "/me")["name"] == "ada", "who has logged in at the one is known at the other"
    cards = [card["id"] for card in ada.get(b, "/cards?limit=100")["items"]]
    answering = Answering(ada, (a, b), cards)
    answering.start()
    figures: dict[str, float] = {}
    try:
        # A sync on the worker is seen on both.
        (world.decks / "b.md").write_text(deck(10).replace("{#n", "{#m"))
        figures["a file to both hosts"] = until(lambda: ada.cards(a) == ada.cards(b) == CARDS + 10)

        # A picture and an edit at A are there at B at once.
        status, text = ada.ask(a, "POST", "/api/v1/pictures?path=c.md", png(30, 20))
        assert status == 201, text
        name = json.loads(text)["name"]
        source = f"## What is this? {{#p1}}\n\n![a picture]({name})\n"
        save = {"path": "c.md", "source": source, "version": ""}
        assert ada.ask(a, "PUT", "/api/v1/source", save)[0] == 200
        assert ada.cards(b) == CARDS + 11
        again = {**save, "source": source + "\nAnd more.\n", "version": ada.get(b, "/source?path=c.md")["version"]}
        assert ada.ask(b, "PUT", "/api/v1/source", again)[0] == 200
        assert "And more." in ada.get(a, "/source?path=c.md")["source"]
        assert ada.ask(a, "PUT", "/api/v1/source", again)[0] == 409, "nobody overwrites what the other host has stored"
        (media,) = {
            part.partition('"')[0] for part in ada.ask(a, "GET", "/decks/c")[1].decode().split('src="/media/')[1:]
        }
        pictures = [ada.ask(host, "GET", f"/media/{media}") for host in (a, b)]
        assert pictures == [(200, png(30, 20))] * 2

        # The nightly backup, wanted at both hosts at once, is made once, by the one who leads.
        wanted = [threading.Thread(target=ada.ask, args=(host, "POST", "/admin/jobs/backup/run")) for host in (a, b)]
        for thread in wanted:
            thread.start()
        for thread in wanted:
            thread.join()
        backups = world.folder / "data" / "backups"
        until(lambda: world.asked("SELECT 1 FROM job_run WHERE job = 'backup' AND result LIKE 'Made %'"))

        # The leader is killed: another one leads.
        world.running["worker"].kill()
        figures["after a kill"] = until(lambda: world.leads("web-a") or world.leads("web-b"))
        (second,) = world.leaders()
        (world.decks / "d.md").write_text(deck(5).replace("{#n", "{#q"))
        until(lambda: ada.cards(a) == ada.cards(b) == CARDS + 16)
        world.start("worker")
        until(lambda: "Jobs:" in world.running["worker"].said().rpartition("Stopped")[2])
        assert world.leads(second), "who comes back stands by"

        # Its cable is pulled: it stops leading, and another one leads.
        if world.network.has_cables:
            cut, other = (a, b) if second == "web-a" else (b, a)
            world.network.pull_cable(cut)
            figures["after a pulled cable"] = until(lambda: world.leaders() not in ([], [second]))
            until(lambda: "no longer leads" in world.running[second].said())
            (world.decks / "e.md").write_text(deck(4).replace("{#n", "{#r"))
            until(lambda: ada.cards(other) == CARDS + 20)
            world.network.plug_in(cut)
            until(lambda: up(cut))
            assert ada.cards(cut) == CARDS + 20
            assert len(world.leaders()) == 1
            assert not world.leads(second)
    finally:
        answering.stop()

    assert len(list(backups.glob("nightly-*.zip"))) == 1
    services = world.services()
    runs = services.job_log.runs("backup")
    assert sum(run.result.startswith("Made") for run in runs) == 1, runs
    assert all(run.ok for run in runs)
    read = sum(int(run.result.partition(" ")[0]) for run in services.job_log.runs("decks") if run.ok)
    past_the_browser = 3 if world.network.has_cables else 2
    # What was saved at a host is read by that host, or by who leads if it was faster: by one of them.
    assert past_the_browser <= read <= past_the_browser + 2
    stored = [uid for (uid,) in services.database.all("SELECT uid FROM review")]
    assert sorted(stored) == sorted(answering.acknowledged), "each was sent until it was there, and is there once"
    assert len(stored) > 20
    report = services.doctor.examine()
    assert report.ok, report.findings
    services.close()
    told = ", ".join(f"{what} {seconds:.1f} s" for what, seconds in figures.items())
    print(f"{len(stored)} answers, each sent twice, {answering.refused} refused, none lost or doubled; {told}")


@pytest.mark.timeout(300 + 40 * KILLS)
def test_web_servers_that_are_killed_in_turns_lose_and_double_nothing(world: World) -> None:
    """Learners answer all the while, at whichever lives, and each answer is sent until it was acknowledged twice."""
    services = ("web-a", "web-b")
    for service in services:
        world.start(service)
        until(lambda service=service: up(world.hosts[service]))  # type: ignore[misc]
    a, b = (world.hosts[service] for service in services)
    ada = Browser()
    assert ada.ask(a, "POST", "/login", {"name": "ada", "password": PASSWORD})[0] == 303
    cards = [card["id"] for card in ada.get(b, "/cards?limit=100")["items"]]
    answering = Answering(ada, (a, b), cards)
    rng = random.Random(3)
    answering.start()
    try:
        for kill in range(KILLS):
            before = len(answering.acknowledged)
            until(lambda before=before: len(answering.acknowledged) >= before + 2 * THREADS)  # type: ignore[misc]
            time.sleep(rng.uniform(0, 0.2))
            killed = services[kill % 2]
            world.running[killed].kill()
            world.start(killed)
            until(lambda killed=killed: up(world.hosts[killed]))  # type: ignore[misc]
    finally:
        answering.stop()
    opened = world.services()
    stored = [uid for (uid,) in opened.database.all("SELECT uid FROM review")]
    assert sorted(stored) == sorted(answering.acknowledged), "each was sent until it was there, and is there once"
    report = opened.doctor.examine()
    assert report.ok, report.findings
    opened.close()
    print(f"{KILLS} kills, {len(stored)} answers, {answering.refused} refused, none lost, none doubled")
