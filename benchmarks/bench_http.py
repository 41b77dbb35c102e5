"""POST /api/v1/reviews, durable, over real connections: the rate of eight clients, and the p99 at 200/s."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles

from benchmarks.common import Row, format_row
from benchmarks.web_server import Served, server, write_decks

CLIENTS = 8
SECONDS = 5.0
STEADY_RATE = 200


def run() -> list[Row]:
    """Clients run in a process of their own, so that they do not share the server's interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        write_decks(Path(folder) / "decks", 20, 250)
        with server(Path(folder)) as served:
            measure(served, "warm", 1.0)
            full = measure(served, "full", SECONDS)
            steady = measure(served, "steady", SECONDS)
    return [
        Row(
            "POST /api/v1/reviews, 8 clients, 8 threads", full["rate"], "1/s", 500, better="higher",
            note=f"p99 {full['p99']:.0f} ms",
        ),
        Row(
            f"POST /api/v1/reviews, p99 at {STEADY_RATE}/s", steady["p99"], "ms", 60,
            note=f"p50 {steady['p50']:.1f} ms, {steady['rate']:.0f}/s",
        ),
    ]  # fmt: skip


def measure(served: Served, mode: str, seconds: float) -> dict[str, float]:
    """What `client_process` measured, in a process of its own: full is without thought, steady a fixed rate."""
    arguments = [str(served.port), served.token, mode, str(seconds)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_http", *arguments], capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


class Client:
    """One kept connection that answers cards, one after the other."""

    def __init__(self, port: int, token: str, cards: list[str]) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.cards = cards
        self.times: list[float] = []

    def post(self, planned: float | None = None) -> None:
        """One answer; its time counts from when it was planned, so that waiting in line counts as well."""
        card = self.cards[len(self.times) % len(self.cards)]
        body = json.dumps({"id": str(uuid.uuid4()), "card": card, "grade": 4, "took_ms": 4000})
        start = planned or time.perf_counter()
        self.connection.request("POST", "/api/v1/reviews", body, self.headers)
        response = self.connection.getresponse()
        response.read()
        assert response.status == 201, response.status
        self.times.append(time.perf_counter() - start)

    def full(self, until: float) -> None:
        while time.perf_counter() < until:
            self.post()

    def steady(self, until: float, every: float, offset: float) -> None:
        planned = time.perf_counter() + offset
        while planned < until:
            time.sleep(max(0.0, planned - time.perf_counter()))
            self.post(planned)
            planned += every


def client_process(port: int, token: str, mode: str, seconds: float) -> None:
    """Runs the clients and prints what they measured."""
    connection = HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": f"Bearer {token}"}
    connection.request("GET", "/api/v1/queue?limit=500", headers=headers)
    cards = [card["id"] for card in json.loads(connection.getresponse().read())["cards"]]
    clients = [Client(port, token, cards[index::CLIENTS]) for index in range(CLIENTS)]
    begin = time.perf_counter()
    until = begin + seconds
    threads = []
    for index, client in enumerate(clients):
        if mode == "steady":
            every = CLIENTS / STEADY_RATE
            work = threading.Thread(target=client.steady, args=(until, every, every * index / CLIENTS))
        else:
            work = threading.Thread(target=client.full, args=(until,))
        threads.append(work)
        work.start()
    for work in threads:
        work.join()
    times = sorted(took * 1000 for client in clients for took in client.times)
    cuts = quantiles(times, n=100)
    print(
        json.dumps(
            {"rate": len(times) / (time.perf_counter() - begin), "count": len(times), "p50": cuts[49], "p99": cuts[98]}
        )
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        client_process(int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4]))
    else:
        for row in run():
            print(format_row(row))
