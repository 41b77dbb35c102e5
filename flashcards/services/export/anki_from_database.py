"""Export to Anki from the database: identity, times of change and history come with the notes."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from flashcards.deckfiles.parse.find import title_of
from flashcards.deckfiles.render.pool import RenderPool
from flashcards.domain.ids import NO_LEARNER, DeckId
from flashcards.domain.study_day import DAY_START, Day
from flashcards.errors import NotFound, Unavailable
from flashcards.exchange.anki.fields import SEPARATOR, deck_name
from flashcards.exchange.anki.foreign import ForeignNotes
from flashcards.exchange.anki.foreign_files import load as foreign_notes
from flashcards.exchange.anki.guids import guid_of
from flashcards.exchange.anki.notetypes import Kind
from flashcards.exchange.anki.package_writer import PackageWriter, writing_package
from flashcards.exchange.anki.source_fields import Sources, as_they_came, unedited
from flashcards.exchange.csv_out import TextNote, write_text
from flashcards.services.accounts.people import Learner
from flashcards.services.export.anki_fields import (
    addresses,
    foreign_media,
    media_bytes,
    rendering,
    request_for_anki,
    within,
)
from flashcards.services.export.exported_memory import ExportedMemory
from flashcards.services.export.former_notes import FormerNotes, last_of_kind
from flashcards.services.export.packed_notes import NotRendered, PackedDecks, fields_of_stored
from flashcards.services.export.results import AnkiExported, TextExported
from flashcards.services.progress import Progress
from flashcards.storage.exports import (
    ExportDeck,
    ExportStore,
    RemovedNote,
)
from flashcards.storage.former_notes import Former, edited_since_import, former_notes

_BATCH = 500
_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What an export is of. `decks` stand in files; `gone` have no file any more, but were exported once."""

    decks: tuple[ExportDeck, ...]
    gone: tuple[ExportDeck, ...]
    everything: bool

    @property
    def ids(self) -> list[DeckId]:
        return [deck.id for deck in (*self.decks, *self.gone)]


