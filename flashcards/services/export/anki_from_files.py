"""Export from deck files alone, without a database.

A note's guid is what sync would give it; its time of change is that of the newest commit that touched its lines.
Outside of a Git checkout it is its file's, so a later export of a file that changed anywhere may overwrite what a
learner changed in Anki: `AnkiExported.warnings` says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flashcards.deckfiles.media.files import Media
from flashcards.deckfiles.parse.deck import Parsed, parse_deck
from flashcards.deckfiles.parse.find import DeckFile, Found, deck_sort_key, find_decks, read_deck
from flashcards.deckfiles.render.pool import RenderPool
from flashcards.domain.card import Cloze, Note
from flashcards.errors import DeckError, NotFound
from flashcards.exchange.anki.fields import SEPARATOR, NoteTexts, deck_name, fields_of
from flashcards.exchange.anki.foreign_files import load as foreign_notes
from flashcards.exchange.anki.notetypes import Kind
from flashcards.exchange.anki.package_notes import PackageCard, PackageNote
from flashcards.exchange.anki.package_writer import writing_package
from flashcards.exchange.anki.source_fields import as_they_came, unedited
from flashcards.exchange.csv_out import TextNote, write_text
from flashcards.services.export.anki_fields import (
    addresses,
    anki_ordinal,
    foreign_media,
    media_bytes,
    rendering,
    request_for_anki,
    within,
)
from flashcards.services.export.git_times import GitTimes
from flashcards.services.export.results import AnkiExported, TextExported
from flashcards.services.progress import Progress
from flashcards.services.sync.plan import new_guids
from flashcards.storage.exports import AnkiRendering


@dataclass(slots=True)
class _Reading:
    """What is found while files are read one by one."""

    found: Found
    decks: tuple[DeckFile, ...]
    pool: RenderPool
    progress: Progress
    media: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    deck_ids: set[str] = field(default_factory=set)
    descriptions: dict[str, str] = field(default_factory=dict)
    data: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _FileNote:
    """A note that is ready: its guid, its fields, and the name of its deck."""

    guid: str
    deck: str
    note: Note
    texts: NoteTexts
    modified_ms: int


class FileExport:
    """Writes Anki packages and CSV files from a decks folder."""

    def __init__(self, decks_root: Path) -> None:
        self._root = decks_root
        self._times: GitTimes | None = None  # text has none

    def anki(self, target: Path, decks: Sequence[str], progress: Progress) -> AnkiExported:
        """Writes a package of all decks, or of those at these addresses.

        Notes with an error are left out and named. Raises NotFound, DeckError, OSError.
        """
        missing = []
        foreign = foreign_notes(self._root)
        kept: dict[str, dict[str, str]] = {}
        self._times = GitTimes(self._root)
        with RenderPool() as pool, writing_package(target, foreign=foreign, unedited=kept) as package:
            reading = self._begin(decks, pool, progress)
            names = set()
            for ready in self._notes(reading):
                cards = [PackageCard(anki_ordinal(which), ready.deck) for which in ready.note.whiches]
                names.add(ready.deck)
                if ready.guid in foreign.sources:
                    kept[ready.guid] = unedited(ready.note, foreign.sources[ready.guid])
                unedited_guids = foreign.unedited([(ready.guid, ready.note)])
                at = foreign.changed_at(ready.guid, ready.modified_ms // 1000, unedited_guids)
                package.add_notes([_package_note(ready, at, cards)])
            for name, description in reading.descriptions.items():
                package.describe_deck(name, description)
            for name, path in reading.media.items():
                data = media_bytes(name, [path], self._root)
                if data is None:
                    missing.append(name)
                else:
                    package.add_media(name, data)
            for name, data in foreign_media(package.foreign_media, foreign.media, self._root):
                package.add_media(name, data)
        notes, card_count, _, media = package.counts
        skipped = tuple(reading.skipped)
        return AnkiExported(
            target, len(names), notes, card_count, 0, media, (), tuple(missing), skipped, _warnings(self._times),
            package.notices,
        )  # fmt: skip

    def csv(self, target: Path, decks: Sequence[str], progress: Progress) -> TextExported:
        """Writes the notes as CSV with Anki's headers. Raises as `anki` does."""
        foreign = foreign_notes(self._root)
        with RenderPool() as pool:
            reading = self._begin(decks, pool, progress)
            lines = (
                TextNote(
                    ready.guid, ready.texts.kind, ready.deck, foreign.tags_of(ready.guid, ready.note.tags),
                    as_they_came(
                        ready.texts.kind, fields_of(ready.texts),
                        unedited(ready.note, foreign.sources.get(ready.guid, {})),
                    ),
                )
                for ready in self._notes(reading)
            )  # fmt: skip
            count = write_text(target, lines)
        return TextExported(target, count, tuple(reading.skipped))

    def _begin(self, decks: Sequence[str], pool: RenderPool, progress: Progress) -> _Reading:
        pool.start()
        found = find_decks(self._root)
        asked = list(addresses(decks))
        for address in asked:
            if not any(within(file.path.removesuffix(".md"), [address]) for file in found.files):
                raise NotFound(f"There is no deck or folder {address!r} in {self._root}.")
        files = [file for file in found.files if not asked or within(file.path.removesuffix(".md"), asked)]
        return _Reading(found, tuple(files), pool, progress)

    def _notes(self, reading: _Reading) -> Iterator[_FileNote]:
        parsed = {file.path: (file, deck) for file in reading.decks if (deck := self._parse(file, reading))}
        orders = {folder.path: folder.order for folder in reading.found.folders}
        paths = sorted(parsed, key=lambda path: deck_sort_key(path, parsed[path][1].deck.order, orders))
        for number, path in enumerate(paths, 1):
            reading.progress("Rendering decks", number, len(paths))
            yield from self._deck(*parsed.pop(path), reading)

    def _parse(self, file: DeckFile, reading: _Reading) -> Parsed | None:
        try:
            data = read_deck(file)
            parsed = parse_deck(file.path, data)
        except DeckError as error:
            reading.skipped.append(f"{file.path}: {error}")
            return None
        if parsed.structure_lost or parsed.deck.id in reading.deck_ids:
            why = "it has errors" if parsed.structure_lost else f"another deck has the id {parsed.deck.id!r}"
            reading.skipped.append(f"{file.path}: left out, {why}; see `flashcards check`")
            return None
        reading.deck_ids.add(parsed.deck.id)
        reading.data[file.path] = data
        broken = (f"{file.path}:{note.line}: left out, it has errors; see `flashcards check`" for note in parsed.broken)
        reading.skipped.extend(broken)
        return parsed

    def _deck(self, file: DeckFile, parsed: Parsed, reading: _Reading) -> Iterator[_FileNote]:
        deck = parsed.deck
        notes = [note for note in deck.notes if not note.draft]
        titles = {folder.path: folder.title for folder in reading.found.folders}
        name = deck_name(deck.path, deck.title, titles)
        if notes:
            reading.descriptions[name] = deck.description
        rendered = self._rendered(notes, deck.path, reading)
        guids = new_guids([(deck.id, note.id, _kind(note)) for note in notes], _nothing_taken)
        data = reading.data.pop(file.path)
        times = self._times.of(file, data, notes) if self._times else [0] * len(notes)
        for index, (note, guid, at) in enumerate(zip(notes, guids, times, strict=True)):
            texts = _texts(note, rendered[index], deck.id)
            yield _FileNote(guid, name, note, texts, at)

    def _rendered(self, notes: Sequence[Note], deck_path: str, reading: _Reading) -> dict[int, AnkiRendering]:
        requests = [request_for_anki(note, deck_path, self._root) for note in notes]
        for request in requests:
            for _, media in request.media:
                if isinstance(media, Media):
                    reading.media[media.url.rpartition("/")[2]] = media.path
        results = reading.pool.render_all(list(enumerate(requests)))
        return {index: rendering(notes[index], result) for index, result in results}


