"""Several hosts on one machine: each in a network namespace of its own, joined by a bridge to the database's host.

Where namespaces are not to be had (they need root and `ip`), the hosts are addresses of the loopback, 127.0.0.2 and so
on: all the same but that no cable can be pulled.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.integration.smtp_world import free_port
from tests.postgresql_server import Listening

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "compose.hosts.yaml"
PORT = 8000


@dataclass
class Host:
    """A machine with an address; `namespace` is None where it is a part of this one."""

    name: str
    address: str
    port: int
    namespace: str | None = None
    cable: str = ""


@dataclass
class Network:
    """The database's address and the hosts that have been asked for so far."""

    database: Listening
    has_cables: bool
    _bridge: str = ""
    _hosts: list[Host] = field(default_factory=list)

    def host(self, name: str) -> Host:
        """One more host."""
        number = len(self._hosts) + 2
        base = self.database.host.rpartition(".")[0]
        made = Host(name, f"{base}.{number}", PORT if self.has_cables else free_port())
        self._hosts.append(made)
        if self.has_cables:
            made.namespace, made.cable = f"{self._bridge}-{number}", f"{self._bridge}v{number}"
            _ip("netns", "add", made.namespace)
            _ip("link", "add", made.cable, "type", "veth", "peer", "name", "eth0", "netns", made.namespace)
            _ip("link", "set", made.cable, "master", self._bridge, "up")
            _ip("-n", made.namespace, "address", "add", f"{made.address}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                _ip("-n", made.namespace, "link", "set", device, "up")
        return made

    def pull_cable(self, host: Host) -> None:
        """From now on nothing comes from the host, and nothing reaches it."""
        _ip("link", "set", host.cable, "down")

    def plug_in(self, host: Host) -> None:
        """The host is there again."""
        _ip("link", "set", host.cable, "up")

    def remove(self) -> None:
        """Removes what was made of it."""
        for host in self._hosts:
            if host.namespace:
                # A namespace and its cable stay as long as a process of it lives, however it was killed.
                _ip("link", "delete", host.cable)
                _ip("netns", "delete", host.namespace)
        if self._bridge:
            _ip("link", "delete", self._bridge)


@contextmanager
def network() -> Iterator[Network]:
    """Namespaces, or else addresses of the loopback."""
    pid = os.getpid()
    bridge, base = f"fc{pid}", f"10.{200 + pid % 50}.{pid // 50 % 250}"
    if _can_have_namespaces(bridge):
        made = Network(Listening(f"{base}.1", free_port(), f"{base}.0/24"), has_cables=True, _bridge=bridge)
        _ip("link", "add", bridge, "type", "bridge")
        _ip("address", "add", f"{base}.1/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
    else:
        made = Network(Listening("127.0.0.1", free_port(), "127.0.0.0/8"), has_cables=False)
    try:
        yield made
    finally:
        made.remove()


class Program:
    """A program of ours on a host, as the compose file of several hosts starts it; killed at the end."""

    def __init__(self, host: Host, service: str, given: Mapping[str, str], log: Path, *, preload: Path, clock: int):
        """`given` replaces what the compose file says of the environment; `clock`: seconds that it is ahead."""
        said = yaml.safe_load(COMPOSE.read_text())["services"][service]
        command = said["command"]
        assert command[0] == "flashcards"
        self.host, self.log = host, log
        there = ["ip", "netns", "exec", host.namespace] if host.namespace else []
        plain = {name: value for name, value in os.environ.items() if not name.startswith("FLASHCARDS_")}
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*there, sys.executable, "-m", *command],
                env=plain
                | dict(said["environment"])
                | dict(given)
                | {"FLASHCARDS_HOST": host.address, "FLASHCARDS_PORT": str(host.port), "PYTHONPATH": str(ROOT)}
                | {"FLASHCARDS_TRUSTED_HOSTS": host.address}  # on loopback other names are refused
                | {"LD_PRELOAD": str(preload), "CLOCK_SHIFT": str(clock), "PYTHONUNBUFFERED": "1"},
                cwd=log.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        """What it has said so far."""
        return self.log.read_text("utf-8", "replace")

    def kill(self) -> None:
        """As `kill -9` does."""
        self.process.kill()
        self.process.wait()


def built_clock(folder: Path) -> Path:
    """The library that gives a program another host's clock."""
    built = folder / "other_clock.so"
    source = Path(__file__).parent / "other_clock.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", built, source, "-ldl"], check=True)
    return built


def _can_have_namespaces(name: str) -> bool:
    if os.geteuid() != 0 or not shutil.which("ip"):
        return False
    if subprocess.run(["ip", "link", "add", name, "type", "bridge"], capture_output=True, check=False).returncode:
        return False
    _ip("link", "delete", name)
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        return False
    _ip("netns", "delete", name)
    return True


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