class DatabaseExport:
    """Writes Anki packages and CSV files from what sync stored."""

    def __init__(self, store: ExportStore, decks_root: Path, pool: Callable[[], RenderPool] = RenderPool) -> None:
        self._store = store
        self._root = decks_root
        self._pool = pool

    def anki(
        self, target: Path, decks: Sequence[str], learner: Learner | None, today: Day | None, progress: Progress
    ) -> AnkiExported:
        """Writes a package of all decks, or of those at these addresses.

        With `today`, the learner's study day, cards carry the learner's schedule and log. What Anki was told is
        remembered for the learner (None: for nobody by name). Raises NotFound for an address without decks,
        OSError where the file cannot be written.
        """
        wanted = self._wanted(decks, learner)
        for _ in range(_TRIES):
            try:
                return self._write(target, wanted, learner, today, progress)
            except NotRendered:  # never exported, or a sync brought it just now
                self._render(wanted, progress)
        raise _restless()

    def csv(self, target: Path, decks: Sequence[str], progress: Progress) -> TextExported:
        """Writes the notes of all decks, or of those at these addresses, as CSV with Anki's headers."""
        wanted = self._wanted(decks, None)
        for _ in range(_TRIES):
            try:
                with self._store.read():
                    return TextExported(target, write_text(target, self._text_notes(wanted, progress)))
            except NotRendered:
                self._render(wanted, progress)
        raise _restless()

    def removed(self, decks: Sequence[str], learner: Learner | None) -> tuple[RemovedNote, ...]:
        """The notes that Anki has from earlier exports and that have gone from the files since."""
        wanted = self._wanted(decks, learner)
        with self._store.read():
            gone = self._gone(wanted, learner)
            return gone + tuple(note for note, former in self._changed(wanted, learner) if last_of_kind(former))

    def deck_ids(self, decks: Sequence[str]) -> list[DeckId] | None:
        """The ids of the decks at these addresses; None for all. Raises NotFound."""
        return [deck.id for deck in self._wanted(decks, None).decks] if decks else None

    def _wanted(self, decks: Sequence[str], learner: Learner | None) -> _Wanted:
        known = self._store.decks()
        gone = self._store.decks_of_removed(learner.id if learner else NO_LEARNER)
        if not decks:
            return _Wanted(known, gone, True)
        asked = list(addresses(decks))
        for address in asked:
            if not any(within(deck.address, [address]) for deck in known):
                raise NotFound(f"There is no deck or folder {address!r}.")
        return _Wanted(
            tuple(deck for deck in known if within(deck.address, asked)),
            tuple(deck for deck in gone if within(deck.address, asked)),
            False,
        )

    def _write(
        self, target: Path, wanted: _Wanted, learner: Learner | None, today: Day | None, progress: Progress
    ) -> AnkiExported:
        with self._store.read():
            removed = self._gone(wanted, learner)
            memory = ExportedMemory(self._store.database, learner.id) if learner and today is not None else None
            foreign = foreign_notes(self._root)
            whose = learner.id if learner else NO_LEARNER
            work = PackedDecks(self._store, whose, today, memory, self._dating(foreign))
            work.removed_from = {note.deck_path for note in removed if not note.changed_kind}
            changed = self._changed(wanted, learner)
            formers = [*former_notes(self._store.database, wanted.ids, work.learner), *(one for _, one in changed)]
            former = FormerNotes(formers, self._root, self._pool)
            removed += tuple(note for note, _ in changed if note.guid in former.as_written)
            missing: list[str] = []
            day_start = learner.day_start if learner else DAY_START
            kept = self._unedited(foreign.sources, former)
            with writing_package(target, rollover=day_start, foreign=foreign, unedited=kept) as package:
                self._write_decks(package, work, former, wanted, progress)
                gone = work.removed_media | former.media
                unread = self._write_media(package, work.media | gone, progress)
                missing = [name for name in unread if name in work.media]  # of notes that have gone, Anki has them
                for name, data in foreign_media(package.foreign_media, foreign.media, self._root):
                    package.add_media(name, data)
        self._store.remember(
            learner.id if learner else None, [*work.exported, *former.exported], [note.guid for note in removed]
        )
        return AnkiExported(
            target, len(wanted.decks), *package.counts, removed, tuple(missing), notices=package.notices
        )

    def _gone(self, wanted: _Wanted, learner: Learner | None) -> tuple[RemovedNote, ...]:
        return self._store.gone(None if wanted.everything else wanted.ids, learner.id if learner else NO_LEARNER)

    def _changed(self, wanted: _Wanted, learner: Learner | None) -> list[tuple[RemovedNote, Former]]:
        """Notes that were never exported, but that Anki has, since they came from there: of another kind."""
        whose = learner.id if learner else NO_LEARNER
        return edited_since_import(self._store.database, wanted.ids, whose, guid_of)

    def _dating(self, foreign: ForeignNotes) -> Callable[[str, int], int]:
        """When a note changed that Anki was told nothing of yet, by its guid and the time of its text here."""
        unedited_notes = foreign.unedited(self._store.as_written(foreign.dates))
        return lambda guid, here: foreign.changed_at(guid, here, unedited_notes)

    def _unedited(self, sources: Sources, former: FormerNotes | None = None) -> dict[str, dict[str, str]]:
        """By guid, the fields that are as they came from Anki."""
        notes = dict(self._store.as_written(sources)) | (former.as_written if former else {})
        return {guid: unedited(note, sources[guid]) for guid, note in notes.items() if guid in sources}

    def _write_decks(
        self, package: PackageWriter, work: PackedDecks, former: FormerNotes, wanted: _Wanted, progress: Progress
    ) -> None:
        decks = [(deck, False) for deck in wanted.decks] + [(deck, True) for deck in wanted.gone]
        titles = folder_titles(self._store.folder_titles(), [deck for deck, _ in decks])
        for number, (deck, gone) in enumerate(decks, 1):
            progress("Writing decks", number, len(decks))
            name = deck_name(deck.path, deck.title, titles)
            if not gone:
                package.describe_deck(name, deck.description)
            if work.memory is not None and (preset := work.memory.preset(deck.address)) is not None:
                package.schedule_deck(name, preset)
            package.add_notes(work.notes(deck, name, gone=gone))
            package.add_notes(former.of(deck.id, name))

    def _write_media(self, package: PackageWriter, names: Collection[str], progress: Progress) -> list[str]:
        """Adds the media that notes refer to; gives the names of those that cannot be read."""
        missing = []
        for number, name in enumerate(names, 1):
            progress("Adding pictures", number, len(names))
            data = media_bytes(name, self._store.media_paths(name), self._root)
            if data is None:
                missing.append(name)
            else:
                package.add_media(name, data)
        return missing

    def _render(self, wanted: _Wanted, progress: Progress) -> None:
        """Makes and stores the fields of notes that have none yet."""
        notes = self._store.unrendered(wanted.ids)
        if not notes:
            return
        requests = ((note, request_for_anki(note.note, note.deck_path, self._root)) for note in notes)
        done = 0
        with self._pool() as pool:
            results = pool.render_all(requests)
            while batch := list(islice(results, _BATCH)):
                self._store.keep_renderings((note, rendering(note.note, result)) for note, result in batch)
                done += len(batch)
                progress("Rendering notes", done, len(notes))

    def _text_notes(self, wanted: _Wanted, progress: Progress) -> Iterator[TextNote]:
        titles = folder_titles(self._store.folder_titles(), wanted.decks)
        foreign = foreign_notes(self._root)
        kept = self._unedited(foreign.sources)
        for number, deck in enumerate(wanted.decks, 1):
            progress("Writing decks", number, len(wanted.decks))
            name = deck_name(deck.path, deck.title, titles)
            for note in self._store.notes(deck.id, NO_LEARNER):
                kind: Kind = "cloze" if note.kind == "cloze" else "basic"
                fields = as_they_came(kind, fields_of_stored(note, deck).split(SEPARATOR), kept.get(note.guid, {}))
                tags = foreign.tags_of(note.guid, json.loads(note.tags))
                yield TextNote(note.guid, kind, name, tags, fields)


def _restless() -> Unavailable:
    return Unavailable("The decks keep changing; try again when they have come to rest.")


def folder_titles(given: dict[str, str], decks: Iterable[ExportDeck]) -> dict[str, str]:
    """The title of every folder above these decks: as given, else made of its name."""
    titles = dict(given)
    for deck in decks:
        parts = deck.path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            titles.setdefault("/".join(parts[:depth]), title_of(parts[depth - 1]))
    return titles
