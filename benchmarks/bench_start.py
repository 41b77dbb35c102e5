"""What a server takes to be there: memory and processor until the first page, with everything off, and with reminders.

Beside another tree, such as an older commit (`git archive 06026cc | tar x -C OTHER`), in turn:
`python -m benchmarks.bench_start OTHER`. Against that commit both may be 1.1 times as much.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.common import Row, format_row, free_port

ROUNDS = 5
MORE, MORE_MB = 1.1, 15.0
HERE = Path(__file__).resolve().parent.parent
REMINDERS = {
    "FLASHCARDS_URL": "https://cards.example.org",
    "FLASHCARDS_SMTP_URL": "smtp://127.0.0.1:9",
    "FLASHCARDS_MAIL_FROM": "cards@example.org",
}
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Started:
    """Megabytes that a server holds, shared ones counted by their share, and its seconds of the processor."""

    memory: float
    seconds: float


def run(other: Path | None = None) -> list[Row]:
    """A server with an empty database and the built-in decks, started for the second time, so that all is compiled."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kinds: list[tuple[str, Path, Mapping[str, str]]] = [("off", HERE, {}), ("reminders", HERE, REMINDERS)]
        if other is not None:
            kinds.append(("other", other.resolve(), {}))
        taken: dict[str, list[Started]] = {kind: [] for kind, _, _ in kinds}
        for number in range(ROUNDS + 1):
            for kind, tree, settings in kinds:
                started = _start(tree, folder / kind, settings)
                if number:
                    taken[kind].append(started)
    memory = {kind: median(it.memory for it in all_) for kind, all_ in taken.items()}
    seconds = {kind: median(it.seconds for it in all_) for kind, all_ in taken.items()}
    there = f"{memory['other']:.1f} MB and {seconds['other']:.2f} s there" if other else ""
    limits = (MORE * memory["other"], MORE * seconds["other"]) if other else (None, None)
    return [
        Row("a server with everything off, memory after the first page", memory["off"], "MB", limits[0], note=there),
        Row("a server with everything off, processor of its start", seconds["off"], "s", limits[1]),
        Row("reminders switched on, memory", memory["reminders"] - memory["off"], "MB", MORE_MB, note="more"),
    ]


def _start(tree: Path, data: Path, settings: Mapping[str, str]) -> Started:
    """Starts a server of a tree, asks for its first page, and ends it."""
    port = free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("FLASHCARDS_")}
    environment = own | {"PYTHONPATH": str(tree), "FLASHCARDS_DATA": str(data)} | settings
    # A plain installation has no driver for PostgreSQL; peewee would load that of the tests.
    program = "import sys; sys.modules['psycopg'] = None; from flashcards.cli.main import main; main()"
    command = [sys.executable, "-c", program, "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=tree, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait(process, port)
        urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=60).read()
        time.sleep(2)  # the jobs that run at the start
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
        held = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return Started(held / 1024, (int(fields[11]) + int(fields[12])) / _TICKS)
    finally:
        process.terminate()
        process.wait(60)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(1200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60).read()
        except OSError:
            if process.poll() is not None:
                raise SystemExit("the server did not start") from None
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not answer within two minutes")


if __name__ == "__main__":
    for row in run(Path(sys.argv[1]) if sys.argv[1:] else None):
        print(format_row(row))
