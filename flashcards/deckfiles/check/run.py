"""Everything that is wrong in deck files, in one run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from flashcards.deckfiles.check.between_files import cross_problems
from flashcards.deckfiles.check.content import content_issues
from flashcards.deckfiles.check.hints import hints
from flashcards.deckfiles.check.long_forms import long_forms
from flashcards.deckfiles.check.run_code import run_blocks
from flashcards.deckfiles.check.style import style_problems
from flashcards.deckfiles.check.tame import is_tame
from flashcards.deckfiles.media.files import Media, MediaProblem, resolve
from flashcards.deckfiles.parse.collection import Loaded, load
from flashcards.deckfiles.parse.project import NO_PROJECT
from flashcards.deckfiles.render.jobs import (
    Rendered,
    RenderRequest,
    note_references,
    prose_references,
    request_for,
    request_for_prose,
)
from flashcards.domain.problem import Problem

Render = Callable[[Iterable[tuple[str, RenderRequest]]], Iterable[tuple[str, Rendered]]]
"""As `RenderPool.render_all`: takes pairs of a name and a request, gives pairs of that name and the result."""

Found = dict[str | int | None, set[tuple[str, tuple[int, int]]]]
"""By note id or index of prose: the codes that were found there without rendering, with line and column."""

_Wild = tuple[Loaded, str | int, RenderRequest]
"""What has to be rendered, with its file and its note id or index of prose."""


def check(
    paths: Sequence[Path],
    root: Path | None,
    *,
    style: bool = False,
    today: date | None = None,
    run_code: bool = False,
    render: Render | None = None,
) -> list[Problem]:
    """Return what is wrong in the deck files at `paths` (none: all of `root`), sorted by path and place.

    A path inside the decks folder `root` is judged with the rest of it, any other with its own folder.
    With `style`, style warnings come too, and what was checked too long before `today`; with `run_code`, every Python
    block is run; with `render`, every note that is not surely sound is rendered, so that what is too slow, too deep or
    refused is found. Raises `DeckError` for a path that is not there and for a decks folder that cannot be used.
    """
    collection = load(paths, root, others=True)
    problems = list(collection.problems)
    for folder in dict.fromkeys(file.root for file in collection.files):
        files = [file for file in collection.files if file.root == folder]
        problems.extend(cross_problems(files))
        if style:
            problems.extend(style_problems(files, today))
    found: dict[str, Found] = {}
    wild: list[_Wild] = []
    for file in collection.asked:
        requests = dict(_requests(file)) if render is not None else {}
        tame = {owner for owner, request in requests.items() if is_tame(request)}
        wild += [(file, owner, request) for owner, request in requests.items() if owner not in tame]
        issues = [*content_issues(file.parsed, file.root, tame), *hints(file.parsed), *long_forms(file.parsed)]
        problems.extend(replace(problem, path=file.shown) for problem in file.parsed.problems)
        charged: Found = defaultdict(set)
        for owner, issue in issues:
            problem = file.parsed.lines.problem(file.shown, issue)
            problems.append(problem)
            charged[owner].add((problem.code, (problem.line, problem.column)))
        found[file.shown] = charged
    if wild and render is not None:
        problems.extend(_render_problems(wild, found, render))
    if run_code:
        problems.extend(run_blocks(collection.files))
    projects = {file.shown: file.project for file in collection.files}
    return sorted(it for it in set(problems) if projects.get(it.path, NO_PROJECT).says(it))


# Rendering -----------------------------------------------------------------------------------------------


def _render_problems(wild: Sequence[_Wild], found: dict[str, Found], render: Render) -> Iterator[Problem]:
    """What only rendering shows. What a place was charged with before is not repeated."""
    for name, rendered in render((str(number), request) for number, (_, _, request) in enumerate(wild)):
        file, owner, _ = wild[int(name)]
        charged = found[file.shown]
        for problem in rendered.problems:
            place = file.parsed.place(owner, problem.part, problem.offset)
            if place is None:
                known = problem.code in {code for code, _ in charged[owner] | charged[None]}
            else:
                known = (problem.code, place) in charged[owner]
            if not known:
                line, column = place or _roughly(file, owner)
                yield Problem(file.shown, line, column, "error", problem.code, problem.message)


def _requests(file: Loaded) -> Iterator[tuple[str | int, RenderRequest]]:
    """All that is rendered of a file: not the last piece, if something is never closed in it."""
    deck = file.parsed.deck
    lines = [*(note.line for note in deck.notes), *(prose.line for prose in deck.prose)]
    open_line = max(lines, default=0) if file.parsed.structure_lost else 0
    for note in deck.notes:
        if note.line != open_line:
            yield note.id, request_for(note, _media(file, note_references(note)), file.parsed.macros)
    for index, prose in enumerate(deck.prose):
        if prose.line != open_line:
            yield index, request_for_prose(prose, _media(file, prose_references(prose)), file.parsed.macros)


def _media(file: Loaded, names: Iterable[str]) -> dict[str, Media | MediaProblem]:
    return {name: resolve(name, file.parsed.deck.path, file.root) for name in names}


def _roughly(file: Loaded, owner: str | int) -> tuple[int, int]:
    """The first line of a note or a piece of prose."""
    deck = file.parsed.deck
    if isinstance(owner, int):
        return deck.prose[owner].line, 1
    return next(note.line for note in deck.notes if note.id == owner), 1
