"""What can be said of deck files without a database: what is wrong in them, and which cards they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flashcards.clock import Clock, system_clock
from flashcards.deckfiles.parse.card_rows import card_rows
from flashcards.deckfiles.parse.collection import Collection, load, shown_problems
from flashcards.domain.problem import Problem
from flashcards.errors import DeckError


@dataclass(frozen=True, slots=True)
class FoundCards:
    """Cards as `flashcards cards --json` prints them, what is wrong with the rest, and paths that are no use."""

    rows: list[dict[str, Any]]
    problems: list[Problem]
    failures: list[DeckError]


def cards_of(paths: Sequence[Path], root: Path | None) -> FoundCards:
    """The cards of the files at `paths`, in the order of files and notes; nothing is rendered.

    `root` is the decks folder: keys of files below it are relative to it, those of others to the given path.
    A path that is not there, or holds no decks, leaves the others as they are. Raises DeckError where no path
    is given and the decks folder is no use.
    """
    collection, failures = _loaded(paths, root)
    problems = [*collection.problems]
    for file in collection.asked:
        problems += shown_problems(file)
    return FoundCards(list(card_rows(collection.asked)), sorted(set(problems)), failures)


def _loaded(paths: Sequence[Path], root: Path | None) -> tuple[Collection, list[DeckError]]:
    """What is at the paths, all at once if that can be, else path by path with what is wrong with the others."""
    try:
        return load(paths, root), []
    except DeckError as failure:
        if not paths:
            raise
        if len(paths) == 1:
            return Collection((), ()), [failure]
    each = [_loaded([path], root) for path in paths]
    files = {(file.root, file.parsed.deck.path): file for found, _ in each for file in found.asked}
    problems = tuple(problem for found, _ in each for problem in found.problems)
    return Collection(tuple(files.values()), problems), [failure for _, failed in each for failure in failed]


def problems_of(
    paths: Sequence[Path],
    root: Path | None,
    *,
    style: bool = False,
    run_code: bool = False,
    clock: Clock = system_clock,
) -> list[Problem]:
    """Everything that is wrong with the files at `paths`, sorted by path, line and column.

    `style` adds the warnings of taste, `run_code` runs their Python blocks. Raises DeckError for a path that is
    not there and for a folder that is empty.
    """
    # Imported here: listing cards needs neither the checks nor the renderer, and is to start at once.
    from flashcards.deckfiles.check.run import check
    from flashcards.deckfiles.render.pool import RenderPool

    with RenderPool() as pool:
        today = datetime.fromtimestamp(clock() / 1000, UTC).date()
        return check(paths, root, style=style, today=today, run_code=run_code, render=pool.render_all)
