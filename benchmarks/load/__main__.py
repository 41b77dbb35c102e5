"""`make load`: learners with thought, idle connections and slow clients, all at once, against a server of our own.

Prints how long answers and pages took, what was refused, and what the server took of memory and processor. Clients
and server share this machine, maybe with others: their part is printed, too, as figures mean little without it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import resource
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles

from benchmarks.common import machine
from benchmarks.load.behind_nginx import nginx
from benchmarks.load.learners import Learner, Measured, idle, slow
from benchmarks.load.throttle import throttled
from benchmarks.web_server import Served, server, write_decks

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Load:
    """Who comes, and for how long."""

    learners: int
    idle: int
    slow: int
    warm: float
    seconds: float
    think: tuple[float, float]


def main() -> None:
    """Runs the load as often as is asked for."""
    asked = _asked()
    load = Load(asked.learners, asked.idle, asked.slow, asked.warm, asked.seconds, tuple(asked.think))
    print(machine(), flush=True)
    _more_files(load.learners + load.idle + load.slow + 200)
    for _ in range(asked.runs):
        with tempfile.TemporaryDirectory() as folder:
            write_decks(Path(folder) / "decks", 20, 250)
            with ExitStack() as stack:
                served = stack.enter_context(server(Path(folder), load.learners, asked.serve))
                if asked.processor < 1:
                    print(f"the server has {asked.processor:g} of one core")
                    stack.enter_context(throttled(served.pid, asked.processor))
                if asked.nginx:
                    print("behind nginx")
                    served = replace(served, port=stack.enter_context(nginx(Path(folder), served.port)))
                print("\n".join(run(served, load, Path(folder) / "probe")), flush=True)


def _asked() -> argparse.Namespace:
    words = argparse.ArgumentParser(prog="benchmarks.load", description=__doc__)
    words.add_argument("--learners", type=int, default=800)
    words.add_argument("--idle", type=int, default=200, help="connections that are kept and ask nothing")
    words.add_argument("--slow", type=int, default=30, help="clients that send or read a byte a second")
    words.add_argument("--seconds", type=float, default=600)
    words.add_argument("--warm", type=float, default=60, help="seconds in which all come; they do not count")
    words.add_argument("--think", type=float, nargs=2, default=(3.0, 5.0), metavar=("LEAST", "MOST"))
    words.add_argument("--runs", type=int, default=1)
    words.add_argument("--nginx", action="store_true", help="a proxy between: may take 1.5 times as long at most")
    words.add_argument("--processor", type=float, default=1, help="part of one core for the server, as a slow one has")
    words.add_argument("--serve", default="flashcards.web.server:serve", help="MODULE:FUNCTION that serves instead")
    return words.parse_args()


def _more_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def run(served: Served, load: Load, probe: Path) -> list[str]:
    """The lines that say how one run went; `probe` is a file on the server's disk that may be written."""
    measured = Measured()
    watch = Watch(served.pid, probe)
    asyncio.run(_clients(served, load, measured, watch))
    return [
        f"{load.learners} learners, {load.think[0]:g} to {load.think[1]:g} s of thought, {load.idle} idle connections,"
        f" {load.slow} slow clients, {load.seconds:g} s",
        f"  answers   {_times(measured.answers, load.seconds)}",
        f"  pages     {_times(measured.pages, load.seconds)}",
        f"  refused   {_refused(measured)}",
        *watch.lines(),
    ]


