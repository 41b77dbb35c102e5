"""One line of the benchmark table."""

from __future__ import annotations

import importlib
import platform
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Row:
    """A measured figure beside its limit.

    `limit` is the figure to stay within, in the same unit: at most it, or at least it where `better` is
    "higher". `ratio` compares with a peer measured in the same run where there is one, else value / limit.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    note: str = ""
    better: Literal["lower", "higher"] = "lower"

    @property
    def within(self) -> bool | None:
        """Whether the figure keeps its limit; None where it has none."""
        if self.limit is None:
            return None
        return self.value <= self.limit if self.better == "lower" else self.value >= self.limit


def format_row(row: Row) -> str:
    """The row as one line of text."""
    mark = {True: "ok  ", False: "OVER", None: "    "}[row.within]
    bound = "" if row.limit is None else f"{'at most' if row.better == 'lower' else 'at least'} {row.limit:,g}"
    ratio = row.ratio if row.ratio is not None else (row.value / row.limit if row.limit else None)
    shown = "" if ratio is None else f"ratio {ratio:.2f}"
    return f"  {mark} {row.name:<58} {row.value:>12,.2f} {row.unit:<6} {bound:<18} {shown:<12} {row.note}"


def rows_of(module: str) -> list[Row]:
    """What the benchmark in `benchmarks.<module>` measures."""
    return list(importlib.import_module(f"benchmarks.{module}").run())


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def processor_seconds(pid: int) -> float:
    """Seconds of the processor that a process has taken, in all its threads that are still there."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text("ascii").split()[0]) for thread in threads) / 1e9


def machine() -> str:
    """Which Python runs here, on what, and how fast.

    A figure that is bound by the processor is worth what stands beside it: the same machine takes half as long again
    with a Python that was built without optimization.
    """
    steps = max(_steps_a_second() for _ in range(20)) / 1e6
    return f"Python {platform.python_version()}, {steps:.1f} million steps a second, {platform.platform()}"


def _steps_a_second() -> float:
    """How often a second of the processor is enough to add two numbers, write the sum as a text, and keep it."""
    kept, steps = dict[int, str](), 20_000
    started = time.thread_time()
    for number in range(steps):
        kept[number % 100] = f"{number + 1}"
    return steps / (time.thread_time() - started)
