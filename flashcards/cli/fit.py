"""`flashcards fit`: fits what predicts a learner's answers to their log."""

from __future__ import annotations

import click

from flashcards.cli.common import json_option, print_json, services
from flashcards.cli.learner import choose_learner, user_option
from flashcards.counted import counted


@click.command("fit")
@user_option("Whose log")
@json_option
def fit_command(user: str | None, as_json: bool) -> None:
    """Fit the prediction of a learner's answers to their log now; a server does so at night.

    Example: flashcards fit --user ada
    """
    with services() as opened:
        learner = choose_learner(opened, user)
        made = opened.fits.fit(learner.id)
        predictor = opened.memory.predictor(learner.id)
    if as_json:
        print_json({"answers": made.answers, "way": predictor.fit.way, "parameters": predictor.name,
                    "tried": made.tried, "taken": made.taken})  # fmt: skip
        return
    for way, loss in made.tried.items():
        click.echo(f"{loss:.4f}  {way}")
    click.echo(f"From now on predicts: {predictor.fit.way}, fitted on {counted(made.answers, 'answer')}.")
