"""`import anki`: a package becomes deck files below a folder, and its log a learner's history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from flashcards.clock import Clock
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.deckfiles.parse.find import DeckFile, find_decks, read_deck
from flashcards.domain.card import Deck
from flashcards.domain.problem import Problem
from flashcards.errors import DeckError, Invalid, Unavailable
from flashcards.exchange.anki.foreign_files import renew_layouts
from flashcards.exchange.anki.package_reader import reading_package
from flashcards.exchange.anki.package_values import Limits, Package
from flashcards.exchange.whole_file import whole_file
from flashcards.garbage import no_garbage_collection
from flashcards.services.accounts.people import Learner
from flashcards.services.anki.history import AnkiHistory, HistoryReport
from flashcards.services.anki.kept_fields import here_after_import, renewed
from flashcards.services.anki.left_behind import LeftBehind, left_behind
from flashcards.services.anki.places import MEDIA_FOLDER, Media
from flashcards.services.anki.staging import Existing, Staged, guid_in_file, stage
from flashcards.services.authoring.deck_paths import refuse_deep_folder
from flashcards.services.bring.new_files import install, take_back_cut_off
from flashcards.services.progress import Progress, no_progress
from flashcards.services.sync.run import SyncService
from flashcards.storage.database import Database
from flashcards.storage.imports import ImportRows, KnownFile
from flashcards.temporary import TemporaryFolder


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `files` are relative to `folder`; `notices` name what could not be carried, and why.

    `history` is there where a learner was named; `problems` are what the sync after it found; `left_behind` are cards
    that are not carried.
    """

    folder: Path
    files: tuple[str, ...]
    decks: int
    notes: int
    cards: int
    media: int
    known: int
    left_out: int
    notices: tuple[str, ...]
    history: HistoryReport | None = None
    problems: tuple[Problem, ...] = field(default=())
    left_behind: tuple[LeftBehind, ...] = ()


Warn = Callable[[str], None]
"""Told, before anything is written, what will not come."""


def silent(_sentence: str) -> None:
    """For callers that say it afterwards."""


def import_decks(
    file: Path, into: Path, root: Path | None = None, *, progress: Progress = no_progress, warn: Warn = silent
) -> ImportReport:
    """Writes the decks and media of the Anki package `file` below `into`. Needs no database.

    `root` is the decks folder, for `into` below it; notes that any deck there holds already are not written
    again. Raises PackageError, Unavailable and Conflict, with nothing written.
    """
    said = take_back_cut_off(_place(into, root)[0])
    with reading_package(file) as package:
        behind = _warned(package, warn)
        report = write_decks(package, into, root, Known(), progress)
        flags = _flags_left(package)
    return replace(report, notices=(*said, *report.notices, *flags), left_behind=behind)


def _flags_left(package: Package) -> tuple[str, ...]:
    """Flags are a learner's own: without one they have nowhere to go."""
    count = sum(card.flag > 0 for card in package.cards)
    if not count:
        return ()
    cards = "1 card" if count == 1 else f"{count:,} cards"
    return (f"{cards} with a coloured flag in Anki: flags come with a learner's history.",)


