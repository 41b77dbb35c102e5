"""The one place where a configuration and a clock become services."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flashcards.bundled import bundled
from flashcards.clock import Clock, system_clock
from flashcards.config import Config
from flashcards.errors import Invalid
from flashcards.services.accounts.facade import AccountService
from flashcards.services.authoring.deck_editing import AuthoringService
from flashcards.services.authoring.item_analysis import AnalysisService
from flashcards.services.authoring.preview import PreviewService
from flashcards.services.authoring.substantive_edits import EditService
from flashcards.services.bring.new_files import take_back_cut_off
from flashcards.services.export.facade import ExportService
from flashcards.services.review.deck_tree import DeckService
from flashcards.services.review.facade import ReviewService
from flashcards.services.review.statistics import StatsService
from flashcards.services.sync.bundled_decks import install
from flashcards.services.sync.run import SyncService
from flashcards.services.upkeep.backup import BackupService
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.services.upkeep.long_work import LongWork
from flashcards.services.upkeep.secret_key import load_secret_key
from flashcards.storage.database import Database, migrate
from flashcards.storage.deck_pages import DeckPageStore
from flashcards.storage.decks import DeckStore
from flashcards.storage.note_cards import NoteCards
from flashcards.temporary import remove_left_behind

if TYPE_CHECKING:
    from flashcards.services.anki.importing import AnkiImportService
    from flashcards.services.bring.with_history import BringService


@dataclass(frozen=True, slots=True)
class Services:
    """Every service over one open database."""

    config: Config
    clock: Clock
    database: Database
    accounts: AccountService
    review: ReviewService
    decks: DeckService
    sync: SyncService
    backup: BackupService
    doctor: DoctorService
    export: ExportService
    authoring: AuthoringService
    edits: EditService
    preview: PreviewService
    analysis: AnalysisService
    stats: StatsService
    work: LongWork

    # Imports come seldom, and read HTML with libraries that a server need not carry until then.

    @property
    def anki_import(self) -> AnkiImportService:
        """Brings packages from Anki."""
        from flashcards.services.anki.importing import AnkiImportService

        return AnkiImportService(self.database, self.sync, self.config.decks, self.clock)

    @property
    def bring(self) -> BringService:
        """Brings decks from other programs."""
        from flashcards.services.bring.with_history import BringService

        return BringService(self.database, self.sync, self.config.decks, self.clock)

    def install_bundled(self) -> tuple[str, ...]:
        """Brings the built-in decks into the data folder, unless the user named a folder of their own.

        Gives what to tell the user.
        """
        if self.config.own_decks:
            return ()
        return install(bundled("decks"), self.config.decks, self.config.data).lines

    def take_back_cut_off(self) -> tuple[str, ...]:
        """Takes back the files of imports that were killed halfway; gives what to tell the user."""
        remove_left_behind()
        return take_back_cut_off(self.config.decks)

    def hurry_thread(self) -> None:
        """The calling thread answers web requests: it does not wait long to write."""
        self.database.hurry_thread()

    def release_thread(self) -> None:
        """Closes the calling thread's database connection."""
        self.database.close_thread()

    def close(self) -> None:
        """Waits for what is being exported, and closes the database."""
        self.work.close()
        self.preview.close()
        self.database.close()


def open_services(config: Config, clock: Clock = system_clock) -> Services:
    """Makes the data folder where there is none, migrates the database, opens it.

    Raises Invalid where the data folder is no use, and Unavailable; each says what is wrong and what to do.
    """
    _make_folder(config.data)
    migrate(config.database)
    database = Database.open(config.database)
    review = ReviewService(database, clock)
    edits = EditService(database, clock)
    sync = SyncService(DeckStore(database), config.decks, clock, after=edits.mark_expected)
    return Services(
        config=config,
        clock=clock,
        database=database,
        accounts=AccountService(
            database,
            clock,
            secret_key=load_secret_key(config.data),
            signup=config.signup,
            first_needs_code=not config.private,
        ),
        review=review,
        decks=DeckService(DeckPageStore(database), config.decks),
        sync=sync,
        backup=BackupService(database, config.data, clock),
        doctor=DoctorService(database),
        export=ExportService(database, config.decks, review.study_day),
        authoring=AuthoringService(config.decks, sync, edits, config.data / "authoring.lock"),
        edits=edits,
        preview=PreviewService(DeckStore(database), NoteCards(database), config.decks),
        analysis=AnalysisService(database),
        stats=StatsService(database, clock),
        work=LongWork(clock, after=database.close_thread),
    )


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Invalid(f"FLASHCARDS_DATA={path}: the folder cannot be made ({error.strerror}); name another") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise Invalid(f"FLASHCARDS_DATA={path}: the folder cannot be written; name another")
