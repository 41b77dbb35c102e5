"""`flashcards sync`."""

from __future__ import annotations

from dataclasses import asdict

import click

from flashcards.cli.common import ProgressLine, json_option, print_json, printable, services
from flashcards.counted import counted

COUNTS = ("new", "edited", "moved", "restored", "removed", "unchanged")


@click.command("sync")
@json_option
def sync_command(as_json: bool) -> int:
    """Read the decks folder into the database.

    Example: flashcards sync --json
    """
    progress = ProgressLine()
    with services() as opened:
        for line in opened.install_bundled():
            click.echo(line, err=True)
        try:
            report = opened.sync.sync(progress)
        finally:
            progress.close()
    if as_json:
        counts = {name: getattr(report, name) for name in ("decks", "notes", "cards", *COUNTS)}
        print_json({**counts, "errors": [asdict(problem) for problem in report.errors]})
    else:
        changes = ", ".join(f"{getattr(report, name):,} {name}" for name in COUNTS if getattr(report, name))
        found = (counted(report.decks, "deck"), counted(report.notes, "note"), counted(report.cards, "card"))
        click.echo(f"{', '.join(found)}: {changes or 'none'}")
        for problem in report.errors:
            where = f"{problem.path}:{problem.line}:{problem.column}"
            click.echo(printable(f"{where}: {problem.severity} {problem.code} {problem.message}"), err=True)
    return 1 if report.errors else 0
