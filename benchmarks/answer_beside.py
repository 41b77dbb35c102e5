"""What an answer costs beside the same in another tree, such as an older commit: in turn, in the same minutes.

`git archive 06026cc | tar x -C OTHER`, then `python -m benchmarks.answer_beside OTHER`: processor time and time of an
answer through the service and of one over HTTP, here and there, and the median of the rounds' ratios. An answer may
cost 1.25 times what it did in that commit, which knew nothing of memories.

A process of its own runs this same file with the other tree's modules: it takes only what both have.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

ROUNDS = 20
A_ROUND = 50
DAYS_LATER = 400
MS_A_DAY = 86_400_000
PASSES = ("service, first answers here", "service, the same cards later", "over HTTP, new cards")


def main(other: Path) -> None:
    """Prints a line for each way of answering."""
    here = Path(__file__).parent.parent
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-")))
        pair = [stack.enter_context(_Worker(tree, folder / name)) for name, tree in (("there", other), ("here", here))]
        for number, name in enumerate(PASSES):
            for worker in pair:
                worker.ask(f"begin {number}")
            rounds = [[worker.ask(f"go {A_ROUND}") for worker in pair] for _ in range(ROUNDS)]
            print(name + ": " + "; ".join(_line(rounds, number) for number in (0, 1)))


def _line(rounds: list[list[Any]], number: int) -> str:
    there, here = ([one[side][number] * 1000 for one in rounds] for side in (0, 1))
    ratio = statistics.median(new / old for old, new in zip(there, here, strict=True))
    means = f"{statistics.median(there):.3f} -> {statistics.median(here):.3f} ms"
    return f"{('processor', 'time')[number]} {means}, x {ratio:.2f} (least {min(there):.3f} -> {min(here):.3f})"


class _Worker:
    """A process that answers cards with the modules of a tree, and says what an answer took in seconds."""

    def __init__(self, tree: Path, folder: Path) -> None:
        folder.mkdir()
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve()), "--worker", str(folder)],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, what: str) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(60)


def work(folder: Path) -> None:
    """What the process does: see `_Worker`."""
    from benchmarks.study_data import History

    with ExitStack() as stack:
        history = History(folder, schedules=10_000, due=5_000)
        stack.callback(history.close)
        cards = [str(card) for card in history.due_cards((ROUNDS + 1) * A_ROUND)]
        answer, spent = _through_the_service(history, cards), time.process_time
        for line in sys.stdin:
            what, _, number = line.partition(" ")
            if what == "begin":
                if int(number) == 1:
                    history.now += DAYS_LATER * MS_A_DAY
                    answer = _through_the_service(history, cards)
                elif int(number) == 2:
                    answer, spent = _over_http(folder, stack)
                _timed(answer, spent, A_ROUND)
                print("null", flush=True)
            else:
                print(json.dumps(_timed(answer, spent, int(number))), flush=True)


def _timed(answer: Callable[[], None], spent: Callable[[], float], count: int) -> tuple[float, float]:
    processor, began = spent(), time.perf_counter()
    for _ in range(count):
        answer()
    return (spent() - processor) / count, (time.perf_counter() - began) / count


def _through_the_service(history: Any, cards: list[str]) -> Callable[[], None]:
    try:
        from flashcards.services.review.facade import Answer
    except ImportError:  # as it was once
        from flashcards.services.review import Answer  # type: ignore[attr-defined, no-redef]
    left = iter(cards)

    def one() -> None:
        history.review.answer(history.learner, Answer(str(uuid.uuid4()), next(left), 4, took_ms=5000))

    return one


def _over_http(folder: Path, stack: ExitStack) -> tuple[Callable[[], None], Callable[[], float]]:
    """One kept connection; the processor time is the server's."""
    from benchmarks.web_server import write_decks

    write_decks(folder / "decks", 20, (ROUNDS + 1) * A_ROUND // 20 + 1)
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.web_server", str(folder), "1", "flashcards.web.server:serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    stack.callback(process.wait, 60)
    assert process.stdin
    assert process.stdout
    stack.callback(process.stdin.close)
    told = json.loads(process.stdout.readline())
    connection = HTTPConnection("127.0.0.1", told["port"], timeout=30)
    headers = {"Authorization": f"Bearer {told['token']}", "Content-Type": "application/json"}
    left: list[str] = []

    def ask(method: str, address: str, body: str | None = None) -> Any:
        connection.request(method, address, body, headers)
        response = connection.getresponse()
        said = json.loads(response.read())
        assert response.status < 300, said
        return said

    def one() -> None:
        if not left:
            left.extend(card["id"] for card in ask("GET", f"/api/v1/queue?limit={A_ROUND}")["cards"])
        ask("POST", "/api/v1/reviews", json.dumps({"id": str(uuid.uuid4()), "card": left.pop(), "grade": 4}))

    return one, lambda: _processor_time(process.pid)


def _processor_time(pid: int) -> float:
    """The seconds that a process of this machine (Linux) has computed, all its threads."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text("ascii").split()[0]) for task in tasks) / 1e9


if __name__ == "__main__":
    if sys.argv[1] == "--worker":
        work(Path(sys.argv[2]))
    else:
        main(Path(sys.argv[1]).resolve())
