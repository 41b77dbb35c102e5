"""The page of memory: how well answers are predicted, and what is known today."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flask import redirect, render_template
from werkzeug.wrappers import Response

from flashcards.errors import TooMany
from flashcards.services.memory.known import Known
from flashcards.services.progress import Progress
from flashcards.services.review.deck_tree import Folder
from flashcards.web.auth.login import learner, services
from flashcards.web.stats import memory_charts

if TYPE_CHECKING:
    from flashcards.services.memory.report import MemoryReport

FIT = "fit"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder or deck at the top of the tree, with what is known of its cards."""

    title: str
    address: str
    known: Known


def memory() -> str:
    """Predicted against happened, and what is known by folder."""
    me = learner()
    report = services().report.report(me)
    figures = report.figures
    return render_template(
        "stats/memory.html",
        report=report,
        figures=figures,
        follows=services().plans.in_force(me) is not None,
        predicted=_mean(figures, "predicted"),
        happened=_mean(figures, "happened"),
        plots=memory_charts.calibration(figures),
        bins=memory_charts.bin_rows(figures),
        weeks=memory_charts.by_week(figures),
        week_rows=memory_charts.week_rows(figures),
        axis=memory_charts.axis_start(figures) if figures.get("weeks") else 0,
        places=_places(services().decks.tree(), report),
        fitting=services().work.is_running(me.id, FIT),
    )


def fit() -> Response:
    """Begins a fitting, which takes seconds: the page says when it is done."""
    me, opened = learner(), services()

    def run(_folder: Path, _progress: Progress) -> object:
        return opened.fits.fit(me.id)

    if not opened.work.is_running(me.id, FIT):
        try:
            opened.work.start(me.id, FIT, run)
        except TooMany:
            return redirect("/stats/memory", 303)
    return redirect("/stats/memory", 303)


def _mean(figures: dict[str, object], name: str) -> float | None:
    bins: list[dict[str, float]] = figures["bins"]  # type: ignore[assignment]
    answers = sum(it["answers"] for it in bins)
    return sum(it[name] * it["answers"] for it in bins) / answers if answers else None


def _places(tree: Folder, report: MemoryReport) -> list[Place]:
    found = []
    for entry in tree.entries:
        if isinstance(entry, Folder):
            found.append(Place(entry.title, entry.path, _sum(entry, report)))
        else:
            found.append(Place(entry.title, entry.address, report.by_deck.get(entry.id, Known())))
    return [it for it in found if it.known.cards]


def _sum(folder: Folder, report: MemoryReport) -> Known:
    total = Known()
    for entry in folder.entries:
        total += _sum(entry, report) if isinstance(entry, Folder) else report.by_deck.get(entry.id, Known())
    return total
