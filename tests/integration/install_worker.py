"""What `test_new_files` runs in a process of its own and kills: an installation that tells of each step."""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from flashcards.services.anki.importing import import_decks
from flashcards.services.bring import new_files


def told(work: Callable[..., None], report: Connection, step: str) -> Callable[..., None]:
    """The same work; it waits for a word from the parent after each time that it was done."""

    def wrapped(*arguments: object, **options: object) -> None:
        work(*arguments, **options)
        report.send(step)
        report.recv()

    return wrapped


def install(root: Path, sources: Path, count: int, report: Connection) -> None:
    """Installs `count` files of `sources`."""
    _tell(report)
    new_files.install(root, {name(number): sources / str(number) for number in range(count)})
    report.send("done")


def import_package(package: Path, into: Path, report: Connection) -> None:
    """Imports an Anki package without a database."""
    _tell(report)
    import_decks(package, into)
    report.send("done")


def name(number: int) -> str:
    """Where a file goes."""
    return f"deep/{number % 3}/{number}.md"


def _tell(report: Connection) -> None:
    new_files._copy = told(new_files._copy, report, "copied")  # type: ignore[assignment]
    os.link = told(os.link, report, "placed")  # type: ignore[assignment]
    os.unlink = told(os.unlink, report, "unlinked")  # type: ignore[assignment]
