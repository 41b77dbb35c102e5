"""Pages of a learner among very many decks, through the app: what a page costs is what it shows."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.common import Row, format_row
from benchmarks.through_app import client_of, milliseconds

DECKS, CARDS_EACH, DUE = 10_000, 10, 500
PAGES = {
    "one deck": ("/decks/folder/d5", 15), "Decks": ("/decks", 150), "the folder of all": ("/decks/folder/", 150),
    "Today": ("/", 60),
}  # fmt: skip


def run() -> list[Row]:
    """10,000 decks of ten cards each in one folder."""
    with (
        tempfile.TemporaryDirectory() as folder,
        client_of(Path(folder), schedules=DECKS * CARDS_EACH, due=DUE, cards_a_deck=CARDS_EACH) as client,
    ):
        return [
            Row(f"{name} among {DECKS:,} decks", milliseconds(client, path), "ms", limit)
            for name, (path, limit) in PAGES.items()
        ]


if __name__ == "__main__":
    for row in run():
        print(format_row(row))
