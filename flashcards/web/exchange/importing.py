"""An uploaded package on its way into the decks folder: for the page and for the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from flashcards.errors import Invalid, TooMany
from flashcards.services.accounts.facade import Learner
from flashcards.services.progress import Progress
from flashcards.temporary import TemporaryFolder
from flashcards.web.auth.login import author, services

if TYPE_CHECKING:
    from flashcards.services.anki.importing import ImportReport
    from flashcards.services.upkeep.long_work import Work

KIND = "import"
UPLOAD_LIMIT = 512 << 20
"""Bytes of an uploaded package."""

_FOLDER = re.compile(r"[^\W_][\w .-]*(?:/[^\W_][\w .-]*)*")


def author_who_waits_for_nothing() -> Learner:
    """The author; raises TooMany where an import of theirs is under way: its package is on the disk still."""
    me = author()
    if services().work.is_running(me.id, KIND):
        raise TooMany("An import of yours is under way; send the next file when it is done.", retry_after=30)
    return me


def read_folder(written: str) -> str:
    """The folder below the decks folder; raises Invalid."""
    into = written.strip().strip("/")
    if not _FOLDER.fullmatch(into):
        raise Invalid("Name a folder such as anki or languages/german: letters, digits, - and /.", field="into")
    return into


def begin(me: Learner, into: str, save: Callable[[Path], object], *, history: bool, reschedule: bool) -> Work:
    """Begins an import of the package that `save` writes to a path. Raises TooMany."""
    folder, services_ = TemporaryFolder(), services()

    def run(_folder: Path, progress: Progress) -> ImportReport:
        try:
            report = services_.anki_import.bring(
                folder.path / "package.apkg",
                services_.config.decks / into,
                me if history else None,
                reschedule=history and reschedule,
                progress=progress,
            )
            services_.history.record(me.name, f"Import into {into}", [into])
            return report
        finally:
            folder.remove()

    try:
        save(folder.path / "package.apkg")
        return services_.work.start(me.id, KIND, run)
    except BaseException:
        folder.remove()
        raise
