"""How well a learner's answers are predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flashcards.web.api.operations import Reply, operation
from flashcards.web.api.schema import Field, Instant, ListOf, Nullable, Number, Object, Text, Whole
from flashcards.web.api.shapes import shape
from flashcards.web.auth.login import learner, services
from flashcards.web.shared.dates import instant

if TYPE_CHECKING:
    from flashcards.services.memory.report import MemoryReport

LOSS = Nullable(Number())
BIN = Object(
    (
        Field("predicted", Number(1), True, "The mean of the predictions in this tenth."),
        Field("happened", Number(1), True, "The share of them that was remembered."),
        Field("answers", Whole(0), True),
    ),
    "MemoryBin",
)
MEMORY = Object(
    (
        Field("parameters", Text(), True, "The name of the parameters that predict now."),
        Field("way", Text(), True, "How they came about: defaults, calibrated, fitted, or fitted and calibrated."),
        Field("fitted_on", Nullable(Whole(0)), True, "The answers that the newest fit saw; null where there is none."),
        Field("fitted_at", Nullable(Instant()), True, "When that was."),
        Field("answers", Whole(0), True, "The first answers of a day that were judged."),
        Field("log_loss", LOSS, True, "The mean logarithmic loss of the predictions; null without answers."),
        Field("log_loss_constant", LOSS, True, "That of always saying the share remembered so far."),
        Field("log_loss_sm2", LOSS, True, "That of what SM-2's intervals imply."),
        Field("log_loss_defaults", LOSS, True, "That of FSRS-6 as it comes."),
        Field("rmse_bins", LOSS, True, "The root of the mean square of predicted minus happened, over ten bins."),
        Field("auc", LOSS, True, "How likely a remembered answer had the higher prediction; null for one class."),
        Field("bins", ListOf(BIN), True, "Tenths that have answers, lowest first."),
        Field(
            "known",
            shape("KnownCards", cards=Whole(0), seen=Whole(0), recalled=Number()),
            True,
            "Cards of active decks, how many were answered, and how many are remembered today, as expected.",
        ),
    ),
    "Memory",
)


@operation("GET", "/memory", "How well answers are predicted", {200: MEMORY})
def get_memory() -> Reply:
    """Each day's predictions were made with what was known before that day; of a fitted log, as of its newest fit."""
    return 200, memory_json(services().report.report(learner()))


@operation("POST", "/memory/fit", "Fit the predictions to the log", {200: MEMORY}, errors=(409, 503))
def post_fit() -> Reply:
    """Takes some seconds. 409 where there are fewer than 200 answers to fit."""
    services().fits.fit(learner().id)
    return 200, memory_json(services().report.report(learner()))


def memory_json(report: MemoryReport) -> dict[str, Any]:
    """The figures, and what is known today."""
    figures, known = report.figures, report.known
    kept = ("answers", "log_loss", "log_loss_constant", "log_loss_sm2", "log_loss_defaults", "rmse_bins", "auc", "bins")
    return {
        "parameters": report.predictor.name,
        "way": report.predictor.fit.way,
        "fitted_on": report.fitted_on,
        "fitted_at": None if report.fitted_at is None else instant(report.fitted_at),
        **{name: figures.get(name) for name in kept},
        "known": {"cards": known.cards, "seen": known.seen, "recalled": round(known.recalled, 1)},
    }
