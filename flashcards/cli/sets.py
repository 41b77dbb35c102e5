"""`flashcards sets`: the sets that were begun and are not done, in the terminal."""

from __future__ import annotations

import click

from flashcards.cli.common import Group, json_option, print_list, printable, services
from flashcards.cli.learner import choose_learner, user_option
from flashcards.counted import counted
from flashcards.domain.study_day import date_of
from flashcards.services.review.contract import OpenSet


@click.group("sets", cls=Group)
def sets_command() -> None:
    """List the sets that were begun and are not done, or end one.

    Example: flashcards sets list
    """


@sets_command.command("list")
@user_option("Whose sets")
@json_option
def list_(user: str | None, as_json: bool) -> None:
    """List them, the newest first; `flashcards review --set ID` goes on with one.

    Example: flashcards sets list
    """
    with services() as opened:
        found = opened.review.open_sets(choose_learner(opened, user))
    print_list([_row(it) for it in found], map(_line, found), "No set is open.", as_json=as_json)


@sets_command.command("end")
@click.argument("set_id", metavar="ID")
@user_option("Whose sets")
def end(set_id: str, user: str | None) -> None:
    """End a set: it is forgotten, and what was answered in it stays.

    Example: flashcards sets end 0b9c2c5e-8f0e-4f57-9d39-0c8f4f1f4c1e
    """
    with services() as opened:
        opened.review.end_set(choose_learner(opened, user), set_id)
    click.echo("The set has ended", err=True)


def _row(it: OpenSet) -> dict[str, object]:
    return {
        "id": it.made.id, "q": it.made.query, "mode": it.made.mode, "cards": it.made.cards, "left": it.left,
        "date": str(date_of(it.made.study_day)),
    }  # fmt: skip


def _line(it: OpenSet) -> str:
    of = f"{it.left:,} of {counted(it.made.cards, 'card')} left"
    return f"{it.made.id}\t{date_of(it.made.study_day)}\t{of}\t{printable(it.made.query)}"
