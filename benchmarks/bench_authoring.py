"""What an author waits for at the command line: `check` and `cards` of a large collection, an import."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.collection import write_collection
from benchmarks.common import Row

ROUNDS = 3


def run() -> Iterator[Row]:
    """Whole commands, from the start of Python to the last line of output; the best of three."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as name:
        folder = Path(name)
        write_collection(folder / "decks")
        seconds = min(_seconds(folder, "check", str(folder / "decks")) for _ in range(ROUNDS))
        yield Row("check of 10,000 notes in 200 files", seconds, "s", 5.0)
        seconds = min(_seconds(folder, "cards", str(folder / "decks"), "--json") for _ in range(ROUNDS))
        yield Row("cards of 10,000 notes in 200 files", seconds, "s", 1.0)
        _write_hashcards(folder / "hashcards")
        tries = range(ROUNDS)
        arguments = ("import", "hashcards", str(folder / "hashcards"), "--into")
        seconds = min(_seconds(folder, *arguments, str(folder / f"into-{number}")) for number in tries)
        yield Row("import of 1,000 hashcards cards", seconds, "s", 3.0)


def _seconds(folder: Path, *arguments: str) -> float:
    environment = {**os.environ, "FLASHCARDS_DATA": str(folder / "data")}
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "flashcards", *arguments], check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env=environment,
    )  # fmt: skip
    return time.perf_counter() - started


def _write_hashcards(folder: Path) -> None:
    folder.mkdir()
    (folder / "macros.tex").write_text("\\R \\mathbb{R}\n\\norm \\lVert #1 \\rVert\n", "utf-8")
    for number in range(20):
        cards = []
        for card in range(20):
            n = number * 20 + card
            cards.append(
                f"Q: What is the norm of vector {n}?\nA: $\\norm{{x_{{{n}}}}} \\in \\R$, see `norm({n})`:\n\n- a\n- b\n"
            )
            cards.append(f"C: Rule {n} trades [bias] for [variance] and holds for $n > {n}$ \\[if at all\\].\n")
        for card in range(0, 20, 2):
            n = number * 20 + card
            cards[card] = f"Q: What does program {n} print?\n```python\nprint({n})\n```\nA: {n}\n"
        (folder / f"deck {number}.md").write_text("\n".join(cards[:34]), "utf-8")
