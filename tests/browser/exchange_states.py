"""The pages of exports and imports in each of their states: short, running, failed, and with much to say."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from flashcards.domain.problem import Problem
from flashcards.errors import Unavailable
from flashcards.services.accounts.facade import Learner
from flashcards.services.anki.history import HistoryReport
from flashcards.services.anki.importing import ImportReport
from flashcards.services.export.results import AnkiExported
from flashcards.services.progress import Progress
from flashcards.storage.exports import RemovedNote
from tests.browser.live import Live

LONG = "sprachen/deutsch/donaudampfschifffahrtsgesellschaftskapitaenswitwenrente-und-noch-mehr"
NOTICES = (
    "Note Qk5$z]d7h; (Was ist die Hauptstadt der Mongolei?): 2 further cards were left out: only the first template is"
    " carried",
    f"Note {'x' * 90} (…): left out: image occlusion has no counterpart here",
    "'donaudampfschifffahrtsgesellschaftskapitaenswitwenrentenantragsformularvordruck.mp4': notes use it, but it is not"
    " in the package.",
)


def exchange_pages(live: Live, learner: Learner, release: threading.Event) -> dict[str, str]:
    """Paths by name. The work that is running goes on until `release` is set."""
    imported = ImportReport(
        Path("decks"), (f"{LONG}.md", "anki/haus.md", "anki/media/katze.png"), 2, 1234, 2345, 1, 17, 2, NOTICES,
        HistoryReport(98_765, 2300, 12, 3),
        (Problem("anki/haus.md", 12, 4, "warning", "style", "the answer is longer than three sentences"),),
    )  # fmt: skip
    nothing_new = ImportReport(Path("decks"), (), 0, 0, 0, 0, 1234, 0, ())
    removed = tuple(
        RemovedNote(f"g{i}", "Wide things", "science/extremes.md", f"What became of number {i}, {'a' * 60 * (i == 2)}?",
                    i == 1)
        for i in range(3)
    )  # fmt: skip
    exported = AnkiExported(Path("x"), 3, 1234, 2345, 98_765, 56, removed, ("gone.png",))
    works = {
        "import-done": ("import", lambda: imported),
        "import-nothing-new": ("import", lambda: nothing_new),
        "import-failed": ("import", _fail),
        "export-done": ("export", lambda: exported),
    }
    pages = {"import": "/import", "export": "/export", "export-deck": "/export?deck=science"}
    for name, (kind, work) in works.items():
        pages[name] = f"/{kind}/{_ended(live, learner, kind, work)}"

    def run(_folder: Path, progress: Progress) -> AnkiExported:
        progress("Rendering notes", 4500, 12_345)
        release.wait(600)
        return exported

    pages["export-running"] = f"/export/{live.services.work.start(learner.id, 'export', run).id}"
    return pages


def _fail() -> None:
    raise Unavailable(f"{'/srv/flashcards/decks/' + LONG}.md cannot be written: No space left on device.")


def _ended(live: Live, learner: Learner, kind: str, work: Any) -> str:
    started = live.services.work.start(learner.id, kind, lambda _folder, _progress: work())
    while started.state == "running":
        time.sleep(0.01)
    return started.id
