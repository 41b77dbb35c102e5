"""Reads the decks folder into the database: cards follow their text, and no history is lost.

1. Look: which files have another size or time of change than at the last sync (`looking`). Only those are read, and
   only where there are such is the rest loaded (`changes`). Once in a process, files in which the renderer failed are
   read too: only another program can do better, and a file that waited for its own change would stay failed.
2. Read: parse them, render what is not rendered yet (in child processes), and wait until they have been
   still for 300 ms. Nothing is locked but other syncs.
3. Match and plan: which note of today is which stored one, and what has to be written (`match`, `plan`).
4. Write all of it in one transaction.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flashcards.clock import Clock
from flashcards.deckfiles.parse.find import Found, find_decks
from flashcards.domain.problem import Problem
from flashcards.errors import DeckError
from flashcards.garbage import no_garbage_collection
from flashcards.services.progress import Progress
from flashcards.services.sync.counts import Counts
from flashcards.services.sync.looking import (
    STILL_MS,
    UNREAD,
    age_ms,
    await_stillness,
    failed_before,
    folder_rows,
    look,
    stamp_found,
    stamp_of,
)
from flashcards.storage.decks import DeckStore

if TYPE_CHECKING:
    from flashcards.deckfiles.render.pool import RenderPool


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What there is now, and what this sync made of it; the counts from `new` on are of cards.

    `errors` are all that stand in the decks folder, whether or not they came with this sync.
    `changed_paths` are the files that were read anew or have gone.
    """

    decks: int
    notes: int
    cards: int
    new: int
    edited: int
    moved: int
    restored: int
    removed: int
    unchanged: int
    errors: tuple[Problem, ...]
    changed_paths: tuple[str, ...]


class SyncService:
    """Sync, and whether one is due. `clock` dates what is stored; file times are the machine's.

    `after` is called within the transaction that stores new texts, at its end.
    """

    def __init__(
        self,
        store: DeckStore,
        decks_root: Path,
        clock: Clock,
        pool: Callable[[int], RenderPool] | None = None,
        after: Callable[[], object] = lambda: None,
    ) -> None:
        self._store = store
        self._root = decks_root
        self._clock = clock
        self._pool = pool
        self._after = after
        self._tried_again = False  # what failed before this process began

    def sync(self, progress: Progress | None = None) -> SyncReport:
        """Reads what has changed below the decks folder. One sync at a time: others wait for their turn.

        Raises DeckError where the folder is missing, unreadable or empty, or its project file is broken (nothing is
        removed then), and Unavailable where the database cannot be written (nothing is changed then).
        """
        with self._store.turn():
            return self._sync(progress or (lambda *_: None))

    def changed(self, *, wait: bool = False) -> bool:
        """Whether a sync would find something: a walk and a few `stat` calls, no file is opened.

        False as long as a file is not still; with `wait`, it has the 300 ms to become so.
        Raises DeckError where the folder is missing, unreadable or empty:
        there is nothing to sync then, and whoever watches must say so.
        """
        found = self._find()
        decks = self._store.decks()
        seen = look(found, decks, self._root)
        unread = {row.path for row in decks if row.stamp.size == UNREAD}
        changed = [f for f in seen.changed if f.path not in unread or os.access(f.absolute, os.R_OK)]
        media = [stamp for file in changed if file.path in seen.rows for stamp in seen.rows[file.path].media]
        stamps = [stamp_found(file) for file in changed] + [stamp_of(self._root / s.path, s.path) for s in media]
        young = [stamp for stamp in stamps if age_ms(stamp) < STILL_MS]
        if young and wait:
            await_stillness(young)
            young = [stamp for stamp in young if stamp_of(self._root / stamp.path, stamp.path) != stamp]
        if young:
            return False
        return bool(changed or seen.gone or folder_rows(found) != self._store.folders())

    # --- one sync -----------------------------------------------------------------------------------

    @no_garbage_collection()
    def _sync(self, progress: Progress) -> SyncReport:
        found = self._find()
        stored = self._store.decks()
        seen = look(found, stored, self._root)
        if not self._tried_again:
            seen = seen.reading_too(found, failed_before(seen))
        if not (seen.changed or seen.gone or folder_rows(found) != self._store.folders()):
            self._tried_again = True
            return self._report(found, Counts(), ())
        from flashcards.services.sync.changes import Changes

        changes = Changes(self._store, self._root, self._clock, self._after, self._pool)
        counts, paths = changes.store(found, stored, seen, progress)
        self._tried_again = True
        return self._report(found, counts, paths)

    def _find(self) -> Found:
        """The files; raises DeckError also where the project file is broken: which files are to be left out, say."""
        found = find_decks(self._root)
        for problem in found.project.problems:
            message = f"line {problem.line}: {problem.message}"
            raise DeckError(message, path=problem.path, code=problem.code, line=problem.line)
        return found

    def _report(self, found: Found, counts: Counts, changed_paths: tuple[str, ...]) -> SyncReport:
        totals = self._store.totals()
        problems = {*found.problems, *(problem for row in self._store.decks() for problem in row.problems)}
        changes = counts.new + counts.edited + counts.moved + counts.restored
        return SyncReport(
            decks=totals.decks,
            notes=totals.notes,
            cards=totals.cards,
            new=counts.new,
            edited=counts.edited,
            moved=counts.moved,
            restored=counts.restored,
            removed=counts.removed,
            unchanged=totals.cards - changes,
            errors=tuple(sorted(problem for problem in problems if problem.severity == "error")),
            changed_paths=changed_paths,
        )
