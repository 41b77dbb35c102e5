"""Reads the decks folder into the database: cards follow their text, and no history is lost.

1. Look: which files have another size or time of change than at the last sync. Only those are read.
2. Read: parse them, render what is not rendered yet (in child processes), and wait until they have been
   still for 300 ms. Nothing is locked but other syncs.
3. Match and plan: which note of today is which stored one, and what has to be written (`sync_match`,
   `sync_plan`).
4. Write all of it in one transaction.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flashcards.clock import Clock, system_clock
from flashcards.deckfiles.parse.collection import no_garbage_collection
from flashcards.deckfiles.parse.find import DeckFile, Found, find_decks
from flashcards.deckfiles.parse.project import Project
from flashcards.deckfiles.render.jobs import Rendered, RenderRequest
from flashcards.deckfiles.render.pool import RenderPool
from flashcards.domain.card import Note
from flashcards.domain.ids import DeckId
from flashcards.domain.problem import Problem
from flashcards.errors import DeckError
from flashcards.services.progress import Progress
from flashcards.services.sync.last_good import to_stay
from flashcards.services.sync.plan import Counts, ReadDeck
from flashcards.services.sync.read import (
    UNREAD,
    LostFile,
    SoundFile,
    look,
    prose_html_of,
    read_deck_of,
    read_file,
    rendered_note,
    rendering_rows,
    stamp_found,
    stamp_of,
)
from flashcards.services.sync.store import Files, folder_rows, store_files, with_duplicates
from flashcards.storage.deck_rows import RenderedNote, RenderingRow, Stamp, StoredDeck
from flashcards.storage.decks import DeckStore

STILL_MS = 300
FEW_FILES = 4


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


@dataclass(slots=True)
class _Reading:
    """What reading the changed files has given so far."""

    sound: list[SoundFile] = field(default_factory=list)
    lost: list[LostFile] = field(default_factory=list)
    late: set[str] = field(default_factory=set)  # paths of files that are left for the next sync
    known: dict[str, RenderedNote] = field(default_factory=dict)  # by render key
    prose: dict[str, str] = field(default_factory=dict)
    failed: dict[str, Rendered] = field(default_factory=dict)  # notes without cards, prose with problems
    rows: list[RenderingRow] = field(default_factory=list)
    notes: dict[str, Note] = field(default_factory=dict)  # what is being rendered


class SyncService:
    """Sync, and whether one is due. `clock` dates what is stored; file times are the machine's.

    `after` is called within the transaction that stores new texts, at its end.
    """

    def __init__(
        self,
        store: DeckStore,
        decks_root: Path,
        clock: Clock,
        pool: Callable[[int], RenderPool] = RenderPool,
        after: Callable[[], object] = lambda: None,
    ) -> None:
        self._store = store
        self._root = decks_root
        self._clock = clock
        self._pool = pool
        self._after = after

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
        young = [stamp for stamp in stamps if _age_ms(stamp) < STILL_MS]
        if young and wait:
            _await_stillness(young)
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
        folders = folder_rows(found)
        if not (seen.changed or seen.gone or folders != self._store.folders()):
            return self._report(found, Counts(), ())
        seen = with_duplicates(seen, found)
        reading = self._read(seen.changed, stored, found.project, progress)
        decks = tuple(self._deck(sound, seen.rows.get(sound.file.path), reading) for sound in reading.sound)
        files = Files(found, seen, decks, tuple(reading.lost), frozenset(reading.late), folders)
        media = tuple(row for sound in reading.sound for row in sound.media_rows)
        counts, paths = store_files(self._store, files, tuple(reading.rows), media, self._clock(), self._after)
        return self._report(found, counts, paths)

    def _find(self) -> Found:
        """The files; raises DeckError also where the project file is broken: which files are to be left out, say."""
        found = find_decks(self._root)
        for problem in found.project.problems:
            message = f"line {problem.line}: {problem.message}"
            raise DeckError(message, path=problem.path, code=problem.code, line=problem.line)
        return found

    def _deck(self, sound: SoundFile, row: StoredDeck | None, reading: _Reading) -> ReadDeck:
        stay = to_stay(self._store, row.id if row else None, sound, reading.known)
        return read_deck_of(sound, reading.known, reading.prose, reading.failed, stay)

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

    # --- reading ------------------------------------------------------------------------------------

    def _read(
        self, files: Sequence[DeckFile], stored: Sequence[StoredDeck], project: Project, progress: Progress
    ) -> _Reading:
        """Reads, parses and renders; files that are not still in the end are left out."""
        reading = _Reading()
        if not files:
            return reading
        with self._pool(1 if len(files) <= FEW_FILES else 2) as pool:
            pool.start()
            for key, rendered in pool.render_all(self._requests(files, stored, project, reading, progress)):
                _take(reading, key, rendered)
        _leave_out_restless(reading, self._root)
        return reading

    def _requests(
        self,
        files: Sequence[DeckFile],
        stored: Sequence[StoredDeck],
        project: Project,
        reading: _Reading,
        progress: Progress,
    ) -> Iterator[tuple[str, RenderRequest]]:
        """Parses file after file, and gives what is to be rendered: the children work meanwhile."""
        rows = {row.path: row.id for row in stored}
        for number, file in enumerate(files):
            progress("Reading decks", number, len(files))
            read = read_file(file, self._root, project)
            if read is None:
                reading.late.add(file.path)
            elif isinstance(read, LostFile):
                reading.lost.append(read)
            else:
                reading.sound.append(read)
                yield from self._not_rendered(read, rows.get(file.path), reading)

    def _not_rendered(
        self, sound: SoundFile, row: DeckId | None, reading: _Reading
    ) -> Iterator[tuple[str, RenderRequest]]:
        reading.known.update(self._store.rendered(sound.note_keys))
        if row is not None and sound.prose_keys:
            reading.prose.update(self._store.prose((row,)))
        for key, note in zip(sound.note_keys, sound.parsed.deck.notes, strict=True):
            if key not in reading.known and key not in reading.notes:
                reading.notes[key] = note
                yield key, sound.requests[key]
        for key in sound.prose_keys:
            if key not in reading.prose:
                reading.prose[key] = ""
                yield key, sound.requests[key]


def _take(reading: _Reading, key: str, rendered: Rendered) -> None:
    """Keeps what came back from a child. A note without cards could not be rendered, and is not stored."""
    note = reading.notes.get(key)
    if note is None:
        reading.prose[key] = prose_html_of(rendered)
        if rendered.problems:
            reading.failed[key] = rendered
    elif rendered.cards:
        reading.known[key] = rendered_note(note, rendered)
        reading.rows.extend(rendering_rows(key, note, rendered))
    else:
        reading.failed[key] = rendered


def _leave_out_restless(reading: _Reading, root: Path) -> None:
    """Waits until files that have just changed could have been still for 300 ms, and looks at them again."""
    watched = [(sound.file, (stamp_found(sound.file), *sound.media)) for sound in reading.sound]
    watched += [(lost.file, (stamp_found(lost.file),)) for lost in reading.lost]
    young = [(file, stamp) for file, stamps in watched for stamp in stamps if _age_ms(stamp) < STILL_MS]
    _await_stillness([stamp for _, stamp in young])
    reading.late.update(file.path for file, stamp in young if stamp_of(root / stamp.path, stamp.path) != stamp)
    reading.sound = [sound for sound in reading.sound if sound.file.path not in reading.late]
    reading.lost = [lost for lost in reading.lost if lost.file.path not in reading.late]


def _await_stillness(stamps: Iterable[Stamp]) -> None:
    """Sleeps until these files could have been still for 300 ms."""
    # The clock goes on while files are looked at: what was young then may be old enough now.
    time.sleep(max(0, *(STILL_MS - _age_ms(stamp) for stamp in stamps), 0) / 1000)


def _age_ms(stamp: Stamp) -> float:
    """How long ago a file changed; 0 for a time to come, which says nothing."""
    return max(0, system_clock() - stamp.mtime_ns // 1_000_000)
