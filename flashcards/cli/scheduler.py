"""`flashcards scheduler`: who decides dates, what another choice would change, and the choice."""

from __future__ import annotations

import click

from flashcards.cli.common import json_option, print_json, services
from flashcards.cli.learner import choose_learner, user_option
from flashcards.counted import counted
from flashcards.domain.memory.fsrs import DEFAULT_RETENTION
from flashcards.domain.schedulers import SCHEDULERS
from flashcards.services.memory.choices import Choice


@click.command("scheduler")
@click.argument("name", type=click.Choice(SCHEDULERS), required=False)
@user_option("Whose cards")
@click.option("--deck", metavar="D", default="", help="A deck or folder, such as ml/concepts; else everything.")
@click.option("--retention", type=float, default=DEFAULT_RETENTION, help="What FSRS-6 aims at, 0.70 to 0.97.")
@click.option("--at-once", is_flag=True, help="Move all dates now; else each card moves at its next answer.")
@click.option("--preview", is_flag=True, help="Only say what would change.")
@json_option
def scheduler_command(
    name: str | None, user: str | None, deck: str, retention: float, at_once: bool, preview: bool, as_json: bool
) -> None:
    """Say who decides dates, SM-2 or FSRS-6, or choose.

    Example: flashcards scheduler fsrs-6 --retention 0.9 --preview
    """
    with services() as opened:
        learner = choose_learner(opened, user)
        if name is None:
            _show(opened.scheduler.choices(learner), as_json)
            return
        if preview:
            found = opened.scheduler.preview(learner, name, retention, deck)
            figures = {
                which: {"answers": round(it.load.cards), "minutes": round(it.minutes, 1), "due_today": it.due_today}
                for which, it in (("now", found.now), ("then", found.then))
            }
            if as_json:
                print_json({"cards": found.cards, "moved": found.moved, **figures})
                return
            click.echo(f"{counted(found.cards, 'card')} with a date, {found.moved:,} would come on another day.")
            for which, it in figures.items():
                click.echo(
                    f"{which:>4}: {it['answers']:,} answers in 30 days, {it['minutes']} minutes a day,"
                    f" {it['due_today']:,} due today"
                )
            return
        made = opened.scheduler.choose(learner, name, retention, folder=deck, at_once=at_once)
    if as_json:
        print_json(_json(made.choice) | {"moved": made.moved})
    else:
        moved = f"{counted(made.moved, 'date')} moved" if at_once else "each card moves at its next answer"
        click.echo(f"{_words(made.choice)}: {moved}.")


def _show(choices: list[Choice], as_json: bool) -> None:
    if as_json:
        print_json([_json(it) for it in choices])
        return
    for it in choices or [Choice()]:
        click.echo(_words(it))


def _words(it: Choice) -> str:
    goal = "" if it.scheduler == "sm2" else f", {it.retention:.0%} remembered"
    return f"{it.folder or 'everything'}: {it.scheduler}{goal}"


def _json(it: Choice) -> dict[str, object]:
    return {"deck": it.folder, "scheduler": it.scheduler, "desired_retention": it.retention}
