"""`flashcards analysis`: which cards give their learners trouble."""

from __future__ import annotations

from typing import Any

import click

from flashcards.cli.common import json_option, print_rows, printable, services
from flashcards.services.authoring.item_analysis import LEAST_LEARNERS, AnalysedCard

SHOWN = 50


@click.command("analysis")
@click.option("--deck", metavar="D", help="A deck or folder, such as ml/concepts.")
@json_option
def analysis_command(deck: str | None, as_json: bool) -> None:
    """List the cards that learners forget most, over all learners, with file and line.

    Only cards that at least three learners have answered are listed.

    Example: flashcards analysis --deck ml/concepts
    """
    with services() as opened:
        found = opened.analysis.cards(deck=deck, limit=None if as_json else SHOWN)
    if as_json:
        print_rows(_as_json(card) for card in found.items)
        return
    if found.items:
        click.echo("learners  answers   lapses  first wrong   median  card")
    for card in found.items:
        click.echo(printable(_line(card)))
    if found.next:
        click.echo(f"... and {found.total - len(found.items):,} more (--json lists all)")
    click.echo(
        f"{found.total:,} {'card' if found.total == 1 else 'cards'} that {LEAST_LEARNERS} or more learners have"
        " answered. The worst come first: split them, or mend the question.",
        err=True,
    )


def _line(card: AnalysedCard) -> str:
    it = card.figures
    lapses = "-" if it.lapse_rate is None else f"{it.lapse_rate:.0%}"
    median = "-" if it.median_ms is None else f"{it.median_ms / 1000:.1f} s"
    return (
        f"{it.learners:>8,} {it.answers:>8,} {lapses:>8} {it.first_wrong_rate:>12.0%} {median:>8}"
        f"  {card.path}:{card.line}: {card.title}"
    )


def _as_json(card: AnalysedCard) -> dict[str, Any]:
    it = card.figures
    return {
        "card": card.id,
        "key": card.key,
        "title": card.title,
        "path": card.path,
        "line": card.line,
        "learners": it.learners,
        "answers": it.answers,
        "asked": it.asked,
        "lapses": it.lapses,
        "lapse_rate": None if it.lapse_rate is None else round(it.lapse_rate, 4),
        "first_wrong": round(it.first_wrong_rate, 4),
        "median_ms": it.median_ms,
    }
