"""The lease by which one process among several hosts runs the jobs: the server's word, and no clock of a host."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

import pytest

from flashcards.clock import system_clock
from flashcards.database_address import ServerAddress
from flashcards.errors import Unavailable
from flashcards.jobs.scheduler import Jobs
from flashcards.services.upkeep.job_log import JobLog
from flashcards.storage import postgresql_lease
from flashcards.storage.database import Database, migrate
from flashcards.storage.postgresql_lease import ServerLease
from tests.integration.test_jobs import often, wait_for
from tests.postgresql_server import Server

HOLD = """
import sys, time
from flashcards.database_address import ServerAddress
from flashcards.storage.postgresql_lease import ServerLease
lease = ServerLease(ServerAddress(sys.argv[1]), "jobs")
print(lease.acquire(), flush=True)
for line in sys.stdin:
    print(lease.holds(), flush=True)
"""


@pytest.fixture
def address(server: Server) -> ServerAddress:
    return server.new_database()


class Holder:
    """Another process, that has the lease and says so when it is asked."""

    def __init__(self, address: ServerAddress, seconds: int | None = None) -> None:
        code = HOLD
        if seconds is not None:
            code = code.replace("\nlease =", f"\nimport flashcards.storage.postgresql_lease as it\n"
                                f"it.LEASE_SECONDS = {seconds}\nlease =", 1)  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, address.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        assert self.process.stdout.readline().strip() == "True"

    def holds(self) -> str:
        assert self.process.stdin
        assert self.process.stdout
        print("?", file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def test_one_has_it_and_a_killed_one_gives_way(address: ServerAddress) -> None:
    other, mine, of_another_name = Holder(address), ServerLease(address, "jobs"), ServerLease(address, "else")
    assert not mine.acquire()
    assert not mine.holds()
    assert of_another_name.acquire()
    other.end()
    assert wait_for(mine.acquire)
    assert mine.acquire()
    assert mine.holds()
    mine.release()
    of_another_name.release()
    assert not mine.holds()


def test_one_that_stands_still_loses_it_and_knows(address: ServerAddress) -> None:
    """As a machine does that sleeps: when it goes on, it does not go on leading."""
    other, mine = Holder(address, seconds=1), ServerLease(address, "jobs")
    other.process.send_signal(signal.SIGSTOP)
    assert wait_for(mine.acquire, 30)
    other.process.send_signal(signal.SIGCONT)
    assert other.holds() == "False"
    assert mine.holds()
    other.end()
    mine.release()


def test_two_never_have_it(address: ServerAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it runs out again and again, since nobody asks in time."""
    monkeypatch.setattr(postgresql_lease, "LEASE_SECONDS", 2)
    leases = [ServerLease(address, "jobs"), ServerLease(address, "jobs")]
    changes, had = 0, -1
    end = time.monotonic() + 9
    while time.monotonic() < end:
        for number, (mine, other) in enumerate((leases, leases[::-1])):
            if mine.acquire():
                assert not other.holds()
                changes, had = changes + (number != had), number
                time.sleep(2.2)
                break
            time.sleep(0.1)
    assert changes
    for lease in leases:
        lease.release()


def test_of_many_that_ask_at_once_one_has_it(address: ServerAddress) -> None:
    leases = [ServerLease(address, "jobs") for _ in range(12)]
    got: list[bool] = []
    threads = [threading.Thread(target=lambda it=it: got.append(it.acquire())) for it in leases]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 11 + [True]
    for lease in leases:
        lease.release()


def test_without_the_server_nobody_has_it_and_jobs_go_on_when_it_is_back(
    server: Server, address: ServerAddress, caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[float] = []
    jobs = Jobs([often(lambda: runs.append(time.monotonic()))], ServerLease(address, "jobs"))
    jobs.start()
    try:
        assert wait_for(lambda: len(runs) > 2)
        server.stop("fast")
        assert wait_for(lambda: any("no longer leads" in it.message for it in caplog.records), 30)
        with pytest.raises(Unavailable, match="cannot be reached"):
            ServerLease(address, "jobs").acquire()
        before = len(runs)
        server.start()
        assert wait_for(lambda: len(runs) > before + 2, 30)
    finally:
        jobs.stop()


def test_jobs_that_start_without_the_server_stand_by(server: Server, address: ServerAddress) -> None:
    server.stop("fast")
    runs: list[int] = []
    jobs = Jobs([often(lambda: runs.append(1))], ServerLease(address, "jobs"))
    try:
        jobs.start()
    finally:
        server.start()
    try:
        assert wait_for(lambda: bool(runs), 30)
    finally:
        jobs.stop()


class Dying(ServerLease):
    """A lease whose server goes away in the moment in which it is had."""

    server: Server

    def acquire(self) -> bool:
        leads = super().acquire()
        self.server.stop("fast")
        return leads


def test_a_server_that_goes_away_while_one_takes_over_is_one_sentence(
    server: Server, address: ServerAddress, caplog: pytest.LogCaptureFixture
) -> None:
    migrate(address)
    database = Database.open(address)
    lease = Dying(address, "jobs")
    lease.server = server
    log = JobLog(database, system_clock)
    jobs = Jobs([often(lambda: None)], lease, finish=database.close_thread, log=log)
    try:
        jobs.start()
        assert wait_for(lambda: any("cannot be reached" in it.message for it in caplog.records), 30)
        assert not [it for it in caplog.records if it.exc_info]
    finally:
        jobs.stop()
        database.close()
        server.start()
