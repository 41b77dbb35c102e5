"""What the page of memory shows: how well answers were predicted, and what is known today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from flashcards.clock import Clock
from flashcards.domain.ids import DeckId
from flashcards.domain.memory.evaluation import evaluate
from flashcards.domain.memory.fit import LEAST_ANSWERS
from flashcards.domain.study_day import Day
from flashcards.services.accounts.people import Learner
from flashcards.services.kept import Kept
from flashcards.services.memory.fitting import day_firsts
from flashcards.services.memory.known import Known, KnownCards, together
from flashcards.services.memory.measure import kept_figures
from flashcards.services.memory.state import Predictor
from flashcards.services.review.learner_day import LearnerDays
from flashcards.storage.counters import mark_of
from flashcards.storage.database import Database
from flashcards.storage.memory import MemoryRows


@dataclass(frozen=True, slots=True)
class MemoryReport:
    """`figures` are those of `measure.kept_figures`, over a log with `judged_at` (None: now) its instant.

    `answers` counts what can be judged now. `fitted_at` and `fitted_on` (answers) are of the newest fit, None where
    there was none; `fitted` says whether another than the model as it comes is in force.
    """

    study_day: Day
    figures: dict[str, Any]
    judged_at: int | None
    answers: int
    predictor: Predictor
    fitted_at: int | None
    fitted_on: int | None
    enough: bool
    known: Known
    by_deck: Mapping[DeckId, Known]

    @property
    def fitted(self) -> bool:
        """Whether something else than the model as it comes predicts."""
        return self.predictor.fit.way != "defaults"


class _Judged(NamedTuple):
    """What a log says: how many answers can be judged, and the figures of the model as it comes, if they are needed."""

    answers: int
    figures: dict[str, Any] | None


_LOGS = 64
"""Logs of which the figures are kept."""


class ReportService(LearnerDays):
    """Reads for the page and for `GET /memory`: `ReportService(database, clock, known)`."""

    def __init__(self, database: Database, clock: Clock, known: KnownCards) -> None:
        super().__init__(database, clock)
        self._known = known
        self._kept = Kept[_Judged](_LOGS)

    def report(self, learner: Learner) -> MemoryReport:
        """The newest figures. A log that was never fitted is judged by the model as it comes, at once."""
        with self._db.read():
            rows = MemoryRows(self._db)
            today = self.study_day(learner)
            predictor = self._remembered.predictor(learner.id)
            last = rows.last_fit(learner.id)
            if last is not None and "bins" not in last.figures:
                last = None  # it came from elsewhere, without
            judged = self._judged(rows, learner, with_figures=last is None)
            answers, figures = judged.answers, (last.figures if last else judged.figures) or {}
            by_deck = self._known.by_deck(learner, today)
        return MemoryReport(
            study_day=today,
            figures=figures,
            judged_at=last.at if last else None,
            answers=answers,
            predictor=predictor,
            fitted_at=last.at if last else None,
            fitted_on=last.answers if last else None,
            enough=answers >= LEAST_ANSWERS,
            known=together(by_deck.values()),
            by_deck=by_deck,
        )

    def _judged(self, rows: MemoryRows, learner: Learner, *, with_figures: bool) -> _Judged:
        """The log is walked once for as long as it stays as it is."""

        def judged() -> _Judged:
            log = rows.whole_log(learner.id)
            return _Judged(day_firsts(log), kept_figures(evaluate(log, fits=())) if with_figures else None)

        own = mark_of(self._db, learner.id).learner  # what a sync brings is none of the log's business
        return self._kept.get((learner.id, learner.created_at, with_figures, own), judged)
