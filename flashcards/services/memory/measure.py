"""How well a learner's answers were predicted, from their log alone."""

from __future__ import annotations

from datetime import date
from typing import Any

from flashcards.domain.ids import LearnerId
from flashcards.domain.memory.evaluation import Evaluation, evaluate
from flashcards.domain.memory.walk import middle_day
from flashcards.domain.study_day import Day, day_of
from flashcards.errors import Invalid
from flashcards.storage.database import Database
from flashcards.storage.memory import MemoryRows

HALF = "half"
_DECIMALS = 4


class MemoryMeasure:
    """The honest meter: `MemoryMeasure(database)`."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._memories = MemoryRows(database)

    def evaluate(self, learner: LearnerId, start: str | None = None) -> Evaluation:
        """The walk forward through the learner's log; nothing of a day is known before its predictions stand.

        Judged are the first answers of later days: of the whole log, or with `start` "half" those from the day of its
        middle answer on, or from a date such as 2026-05-01 on. Raises Invalid for another start.
        """
        day = None if start in (None, HALF) else _day(str(start))
        with self._db.read():
            log = self._memories.whole_log(learner)
        return evaluate(log, middle_day(log) if start == HALF else day)


def _day(text: str) -> Day:
    try:
        return day_of(date.fromisoformat(text))
    except ValueError:
        raise Invalid(
            f"{text!r} is no place to begin: give half, or a date such as 2026-05-01.", field="from"
        ) from None


def evaluation_json(found: Evaluation) -> dict[str, Any]:
    """The figures as JSON, for programs: rounded to four decimals, null where there is nothing to say."""
    return {
        "answers": found.answers,
        "log_loss": _rounded(found.log_loss),
        "log_loss_constant": _rounded(found.log_loss_constant),
        "log_loss_sm2": _rounded(found.log_loss_sm2),
        "rmse_bins": _rounded(found.rmse_bins),
        "auc": _rounded(found.auc),
        "bins": [
            {"predicted": round(it.predicted, _DECIMALS), "happened": round(it.happened, _DECIMALS),
             "answers": it.answers}
            for it in found.bins
        ],
        "parameters": found.parameters,
    }  # fmt: skip


def kept_figures(found: Evaluation) -> dict[str, Any]:
    """All figures of an evaluation as JSON, to be stored with a fit and shown on the page of memory."""
    return evaluation_json(found) | {
        "log_loss_defaults": _rounded(found.log_loss_defaults),
        "weeks": [[it.first, round(it.predicted, _DECIMALS), round(it.happened, _DECIMALS), it.answers]
                  for it in found.weeks],
        "way": found.fit.way,
    }  # fmt: skip


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
