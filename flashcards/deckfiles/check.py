"""Everything that is wrong in deck files, in one run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from flashcards.deckfiles.collection import Loaded, load
from flashcards.deckfiles.content_checks import content_issues
from flashcards.deckfiles.cross import cross_problems
from flashcards.deckfiles.media import Media, MediaProblem, resolve
from flashcards.deckfiles.pictures import references
from flashcards.deckfiles.render import (
    Rendered,
    RenderProblem,
    RenderRequest,
    note_references,
    request_for,
    request_for_prose,
)
from flashcards.deckfiles.run_code import run_blocks
from flashcards.deckfiles.style import style_problems
from flashcards.domain.problem import Problem

Render = Callable[[Iterable[tuple[str, RenderRequest]]], Iterable[tuple[str, Rendered]]]
"""As `RenderPool.render_all`: takes pairs of a name and a request, gives pairs of that name and the result."""

Found = dict[str | int | None, set[str]]
"""By note id or index of prose: the codes that were found there without rendering."""


def check(
    paths: Sequence[Path],
    root: Path | None,
    *,
    style: bool = False,
    run_code: bool = False,
    render: Render | None = None,
) -> list[Problem]:
    """Return what is wrong in the deck files at `paths` (none: all of `root`), sorted by path and place.

    A path inside the decks folder `root` is judged with the rest of it, any other with its own folder.
    With `style`, style warnings come too; with `run_code`, every Python block is run; with `render`, every
    note is rendered, so that what is too slow, too deep or refused is found. Raises `DeckError` for a path
    that is not there and for a decks folder that cannot be used.
    """
    collection = load(paths, root, others=True)
    problems = list(collection.problems)
    for folder in dict.fromkeys(file.root for file in collection.files):
        files = [file for file in collection.files if file.root == folder]
        problems.extend(cross_problems(files))
        if style:
            problems.extend(style_problems(files))
    found: dict[str, Found] = {}
    for file in collection.asked:
        issues = content_issues(file.parsed, file.root)
        problems.extend(replace(problem, path=file.shown) for problem in file.parsed.problems)
        problems.extend(file.parsed.lines.problem(file.shown, issue) for _, issue in issues)
        codes: Found = defaultdict(set)
        for owner, issue in issues:
            codes[owner].add(issue.code)
        found[file.shown] = codes
    if render is not None:
        problems.extend(_render_problems(collection.asked, found, render))
    if run_code:
        problems.extend(run_blocks(collection.files))
    return sorted(set(problems))


# Rendering -----------------------------------------------------------------------------------------------


def _render_problems(files: Sequence[Loaded], found: dict[str, Found], render: Render) -> Iterator[Problem]:
    """What only rendering shows. A code that a note was charged with before is not repeated."""
    places: list[tuple[Loaded, str | int]] = []
    requests: list[tuple[str, RenderRequest]] = []
    for file in files:
        for owner, request in _requests(file):
            requests.append((str(len(places)), request))
            places.append((file, owner))
    for name, rendered in render(requests):
        file, owner = places[int(name)]
        codes = found[file.shown]
        known = codes.get(owner, set()) | codes.get(None, set())
        for problem in rendered.problems:
            if problem.code not in known:
                line, column = _where(file, owner, problem)
                yield Problem(file.shown, line, column, "error", problem.code, problem.message)


def _requests(file: Loaded) -> Iterator[tuple[str | int, RenderRequest]]:
    deck = file.parsed.deck
    for note in deck.notes:
        yield note.id, request_for(note, _media(file, note_references(note)))
    for index, prose in enumerate(deck.prose):
        names = [name for _, name, _ in references(prose.text, prose.definitions)]
        yield index, request_for_prose(prose, _media(file, names))


def _media(file: Loaded, names: Iterable[str]) -> dict[str, Media | MediaProblem]:
    return {name: resolve(name, file.parsed.deck.path, file.root) for name in names}


def _where(file: Loaded, owner: str | int, problem: RenderProblem) -> tuple[int, int]:
    """The place of a render problem: as exact as it says, else the note's first line."""
    parsed = file.parsed
    if isinstance(owner, int):
        return parsed.deck.prose[owner].line, 1
    if problem.offset is not None and problem.part in parsed.places[owner].parts:
        return parsed.where(owner, problem.part, problem.offset)
    return next(note.line for note in parsed.deck.notes if note.id == owner), 1