async def _clients(served: Served, load: Load, measured: Measured, watch: Watch) -> None:
    begin = time.perf_counter()
    until = begin + load.warm + load.think[1] + load.seconds
    measured.counts_from, measured.counts_until = until - load.seconds, until
    port = served.port
    tasks = [
        asyncio.ensure_future(Learner(port, secret, load.think, number, measured).study(load.warm, until))
        for number, secret in enumerate(served.secrets)
    ]
    tasks += [asyncio.ensure_future(_later(idle(port, until, measured), load.warm)) for _ in range(load.idle)]
    tasks += [asyncio.ensure_future(slow(port, until, number)) for number in range(load.slow)]
    await asyncio.sleep(measured.counts_from - time.perf_counter())
    watch.begin()
    while time.perf_counter() < until:
        asked = time.perf_counter()
        await asyncio.sleep(1)
        watch.look(time.perf_counter() - asked - 1)
        await asyncio.to_thread(watch.ask_disk)
    watch.end()
    done, late = await asyncio.wait(tasks, timeout=70)
    for task in done:
        task.result()
    measured.refused["still waiting at the end"] += len(late)


async def _later(work: object, most: float) -> None:
    await asyncio.sleep(random.uniform(0, most))
    await work  # type: ignore[misc]


def _times(times: list[tuple[float, float]], seconds: float) -> str:
    if len(times) < 2:
        return "none"
    cuts = quantiles([took for took, _ in times], n=1000, method="inclusive")
    longest, second = max(times)
    shown = (f"p{name} {cuts[at]:.1f} ms" for name, at in (("50", 499), ("90", 899), ("99", 989)))
    return f"{len(times) / seconds:.1f}/s, {', '.join(shown)}, longest {longest:.0f} ms in second {second:.0f}"


def _refused(measured: Measured) -> str:
    found = [f"{count} times {what}" for what, count in measured.refused.items() if count]
    return "; ".join(found) or "nobody"


class Watch:
    """What the server, these clients and others on the machine took meanwhile."""

    def __init__(self, pid: int, probe: Path) -> None:
        self._pid, self._probe = pid, probe
        self._memory: list[float] = []
        self._disk: list[float] = []
        self._held_up: list[float] = []

    def begin(self) -> None:
        self._began = time.perf_counter()
        self._before = self._ticks()
        self._load = os.getloadavg()[0]

    def look(self, late: float) -> None:
        """`late`: by how many seconds these clients came too late themselves, as the machine did not let them."""
        self._held_up.append(late * 1000)
        with contextlib.suppress(OSError):
            self._memory.append(_resident(self._pid))

    def ask_disk(self) -> None:
        """How long the disk takes for a page of ours: nobody's answer is acknowledged sooner."""
        with self._probe.open("wb") as file:
            file.write(bytes(4096))
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
        self._disk.append((time.perf_counter() - began) * 1000)

    def end(self) -> None:
        seconds = (time.perf_counter() - self._began) * TICKS
        self._shares = [
            100 * (after - before) / seconds for before, after in zip(self._before, self._ticks(), strict=True)
        ]

    def _ticks(self) -> tuple[float, float, float]:
        """Of the server, of this process, and of all."""
        own = os.times()
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
        busy = sum(map(int, fields)) - int(fields[3]) - int(fields[4])
        return _processor(self._pid), (own.user + own.system) * TICKS, busy

    def lines(self) -> list[str]:
        """The figures as text, processors in hundredths of one."""
        ours, clients, everything = self._shares
        others = max(0.0, everything - ours - clients)
        return [
            f"  memory    {self._memory[0]:.0f} MB at first, {self._memory[-1]:.0f} at last,"
            f" {max(self._memory):.0f} at most",
            f"  disk      {median(self._disk):.1f} ms for a page of our own, longest {max(self._disk):.0f} ms",
            f"  clients   held up themselves for {max(self._held_up):.0f} ms at most: no time above is surer than that",
            f"  processor {ours:.0f} % of one for the server, {clients:.0f} for these clients, {others:.0f} for others"
            f" on {os.cpu_count()}; load average {self._load:.1f} at first, {os.getloadavg()[0]:.1f} at last",
        ]


def _family(pid: int) -> list[int]:
    """A server and the processes that it has started."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def _processor(pid: int) -> float:
    fields = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in _family(pid)]
    return sum(float(found[11]) + float(found[12]) for found in fields)


def _resident(pid: int) -> float:
    pages = [int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in _family(pid)]
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
