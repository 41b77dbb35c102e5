"""`flashcards evaluate`: how well a learner's answers were predicted."""

from __future__ import annotations

import click

from flashcards.cli.common import json_option, print_json, services
from flashcards.cli.learner import choose_learner, user_option
from flashcards.counted import counted
from flashcards.domain.memory.evaluation import Evaluation
from flashcards.services.memory.measure import evaluation_json


@click.command("evaluate")
@user_option("Whose log")
@click.option("--from", "start", metavar="half|DATE", help="Judge the second half of the log, or from a date on.")
@json_option
def evaluate_command(user: str | None, start: str | None, as_json: bool) -> None:
    """Say how well a learner's answers were predicted, each day's from what was known before it.

    Judged are the first answers of a day to cards that had answers before. Beside the prediction stand a constant (the
    share remembered so far) and what SM-2's intervals imply.

    Example: flashcards evaluate --from half
    """
    with services() as opened:
        found = opened.measure.evaluate(choose_learner(opened, user).id, start)
    if as_json:
        print_json(evaluation_json(found))
        return
    for line in _lines(found):
        click.echo(line)


def _lines(found: Evaluation) -> list[str]:
    if not found.answers:
        return ["Nothing to judge yet: a card must have been answered on two days."]
    lines = [
        f"{counted(found.answers, 'answer')} judged, the first of a day to a card that had answers before",
        f"log loss  {_figure(found.log_loss)}  the prediction (lower is better)",
        f"          {_figure(found.log_loss_constant)}  always the share so far",
        f"          {_figure(found.log_loss_sm2)}  SM-2's intervals",
        f"bins off  {_figure(found.rmse_bins)}  root of the mean square, over ten bins",
        f"AUC       {_figure(found.auc)}  how likely a remembered answer had the higher prediction",
        "predicted  happened  answers",
    ]
    lines += [f"{it.predicted:>9.1%} {it.happened:>9.1%} {it.answers:>8,}" for it in found.bins]
    lines.append(f"From now on predicts: {found.fit.way} ({found.parameters})")
    return lines


def _figure(value: float | None) -> str:
    return "     –" if value is None else f"{value:.4f}"
