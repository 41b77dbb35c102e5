"""What idle connections cost those who answer: the server's processor time for an answer, beside 5,000 and without.

In turn, on one server. On a machine that does nothing else the rate goes by it: one core is what the server has.
"""

from __future__ import annotations

import resource
import socket
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.bench_http import measure
from benchmarks.common import Row, format_row, processor_seconds
from benchmarks.web_server import Served, server, write_decks

IDLE, ROUNDS, SECONDS = 5_000, 3, 4.0


def run() -> list[Row]:
    """Rounds without idle connections and with them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * IDLE)), hard))
    with tempfile.TemporaryDirectory() as folder:
        write_decks(Path(folder) / "decks", 20, 250)
        with server(Path(folder)) as served:
            _per_answer(served)
            ratios = []
            for _ in range(ROUNDS):
                alone = _per_answer(served)
                with ExitStack() as stack:
                    for _ in range(IDLE):
                        _ask(stack.enter_context(socket.create_connection(("127.0.0.1", served.port))))
                    ratios.append(alone / _per_answer(served))
    ratio = statistics.median(ratios)
    return [
        Row(f"answers beside {IDLE:,} idle connections, rate of those without", ratio, "", limit=0.9, ratio=ratio,
            better="higher", note="by the server's processor time"),
    ]  # fmt: skip


def _ask(connection: socket.socket) -> None:
    """A browser's first request, after which it keeps its connection."""
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert connection.recv(4096).startswith(b"HTTP/1.1 200")


def _per_answer(served: Served) -> float:
    """Seconds of the processor that the server took for an answer of eight clients without thought."""
    before = processor_seconds(served.pid)
    done = measure(served, "full", SECONDS)
    return (processor_seconds(served.pid) - before) / done["count"]


if __name__ == "__main__":
    for row in run():
        print(format_row(row))
