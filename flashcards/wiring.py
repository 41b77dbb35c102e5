"""The one place where a configuration and a clock become services."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from flashcards import __version__
from flashcards.bundled import bundled
from flashcards.clock import Clock, system_clock
from flashcards.config import Config
from flashcards.database_address import DatabaseAddress
from flashcards.errors import Conflict, FlashcardsError, Invalid, Unavailable
from flashcards.late import made_late
from flashcards.services.accounts.audit import AuditLog
from flashcards.services.accounts.facade import AccountService
from flashcards.services.bring.new_files import take_back_cut_off
from flashcards.services.memory.state import MemoryState
from flashcards.services.review.deck_tree import DeckService
from flashcards.services.review.facade import ReviewService
from flashcards.services.sync.bundled_decks import install
from flashcards.services.sync.run import SyncService
from flashcards.services.upkeep.archive import is_database_alone
from flashcards.services.upkeep.backup import BackupService, newest_with_accounts
from flashcards.services.upkeep.job_log import JobLog
from flashcards.services.upkeep.restore import finish_restore, is_cut_off, restoring_place
from flashcards.services.upkeep.secret_key import FILE_NAME as KEY_NAME
from flashcards.services.upkeep.secret_key import load_secret_key
from flashcards.storage.database import Database, TellAfter, count_accounts, migrate
from flashcards.storage.deck_pages import DeckPageStore
from flashcards.storage.decks import DeckStore
from flashcards.storage.note_cards import NoteCards
from flashcards.storage.sqlite_files import keep_to_owner
from flashcards.temporary import remove_left_behind

if TYPE_CHECKING:
    from flashcards.services.accounts.invites import Invites
    from flashcards.services.anki.importing import AnkiImportService
    from flashcards.services.authoring.deck_editing import AuthoringService
    from flashcards.services.authoring.deck_history import DeckHistory
    from flashcards.services.authoring.fault_reports import FaultService
    from flashcards.services.authoring.item_analysis import AnalysisService
    from flashcards.services.authoring.preview import PreviewService
    from flashcards.services.authoring.substantive_edits import EditService
    from flashcards.services.bring.with_history import BringService
    from flashcards.services.export.facade import ExportService
    from flashcards.services.memory.fitting import FitService
    from flashcards.services.memory.known import KnownCards
    from flashcards.services.memory.measure import MemoryMeasure
    from flashcards.services.memory.report import ReportService
    from flashcards.services.memory.scheduling import SchedulerService
    from flashcards.services.plan.whole import WholePlans
    from flashcards.services.practice.facade import PracticeService
    from flashcards.services.practice.model import Model
    from flashcards.services.reminders.calendar import CalendarService
    from flashcards.services.reminders.channels import Channels
    from flashcards.services.reminders.courier import Courier
    from flashcards.services.reminders.reminders import Reminders
    from flashcards.services.reminders.sending import Sending
    from flashcards.services.reminders.smtp import Mailer
    from flashcards.services.review.statistics import StatsService
    from flashcards.services.upkeep.counts import Counts
    from flashcards.services.upkeep.doctor import DoctorService, Report
    from flashcards.services.upkeep.long_work import LongWork
    from flashcards.services.upkeep.ready import ReadyCheck
    from flashcards.services.upkeep.sizes import Sizes

LOG = logging.getLogger("flashcards.upkeep")


class Services:
    """Every service over one open database.

    What every page or the start needs is made at once. What is needed seldom, or by few, is made when it is asked for:
    neither it nor what it imports is loaded until then.
    """

    def __init__(self, config: Config, clock: Clock, database: Database) -> None:
        self.config = config
        self.clock = clock
        self.database = database
        had_key = (config.data / KEY_NAME).exists()
        self._key = load_secret_key(config.data)
        self.audit = AuditLog(database, clock)
        self.accounts = AccountService(
            database, clock, secret_key=self._key, signup=config.signup, first_needs_code=not config.private,
            audit=self.audit,
        )  # fmt: skip
        if not had_key and self.accounts.learners():
            LOG.warning(
                "the secret key was gone, and a new one was made: API tokens and the links that people have, in mails"
                " and of calendars, lead nowhere now. Put the former one (in every backup) back as %s if you have it.",
                config.data / KEY_NAME,
            )
        self.review = ReviewService(database, clock)
        self.decks = DeckService(DeckPageStore(database), config.decks)
        self.memory = MemoryState(database)
        self.sync = SyncService(DeckStore(database), config.decks, clock, after=lambda: self.edits.mark_expected())
        self.backup = BackupService(database, config.data, clock, config.decks, config.backup_hook)
        self.job_log = JobLog(database, clock)

    @made_late
    def plans(self) -> WholePlans:
        """Plans up to a day."""
        from flashcards.services.plan.whole import WholePlans

        return WholePlans(self.database, self.clock, self.review)

    @made_late
    def practice(self) -> PracticeService:
        """Rounds of interview questions."""
        from flashcards.services.practice.facade import PracticeService

        return PracticeService(self.database, self.clock, self.review, _model(self.config))

    # --- accounts

    @made_late
    def invites(self) -> Invites:
        """Links by which people come in."""
        from flashcards.services.accounts.invites import Invites

        return Invites(self.database, self.clock, self.accounts, self.audit, self.config.url)

    # --- decks and their authors

    @made_late
    def authoring(self) -> AuthoringService:
        """Writes decks from the browser."""
        from flashcards.services.authoring.deck_editing import AuthoringService

        return AuthoringService(self.config.decks, self.sync, self.edits, self.config.data / "authoring.lock")

    @made_late
    def history(self) -> DeckHistory:
        """Keeps former versions of decks."""
        from flashcards.services.authoring.deck_history import DeckHistory

        return DeckHistory(self.config.decks, self.config.data)

    @made_late
    def edits(self) -> EditService:
        """Brings cards back whose meaning has changed."""
        from flashcards.services.authoring.substantive_edits import EditService

        return EditService(self.database, self.clock)

    @made_late
    def preview(self) -> PreviewService:
        """Shows a deck that is not saved."""
        from flashcards.services.authoring.preview import PreviewService

        return PreviewService(DeckStore(self.database), NoteCards(self.database), self.config.decks)

    @made_late
    def faults(self) -> FaultService:
        """What learners say is wrong with cards."""
        from flashcards.services.authoring.fault_reports import FaultService

        return FaultService(self.database, self.clock, self.review)

    @made_late
    def analysis(self) -> AnalysisService:
        """Says which cards learners forget most."""
        from flashcards.services.authoring.item_analysis import AnalysisService

        return AnalysisService(self.database)

    # --- what comes in, and goes out

    @made_late
    def anki_import(self) -> AnkiImportService:
        """Brings packages from Anki."""
        from flashcards.services.anki.importing import AnkiImportService

        return AnkiImportService(self.database, self.sync, self.config.decks, self.clock)

    @made_late
    def bring(self) -> BringService:
        """Brings decks from other programs."""
        from flashcards.services.bring.with_history import BringService

        return BringService(self.database, self.sync, self.config.decks, self.clock)

    @made_late
    def export(self) -> ExportService:
        """Exports decks, history and everything."""
        from flashcards.services.export.facade import ExportService

        return ExportService(self.database, self.config.decks, self.review.study_day)

    @made_late
    def work(self) -> LongWork:
        """What takes longer than a page may."""
        from flashcards.services.upkeep.long_work import LongWork

        return LongWork(self.clock, after=self.database.close_thread)

    # --- memory and figures

    @made_late
    def stats(self) -> StatsService:
        """What a learner has done."""
        from flashcards.services.review.statistics import StatsService

        return StatsService(self.database, self.clock, self.known_cards)

    @made_late
    def known_cards(self) -> KnownCards:
        """How much of each deck is known, as the pages of statistics and of memory both say."""
        from flashcards.services.memory.known import KnownCards

        return KnownCards(self.database)

    @made_late
    def measure(self) -> MemoryMeasure:
        """Measures how well answers were predicted."""
        from flashcards.services.memory.measure import MemoryMeasure

        return MemoryMeasure(self.database)

    @made_late
    def fits(self) -> FitService:
        """Fits memory to a learner's answers."""
        from flashcards.services.memory.fitting import FitService

        return FitService(self.database, self.clock)

    @made_late
    def report(self) -> ReportService:
        """What the page of memory shows."""
        from flashcards.services.memory.report import ReportService

        return ReportService(self.database, self.clock, self.known_cards)

    @made_late
    def scheduler(self) -> SchedulerService:
        """Who decides dates, and what another choice would bring."""
        from flashcards.services.memory.scheduling import SchedulerService

        return SchedulerService(self.database, self.clock)

    # --- what goes out by itself

    @property
    def sends(self) -> bool:
        """Whether this server sends anything by itself."""
        return self._mailer is not None or self._courier is not None

    @made_late
    def _mailer(self) -> Mailer | None:
        return _mailer(self.config)

    @made_late
    def _courier(self) -> Courier | None:
        return _courier(self.config, self._key)

    @made_late
    def reminders(self) -> Reminders:
        """What learners want to be told, and where mail goes."""
        from flashcards.services.reminders.reminders import Reminders

        return Reminders(self.database, self.clock, key=self._key, url=self.config.url, mailer=self._mailer)

    @made_late
    def channels(self) -> Channels:
        """Learners' other addresses."""
        from flashcards.services.reminders.channels import Channels

        return Channels(self.database, self.clock, self._courier, self.reminders.stop_link)

    @made_late
    def sending(self) -> Sending:
        """Reminders and letters."""
        from flashcards.services.reminders.deciding import Deciding
        from flashcards.services.reminders.sending import Sending

        return Sending(
            self.database, self.clock, Deciding(self.database, self.clock, self.review, self.accounts.by_number),
            key=self._key, url=self.config.url, stop_link=self.reminders.stop_link,
            mailer=self._mailer, courier=self._courier,
        )  # fmt: skip

    @made_late
    def calendar(self) -> CalendarService:
        """What is due, for a calendar."""
        from flashcards.services.reminders.calendar import CalendarService

        return CalendarService(
            self.database, self.clock, self.review, self.plans, self.accounts.by_number, key=self._key,
            url=self.config.url,
        )  # fmt: skip

    # --- upkeep

    @made_late
    def doctor(self) -> DoctorService:
        """Proves that the database is whole."""
        from flashcards.services.upkeep.doctor import DoctorService

        return DoctorService(self.database)

    @made_late
    def ready(self) -> ReadyCheck:
        """Whether an answer would be stored."""
        from flashcards.services.upkeep.ready import ReadyCheck

        return ReadyCheck(self.database, self.config.data)

    @made_late
    def sizes(self) -> Sizes:
        """How large everything is."""
        from flashcards.services.upkeep.sizes import Sizes

        return Sizes(self.database, self.config.data)

    @made_late
    def counts(self) -> Counts:
        """How much there is, for whoever watches."""
        from flashcards.services.upkeep.counts import Counts

        return Counts(self.database)

    def make_first_account(self) -> str | None:
        """Makes the first account where the environment names one and there is none; gives what to tell the user.

        Raises Invalid where the name or the password is no use.
        """
        if not self.config.admin or self.accounts.learners():
            return None
        try:
            self.accounts.add_learner(self.config.admin, self.config.admin_password, author=True, admin=True)
        except Conflict:  # another host has made it in this moment
            return None
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

    def hurry_thread(self, give_way: Callable[[], None], tell_after: TellAfter | None = None) -> None:
        """The calling thread answers web requests: it does not wait long to write, and says so before it waits."""
        self.database.hurry_thread(give_way, tell_after)

    def release_thread(self) -> None:
        """Closes the calling thread's database connection."""
        self.database.close_thread()

    def close(self) -> None:
        """Waits for what is being exported, and closes the database."""
        for made in ("work", "preview", "plans"):
            if made in vars(self):
                getattr(self, made).close()
        self.database.close()


