"""Reads the files that have changed, and stores what they say: what is only loaded where something has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flashcards.clock import Clock
from flashcards.deckfiles.parse.find import DeckFile, Found
from flashcards.deckfiles.parse.project import Project
from flashcards.deckfiles.render.jobs import Rendered, RenderRequest
from flashcards.deckfiles.render.pool import RenderPool
from flashcards.domain.card import Note
from flashcards.domain.ids import DeckId
from flashcards.services.progress import Progress
from flashcards.services.sync.counts import Counts
from flashcards.services.sync.last_good import to_stay
from flashcards.services.sync.looking import STILL_MS, Look, age_ms, await_stillness, folder_rows, stamp_found, stamp_of
from flashcards.services.sync.plan import ReadDeck
from flashcards.services.sync.read import (
    LostFile,
    SoundFile,
    prose_html_of,
    read_deck_of,
    read_file,
    rendered_note,
    rendering_rows,
)
from flashcards.services.sync.store import Files, store_files, with_duplicates
from flashcards.storage.deck_rows import RenderedNote, RenderingRow, StoredDeck
from flashcards.storage.decks import DeckStore

FEW_FILES = 4


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


class Changes:
    """Reads what has changed below `root`, and stores it: see `SyncService`, whose arguments these are."""

    def __init__(
        self,
        store: DeckStore,
        root: Path,
        clock: Clock,
        after: Callable[[], object],
        pool: Callable[[int], RenderPool] | None = None,
    ) -> None:
        self._store = store
        self._root = root
        self._clock = clock
        self._after = after
        self._pool = pool or RenderPool

    def store(
        self, found: Found, stored: Sequence[StoredDeck], seen: Look, progress: Progress
    ) -> tuple[Counts, tuple[str, ...]]:
        """What became of the cards, and the files that were read anew or have gone."""
        seen = with_duplicates(seen, found)
        reading = self._read(seen.changed, stored, found.project, progress)
        decks = tuple(self._deck(sound, seen.rows.get(sound.file.path), reading) for sound in reading.sound)
        files = Files(found, seen, decks, tuple(reading.lost), frozenset(reading.late), folder_rows(found))
        media = tuple(row for sound in reading.sound for row in sound.media_rows)
        return store_files(self._store, files, tuple(reading.rows), media, self._clock(), self._after)

    def _deck(self, sound: SoundFile, row: StoredDeck | None, reading: _Reading) -> ReadDeck:
        stay = to_stay(self._store, row.id if row else None, sound, reading.known)
        return read_deck_of(sound, reading.known, reading.prose, reading.failed, stay)

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
    young = [(file, stamp) for file, stamps in watched for stamp in stamps if age_ms(stamp) < STILL_MS]
    await_stillness([stamp for _, stamp in young])
    reading.late.update(file.path for file, stamp in young if stamp_of(root / stamp.path, stamp.path) != stamp)
    reading.sound = [sound for sound in reading.sound if sound.file.path not in reading.late]
    reading.lost = [lost for lost in reading.lost if lost.file.path not in reading.late]
