"""Ways out: Anki packages, CSV, and everything as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flashcards.deckfiles.render.jobs import ANKI_VERSION
from flashcards.deckfiles.render.pool import RenderPool
from flashcards.domain.study_day import Day
from flashcards.errors import Invalid, Unavailable
from flashcards.services.accounts.people import Learner
from flashcards.services.export.anki_from_database import DatabaseExport
from flashcards.services.export.json_transfer import JsonExported, JsonImported, JsonTransfer
from flashcards.services.export.results import AnkiExported, TextExported
from flashcards.services.progress import Progress, no_progress
from flashcards.storage.database import Database
from flashcards.storage.exports import ExportStore, RemovedNote
from flashcards.storage.transfer import TransferStore


class ExportService:
    """Exports from the database. `study_day` says which day it is for a learner.

    `decks` are addresses of decks or folders, none of them for all; an address without decks raises NotFound.
    Files appear whole or not at all; where one cannot be written, Unavailable says why.
    """

    def __init__(
        self,
        database: Database,
        decks_root: Path,
        study_day: Callable[[Learner], Day],
        pool: Callable[[], RenderPool] = RenderPool,
    ) -> None:
        self._decks = DatabaseExport(ExportStore(database, ANKI_VERSION), decks_root, pool)
        self._transfer = JsonTransfer(TransferStore(database), decks_root)
        self._study_day = study_day

    def anki(
        self,
        target: Path,
        *,
        decks: Sequence[str] = (),
        learner: Learner | None = None,
        history: bool = False,
        progress: Progress = no_progress,
    ) -> AnkiExported:
        """Writes an Anki package; with `history`, with the learner's schedules and log.

        What Anki is told is remembered for the learner, so that a later export can say what has gone since.
        """
        if history and learner is None:
            raise Invalid("History belongs to a user: name one with --user.", field="user")
        today = self._study_day(learner) if history and learner else None
        with writing(target):
            return self._decks.anki(target, decks, learner, today, progress)

    def csv(self, target: Path, *, decks: Sequence[str] = (), progress: Progress = no_progress) -> TextExported:
        """Writes notes as CSV, with the headers that Anki's text import reads."""
        with writing(target):
            return self._decks.csv(target, decks, progress)

    def json(
        self,
        target: Path,
        *,
        decks: Sequence[str] = (),
        learner: Learner | None = None,
        progress: Progress = no_progress,
    ) -> JsonExported:
        """Writes everything as JSON; with `learner`, of all accounts only this one."""
        with writing(target):
            ids = self._decks.deck_ids(decks)
            return self._transfer.export(target, decks=ids, learner=learner.id if learner else None, progress=progress)

    def load_json(self, source: Path, *, progress: Progress = no_progress) -> JsonImported:
        """Reads what `json` wrote into this service, which must be empty. Raises Conflict, Invalid."""
        return self._transfer.load(source, progress=progress)

    def removed(self, learner: Learner | None, decks: Sequence[str] = ()) -> tuple[RemovedNote, ...]:
        """The notes that were exported for the learner and have gone from the files since."""
        return self._decks.removed(decks, learner)


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turns what the system says of a file into an error for people."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Unavailable(f"{target} cannot be written: {why}.") from error