def open_services(config: Config, clock: Clock = system_clock) -> Services:
    """Makes the data folder where there is none, migrates the database, opens it.

    A restore that was cut off is brought to its end; before a migration there is a backup. Raises Invalid where the
    data folder is no use, and Unavailable; each says what is wrong and what to do.
    """
    return Services(config, clock, _open_database(config, clock))


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


def _model(config: Config) -> Model | None:
    if not config.llm_url:
        return None
    from flashcards.services.practice.model import Model

    return Model(config.llm_url, config.llm_model, config.llm_key)


def _mailer(config: Config) -> Mailer | None:
    if config.mail is None:
        return None
    from flashcards.services.reminders.smtp import Mailer

    return Mailer(config.mail, config.mail_from)


def _courier(config: Config, key: bytes) -> Courier | None:
    """What goes to learners' own addresses: where the extra is installed, and links can be made."""
    if not config.url or find_spec("apprise") is None or find_spec("cryptography") is None:
        return None
    from flashcards.services.reminders.courier import Courier

    return Courier(key, config.allowed_networks)


def examine(config: Config) -> Report:
    """What the doctor finds. Nothing is made, migrated or finished for that: trouble is told as it stands."""
    from flashcards.services.upkeep.database_note import database_note
    from flashcards.services.upkeep.doctor import DoctorService, Report

    database = config.database
    trouble = _lost(config)
    if is_cut_off(restoring_place(config.data, database)):
        trouble = (
            f"A restore of {database} was cut off. Start the server, or any other command: it is brought to its end, or"
            " you are told what is in its way."
        )
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
    return Report(False, (database_note(database), trouble), (trouble,))


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
        f" `flashcards restore {newest}`."
        + (" It is of the database alone: the decks stay as they are." if is_database_alone(newest) else "")
        + f" To begin anew, put the folder {newest.parent} elsewhere first."
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
