"""The one place where a configuration and a clock become services."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from flashcards import __version__
from flashcards.bundled import bundled
from flashcards.clock import Clock, system_clock
from flashcards.config import Config
from flashcards.database_address import DatabaseAddress
from flashcards.errors import FlashcardsError, Invalid, Unavailable
from flashcards.services.accounts.audit import AuditLog
from flashcards.services.accounts.facade import AccountService
from flashcards.services.accounts.invites import Invites
from flashcards.services.authoring.deck_editing import AuthoringService
from flashcards.services.authoring.faults import FaultService
from flashcards.services.authoring.history import DeckHistory
from flashcards.services.authoring.item_analysis import AnalysisService
from flashcards.services.authoring.preview import PreviewService
from flashcards.services.authoring.substantive_edits import EditService
from flashcards.services.bring.new_files import take_back_cut_off
from flashcards.services.export.facade import ExportService
from flashcards.services.memory.fitting import FitService
from flashcards.services.memory.measure import MemoryMeasure
from flashcards.services.memory.report import ReportService
from flashcards.services.memory.scheduling import SchedulerService
from flashcards.services.memory.state import MemoryState
from flashcards.services.plan.facade import Plans
from flashcards.services.practice.facade import PracticeService
from flashcards.services.practice.model import Model
from flashcards.services.reminders.calendar import CalendarService
from flashcards.services.reminders.channels import Channels
from flashcards.services.reminders.deciding import Deciding
from flashcards.services.reminders.reminders import Reminders
from flashcards.services.reminders.sending import Sending
from flashcards.services.review.deck_tree import DeckService
from flashcards.services.review.facade import ReviewService
from flashcards.services.review.statistics import StatsService
from flashcards.services.sync.bundled_decks import install
from flashcards.services.sync.run import SyncService
from flashcards.services.upkeep.backup import BackupService, newest_with_accounts
from flashcards.services.upkeep.counts import Counts
from flashcards.services.upkeep.doctor import DoctorService, Report, sqlite_note
from flashcards.services.upkeep.job_log import JobLog
from flashcards.services.upkeep.long_work import LongWork
from flashcards.services.upkeep.ready import ReadyCheck
from flashcards.services.upkeep.restore import finish_restore, is_cut_off, restoring_place
from flashcards.services.upkeep.secret_key import load_secret_key
from flashcards.services.upkeep.sizes import Sizes
from flashcards.storage.database import Database, count_accounts, migrate
from flashcards.storage.deck_pages import DeckPageStore
from flashcards.storage.decks import DeckStore
from flashcards.storage.note_cards import NoteCards
from flashcards.storage.sqlite_database import keep_to_owner
from flashcards.temporary import remove_left_behind

if TYPE_CHECKING:
    from flashcards.services.anki.importing import AnkiImportService
    from flashcards.services.bring.with_history import BringService
    from flashcards.services.reminders.courier import Courier
    from flashcards.services.reminders.mail import Mailer

LOG = logging.getLogger("flashcards.upkeep")


@dataclass(frozen=True, slots=True)
class Services:
    """Every service over one open database."""

    config: Config
    clock: Clock
    database: Database
    accounts: AccountService
    invites: Invites
    audit: AuditLog
    review: ReviewService
    decks: DeckService
    sync: SyncService
    backup: BackupService
    doctor: DoctorService
    export: ExportService
    authoring: AuthoringService
    history: DeckHistory
    edits: EditService
    preview: PreviewService
    analysis: AnalysisService
    faults: FaultService
    stats: StatsService
    memory: MemoryState
    measure: MemoryMeasure
    fits: FitService
    report: ReportService
    scheduler: SchedulerService
    practice: PracticeService
    plans: Plans
    work: LongWork
    ready: ReadyCheck
    job_log: JobLog
    sizes: Sizes
    counts: Counts
    calendar: CalendarService
    reminders: Reminders
    channels: Channels
    sending: Sending

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

    def make_first_account(self) -> str | None:
        """Makes the first account where the environment names one and there is none; gives what to tell the user.

        Raises Invalid where the name or the password is no use.
        """
        if not self.config.admin or self.accounts.learners():
            return None
        self.accounts.add_learner(self.config.admin, self.config.admin_password, author=True, admin=True)
        return f"Made the first account, {self.config.admin}, with the password from the environment"

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
        self.plans.close()
        self.database.close()


def open_services(config: Config, clock: Clock = system_clock) -> Services:
    """Makes the data folder where there is none, migrates the database, opens it.

    A restore that was cut off is brought to its end; before a migration there is a backup. Raises Invalid where the
    data folder is no use, and Unavailable; each says what is wrong and what to do.
    """
    return _over(_open_database(config, clock), config, clock)


def _open_database(config: Config, clock: Clock) -> Database:
    _make_folder(config.data)
    place = restoring_place(config.data, config.database)
    if finish_restore(config.data, place, config.decks):
        LOG.warning("a restore had been cut off; it is finished now")
    if trouble := _lost(config):
        raise Unavailable(trouble)
    migrate(config.database, before=lambda missing: _save_before_upgrade(config, clock, missing))
    database = Database.open(config.database)
    if is_cut_off(place):  # since we looked; from now on, while it is open, there can be none
        database.close()
        raise Unavailable(f"A restore of {config.database} was cut off just now: start again, and it is finished.")
    return database


def _over(database: Database, config: Config, clock: Clock) -> Services:
    review = ReviewService(database, clock)
    edits = EditService(database, clock)
    sync = SyncService(DeckStore(database), config.decks, clock, after=edits.mark_expected)
    key = load_secret_key(config.data)
    audit = AuditLog(database, clock)
    accounts = AccountService(
        database, clock, secret_key=key, signup=config.signup, first_needs_code=not config.private, audit=audit
    )
    plans = Plans(database, clock, review)
    mailer, courier = _mailer(config), _courier(config, key)
    reminders = Reminders(database, clock, key=key, url=config.url, mailer=mailer)
    return Services(
        config=config,
        clock=clock,
        database=database,
        accounts=accounts,
        invites=Invites(database, clock, accounts, audit, config.url),
        audit=audit,
        review=review,
        decks=DeckService(DeckPageStore(database), config.decks),
        sync=sync,
        backup=BackupService(database, config.data, clock, config.decks, config.backup_hook),
        doctor=DoctorService(database),
        export=ExportService(database, config.decks, review.study_day),
        authoring=AuthoringService(config.decks, sync, edits, config.data / "authoring.lock"),
        history=DeckHistory(config.decks, config.data),
        edits=edits,
        preview=PreviewService(DeckStore(database), NoteCards(database), config.decks),
        analysis=AnalysisService(database),
        faults=FaultService(database, clock, review),
        stats=StatsService(database, clock),
        memory=MemoryState(database),
        measure=MemoryMeasure(database),
        fits=FitService(database, clock),
        report=ReportService(database, clock),
        scheduler=SchedulerService(database, clock),
        practice=PracticeService(database, clock, review, _model(config)),
        plans=plans,
        work=LongWork(clock, after=database.close_thread),
        ready=ReadyCheck(database, config.data),
        job_log=JobLog(database, clock),
        sizes=Sizes(database, config.data),
        counts=Counts(database),
        reminders=reminders,
        channels=Channels(database, clock, courier, reminders.stop_link),
        sending=Sending(
            database, clock, Deciding(database, clock, review, accounts.by_number), key=key, url=config.url,
            stop_link=reminders.stop_link, mailer=mailer, courier=courier,
        ),
        calendar=CalendarService(database, clock, review, plans, accounts.by_number, key=key, url=config.url),
    )  # fmt: skip


def _model(config: Config) -> Model | None:
    return Model(config.llm_url, config.llm_model, config.llm_key) if config.llm_url else None


def _mailer(config: Config) -> Mailer | None:
    if config.mail is None:
        return None
    from flashcards.services.reminders.mail import Mailer

    return Mailer(config.mail, config.mail_from)


def _courier(config: Config, key: bytes) -> Courier | None:
    """What goes to learners' own addresses: where the extra is installed, and links can be made."""
    if not config.url or find_spec("apprise") is None or find_spec("cryptography") is None:
        return None
    from flashcards.services.reminders.courier import Courier

    return Courier(key, config.allowed_networks)