def _warnings(times: GitTimes) -> tuple[str, ...]:
    """How notes are dated, and what that means for a later import."""
    if times.by_commits and not times.problem:
        return ("No database: notes are dated by the commits that last touched their lines.",)
    why = f" ({times.problem})" if times.problem else ""
    which = "some notes" if times.by_commits else "notes"
    return (
        f"No database: {which} are dated by their files{why}. A later export may overwrite what was edited in Anki.",
    )


def _kind(note: Note) -> Kind:
    return "cloze" if isinstance(note.content, Cloze) else "basic"


def _nothing_taken(_guids: Collection[str]) -> Collection[str]:
    return ()


def _texts(note: Note, fields: AnkiRendering, deck_id: str) -> NoteTexts:
    content = note.content
    rubric, follow_ups, source = (str(fields.extra[name]) for name in ("rubric", "follow_ups", "source"))
    back = False if isinstance(content, Cloze) else content.reversed
    return NoteTexts(
        _kind(note), fields.first, fields.second, rubric, follow_ups, source, note.section, back, content.typed,
        f"{deck_id}#{note.id}",
    )  # fmt: skip


def _package_note(ready: _FileNote, modified_at: int, cards: Sequence[PackageCard]) -> PackageNote:
    return PackageNote(
        ready.guid, ready.texts.kind, ready.modified_ms, modified_at, ready.note.tags,
        SEPARATOR.join(fields_of(ready.texts)), cards,
    )  # fmt: skip