def _warned(package: Package, warn: Warn) -> tuple[LeftBehind, ...]:
    behind = left_behind(package)
    for one in behind:
        warn(str(one))
    return behind


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows: the guids of notes whose files are there, and the files as it read them last."""

    guids: frozenset[str] = frozenset()
    files: Mapping[str, KnownFile] = field(default_factory=dict)


def write_decks(package: Package, into: Path, root: Path | None, known: Known, progress: Progress) -> ImportReport:
    """The decks of an open package, below `into`; notes that are `known` are there already."""
    base, below = _place(into, root)
    existing = existing_decks(base, known.files)
    existing = replace(existing, guids=existing.guids | known.guids)
    with TemporaryFolder() as folder:
        staged = stage(package, existing, base, below, Path(folder), progress)
        install(base, {name: Path(folder) / name for name in staged.files})
    if staged.known:
        renew_layouts(base, package.note_types)
        staged.notices += _renew(package, base)
    return _report(base, staged)


def _renew(package: Package, base: Path) -> list[str]:
    """What Anki holds of notes that are here already, and is not shown here, is what exports give back; says of how
    many that was something else.
    """
    with TemporaryFolder() as folder:
        placed: list[Media] = []
        notices: list[str] = []

        def media(place: str) -> Media:
            placed.append(Media(package.media, base, place, Path(folder)))
            return placed[-1]

        here = list(here_after_import(package, base, Media(package.media, base, MEDIA_FOLDER, Path(folder))))
        files = renewed(package, base, here, media, notices)
        new = {path for each in placed for path in each.files if not (base / path).exists()}
        if files:
            install(base, {path: Path(folder) / path for path in new})
    for file in files:
        with whole_file(base / file.path) as stream:
            stream.write(file.text.encode())
    return [*(file.said for file in files), *notices]


def _place(into: Path, root: Path | None) -> tuple[Path, str]:
    """The decks folder that `into` belongs to, and where `into` is in it."""
    into = into.resolve()
    if into.exists() and not into.is_dir():
        raise Invalid(f"{into} is a file: name a folder.", field="into")
    if root is not None and into.is_relative_to(root.resolve()):
        base = root.resolve()
        refuse_deep_folder(into.relative_to(base))
        below = into.relative_to(base).as_posix()
        return base, "" if below == "." else below
    return into, ""


def existing_decks(root: Path, known: Mapping[str, KnownFile] | None = None) -> Existing:
    """What the decks folder holds already; a folder that is missing or empty holds nothing.

    Of files that are as they are `known`, only the deck's id is told: whoever knows them knows their notes.
    """
    unread: set[str] = set()
    files = []
    for file in _files(root):
        stored = known.get(file.path) if known else None
        if stored is not None and (stored.size, stored.mtime_ns) == (file.size, file.mtime_ns):
            unread.add(stored.deck_id)
        else:
            files.append(file)
    decks = _read(files)
    guids = {guid_in_file(deck.id, note) for deck in decks for note in deck.notes}
    return Existing(frozenset(deck.id for deck in decks) | unread, frozenset(guids))


def read_decks(root: Path) -> list[Deck]:
    """The decks below `root`, as far as they can be read."""
    return _read(_files(root))


def _files(root: Path) -> Sequence[DeckFile]:
    try:
        return find_decks(root).files
    except DeckError:
        return ()


def _read(files: Iterable[DeckFile]) -> list[Deck]:
    decks = []
    for file in files:
        try:
            decks.append(parse_deck(file.path, read_deck(file)).deck)
        except DeckError:  # `check` and `sync` say so; here it only cannot be compared
            continue
    return decks


def _report(base: Path, staged: Staged) -> ImportReport:
    return ImportReport(
        folder=base,
        files=tuple(sorted(staged.files)),
        decks=staged.decks,
        notes=staged.notes,
        cards=staged.cards,
        media=staged.media,
        known=staged.known,
        left_out=staged.left_out,
        notices=tuple(staged.notices),
    )


class AnkiImportService:
    """Imports with a database: also into a learner's history."""

    def __init__(self, database: Database, sync: SyncService, decks_root: Path, clock: Clock) -> None:
        self._db = database
        self._sync = sync
        self._root = decks_root
        self._history = AnkiHistory(database, clock)

    @no_garbage_collection()
    def bring(
        self,
        file: Path,
        into: Path,
        learner: Learner | None = None,
        *,
        reschedule: bool = False,
        progress: Progress = no_progress,
        warn: Warn = silent,
        limits: Limits | None = None,
    ) -> ImportReport:
        """Writes what is new below `into`, syncs, and brings the log into the learner's history.

        A second import of the same cards brings what is new since. Raises Invalid (``into`` is not below the decks
        folder), PackageError, Conflict and Unavailable.
        """
        if not into.resolve().is_relative_to(self._root.resolve()):
            raise Invalid(
                f"{into} is not below the decks folder {self._root}: a history needs cards that the service knows."
                f" Name a folder such as {self._root / 'anki'}, or leave --user out.",
                field="into",
            )
        progress("reading", 0, 1)
        said = take_back_cut_off(self._root)
        with reading_package(file, limits) as package:
            behind = _warned(package, warn)
            with self._db.read():
                rows = ImportRows(self._db, "")
                live, files = rows.live_guids(), rows.known_files()
            known = Known(frozenset(guid for guid, path in live.items() if (self._root / path).exists()), files)
            report = write_decks(package, into, self._root, known, progress)
            flags = _flags_left(package) if learner is None else ()
            report = replace(report, notices=(*said, *report.notices, *flags), left_behind=behind)
            if not report.notes + report.known:
                return report  # nothing came; and a sync would complain of a folder that is empty still
            synced = self._sync.sync(progress)
            if learner is None:
                return replace(report, problems=_in(synced.errors, report.files))
            progress("history", 0, 1)
            try:
                history = self._history.bring(learner, package, reschedule=reschedule)
            except Unavailable as error:
                raise Unavailable(
                    f"The decks are written, the history is not: {error} Import again to bring the history."
                ) from error
        notices = (*report.notices, *history.notices)
        return replace(report, history=history, notices=notices, problems=_in(synced.errors, report.files))


def _in(problems: Sequence[Problem], files: Sequence[str]) -> tuple[Problem, ...]:
    names = set(files)
    return tuple(problem for problem in problems if problem.path in names)