def examine(config: Config) -> Report:
    """What the doctor finds. Nothing is made, migrated or finished for that: trouble is told as it stands."""
    database = config.database
    trouble = _lost(config)
    if is_cut_off(restoring_place(config.data, database)):
        trouble = f"A restore of {database} was cut off. Start the server, or any command, to bring it to its end."
    try:
        if trouble is None:
            opened = Database.open(database)
            try:
                return DoctorService(opened).examine()
            finally:
                opened.close()
    except FlashcardsError as error:
        trouble = str(error)
    assert trouble is not None
    return Report(False, (sqlite_note(), trouble), (trouble,))


def _lost(config: Config) -> str | None:
    """What to say where there is nobody in the database, but there are backups with people in them beside it.

    Going on would make a new, empty service out of one that has lost its database, and its next visitor
    administrator.
    """
    try:
        newest = None if count_accounts(config.database) else newest_with_accounts(config.data)
    except Unavailable:
        return None  # no database, or damaged: whoever opens it says so
    if newest is None:
        return None
    what = "is not there" if _is_missing(config.database) else "has no accounts"
    return (
        f"The database {config.database} {what}, but {newest} has: bring it back with"
        f" `flashcards restore {newest}`. To begin anew, put the folder {newest.parent} elsewhere first."
    )


def _is_missing(address: DatabaseAddress) -> bool:
    return isinstance(address, Path) and not (address.is_file() and address.stat().st_size)


def _save_before_upgrade(config: Config, clock: Clock, missing: set[str]) -> None:
    """A verified backup of the database as the older version left it; raises Unavailable, and then nothing changes."""
    load_secret_key(config.data)
    database = Database.open(config.database, older=True)
    try:
        made = BackupService(database, config.data, clock, config.decks).before_upgrade(__version__)
    finally:
        database.close()
    LOG.warning("the database is brought up to date (%s); as it was, it is in %s", ", ".join(sorted(missing)), made)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        keep_to_owner(path, 0o700)
    except OSError as error:
        raise Invalid(f"FLASHCARDS_DATA={path}: the folder cannot be made ({error.strerror}); name another") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise Invalid(f"FLASHCARDS_DATA={path}: the folder cannot be written; name another")
