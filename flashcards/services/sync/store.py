"""Stores what the files say: one transaction for a whole sync."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flashcards.deckfiles.parse.find import Found, deck_sort_key, title_of
from flashcards.deckfiles.parse.project import Project
from flashcards.domain.card import Deck
from flashcards.domain.ids import DeckId
from flashcards.domain.problem import Problem
from flashcards.services.sync import across_files as sync_links
from flashcards.services.sync.counts import Counts
from flashcards.services.sync.looking import Look, read_by
from flashcards.services.sync.match import match
from flashcards.services.sync.moved_copies import with_twins
from flashcards.services.sync.plan import Plan, ReadDeck, notes_in, plan, unused_key
from flashcards.services.sync.read import LostFile
from flashcards.storage.deck_rows import (
    DeckMark,
    DeckWrite,
    FolderRow,
    MediaRow,
    RenderingRow,
    StoredDeck,
)
from flashcards.storage.decks import DeckStore


@dataclass(frozen=True, slots=True)
class Files:
    """The decks folder as this sync sees it. `late` are paths of files that are left for the next one."""

    found: Found
    seen: Look
    decks: tuple[ReadDeck, ...]
    lost: tuple[LostFile, ...]
    late: frozenset[str]
    folders: frozenset[FolderRow]


@dataclass(frozen=True, slots=True)
class _Listed:
    """A deck after this sync, as far as the whole collection matters: `stored` is what is known to be stored."""

    row: DeckId
    key: str
    path: str
    order: float | None
    position: int
    problems: tuple[Problem, ...]
    stored: tuple[Problem, ...]


def with_duplicates(seen: Look, found: Found) -> Look:
    """Adds the files to read that shared their deck id at the last sync: this one may have ended that."""
    shared = {row.path for row in seen.same if any(p.code == sync_links.DUPLICATE_DECK for p in row.problems)}
    return seen.reading_too(found, shared) if shared else seen


def store_files(
    store: DeckStore,
    files: Files,
    renderings: tuple[RenderingRow, ...],
    media: tuple[MediaRow, ...],
    at: int,
    after: Callable[[], object],
) -> tuple[Counts, tuple[str, ...]]:
    """Matches, plans and writes; `after` is called within the same transaction.

    Returns the counts, and the paths of files that made a difference.
    """
    decks, lost, shared = _set_duplicates_aside(files)
    read = {deck.path for deck in decks}
    gone = {row.path for row in files.seen.gone}
    touched = [row for path, row in files.seen.rows.items() if path in read or path in gone]
    kept = {path: row for path, row in files.seen.rows.items() if path not in read and path not in gone}
    matched = match(
        [deck.fresh for deck in decks],
        touched,
        store.notes(row.id for row in touched),
        store.removed_notes,
        store.removed_decks,
    )
    matched = with_twins(matched, store.with_history, store.copies)
    cards = store.cards(notes_in(matched))
    planned = plan(decks, matched, cards, store.next_ids(), store.taken_guids, read_by(files.found.project))
    reader = read_by(files.found.project)
    marks = _marks(lost, kept, reader)
    _add_unheard_of(planned, [one for one in lost if one.file.path not in kept], kept.values(), reader)
    used = {key for deck in decks for key in deck.render_keys}
    listed = _list(planned, kept, marks, shared)
    changes = replace(
        planned.changes(),
        folders=tuple(files.folders),
        marks=marks,
        positions=_positions(listed, files.folders),
        renderings=tuple(row for row in renderings if row.key in used),
        media=media,
    )
    with store.write():
        store.apply(changes, at)
        _link(store, listed, files.found.project)
        after()
    marked = {mark.stamp.path for mark in marks}
    new_lost = {one.file.path for one in lost if one.file.path not in kept}
    return planned.counts, tuple(sorted(read | gone | marked | new_lost))


def _set_duplicates_aside(
    files: Files,
) -> tuple[tuple[ReadDeck, ...], tuple[LostFile, ...], Mapping[str, tuple[Problem, ...]]]:
    """Files that share a deck id keep their last good version, like lost ones; the problems by path.

    A file that is set aside keeps its stored deck id, which may be what another file gives: hence the loop.
    """
    gone = {row.path for row in files.seen.gone}
    decks = {deck.path: deck for deck in files.decks}
    shared: dict[str, tuple[Problem, ...]] = {}
    while True:
        ids = [(path, deck.fresh.deck.id) for path, deck in decks.items()]
        ids += [(path, row.key) for path, row in files.seen.rows.items() if path not in decks and path not in gone]
        found = sync_links.duplicate_decks(ids)
        for path, problem in found.items():
            if problem not in shared.get(path, ()):
                shared[path] = (*shared.get(path, ()), problem)
        if not decks.keys() & found.keys():
            break
        decks = {path: deck for path, deck in decks.items() if path not in found}
    by_path = {file.path: file for file in files.found.files}
    aside = tuple(LostFile(by_path[d.path], d.problems) for d in files.decks if d.path not in decks)
    return tuple(decks.values()), files.lost + aside, shared


def _marks(lost: Iterable[LostFile], kept: Mapping[str, StoredDeck], reader: str) -> tuple[DeckMark, ...]:
    """What to write of files that are lost and were not, or were lost in another way."""
    marks = []
    for one in lost:
        row = kept.get(one.file.path)
        if row is not None and (_own(row), row.stamp, row.read_by) != (one.problems, one.stamp, reader):
            marks.append(DeckMark(row.id, one.problems, one.stamp, reader))
    return tuple(marks)


def _add_unheard_of(planned: Plan, lost: Iterable[LostFile], kept: Iterable[StoredDeck], reader: str) -> None:
    """Plans decks without cards for files that have never been sound, so that their problems have a page."""
    keys = {row.key for row in kept} | {write.deck.id for write in (*planned.decks, *planned.new_decks)}
    for one in lost:
        path = one.file.path
        key = unused_key(path, keys)
        keys.add(key)
        title = title_of(path.removesuffix(".md").rpartition("/")[2])
        deck = Deck(id=key, path=path, title=title)
        planned.new_decks.append(DeckWrite(planned.next_deck, deck, (), one.problems, one.stamp, (), reader))
        planned.next_deck = DeckId(planned.next_deck + 1)


def _list(
    planned: Plan,
    kept: Mapping[str, StoredDeck],
    marks: Iterable[DeckMark],
    shared: Mapping[str, tuple[Problem, ...]],
) -> list[_Listed]:
    """Every deck after this sync, with the problems that it has by itself and those of shared deck ids."""
    listed = []
    marked = {mark.id: mark.problems for mark in marks}
    for row in kept.values():
        own, stored = marked.get(row.id, _own(row)), marked.get(row.id, row.problems)
        listed.append(_Listed(row.id, row.key, row.path, row.order, row.position, own, stored))
    for write in (*planned.decks, *planned.new_decks):
        path = write.stamp.path
        listed.append(_Listed(write.id, write.deck.id, path, write.deck.order, -1, write.problems, write.problems))
    return [
        replace(deck, problems=(*deck.problems, *shared[deck.path])) if deck.path in shared else deck for deck in listed
    ]


def _own(row: StoredDeck) -> tuple[Problem, ...]:
    """The problems of a file by itself."""
    return tuple(problem for problem in row.problems if problem.code not in sync_links.CODES)


def _positions(listed: Iterable[_Listed], folders: Iterable[FolderRow]) -> tuple[tuple[int, int], ...]:
    """The places in study order that have changed."""
    orders = {folder.path: folder.order for folder in folders}
    in_order = sorted(listed, key=lambda deck: deck_sort_key(deck.path, deck.order, orders))
    return tuple((deck.row, place) for place, deck in enumerate(in_order) if deck.position != place)


def _link(store: DeckStore, listed: Sequence[_Listed], project: Project) -> None:
    """Resolves what notes require and name, now that all of them are stored; writes problems that have changed."""
    requirements = store.requirements()
    ids = store.notes_by_key(sync_links.required_keys(requirements)) if requirements else {}
    links = sync_links.link(requirements, ids, {deck.key for deck in listed})
    store.set_prerequisites(links.edges)
    referring = store.points.referring()
    named = store.points.first_cards(sync_links.named_keys(referring)) if referring else {}
    references = sync_links.refer(referring, named, {deck.key for deck in listed})
    store.points.set_cards(references.points, references.follow_ups)
    found: dict[int, list[Problem]] = {}
    for row, problem in (*links.problems, *references.problems):
        found.setdefault(row, []).append(problem)
    store.set_problems({
        deck.row: problems
        for deck in listed
        if (problems := tuple(sorted({*deck.problems, *filter(project.says, found.get(deck.row, ()))}))) != deck.stored
    })  # fmt: skip
