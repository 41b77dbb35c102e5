"""A service with decks, and a real Anki collection to which it exports."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.notes import Note

from flashcards.services.accounts.facade import AccountService, Learner
from flashcards.services.export.facade import ExportService
from flashcards.services.export.results import AnkiExported
from flashcards.services.review.facade import ReviewService
from tests.integration.sync_world import SHARED, World

PAST = 1_790_000_000_000
"""September 2026: what happens in Anki during a test is later."""


class AnkiWorld(World):
    """Files, a database, a learner, and exports. Its clock begins in the past."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        super().__init__(folder)
        self.folder = folder
        self.now = PAST
        accounts = AccountService(self.db, lambda: self.now, secret_key=bytes(32), signup="open")
        self.learner: Learner = accounts.find("a")
        if settings:
            self.learner = accounts.save_settings(self.learner, **settings)
        self.review = ReviewService(self.db, lambda: self.now)
        self.export = ExportService(self.db, self.root, self.review.study_day, lambda: SHARED)

    def package(self, name: str = "out.apkg", **options: Any) -> AnkiExported:
        """Syncs what is new, and exports for the learner."""
        self.sync()
        return self.export.anki(self.folder / name, learner=self.learner, **options)


@dataclass(frozen=True, slots=True)
class Log:
    """How many notes an import added, updated, left alone, or could not match."""

    new: int
    updated: int
    duplicate: int
    conflicting: int


class Anki:
    """A real collection."""

    def __init__(self, folder: Path, name: str = "collection") -> None:
        self.col = Collection(str(folder / f"{name}.anki2"))
        self.media = folder / f"{name}.media"

    def take(self, package: Path, *, scheduling: bool = True, merge: bool = False) -> Log:
        """Imports a package."""
        options = ImportAnkiPackageOptions(with_scheduling=scheduling, merge_notetypes=merge)
        log = self.col.import_anki_package(ImportAnkiPackageRequest(package_path=str(package), options=options)).log
        unlike = (log.missing_notetype, log.missing_deck, log.empty_first_field, log.first_field_match)
        assert not any(map(len, unlike)), log
        return Log(len(log.new), len(log.updated), len(log.duplicate), len(log.conflicting))

    def notes(self) -> dict[str, Note]:
        """All notes by guid."""
        return {note.guid: note for note in map(self.col.get_note, self.col.find_notes(""))}

    def note(self, key: str) -> Note:
        """The one note whose field Id is `deck#note`."""
        found = [note for note in self.notes().values() if note["Id"] == key]
        assert len(found) == 1, f"{key}: {len(found)} notes"
        return found[0]

    def deck_of(self, note: Note) -> set[str]:
        """The names of the decks in which a note's cards are."""
        return {self.col.decks.name(card.did) for card in note.cards()}

    def rows(self, sql: str) -> Sequence[Sequence[Any]]:
        """A query of the collection."""
        assert self.col.db is not None
        return self.col.db.all(sql)

    def close(self) -> None:
        self.col.close()


@contextmanager
def anki(folder: Path) -> Iterator[Anki]:
    """A collection that is closed at the end."""
    with closing(Anki(folder)) as opened:
        yield opened


def rows_of(package: Path, sql: str) -> list[tuple[Any, ...]]:
    """A query of the collection within a package."""
    with TemporaryDirectory() as folder, zipfile.ZipFile(package) as archive:
        path = archive.extract("collection.anki2", folder)
        with closing(sqlite3.connect(path)) as db:
            return db.execute(sql).fetchall()
