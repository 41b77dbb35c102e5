"""Practice rounds over the built-in decks: begun, a page of one, the report over a hundred, the page's script."""

from __future__ import annotations

import gzip
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.common import Row, format_row
from flashcards.services.accounts.people import Learner
from flashcards.services.practice.contract import Spoken, Ticks, Wish
from flashcards.web.pwa.assets import FOLDER
from tests.site import Site, new_id, open_site, prepared_data

DECKS = Path(__file__).parents[1] / "decks"
ROUNDS, REPEATS = 100, 30
SCRIPTS = ("practice", "rounds", "recorder")
"""What the page of a question loads beside what every page has; and one of these, for a design or for code:"""
DESKS = ("sketch", "code-field")


def run() -> list[Row]:
    """A learner with a hundred rounds of eight questions, each answered, ticked and graded."""
    with tempfile.TemporaryDirectory() as folder, open_site(prepared_data(Path(folder), DECKS), DECKS) as site:
        ann = site.learner("Ann")
        client, practice = site.client(ann), site.services.practice
        for seed in range(ROUNDS):
            _lived(site, ann, seed)
        last = practice.rounds(ann)[0].id

        def begin() -> None:
            answer = client.post("/practice", data={"kind": "concepts", "id": new_id()})
            assert answer.status_code == 303

        pages = {
            "A round proposed and begun": (lambda: (client.get("/practice"), begin()), 100),
            "The page of a question": (lambda: client.get(f"/practice/{last}?q=2&again=1"), 50),
            "The page of its points": (lambda: client.get(f"/practice/{last}?q=2"), 50),
            f"The report over {ROUNDS} rounds": (lambda: client.get(f"/practice/{last}/report"), 100),
            "What Today offers aloud": (lambda: practice.one_aloud(ann), None),
        }
        rows = [Row(name, _median(act), "ms", limit=limit) for name, (act, limit) in pages.items()]
    size = sum(map(_compressed, SCRIPTS)) + max(map(_compressed, DESKS))
    note = f"{', '.join(SCRIPTS)} and the larger of {', '.join(DESKS)}"
    return [*rows, Row("The page's script, compressed", size / 1000, "kB", limit=10, note=note)]


def _compressed(name: str) -> int:
    return len(gzip.compress((FOLDER / "js" / f"{name}.js").read_bytes(), 9))


def _lived(site: Site, ann: Learner, seed: int) -> None:
    practice = site.services.practice
    opened = practice.begin(ann, Wish(kind="concepts", seed=seed))
    for asked in opened.questions:
        uid = new_id()
        practice.answer(ann, opened.round.id, Spoken(uid, asked.position, "I say this and that. " * 40, 150_000))
        marks = {key: ("said", "partly", "missed")[index % 3] for index, key in enumerate(asked.question.keys)}
        practice.tick(ann, opened.round.id, uid, Ticks(marks=marks, grade=3))


def _median(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        act()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    for row in run():
        print(format_row(row))
